"""When objects of each kind are ready, and which Pod is named when they are not."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins.kubernetes import objects, readiness, waiting
from sandbox.plugins.kubernetes.objects import Kind
from sandbox.plugins.kubernetes.readiness import Situation, Verdict

NEW = {"generation": 1, "name": "web", "namespace": "n", "uid": "u", "annotations": {"deployment.kubernetes.io/revision": "1"}}
AVAILABLE = [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
REPLICA_SET = {
    "metadata": {"uid": "rs", "annotations": {"deployment.kubernetes.io/revision": "1"}, "ownerReferences": [{"uid": "u"}]},
    "spec": {"replicas": 2},
    "status": {"readyReplicas": 2},
}
POD = {
    "metadata": {"name": "web-1", "namespace": "n", "ownerReferences": [{"uid": "rs"}]},
    "status": {"containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]},
}


def _verdict(live: dict[str, Any], **around: list[dict[str, Any]]) -> Verdict:
    found = readiness.rule(objects.kind(live))
    assert found is not None

    def lookup(kind: Kind, name: str) -> list[dict[str, Any]]:
        return [each for each in around.get(kind.kind, []) if not name or objects.name(each) == name]

    return found.check(Situation(live, lookup))


def _deployment(status: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": NEW, "spec": {"replicas": 2}, "status": status}


def test_a_deployment_is_ready_with_its_new_replica_set() -> None:
    """It is available, its controller has seen it, and the replica set of its revision has all replicas."""
    live = _deployment({"observedGeneration": 1, "conditions": AVAILABLE})
    assert _verdict(live, ReplicaSet=[REPLICA_SET]).ready
    assert not _verdict(live, ReplicaSet=[{**REPLICA_SET, "status": {"readyReplicas": 1}}]).ready
    assert not _verdict(live).ready
    assert not _verdict(_deployment({"observedGeneration": 0, "conditions": AVAILABLE}), ReplicaSet=[REPLICA_SET]).ready


def test_a_deployment_names_the_pod_that_waits() -> None:
    """The reasons name the Pod, its container and what it waits for."""
    conditions = [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "no"}]
    verdict = _verdict(
        _deployment({"observedGeneration": 1, "conditions": conditions}),
        ReplicaSet=[{**REPLICA_SET, "status": {}}],
        Pod=[POD],
    )
    assert "[MinimumReplicasUnavailable] no" in verdict.reasons
    assert "[Pod n/web-1]: container 'c' waits: [ErrImagePull] no such image" in verdict.reasons


@pytest.mark.parametrize(
    "kind, body, ready",
    [
        ("v1/Pod", {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}, True),
        ("v1/Pod", {"status": {"phase": "Pending"}}, False),
        ("v1/Pod", {"status": {"phase": "Succeeded"}}, True),
        ("batch/v1/Job", {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, True),
        ("batch/v1/Job", {"status": {"active": 1}}, False),
        ("v1/Service", {"spec": {"type": "ExternalName", "selector": {"a": "b"}}}, True),
        ("v1/Service", {"spec": {"clusterIP": "None", "selector": {"a": "b"}}}, True),
        ("v1/Service", {"spec": {"clusterIP": "10.0.0.1"}}, True),
        ("v1/Service", {"spec": {"selector": {"a": "b"}}}, False),
        ("v1/Service", {"spec": {"type": "LoadBalancer"}}, False),
        ("networking.k8s.io/v1/Ingress", {"status": {"loadBalancer": {}}}, False),
        ("networking.k8s.io/v1/Ingress", {"status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}}, True),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Bound"}}, True),
        ("v1/PersistentVolumeClaim", {"status": {"phase": "Pending"}}, False),
        ("v1/PersistentVolume", {"status": {"phase": "Available"}}, True),
        ("v1/ResourceQuota", {"spec": {"hard": {"cpu": "1"}}, "status": {"hard": {"cpu": "1"}}}, True),
        ("v1/ResourceQuota", {"spec": {"hard": {"cpu": "1"}}}, False),
        ("v1/Secret", {"type": "kubernetes.io/service-account-token"}, False),
        ("v1/Secret", {"type": "Opaque"}, True),
        ("apps/v1/DaemonSet", {"status": {"desiredNumberScheduled": 2, "currentNumberScheduled": 1}}, False),
        ("apps/v1/DaemonSet", {"status": {"desiredNumberScheduled": 0}}, True),
        ("v1/ReplicationController", {"spec": {"replicas": 2}, "status": {"availableReplicas": 2}}, True),
        ("apiextensions.k8s.io/v1/CustomResourceDefinition", {"status": {"conditions": [{"type": "Established", "status": "True"}]}}, True),
    ],
)
def test_kinds(kind: str, body: dict[str, Any], ready: bool) -> None:  # noqa: FBT001 - a table's column
    """Each awaited kind is ready when its controller says so."""
    version, _, name = kind.rpartition("/")
    status = {"observedGeneration": 1, **body.get("status", {})}
    live = {"apiVersion": version, "kind": name, "metadata": {"name": "a", "generation": 1}, **body, "status": status}
    verdict = _verdict(live)
    assert verdict.ready is ready
    assert verdict.ready or verdict.reasons


def test_a_service_is_ready_with_endpoints_of_its_own() -> None:
    """Endpoints of another Service do not count."""
    live = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"selector": {"x": "y"}}}
    labels = {"kubernetes.io/service-name": "a"}
    assert _verdict(live, EndpointSlice=[{"metadata": {"labels": labels}, "endpoints": [{}]}]).ready
    assert not _verdict(live, EndpointSlice=[{"metadata": {"labels": {}}, "endpoints": [{}]}]).ready


def test_a_late_binding_claim_is_ready_while_it_waits_for_a_pod() -> None:
    """A claim of a storage class that binds with the first consumer cannot be bound before."""
    live = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"storageClassName": "late"}, "status": {"phase": "Pending"}}
    storage = {"metadata": {"name": "late"}, "volumeBindingMode": "WaitForFirstConsumer"}
    assert _verdict(live, StorageClass=[storage]).ready


def test_a_failed_job_fails_at_once() -> None:
    """Waiting longer for a Job that failed is in vain."""
    conditions = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}]
    verdict = _verdict({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "status": {"conditions": conditions}})
    assert verdict.failed
    assert "BackoffLimitExceeded" in verdict.reasons[0]


@pytest.mark.parametrize(
    "annotation, holds",
    [
        ("condition=Synced", True),
        ("condition=synced=True", True),
        ("condition=Synced=False", False),
        ("jsonpath={.status.phase}", True),
        ("jsonpath={.status.phase}=Ready", True),
        ("jsonpath={.status.list[1].n}=2", True),
        ("jsonpath={.status.list[7].n}", False),
        ('["condition=Synced", "jsonpath={.status.phase}=Other"]', False),
    ],
)
def test_wait_for(annotation: str, holds: bool) -> None:  # noqa: FBT001 - a table's column
    """A waitFor annotation is a condition, a path, a path with a value, or a list of them."""
    live = {"status": {"phase": "Ready", "list": [{"n": 1}, {"n": 2}], "conditions": [{"type": "Synced", "status": "True"}]}}
    assert waiting._custom(annotation)(Situation(live, lambda _kind, _name: [])).ready is holds


@pytest.mark.parametrize("annotation", ["status=Ready", "jsonpath={.items[*].name}", "[]"])
def test_what_cannot_be_waited_for_is_refused(annotation: str) -> None:
    """An expression that is not understood is an error, never taken for fulfilled."""
    with pytest.raises(ValueError, match=r"prefix|plain paths|at least one"):
        waiting._custom(annotation)
