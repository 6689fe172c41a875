"""Quotas: what objects ask for, added up as Kubernetes adds it, and told before the last pods fail to start."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, TENANT
from transom.apischema.formats import quantity
from transom.catalog import pods
from transom.catalog.model import Manifest
from transom.rendering.trace import Trace
from transom.source.memory import MemorySource

QUANTITIES = [
    ("500m", "0.5"),
    (2, "2"),
    ("0.1", "0.1"),
    ("1.5Gi", str(1610612736)),
    ("1e3", "1000"),
    ("2E", "2e18"),
    ("100u", "0.0001"),
    ("12E2", "1200"),
    (".5", "0.5"),
    ("1.", "1"),
]


@pytest.mark.parametrize("written, value", QUANTITIES)
def test_quantities(written: object, value: str) -> None:
    """A manifest's quantity is read as the API server reads it."""
    assert quantity(written) == Decimal(value)


@pytest.mark.parametrize("written", ["", "x", "1GB", True, None, [], {}, "1 0", "٣"])
def test_what_is_no_quantity(written: object) -> None:
    """What is no quantity asks for nothing here; the API's own schema says that it is wrong."""
    assert quantity(written) is None


def manifest(kind: str, spec: Any, folder: Path) -> Manifest:
    """An object with this spec."""
    version = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1", "PersistentVolumeClaim": "v1", "Service": "v1"}.get(kind, "apps/v1")
    trace = Trace(MemorySource("s", {"a.yaml": ""}, folder).snapshot(), folder / "a.yaml", 0)
    return Manifest({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}, "shop", trace)


def asking(cpu: str | None, limit: str | None = None, **more: Any) -> dict[str, Any]:
    """A container."""
    resources: dict[str, Any] = {"requests": {"cpu": cpu}} if cpu else {}
    resources |= {"limits": {"cpu": limit}} if limit else {}
    return {"name": "c", "resources": resources, **more}


ONE_POD = [
    ("containers add up", {"containers": [asking("1"), asking("500m")]}, "1.5"),
    ("a limit stands for a request", {"containers": [asking(None, "2")]}, "2"),
    ("a request goes before a limit", {"containers": [asking("1", "2")]}, "1"),
    ("the namespace's default stands for both", {"containers": [asking(None)]}, "0.1"),
    ("the largest initial container counts when it is larger", {"initContainers": [asking("3"), asking("1")], "containers": [asking("2")]}, "3"),
    ("and not when it is smaller", {"initContainers": [asking("1")], "containers": [asking("2")]}, "2"),
    ("a side-car runs on", {"initContainers": [asking("1", restartPolicy="Always")], "containers": [asking("2")]}, "3"),
    ("an initial container runs beside the side-cars before it", {"initContainers": [asking("1", restartPolicy="Always"), asking("4")], "containers": [asking("2")]}, "5"),
    ("what is set for the whole pod counts", {"resources": {"requests": {"cpu": "7"}}, "containers": [asking("2")]}, "7"),
    ("overhead is added", {"overhead": {"cpu": "250m"}, "containers": [asking("2")]}, "2.25"),
]  # fmt: skip


@pytest.mark.parametrize("spec, cpu", [case[1:] for case in ONE_POD], ids=[case[0] for case in ONE_POD])
def test_one_pod(tmp_path: Path, spec: dict[str, Any], cpu: str) -> None:
    """The request of a pod is what the scheduler takes it for."""
    assert pods.of_one(manifest("Pod", spec, tmp_path), {"cpu": Decimal("0.1")})["cpu"] == Decimal(cpu)


