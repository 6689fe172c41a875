"""What an application's document does to its manifests, and where they may lie."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, ENVIRONMENT
from transom.catalog import adapt

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: first, image: "busybox:1"}]
      containers: [{name: web, image: "host:5000/web:1"}]
"""
HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 3}
"""
SHOP = "applications/shop/application.yaml"


def files(spec: str) -> dict[str, str]:
    """The basic repository whose application says this too, with a Deployment."""
    return {**BASIC, SHOP: APPLICATION + spec, "applications/shop/web.yaml": WEB}


def web(folder: Path, spec: str) -> Any:
    """The Deployment as it would be applied."""
    manifests = repository.catalog(folder, files(spec)).manifests["Application/shop"]
    return next(one.data for one in manifests if one.kind == "Deployment")


def test_images(tmp_path: Path) -> None:
    """Images are replaced in all containers; others stay."""
    spec = web(tmp_path, "  images: [{name: 'host:5000/web', newTag: '2'}, {name: busybox, newName: mirror/busybox}]\n")["spec"][
        "template"
    ]["spec"]
    assert spec["containers"][0]["image"] == "host:5000/web:2"
    assert spec["initContainers"][0]["image"] == "mirror/busybox:1"


def test_replicas(tmp_path: Path) -> None:
    """The number of pods is the document's."""
    assert web(tmp_path, "  replicas: {web: 4}\n")["spec"]["replicas"] == 4


def test_the_rendered_document_is_left_alone(tmp_path: Path) -> None:
    """What was rendered may be shared with a cache: another catalog from it is not touched by this one."""
    first = web(tmp_path / "a", "  replicas: {web: 4}\n")
    assert web(tmp_path / "b", "")["spec"]["replicas"] == 1
    assert first["spec"]["replicas"] == 4


WRONG = [
    ("another image", "  images: [{name: 'host:5000/wep', newTag: '2'}]\n", f"{SHOP}:7:19", "NothingMatched", "did you mean host:5000/web?"),
    ("another workload", "  replicas: {wep: 4}\n", f"{SHOP}:7:14", "NothingMatched", "did you mean web?"),
    ("another object", "  ignoreDifferences: [{kind: Deployment, group: apps, name: wep, jsonPointers: [/spec/replicas]}]\n", f"{SHOP}:7:23", "NothingMatched", "correct group, kind and name"),
    ("another group", "  ignoreDifferences: [{kind: Deployment, jsonPointers: [/spec/replicas]}]\n", f"{SHOP}:7:23", "NothingMatched", "is there as apps/Deployment"),
    ("a source that is not there", "  source: {name: platfrom, path: manifests}\n", f"{SHOP}:7:18", "UnknownReference", "did you mean platform?"),
    ("a folder that is not there", "  source: {path: applications/shpo}\n", f"{SHOP}:7:18", "MissingFile", "did you mean shop?"),
    ("another kind", "  dependsOn: [Databse/shop]\n", f"{SHOP}:7:15", "UnknownKind", "did you mean Database?"),
    ("an environment", "  dependsOn: [Environment/dev]\n", f"{SHOP}:7:15", "UnexpectedKind", "inside of it"),
    ("another document", "  dependsOn: [Tenant/team-b]\n", f"{SHOP}:7:15", "UnknownReference", "did you mean team-a?"),
]  # fmt: skip


