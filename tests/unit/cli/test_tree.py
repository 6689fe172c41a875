"""`transom tree` and `--source`, on projects on disk: what they print and how they end."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repository
from tests.repository import BASIC, ENVIRONMENT
from transom.cli import main
from transom.cli.tree import words
from transom.status import report

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `transom` in a project of the basic files; gives exit code, output and errors."""
    project = tmp_path / "project"
    for name, text in ({f"platform/{name}": text for name, text in BASIC.items()} | {"environments/dev.yaml": ENVIRONMENT}).items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(project)
    monkeypatch.setenv("PATH", f"{Path(repository.kustomize()).parent}:/usr/bin:/bin")

    def command(*words: str) -> tuple[int, str, str]:
        code = main.run(list(words))
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def test_a_tree(run: Run) -> None:
    """Columns: what there is, how many objects, what it needs beside its tenant, where it is written."""
    code, out, _ = run("tree", "dev")
    assert code == 0
    assert (
        out
        == """\
NAME                     OBJECTS   NEEDS          WRITTEN
Environment/dev                                   environments/dev.yaml:1:1
├─ Cluster/main                                   platform/infrastructure/clusters/main/cluster.yaml:1:1
└─ Tenant/team-a                   Cluster/main   platform/tenants/team-a.yaml:1:1
   └─ Application/shop   1         Cluster/main   platform/applications/shop/application.yaml:1:1
"""
    )


def test_one_document(run: Run) -> None:
    """An application is named by its name alone, everything else with its kind; objects on request; without the header for scripts."""
    code, out, _ = run("tree", "dev", "shop", "--objects", "--no-header")
    assert code == 0
    names = [line.split("   ")[0].strip() for line in out.splitlines()]
    assert names[:2] == ["Application/shop", "├─ ConfigMap/settings"]
    assert run("tree", "dev", "Cluster/main", "--reverse")[1].count("Application/shop") == 2


def test_other_forms(run: Run) -> None:
    """JSON of one environment is one graph, of all a list; DOT and Mermaid end with a line of their own."""
    one, every = json.loads(run("tree", "dev", "-o", "json")[1]), json.loads(run("tree", "-o", "json")[1])
    assert [one] == every
    assert run("tree", "dev", "-o", "dot")[1].endswith("}\n")
    assert run("tree", "dev", "-o", "mermaid")[1].startswith("flowchart LR\n")


@pytest.mark.parametrize(
    "words, said",
    [
        (("dev", "shp"), "did you mean shop"),
        (("dev", "Databse/shop"), "has no Databse/shop"),
        (("dev", "--reverse"), "--reverse is about one document"),
        (("devv",), "did you mean dev?"),
    ],
)
def test_mistakes(run: Run, words: tuple[str, ...], said: str) -> None:
    """A name that is not there is told with the nearest."""
    code, _, err = run("tree", *words)
    assert (code, said in err) == (1, True)


def test_how_documents_are(tmp_path: Path) -> None:
    """The live columns are those of the status: what was never applied is neither synced nor ready, and says so."""
    catalog = repository.catalog(tmp_path, BASIC)
    found = words(report.report(catalog, {}))
    assert set(found) == set(catalog.entries)
    assert found["Application/shop"][:2] == ("False", "False")
    assert 0 < len(found["Application/shop"][2]) <= 64


def test_a_source_from_elsewhere(run: Run, tmp_path: Path) -> None:
    """`--source` reads a changed copy instead, for this command; a wrong name or folder is told."""
    copy = tmp_path / "copy"
    for name, text in BASIC.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text.replace("name: settings", "name: changed"))
    for verb in ("validate", "tree", "render"):
        assert run(verb, "dev", "--source", f"platform={copy}")[0] == 0
    assert "name: changed" in run("render", "dev", "--source", f"platform={copy}")[1]
    assert "name: changed" not in run("render", "dev")[1]
    for given, told in (("platfrom=.", "did you mean platform?"), ("platform=nowhere", "is no folder"), ("platform", "NAME=FOLDER")):
        code, _, err = run("validate", "dev", "--source", given)
        assert (code, told in err) == (1, True)