POD: dict[str, Any] = {"spec": {"containers": [asking("1")]}}
COUNTS = [
    ("Pod", POD["spec"], 1, "itself"),
    ("Deployment", {"template": POD}, 1, "one by default"),
    ("Deployment", {"template": POD, "replicas": 0}, 0, "none"),
    ("StatefulSet", {"template": POD, "replicas": 3}, 3, "as written"),
    ("DaemonSet", {"template": POD}, 4, "one on each node"),
    ("Job", {"template": POD, "parallelism": 5, "completions": 2}, 2, "never more than are to be completed"),
    ("Job", {"template": POD, "parallelism": 5, "suspend": True}, 0, "not started"),
    ("CronJob", {"jobTemplate": {"spec": {"template": POD, "parallelism": 2}}}, 2, "one run"),
    ("CronJob", {"suspend": True, "jobTemplate": {"spec": {"template": POD}}}, 0, "no run"),
    ("Service", {}, 0, "no pods"),
]  # fmt: skip


@pytest.mark.parametrize("kind, spec, count, why", COUNTS)
def test_how_many(tmp_path: Path, kind: str, spec: dict[str, Any], count: int, why: str) -> None:
    """Pods are counted as their controllers make them."""
    assert pods.count(manifest(kind, spec, tmp_path), nodes=4) == count, why


def test_volumes(tmp_path: Path) -> None:
    """Claims, templates times pods, and volumes that live as long as a pod."""
    claim = {"spec": {"resources": {"requests": {"storage": "1Gi"}}}}
    assert pods.claimed(manifest("PersistentVolumeClaim", claim["spec"], tmp_path), 0) == 2**30
    assert pods.claimed(manifest("StatefulSet", {"volumeClaimTemplates": [claim, claim]}, tmp_path), 3) == 6 * 2**30
    ephemeral = {"containers": [], "volumes": [{"name": "v", "ephemeral": {"volumeClaimTemplate": claim}}]}
    assert pods.of_one(manifest("Pod", ephemeral, tmp_path), {})["storage"] == 2**30


def test_nonsense_is_passed_over(tmp_path: Path) -> None:
    """What is not even of the right shape asks for nothing: another check says what is wrong with it."""
    for spec in (None, [], "x", {"template": 3}, {"template": {"spec": {"containers": "x", "volumes": {}}}}, {"template": {"spec": {"containers": [1, {"resources": []}]}}, "replicas": "x"}):  # fmt: skip
        for kind in ("Deployment", "StatefulSet", "Job", "CronJob", "Pod"):
            one = manifest(kind, spec, tmp_path)
            assert pods.of_one(one, {}).get("cpu", 0) == 0
            assert pods.claimed(one, 1) == 0
            assert pods.count(one, 1) >= 0


def deployment(name: str, replicas: int, cpu: str = "1", **more: Any) -> str:
    """A Deployment as a file."""
    labels = {"app": name}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [asking(cpu, image="web:1.0.0", **more)]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod}
    return yaml.safe_dump({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}, sort_keys=False)


