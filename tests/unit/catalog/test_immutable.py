"""Changes that cannot be made in place: told at the line that changed, against the documents of an earlier revision."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, ENVIRONMENT
from transom.catalog import immutable
from transom.catalog.immutable import State
from transom.cli import main
from transom.errors import Problem
from transom.specs.kinds import KINDS

TODAY = date(2026, 11, 23)


def ours(kind: str, spec: str) -> str:
    """A document in resources/."""
    return f"apiVersion: transom.dev/v1\nkind: {kind}\nmetadata: {{name: one}}\nspec:\n  {spec}\n"


def theirs(version: str, kind: str, body: str) -> str:
    """A manifest of the application."""
    return f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: one}}\n{body}\n"


def changes(folder: Path, before: dict[str, str], after: dict[str, str]) -> list[Problem]:
    """What is told of a change from one set of files to another."""
    environment = ENVIRONMENT.replace(
        "{database: {instanceClass: db.t4g.micro", "{cache: {nodeType: cache.t4g.micro}, database: {instanceClass: db.t4g.micro"
    )
    states = []
    for name, files in (("before", before), ("after", after)):
        catalog = repository.catalog(folder / name, {**BASIC, **files}, environment)
        states.append(State(catalog.entries, catalog.owners, catalog.manifests))
    return list(immutable.problems(states[0], states[1], TODAY))


OURS = [
    ("a queue's order", "Queue", "tenant: team-a", "{tenant: team-a, fifo: true}", "5:26", "spec.fifo was false and is true now"),
    ("a network's range", "Network", "{cidr: 10.0.0.0/16}", "{cidr: 10.1.0.0/16}", "5:10", "declare another Network"),
    ("a table's key", "Table", "{tenant: team-a, partitionKey: {name: id}}", "{tenant: team-a, partitionKey: {name: nr}}", "5:34", "name id, type string"),
    ("a table's sort key", "Table", "{tenant: team-a, partitionKey: {name: id}}", "{tenant: team-a, partitionKey: {name: id}, sortKey: {name: a}}", "5:55", "was not set"),
    ("a cache's engine", "Cache", "{tenant: team-a, version: '7.2', size: small}", "{tenant: team-a, version: '7.1', engine: redis, size: small}", "5:44", "spec.engine"),
    ("a database's version", "Database", "{tenant: team-a, version: '16.4', size: small}", "{tenant: team-a, version: '16.3', size: small}", "5:29", "goes up only"),
    ("a database's storage", "Database", "{tenant: team-a, version: '16', size: small, storage: 1Ti}", "{tenant: team-a, version: '16', size: small, storage: 80Gi}", "5:57", "goes up only"),
]  # fmt: skip


@pytest.mark.parametrize("kind, before, after, place, words", [case[1:] for case in OURS], ids=[case[0] for case in OURS])
def test_fields_of_ours(tmp_path: Path, *, kind: str, before: str, after: str, place: str, words: str) -> None:
    """A field that its model marks is held, at its place, with both values."""
    old, new = before.replace("storage: 1Ti", "storage: 90Gi"), after
    found = changes(tmp_path, {"resources/one.yaml": ours(kind, old)}, {"resources/one.yaml": ours(kind, new)})
    assert found[0].reason == "ImmutableField"
    assert words in "\n".join(map(str, found))
    assert f"resources/one.yaml:{place}" in [str(one.where) for one in found]


FREE = [
    ("Queue", "tenant: team-a", "{tenant: team-a, fifo: false, retention: 7d}", "a default that is written out"),
    ("Database", "{tenant: team-a, version: '16', size: small}", "{tenant: team-a, version: '17', size: small}", "an upgrade"),
    (
        "Database",
        "{tenant: team-a, version: '16', size: small}",
        "{tenant: team-a, version: '16.4', size: small}",
        "a version that is held",
    ),
    (
        "Table",
        "{tenant: team-a, partitionKey: {name: id}}",
        "{tenant: team-a, partitionKey: {name: nr}, deletionPolicy: Delete, allowDeletionUntil: 2026-11-23}",
        "released until today",
    ),
]


@pytest.mark.parametrize("kind, before, after, why", FREE)
def test_what_may_change(tmp_path: Path, kind: str, before: str, after: str, why: str) -> None:
    """What can be changed is not held up."""
    assert changes(tmp_path, {"resources/one.yaml": ours(kind, before)}, {"resources/one.yaml": ours(kind, after)}) == [], why


def test_a_release_that_is_over(tmp_path: Path) -> None:
    """A day after its release a table is held again."""
    old, new = (
        "{tenant: team-a, partitionKey: {name: id}}",
        "{tenant: team-a, partitionKey: {name: nr}, deletionPolicy: Delete, allowDeletionUntil: 2026-11-22}",
    )
    assert len(changes(tmp_path, {"resources/one.yaml": ours("Table", old)}, {"resources/one.yaml": ours("Table", new)})) == 1


def test_another_tenant(tmp_path: Path) -> None:
    """The tenant is part of the name in the cloud: to another one means to another resource."""
    team_b = BASIC["tenants/team-a.yaml"].replace("team-a", "team-b").replace("shop, site", "x")
    old = {"resources/one.yaml": ours("Queue", "tenant: team-a"), "tenants/team-b.yaml": team_b}
    (found,) = changes(tmp_path, old, {**old, "resources/one.yaml": ours("Queue", "tenant: team-b")})
    assert "tenant was team-a and is team-b now" in str(found)


WORKLOAD = "spec: {{replicas: {replicas}, selector: {{matchLabels: {{app: {app}}}}}, template: {{metadata: {{labels: {{app: {app}, b: {label}}}}}, spec: {{containers: [{{name: c, image: 'c:1.0'}}]}}}}}}"
SET = "spec: {{serviceName: {service}, replicas: 1, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: 'c:1.0'}}]}}}}, volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}}}}}]}}"
JOB = "spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: x, image: '{image}'}}]}}}}}}"
CLAIM = "spec: {{accessModes: [{mode}], resources: {{requests: {{storage: {size}}}}}}}"
THEIRS = [
    ("apps/v1", "Deployment", WORKLOAD.format(replicas=1, app="a", label="x"), WORKLOAD.format(replicas=1, app="b", label="x"), ["error"]),
    ("apps/v1", "Deployment", WORKLOAD.format(replicas=1, app="a", label="x"), WORKLOAD.format(replicas=2, app="a", label="y"), []),
    ("apps/v1", "StatefulSet", SET.format(service="a", size="1Gi"), SET.format(service="b", size="2Gi"), ["error", "error"]),
    ("v1", "Service", "spec: {ports: [{port: 1}], clusterIP: 10.96.0.9}", "spec: {ports: [{port: 1}], clusterIP: 10.96.0.8}", ["error"]),
    ("v1", "Service", "spec: {ports: [{port: 1}], clusterIP: None}", "spec: {ports: [{port: 1}]}", ["error"]),
    ("v1", "Service", "spec: {ports: [{port: 1}]}", "spec: {ports: [{port: 1}], clusterIP: None}", ["error"]),
    ("v1", "Service", "spec: {ports: [{port: 1}]}", "spec: {ports: [{port: 2}]}", []),
    ("v1", "PersistentVolumeClaim", CLAIM.format(mode="ReadWriteOnce", size="1Gi"), CLAIM.format(mode="ReadWriteOnce", size="2Gi"), []),
    (
        "v1",
        "PersistentVolumeClaim",
        CLAIM.format(mode="ReadWriteOnce", size="2Gi"),
        CLAIM.format(mode="ReadWriteMany", size="1Gi"),
        ["error", "error"],
    ),
    ("batch/v1", "Job", JOB.format(image="c:1.0"), JOB.format(image="c:2.0"), ["warning"]),
    (
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}",
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: b}",
        ["warning"],
    ),
    ("v1", "ConfigMap", "data: {a: b}", "data: {a: c}", []),
]


@pytest.mark.parametrize("version, kind, before, after, expected", THEIRS)
def test_fields_of_kubernetes(tmp_path: Path, *, version: str, kind: str, before: str, after: str, expected: list[str]) -> None:
    """What the API server would refuse is a mistake; what is deleted and created anew is a warning."""
    name = "applications/shop/one.yaml"
    found = changes(tmp_path, {name: theirs(version, kind, before)}, {name: theirs(version, kind, after)})
    assert [str(one.severity) for one in found] == expected, "\n".join(map(str, found))
    assert all(one.where.path == name and one.where.line == 4 for one in found)


def test_what_comes_and_goes(tmp_path: Path) -> None:
    """A new document, one that has gone and one that was renamed are no change of a field."""
    assert changes(tmp_path / "a", {}, {"resources/one.yaml": ours("Queue", "{tenant: team-a, fifo: true}")}) == []
    assert changes(tmp_path / "b", {"resources/one.yaml": ours("Queue", "{tenant: team-a, fifo: true}")}, {}) == []


def test_every_mark_is_described() -> None:
    """A field that cannot be changed says so to whoever hovers over it."""
    from transom.specs import schema

    def marked(body: object, inside: str) -> list[str]:
        if not isinstance(body, dict):
            return []
        here = [f"{inside}: {body.get('description', '')}"] if "x-immutable" in body else []
        return here + [one for key, value in body.items() for one in marked(value, f"{inside}.{key}")]

    found = [one for kind in KINDS for one in marked(schema.of(kind), kind)]
    assert found
    assert all("annot be changed later" in one for one in found), found


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a repository of its own, committed; the working directory."""
    files = {
        **{f"platform/{name}": text for name, text in BASIC.items()},
        "environments/dev.yaml": ENVIRONMENT,
        "platform/resources/one.yaml": ours("Queue", "tenant: team-a"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    _git(tmp_path, "init", "-q", "-b", "main")
    _git(tmp_path, "add", "-A")
    _git(tmp_path, "commit", "-qm", "one")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_validate_against_a_revision(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--base` takes a folder of a checkout at an earlier commit; without it nothing is compared."""
    assert main.run(["validate", "--base", "main"]) == 0
    (project / "platform/resources/one.yaml").write_text(ours("Queue", "{tenant: team-a, fifo: true}"), encoding="utf-8")
    assert main.run(["validate"]) == 0
    capsys.readouterr()
    assert main.run(["validate", "--base", "main"]) == 3
    assert "platform/resources/one.yaml:5:26: spec.fifo was false and is true now" in capsys.readouterr().out
    _git(project, "commit", "-qam", "two")
    assert main.run(["validate", "--base", "HEAD"]) == 0
    assert main.run(["validate", "--base", "HEAD~1"]) == 3


def test_a_base_that_was_wrong(project: Path) -> None:
    """What was wrong at the base is no obstacle: the rest is compared."""
    (project / "platform/tenants/team-a.yaml").write_text("kind: [\n", encoding="utf-8")
    (project / "platform/applications/shop/application.yaml").write_text(APPLICATION + "  typo: 1\n", encoding="utf-8")
    _git(project, "commit", "-qam", "wrong")
    for name in ("tenants/team-a.yaml", "applications/shop/application.yaml"):
        (project / "platform" / name).write_text(BASIC[name], encoding="utf-8")
    assert main.run(["validate", "--base", "HEAD"]) == 0
    (project / "platform/resources/one.yaml").write_text(ours("Queue", "{tenant: team-a, fifo: true}"), encoding="utf-8")
    assert main.run(["validate", "--base", "HEAD"]) == 3


def test_a_base_that_is_not_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A revision that nobody has is told with what to do, and never taken for an option."""
    assert project.is_dir()
    for revision in ("nowhere", "--help-all"):
        assert main.run(["validate", f"--base={revision}"]) == 1
        assert f'has no revision "{revision}"' in capsys.readouterr().err
