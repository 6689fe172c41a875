"""Health of objects that are more than replicas, and of AWS resources that say how they are."""

# ruff: noqa: E501 - the table of cases has one per line

from __future__ import annotations

from typing import Any

import pytest

from transom.status import health
from transom.status.health import Word

POD = "kubernetes:core/v1:Pod"
REPLICA_SET = "kubernetes:apps/v1:ReplicaSet"
SERVICE = "kubernetes:core/v1:Service"
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
NAMESPACE = "kubernetes:core/v1:Namespace"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
DEFINITION = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
API_SERVICE = "kubernetes:apiregistration.k8s.io/v1:APIService"
ROLLOUT = "kubernetes:argoproj.io/v1alpha1:Rollout"
EXTERNAL = "kubernetes:external-secrets.io/v1:ExternalSecret"
SEALED = "kubernetes:bitnami.com/v1alpha1:SealedSecret"
CERTIFICATE = "kubernetes:cert-manager.io/v1:Certificate"
CLUSTER = "aws:eks/cluster:Cluster"
NODES = "aws:eks/nodeGroup:NodeGroup"


def _conditions(*conditions: tuple[str, str] | tuple[str, str, str], **status: Any) -> dict[str, Any]:
    found = [{"type": one[0], "status": one[1], "message": one[2] if len(one) > 2 else ""} for one in conditions]
    return {"status": {"conditions": found, **status}}


def _waiting(reason: str, policy: str = "Always") -> dict[str, Any]:
    state = {"name": "web", "state": {"waiting": {"reason": reason, "message": "back-off 10s"}}}
    return {"spec": {"restartPolicy": policy}, "status": {"phase": "Pending", "containerStatuses": [state]}}