def hpa(name: str, fewest: int, most: int) -> str:
    """An autoscaler as a file."""
    spec = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": fewest, "maxReplicas": most}
    return json.dumps({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": spec})


def told(folder: Path, quota: str, **files: str) -> list[str]:
    """What is said of a repository with this quota and these files of the application."""
    tree = {**BASIC, "tenants/team-a.yaml": TENANT.replace("site]", f"site], quota: {quota}")}
    tree |= {f"applications/shop/{name}.yaml": text for name, text in files.items()}
    return [str(one) for one in repository.problems(folder, tree)]


def test_the_sum_is_held_against_the_quota(tmp_path: Path) -> None:
    """The quota's line is named, with what asks for most and where; others are counted."""
    files = {name: deployment(name, number) for name, number in (("web", 4), ("worker", 3), ("mail", 2), ("cron", 1))}
    (said,) = told(tmp_path, "{cpu: 8}", **files)
    assert said.startswith("tenants/team-a.yaml:4:47: ")
    assert 'objects in namespace "shop" on cluster main ask for 10 cpu, and tenant team-a has 8 cpu there' in said
    assert "Deployment web 4 cpu in 4 pods (applications/shop/web.yaml:4:9), Deployment worker 3 cpu in 3 pods" in said
    assert said.endswith("and 1 more")


@pytest.mark.parametrize("quota", ["{cpu: 10}", "{}", "{pods: 10}", "{memory: 1280Mi}"])
def test_what_fits(tmp_path: Path, quota: str) -> None:
    """Just enough is enough; without a bound nothing is held; containers without a request get the default."""
    assert told(tmp_path, quota, web=deployment("web", 10)) == []


@pytest.mark.parametrize(
    "quota, words", [("{pods: 9}", "10 pods"), ("{memory: 1279Mi}", "1280Mi memory"), ("{storage: 1Gi}", "2Gi storage")]
)
def test_every_resource(tmp_path: Path, quota: str, words: str) -> None:
    """Pods, memory and storage are bounds like CPU."""
    claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}\n"
    (said,) = told(tmp_path, quota, web=deployment("web", 10), claim=claim)
    assert words in said


def test_namespaces_and_clusters_are_apart(tmp_path: Path) -> None:
    """A quota is one namespace's on one cluster: two that fit are not added up."""
    site = APPLICATION.replace("name: shop", "name: site").replace("namespace: shop", "namespace: site")
    more = CLUSTER.replace("main", "more")
    api = APPLICATION.replace("name: shop", "name: api").replace("{namespace", "{cluster: more, namespace")
    tree = {
        **BASIC,
        "tenants/team-a.yaml": TENANT.replace("site]", "site], quota: {cpu: 3}"),
        "infrastructure/clusters/more/cluster.yaml": more,
        "applications/shop/application.yaml": APPLICATION.replace("{namespace", "{cluster: main, namespace"),
        "applications/shop/web.yaml": deployment("web", 3),
        "applications/site/application.yaml": site.replace("{namespace", "{cluster: main, namespace"),
        "applications/site/web.yaml": deployment("web", 3),
        "applications/api/application.yaml": api,
        "applications/api/web.yaml": deployment("web", 3),
    }
    assert repository.problems(tmp_path, tree) == ()


def test_an_autoscaler_at_its_least_and_its_most(tmp_path: Path) -> None:
    """What must run must fit; what may run is a warning."""
    assert told(tmp_path / "a", "{cpu: 5}", web=deployment("web", 9), scaler=hpa("web", 2, 5)) == []
    (least,) = told(tmp_path / "b", "{cpu: 1}", web=deployment("web", 1), scaler=hpa("web", 2, 5))
    assert "ask for 2 cpu" in least
    tree = {
        **BASIC,
        "tenants/team-a.yaml": TENANT.replace("site]", "site], quota: {cpu: 4}"),
        "applications/shop/web.yaml": deployment("web", 1),
        "applications/shop/hpa.yaml": hpa("web", 2, 5),
    }
    (warning,) = repository.catalog(tmp_path / "c", tree).warnings
    assert warning.is_warning
    assert "may ask for 5 cpu" in warning.message


def test_replicas_of_the_document_count(tmp_path: Path) -> None:
    """The number of pods that the Application's document asks for is the one that is added up."""
    tree = {
        **BASIC,
        "tenants/team-a.yaml": TENANT.replace("site]", "site], quota: {cpu: 3}"),
        "applications/shop/web.yaml": deployment("web", 1),
        "applications/shop/application.yaml": APPLICATION + "  replicas: {web: 4}\n",
    }
    assert [one.reason for one in repository.problems(tmp_path, tree)] == ["QuotaExceeded"]


def test_a_request_above_the_limit_that_is_given(tmp_path: Path) -> None:
    """A container that requests more memory than the default limit, and writes none, would be refused by the API server."""
    web = deployment("web", 1).replace("cpu: '1'", "memory: 1Gi")
    (said,) = told(tmp_path / "a", "{}", web=web)
    assert said.startswith("applications/shop/web.yaml:18:21: memory request 1Gi of container c is above the limit of 512Mi")
    assert told(tmp_path / "b", "{}", web=web.replace("requests:", "limits: {memory: 2Gi}\n          requests:")) == []
