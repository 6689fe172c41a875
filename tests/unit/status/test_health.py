"""Health: from an object's own status to one word, as Argo CD's users know it."""

# ruff: noqa: E501 - the table of cases has one per line

from __future__ import annotations

from typing import Any

import pytest

from transom.status import health
from transom.status.health import Health, Word

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
JOB = "kubernetes:batch/v1:Job"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
DATABASE = "aws:rds/instance:Instance"


def _condition(type_: str, status: str = "True", **more: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": type_, "status": status, **more}]}}


CASES: list[tuple[str, dict[str, Any], Word, str, str]] = [
    (DEPLOYMENT, {"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "availableReplicas": 2}}, Word.HEALTHY, "", "all there"),
    (DEPLOYMENT, {"status": {"updatedReplicas": 1, "availableReplicas": 1}}, Word.HEALTHY, "", "one replica by default"),
    (DEPLOYMENT, {"spec": {"replicas": 0}}, Word.HEALTHY, "", "none is wanted, none is there"),
    (DEPLOYMENT, {"spec": {"replicas": 2}}, Word.PROGRESSING, "0 of 2 replicas updated", "nothing reported yet"),
    (DEPLOYMENT, {"spec": {"replicas": 2}, "status": {"updatedReplicas": 2, "availableReplicas": 1}}, Word.PROGRESSING, "1 of 2", "starting"),
    (DEPLOYMENT, {"spec": {"paused": True}}, Word.SUSPENDED, "paused", "somebody paused it"),
    (DEPLOYMENT, _condition("Progressing", "False", reason="ProgressDeadlineExceeded", message="too slow"), Word.DEGRADED, "too slow", "gave up"),
    (STATEFUL_SET, {"spec": {"replicas": 1}, "status": {"updatedReplicas": 1, "readyReplicas": 1}}, Word.HEALTHY, "", "ready"),
    (STATEFUL_SET, {"spec": {"replicas": 3}, "status": {"updatedReplicas": 3, "readyReplicas": 1}}, Word.PROGRESSING, "1 of 3", "starting"),
    (DAEMON_SET, {"status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}}, Word.HEALTHY, "", "on all nodes"),
    (DAEMON_SET, {"status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 1}}, Word.PROGRESSING, "1 of 2", "on one node"),
    (JOB, _condition("Complete"), Word.HEALTHY, "", "done"),
    (JOB, _condition("Failed", message="backoff limit"), Word.DEGRADED, "backoff limit", "failed"),
    (JOB, _condition("Suspended"), Word.SUSPENDED, "", "suspended"),
    (JOB, _condition("Failed", "False"), Word.PROGRESSING, "running", "a condition that does not hold"),
    (JOB, {}, Word.PROGRESSING, "running", "no status yet"),
    (CLAIM, {"status": {"phase": "Bound"}}, Word.HEALTHY, "", "bound"),
    (CLAIM, {"status": {"phase": "Lost"}}, Word.DEGRADED, "Lost", "its volume is gone"),
    (CLAIM, {}, Word.PROGRESSING, "Pending", "waiting for a volume"),
    (DATABASE, {"status": "available"}, Word.HEALTHY, "", "available"),
    (DATABASE, {"status": "backing-up"}, Word.HEALTHY, "", "serves while it backs up"),
    (DATABASE, {"status": "modifying"}, Word.PROGRESSING, "modifying", "being changed"),
    (DATABASE, {"status": "stopped"}, Word.SUSPENDED, "stopped", "stopped by somebody"),
    (DATABASE, {"status": "storage-full"}, Word.DEGRADED, "storage-full", "cannot write"),
    (DATABASE, {"status": "incompatible-parameters"}, Word.DEGRADED, "incompatible", "cannot start"),
    ("kubernetes:core/v1:ConfigMap", {}, Word.HEALTHY, "", "there is nothing to wait for"),
    ("kubernetes:example.com/v1:Thing", {"status": None}, Word.HEALTHY, "", "no rule"),
]  # fmt: skip


@pytest.mark.parametrize("type_, outputs, word, message, why", CASES)
def test_health(type_: str, outputs: dict[str, Any], word: Word, message: str, why: str) -> None:
    """Each status comes to its word, with the reason where it is not well."""
    found = health.of(type_, outputs)
    assert found.word is word, why
    assert message in found.message, why


@pytest.mark.parametrize("type_", sorted({case[0] for case in CASES}))
@pytest.mark.parametrize("outputs", [{"spec": None, "status": None}, {}, {"status": {"conditions": None}}])
def test_half_written_status(type_: str, outputs: dict[str, Any]) -> None:
    """A status that controllers have not filled in yet is no crash."""
    if type_ == DATABASE and isinstance(outputs.get("status"), dict):
        return  # RDS's status is a word
    assert health.of(type_, outputs).word in Word


def test_the_worst_counts() -> None:
    """A document is as healthy as its least healthy resource; without any it is healthy."""
    assert health.worst([]) == Health()
    assert health.worst([Health(), Health(Word.PROGRESSING, "a"), Health(Word.SUSPENDED, "b")]) == Health(Word.PROGRESSING, "a")
    assert health.worst([Health(Word.DEGRADED, "a"), Health(Word.PROGRESSING, "b")]).word is Word.DEGRADED