CASES: list[tuple[str, dict[str, Any], Word, str, str]] = [
    (POD, _conditions(("Ready", "True"), phase="Running"), Word.HEALTHY, "", "ready"),
    (POD, _conditions(("Ready", "False", "containers not ready"), phase="Running"), Word.PROGRESSING, "not ready", "probe fails"),
    (POD, _waiting("ImagePullBackOff"), Word.DEGRADED, "container web: ImagePullBackOff: back-off", "no such image"),
    (POD, _waiting("CrashLoopBackOff"), Word.DEGRADED, "CrashLoopBackOff", "crashes"),
    (POD, _waiting("ContainerCreating"), Word.PROGRESSING, "Pending", "comes by itself"),
    (POD, _waiting("CrashLoopBackOff", "Never"), Word.PROGRESSING, "Pending", "a hook's pod is judged by its phase"),
    (POD, _conditions(("PodScheduled", "False", "0/1 nodes are available"), phase="Pending"), Word.PROGRESSING, "0/1 nodes", "no room"),
    (POD, {"status": {"phase": "Failed", "message": "evicted"}}, Word.DEGRADED, "evicted", "failed"),
    (POD, {"status": {"phase": "Succeeded"}}, Word.HEALTHY, "", "done"),
    (REPLICA_SET, {"spec": {"replicas": 2}, "status": {"availableReplicas": 1}}, Word.PROGRESSING, "1 of 2", "starting"),
    (REPLICA_SET, _conditions(("ReplicaFailure", "True", "exceeded quota")), Word.DEGRADED, "exceeded quota", "no quota"),
    (REPLICA_SET, {"spec": {"replicas": 0}}, Word.HEALTHY, "", "none wanted"),
    ("kubernetes:batch/v1:CronJob", {"spec": {"suspend": True}}, Word.SUSPENDED, "suspended", "by somebody"),
    (SERVICE, {"spec": {"type": "ClusterIP"}}, Word.HEALTHY, "", "nothing to wait for"),
    (SERVICE, {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {}}}, Word.PROGRESSING, "address", "not there yet"),
    (SERVICE, {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}, Word.HEALTHY, "", "there"),
    (SCALER, {"status": {"conditions": [{"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}]}}, Word.DEGRADED, "no metrics", "blind"),
    (SCALER, _conditions(("AbleToScale", "True"), ("ScalingLimited", "True")), Word.HEALTHY, "", "at its limit"),
    (NAMESPACE, {"status": {"phase": "Active"}}, Word.HEALTHY, "", "there"),
    (NAMESPACE, _conditions(("NamespaceFinalizersRemaining", "True", "db in 1 instance"), phase="Terminating"), Word.PROGRESSING, "terminating: db in", "held up"),
    (BUDGET, {"status": {"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "message": "no scale"}]}}, Word.DEGRADED, "no scale", "does not work"),
    (BUDGET, {"status": {"conditions": [{"type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods"}]}}, Word.HEALTHY, "", "does its work"),
    (DEFINITION, _conditions(("NamesAccepted", "True"), ("Established", "True")), Word.HEALTHY, "", "served"),
    (DEFINITION, _conditions(("NamesAccepted", "False", "already in use")), Word.DEGRADED, "already in use", "taken"),
    (API_SERVICE, _conditions(("Available", "False", "no endpoints")), Word.PROGRESSING, "no endpoints", "its server is away"),
    (ROLLOUT, {"status": {"phase": "Healthy"}}, Word.HEALTHY, "", "through"),
    (ROLLOUT, {"status": {"phase": "Paused", "message": "CanaryPauseStep"}}, Word.SUSPENDED, "CanaryPauseStep", "waits for somebody"),
    (ROLLOUT, {"status": {"phase": "Degraded", "abort": True, "message": "aborted"}}, Word.DEGRADED, "aborted", "aborted"),
    (ROLLOUT, {"metadata": {"generation": 2}, "status": {"phase": "Healthy", "observedGeneration": "1"}}, Word.PROGRESSING, "controller", "an old word"),
    (EXTERNAL, _conditions(("Ready", "False", "no such key")), Word.DEGRADED, "no such key", "cannot be read"),
    (EXTERNAL, _conditions(("Ready", "True")), Word.HEALTHY, "", "read"),
    (SEALED, _conditions(("Synced", "False", "no key could decrypt secret")), Word.DEGRADED, "decrypt", "another cluster's"),
    (CERTIFICATE, _conditions(("Issuing", "True", "order pending"), ("Ready", "False")), Word.PROGRESSING, "order pending", "under way"),
    (CERTIFICATE, _conditions(("Ready", "False", "expired")), Word.DEGRADED, "expired", "expired"),
    (CLUSTER, {"status": "ACTIVE"}, Word.HEALTHY, "", "active"),
    (CLUSTER, {"status": "UPDATING"}, Word.PROGRESSING, "UPDATING", "being upgraded"),
    (CLUSTER, {"status": "FAILED"}, Word.DEGRADED, "FAILED", "failed"),
    (NODES, {"status": "DEGRADED"}, Word.DEGRADED, "DEGRADED", "nodes do not join"),
]  # fmt: skip


@pytest.mark.parametrize("type_, outputs, word, message, why", CASES)
def test_health(type_: str, outputs: dict[str, Any], word: Word, message: str, why: str) -> None:
    """Each status comes to its word, with the reason where it is not well."""
    found = health.of(type_, outputs)
    assert found.word is word, why
    assert message in found.message, why


@pytest.mark.parametrize("type_", [SCALER, BUDGET, ROLLOUT, EXTERNAL, SEALED, CERTIFICATE])
@pytest.mark.parametrize("outputs", [{}, {"status": None}, {"status": {"conditions": None}}])
def test_what_no_controller_looked_at(type_: str, outputs: dict[str, Any]) -> None:
    """Nothing is known against what the engine did not wait for; it is not called unwell."""
    assert health.of(type_, outputs).word is Word.HEALTHY


@pytest.mark.parametrize("type_", sorted({case[0] for case in CASES if case[0].startswith("kubernetes:")}))
def test_half_written_status(type_: str) -> None:
    """A status that controllers have not filled in yet is no crash."""
    for outputs in ({}, {"spec": None, "status": None}, {"spec": {}, "status": {"conditions": None, "loadBalancer": None}}):
        assert health.of(type_, outputs).word in Word