def test_every_source_that_fails_is_told(run: Run) -> None:
    """Sources that cannot be read are told together, each at its line; beside mistakes in documents they are told with those."""
    sources = "sources: [{name: platform, path: here}, {name: other, path: there}]"
    Path("environments/dev.yaml").write_text(ENVIRONMENT.replace("sources: [{name: platform, path: platform}]", sources))
    code, _, err = run("validate")
    assert code == 1
    assert [line.split(": ")[1:3] for line in err.splitlines()] == [
        ["environments/dev.yaml:5:36", "source platform"],
        ["environments/dev.yaml:5:63", "source other"],
    ]
    data = json.loads(run("validate", "-o", "json")[2] or run("validate", "-o", "json")[1])
    assert data["error"]["reason"] == "SourcesFailed"
    wrong = ENVIRONMENT.replace("name: dev}", "name: other}").replace("eu-central-1", "nowhere")
    Path("environments/other.yaml").write_text(wrong)
    code, out, _ = run("validate")
    assert code == 3
    assert [line.split(": ")[0] for line in out.splitlines()] == [
        "environments/dev.yaml:5:36",
        "environments/dev.yaml:5:63",
        "environments/other.yaml:7:17",
    ]


def _library(name: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = Path(name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    for command in (("init", "-q", "-b", "main"), ("add", "."), (*who, "commit", "-qm", "x")):
        subprocess.run(["git", *command], cwd=name, check=True)


def test_several_repositories(run: Run) -> None:
    """Documents of several repositories are one environment; a mistake names the source that it is in, and both of two that clash."""
    app = {name: text for name, text in BASIC.items() if name.startswith("applications")}
    _library("one", {name: text for name, text in BASIC.items() if name not in app})
    _library("two", app)
    sources = "sources: [{name: base, repoURL: one}, {name: shop, repoURL: two, targetRevision: main}]"
    Path("environments/dev.yaml").write_text(ENVIRONMENT.replace("sources: [{name: platform, path: platform}]", sources))
    assert run("validate") == (0, "dev: 3 documents and 1 Kubernetes objects are valid\n", "")
    assert run("tree", "dev", "shop")[1].count("shop:applications/shop/application.yaml:1:1") == 1
    _library("one", {"applications/shop/application.yaml": BASIC["applications/shop/application.yaml"]})
    code, out, _ = run("validate")
    assert code == 3
    assert (
        "shop:applications/shop/application.yaml:3:18: Application shop is declared twice, first at base:applications/shop/application.yaml"
        in out
    )


@pytest.mark.parametrize(
    "source, place, reason",
    [
        ("{name: a, repoURL: 'https://example-t0ken@git.example.com/a.git'}", "5:32", "PlaintextSecret"),
        ("{name: a, repoURL: a, targetRevision: 'main~1'}", "5:51", "InvalidValue"),
        ("{name: a, path: a, targetRevision: main}", "5:48", "InvalidValue"),
        ("{name: a, repoURL: a, verify: {allowedSigner: x}}", "5:44", "UnknownField"),
        ("", "5:12", "InvalidValue"),
    ],
)
def test_mistakes_in_sources(run: Run, source: str, place: str, reason: str) -> None:
    """A source that is written wrongly is one mistake at its place, and shows no credentials."""
    text = ENVIRONMENT.replace("{name: platform, path: platform}", source)
    Path("environments/dev.yaml").write_text(text)
    code, out, _ = run("validate", "-o", "json")
    assert code == 3
    (problem,) = json.loads(out)["problems"]
    assert (f"{problem['line']}:{problem['column']}", problem["reason"]) == (place, reason)
    assert "t0ken" not in out
