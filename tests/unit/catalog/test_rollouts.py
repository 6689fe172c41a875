"""What an application's rollout makes of its manifests, and what it is told where it meets nothing."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC
from transom.apischema.check import check, library
from transom.catalog import rollouts
from transom.catalog.model import Manifest

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 5
  minReadySeconds: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
"""
HPA = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 3}
"""
TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics: [{name: errors, provider: {job: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: "a:1"}]}}}}}}]
"""
SHOP = "applications/shop/application.yaml"
CANARY = "  rollout:\n    strategy: canary\n    steps: [{setWeight: 20}, {pause: {duration: 10m}}, {setWeight: 60}, {pause: {}}]\n"
BLUE_GREEN = "  rollout: {strategy: blueGreen, autoPromotionEnabled: false, previewReplicaCount: 1}\n"


def files(spec: str, **more: str) -> dict[str, str]:
    """The basic repository whose application has this rollout, a Deployment and a Service; empty text leaves a file out."""
    own = {"web": WEB, "service": SERVICE, **more}
    return {**BASIC, SHOP: APPLICATION + spec, **{f"applications/shop/{name}.yaml": text for name, text in own.items() if text}}


def made(folder: Path, spec: str, **more: str) -> dict[tuple[str, str], Any]:
    """The application's objects by kind and name."""
    manifests = repository.catalog(folder, files(spec, **more)).manifests["Application/shop"]
    return {(one.kind, one.name): one.data for one in manifests}