@pytest.mark.parametrize("spec, place, reason, words", [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_meets_nothing(tmp_path: Path, spec: str, place: str, reason: str, words: str) -> None:
    """What would do nothing is one mistake, at its line."""
    problems = repository.problems(tmp_path, files(spec))
    assert [(str(one.where), one.reason) for one in problems] == [(place, reason)], "\n".join(map(str, problems))
    assert words in str(problems[0])


def test_what_is_scaled_already(tmp_path: Path) -> None:
    """Two that set the number of pods would undo each other."""
    problems = repository.problems(tmp_path, files("  replicas: {web: 4}\n") | {"applications/shop/hpa.yaml": HPA})
    assert [(str(one.where), one.reason) for one in problems] == [(f"{SHOP}:7:14", "InvalidValue")]
    assert "HorizontalPodAutoscaler web" in str(problems[0])


@pytest.mark.parametrize("environment, spec, told", [("", "  sync: {allowEmpty: false}\n", 1), ("  sync: {allowEmpty: false}\n", "", 1), ("  sync: {allowEmpty: false}\n", "  sync: {allowEmpty: true}\n", 0), ("", "", 0)])  # fmt: skip
def test_an_empty_application(tmp_path: Path, environment: str, spec: str, told: int) -> None:
    """An application without objects is refused where the policy in force says so."""
    tree = {**BASIC, SHOP: APPLICATION + spec, "applications/shop/settings.yaml": ""}
    problems = repository.problems(tmp_path, {k: v for k, v in tree.items() if v}, ENVIRONMENT + environment)
    assert [one.reason for one in problems] == ["EmptyApplication"] * told


def test_paths_of_ignored_fields(tmp_path: Path) -> None:
    """A pointer's number is a place in a list, unless a mapping stands there."""
    spec = "  ignoreDifferences: [{kind: Deployment, group: apps, jsonPointers: [/spec/template/spec/containers/0/image, /metadata/annotations/a.b~1c]}, {kind: ConfigMap, jsonPointers: [/data/1]}]\n"
    settings = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {'1': x}\n"
    catalog = repository.catalog(tmp_path, {**files(spec), "applications/shop/settings.yaml": settings})
    found = {m.kind: adapt.ignored_fields(catalog.applications["shop"], m) for m in catalog.manifests["Application/shop"]}
    assert found["Deployment"] == (("spec", "template", "spec", "containers", 0, "image"), ("metadata", "annotations", "a.b/c"))
    assert found["ConfigMap"] == (("data", "1"),)


ELSEWHERE = {
    "infrastructure/clusters/main/cluster.yaml": BASIC["infrastructure/clusters/main/cluster.yaml"],
    "tenants/team-a.yaml": BASIC["tenants/team-a.yaml"],
    "resources/shop.yaml": APPLICATION + "  source: {path: teams/a/shop}\n",
}


def test_manifests_elsewhere(tmp_path: Path) -> None:
    """A folder that a document names is its unit: plain, or with the overlay of the environment, and with what else lies there."""
    queue = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\n"
    overlay = {
        "teams/a/shop/base/web.yaml": WEB,
        "teams/a/shop/base/q.yaml": queue,
        "teams/a/shop/base/kustomization.yaml": "resources: [web.yaml, q.yaml]\n",
        "teams/a/shop/overlays/dev/kustomization.yaml": "resources: [../../base]\nnamePrefix: dev-\n",
    }
    catalog = repository.catalog(tmp_path, {**ELSEWHERE, **overlay})
    assert [one.name for one in catalog.manifests["Application/shop"]] == ["dev-web"]
    assert catalog.owners["Queue/dev-orders"] == "team-a"


def test_overlays_without_the_environment(tmp_path: Path) -> None:
    """A folder that has nothing for the environment is told, not taken for empty."""
    problems = repository.problems(tmp_path, {**ELSEWHERE, "teams/a/shop/overlays/other/kustomization.yaml": "{}\n"})
    assert [(str(one.where), one.reason) for one in problems] == [("resources/shop.yaml:7:18", "MissingFile")]
    assert "overlays/dev" in str(problems[0])


def test_one_folder_for_two(tmp_path: Path) -> None:
    """Two applications may take one folder, but not put it into one place."""
    problems = repository.problems(
        tmp_path,
        {
            **ELSEWHERE,
            "teams/a/shop/web.yaml": WEB,
            "resources/other.yaml": ELSEWHERE["resources/shop.yaml"].replace("name: shop", "name: other"),
        },
    )
    assert [one.reason for one in problems] == ["DuplicateObject"]
    assert "is put into namespace shop of cluster main by Application/other and Application/shop" in problems[0].message


def test_dependencies_on_other_kinds(tmp_path: Path) -> None:
    """An application comes after whatever it waits for."""
    queue = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\nspec: {tenant: team-a}\n"
    catalog = repository.catalog(
        tmp_path, {**files("  dependsOn: [Queue/orders, {kind: Tenant, name: team-a}]\n"), "resources/q.yaml": queue}
    )
    assert "Queue/orders" in catalog.needs["Application/shop"]
    order = list(catalog.entries)
    assert order.index("Queue/orders") < order.index("Application/shop")


SCALED = "  autoscaling: {web: {min: 2, max: 6, memory: 70}}\n  disruption: {web: {maxUnavailable: 1}}\n"


def test_an_autoscaler_and_a_budget(tmp_path: Path) -> None:
    """They are made for the workload, and the number of its pods is the autoscaler's."""
    catalog = repository.catalog(tmp_path, files(SCALED))
    manifests = catalog.manifests["Application/shop"]
    made = {one.kind: one for one in manifests}
    assert made["HorizontalPodAutoscaler"].data["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}}}],
    }
    assert made["PodDisruptionBudget"].data["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    assert {one.namespace for one in manifests} == {"shop"}
    entry = catalog.applications["shop"]
    assert adapt.ignored_fields(entry, made["Deployment"], manifests) == (("spec", "replicas"),)
    assert adapt.ignored_fields(entry, made["ConfigMap"], manifests) == ()


def test_an_autoscaler_among_the_manifests(tmp_path: Path) -> None:
    """It owns the number of pods as well as one that the document asks for."""
    catalog = repository.catalog(tmp_path, {**files(""), "applications/shop/hpa.yaml": HPA})
    manifests = catalog.manifests["Application/shop"]
    (deployment,) = (one for one in manifests if one.kind == "Deployment")
    assert adapt.ignored_fields(catalog.applications["shop"], deployment, manifests) == (("spec", "replicas"),)


WRONGLY_SCALED = [
    ("nothing of that name", "  autoscaling: {wep: {max: 3}}\n", f"{SHOP}:7:17", "did you mean web?"),
    ("a budget for nothing", "  disruption: {wep: {minAvailable: 1}}\n", f"{SHOP}:7:16", "did you mean web?"),
    ("fewest above most", "  autoscaling: {web: {min: 4, max: 3}}\n", f"{SHOP}:7:36", "max 3 is less than min 4"),
    ("by two", "  replicas: {web: 2}\n  autoscaling: {web: {max: 3}}\n", f"{SHOP}:7:13", "remove one of the two"),
    ("both bounds", "  disruption: {web: {minAvailable: 1, maxUnavailable: 1}}\n", f"{SHOP}:7:21", "write one of"),
    ("a budget that blocks", "  disruption: {web: {maxUnavailable: 0}}\n", f"{SHOP}:7:21", "let one be away"),
    ("no time", "  health: {timeout: 0s}\n", f"{SHOP}:7:21", "no time at all"),
]  # fmt: skip


@pytest.mark.parametrize("reason, spec, where, words", WRONGLY_SCALED, ids=[case[0] for case in WRONGLY_SCALED])
def test_scaling_that_cannot_be(tmp_path: Path, reason: str, spec: str, where: str, words: str) -> None:
    """Each mistake is told at its line."""
    (found,) = repository.problems(tmp_path, files(spec))
    assert str(found).startswith(where), reason
    assert words in str(found)


def test_two_autoscalers(tmp_path: Path) -> None:
    """One in the document and one among the manifests would fight."""
    (found,) = repository.problems(tmp_path, {**files("  autoscaling: {web: {max: 3}}\n"), "applications/shop/hpa.yaml": HPA})
    assert found.reason == "DuplicateObject"


JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {argocd.argoproj.io/hook: PreSync}}
spec:
  ttlSecondsAfterFinished: 60
  template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1"}]}}
"""


def test_a_hook_runs_for_each_change(tmp_path: Path) -> None:
    """The Job of a hook is another one when anything of its application has changed, and the same one when nothing has."""

    def job(folder: str, spec: str, more: str = "") -> Any:
        given = {**files(spec), "applications/shop/job.yaml": JOB, "applications/shop/more.yaml": more}
        manifests = repository.catalog(tmp_path / folder, {name: text for name, text in given.items() if text}).manifests
        return next(one.data for one in manifests["Application/shop"] if one.kind == "Job")

    first = job("a", "")
    assert job("b", "") == first
    assert job("c", "  replicas: {web: 3}\n")["spec"]["template"]["metadata"] != first["spec"]["template"]["metadata"]
    assert "ttlSecondsAfterFinished" not in first["spec"]
    assert first["metadata"]["annotations"]["pulumi.com/replaceUnready"] == "true"