def test_a_canary(tmp_path: Path) -> None:
    """A Rollout takes the Deployment over by reference; a second Service of the same pods and ports, inside the cluster, is for the canary."""
    found = made(tmp_path, CANARY)
    assert found["Rollout", "web"] == {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {
            "replicas": 5,
            "minReadySeconds": 3,
            "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "progressively"},
            "strategy": {
                "canary": {
                    "stableService": "web",
                    "canaryService": "web-canary",
                    "steps": [{"setWeight": 20}, {"pause": {"duration": "10m"}}, {"setWeight": 60}, {"pause": {}}],
                }
            },
        },
    }
    assert found["Service", "web-canary"]["spec"] == {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    assert found["Deployment", "web"]["spec"]["replicas"] == 5, "what is rendered is what was written"


def test_blue_green(tmp_path: Path) -> None:
    """The active Service is the application's own, the preview's is made."""
    found = made(tmp_path, BLUE_GREEN)
    assert found["Rollout", "web"]["spec"]["strategy"] == {
        "blueGreen": {"activeService": "web", "previewService": "web-preview", "autoPromotionEnabled": False, "previewReplicaCount": 1}
    }
    assert ("Service", "web-preview") in found


@pytest.mark.parametrize("spec", [
    CANARY,
    BLUE_GREEN + "",
    CANARY + "    maxSurge: 25%\n    maxUnavailable: 0\n    analysis: {templates: [{templateName: errors}], startingStep: 1, args: [{name: a, value: b}]}\n",
    CANARY + "    trafficRouting: {nginx: {stableIngress: web}}\n    scaleDownDelaySeconds: 60\n",
    "  rollout: {strategy: canary, scaleDown: onsuccess, trafficRouting: {nginx: {stableIngress: web}}, steps: [{setCanaryScale: {replicas: 1}}, {analysis: {templates: [{templateName: errors}]}}, {pause: {duration: 1d}}]}\n",
    "  rollout: {strategy: blueGreen, prePromotionAnalysis: {templates: [{templateName: all, clusterScope: true}]}, autoPromotionSeconds: 30}\n",
])  # fmt: skip
def test_what_is_made_is_what_argo_rollouts_knows(tmp_path: Path, spec: str) -> None:
    """Each form is valid by the controller's own definition, without a doubt."""
    found = made(tmp_path, spec, template=TEMPLATE)
    assert list(check(found["Rollout", "web"], library())) == []


def test_days_are_written_as_go_reads_them(tmp_path: Path) -> None:
    """Go knows no days and weeks: the controller would refuse them."""
    found = made(tmp_path, "  rollout: {strategy: canary, steps: [{pause: {duration: 1d}}]}\n")
    assert found["Rollout", "web"]["spec"]["strategy"]["canary"]["steps"] == [{"pause": {"duration": "86400s"}}]


def test_an_autoscaler_scales_the_rollout(tmp_path: Path) -> None:
    """An autoscaler of the Deployment would fight the controller; of the Rollout it is obeyed, and then its number is not ours."""
    manifests = repository.catalog(tmp_path, files(CANARY, hpa=HPA)).manifests["Application/shop"]
    scaler = next(one for one in manifests if one.kind == "HorizontalPodAutoscaler")
    assert scaler.data["spec"]["scaleTargetRef"] == {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web"}
    assert {one.kind for one in manifests if rollouts.scaled_by_others(one, manifests)} == {"Deployment", "Rollout"}


def test_without_an_autoscaler_the_rollouts_number_is_ours(tmp_path: Path) -> None:
    """Only the Deployment's is the controller's."""
    manifests = repository.catalog(tmp_path, files(CANARY)).manifests["Application/shop"]
    assert [one.kind for one in manifests if rollouts.scaled_by_others(one, manifests)] == ["Deployment"]


def test_a_rollout_that_somebody_wrote(tmp_path: Path) -> None:
    """It takes its Deployment over as well, unless it says that the Deployment's pods stay."""
    written = made(tmp_path, CANARY)["Rollout", "web"]
    trace = repository.catalog(tmp_path / "b", files("")).manifests["Application/shop"][0].trace
    assert rollouts.taken_over([Manifest(written, "shop", trace)]) == {("shop", "web"): "web"}
    written["spec"]["workloadRef"].pop("scaleDown")
    assert rollouts.taken_over([Manifest(written, "shop", trace)]) == {}


def test_the_deployment_rests(tmp_path: Path) -> None:
    """Where there is no Deployment yet it is made without pods, and it says by whom it was taken over."""
    found = rollouts.resting(made(tmp_path, CANARY)["Deployment", "web"], "web")
    assert found["spec"]["replicas"] == 0
    assert found["metadata"]["annotations"] == {"transom.dev/rollout": "web"}


def test_a_canary_without_a_service(tmp_path: Path) -> None:
    """Workers answer nobody: the number of pods alone is the weight."""
    found = made(tmp_path, CANARY, service="")
    assert set(found["Rollout", "web"]["spec"]["strategy"]["canary"]) == {"steps"}
    assert not [kind for kind, _ in found if kind == "Service"]


WORKER = WEB.replace("web", "worker")
WRONG = [
    ("no Deployment", CANARY, {"web": "", "service": ""}, f"{SHOP}:8:5", "NothingMatched", "no Deployment"),
    ("two Deployments", CANARY, {"worker": WORKER}, f"{SHOP}:8:5", "NothingMatched", "workload: web or worker"),
    ("another Deployment", CANARY + "    workload: wep\n", {}, f"{SHOP}:10:15", "NothingMatched", "did you mean web?"),
    ("another Service", CANARY + "    service: wep\n", {}, f"{SHOP}:10:14", "NothingMatched", "did you mean web?"),
    ("a Service of others", CANARY + "    service: web\n", {"service": SERVICE.replace("app: web", "app: other")}, f"{SHOP}:10:14", "NothingMatched", "does not choose the pods"),
    ("two Services", CANARY, {"other": SERVICE.replace("name: web", "name: other").replace(", nodePort: 30080", "")}, f"{SHOP}:8:5", "NothingMatched", "service: other or web"),
    ("blue-green without a Service", BLUE_GREEN, {"service": ""}, f"{SHOP}:7:12", "NothingMatched", "0 Services choose"),
    ("a template that is not there", CANARY + "    analysis: {templates: [{templateName: erors}]}\n", {"template": TEMPLATE}, f"{SHOP}:10:43", "NothingMatched", "did you mean errors?"),
    ("a Service of the name", CANARY, {"canary": SERVICE.replace("name: web", "name: web-canary").replace("{app: web}", "{app: x}").replace(", nodePort: 30080", "")}, f"{SHOP}:8:5", "DuplicateObject", "web-canary"),
    ("routing that nobody knows", CANARY + "    trafficRouting: {nginx: {stableIngress: 3}}\n", {}, f"{SHOP}:10:45", "WrongType", "stableIngress"),
    ("no steps", "  rollout: {strategy: canary}\n", {}, f"{SHOP}:7:12", "InvalidValue", "rolling update"),
    ("a field of the other strategy", "  rollout: {strategy: blueGreen, steps: [{setWeight: 20}]}\n", {}, f"{SHOP}:7:41", "InvalidValue", "steps means nothing to strategy blueGreen"),
    ("two things in a step", "  rollout: {strategy: canary, steps: [{setWeight: 20, pause: {}}]}\n", {}, f"{SHOP}:7:39", "InvalidValue", "exactly one of"),
    ("a weight above all", "  rollout: {strategy: canary, steps: [{setWeight: 120}]}\n", {}, f"{SHOP}:7:51", "InvalidValue", "100"),
]  # fmt: skip


@pytest.mark.parametrize("spec, more, where, reason, said", [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_mistakes(  # noqa: PLR0917 - the columns of the table
    tmp_path: Path, spec: str, more: dict[str, str], where: str, reason: str, said: str
) -> None:
    """Each is told once, at the line that a person wrote, with what to do."""
    [problem] = repository.problems(tmp_path, files(spec, **more))
    assert (str(problem.where), problem.reason) == (where, reason)
    assert said in str(problem)
