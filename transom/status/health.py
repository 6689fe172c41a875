"""Health of one resource from what the engine knows of it: the object's own status, by the rules of Argo CD's built-in health checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transom.status import cloud, objects
from transom.status.custom import Rules
from transom.status.words import Health, Word

__all__ = ["Health", "Rules", "Word", "of", "worst"]


def of(type_: str, outputs: Mapping[str, Any], rules: Rules | None = None) -> Health:
    """Health of a resource of this type token with these outputs, first by the environment's own `rules`.

    What has no rule is healthy once it exists.
    """
    kind = _kind(type_)
    if rules is not None and kind:
        group, _, name = kind.rpartition("/")
        if (found := rules.of(group, name, outputs)) is not None:
            return found
    rule = _RULES.get(type_) or cloud.RULES.get(type_)
    return rule(outputs) if rule else objects.of(kind, outputs) or Health()


def _kind(type_: str) -> str:
    """`kubernetes:apps/v1:ReplicaSet` as `apps/ReplicaSet`, `kubernetes:core/v1:Pod` as `/Pod`; empty for what is no object."""
    provider, _, rest = type_.partition(":")
    version, _, kind = rest.rpartition(":")
    group = version.partition("/")[0]
    return f"{'' if group == 'core' else group}/{kind}" if provider == "kubernetes" else ""


def worst(healths: list[Health]) -> Health:
    """The worst of several; Healthy when there are none."""
    order = list(Word)
    return max(healths, key=lambda health: order.index(health.word), default=Health())


def _deployment(outputs: Mapping[str, Any]) -> Health:
    spec, status = outputs.get("spec") or {}, outputs.get("status") or {}
    if spec.get("paused"):
        return Health(Word.SUSPENDED, "paused")
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return Health(Word.DEGRADED, str(condition.get("message", "progress deadline exceeded")))
    return _replicas(int(spec.get("replicas", 1)), int(status.get("updatedReplicas", 0)), int(status.get("availableReplicas", 0)))


def _stateful_set(outputs: Mapping[str, Any]) -> Health:
    spec, status = outputs.get("spec") or {}, outputs.get("status") or {}
    return _replicas(int(spec.get("replicas", 1)), int(status.get("updatedReplicas", 0)), int(status.get("readyReplicas", 0)))


def _daemon_set(outputs: Mapping[str, Any]) -> Health:
    status = outputs.get("status") or {}
    wanted = int(status.get("desiredNumberScheduled", 0))
    return _replicas(wanted, int(status.get("updatedNumberScheduled", 0)), int(status.get("numberAvailable", 0)))


def _replicas(wanted: int, updated: int, available: int) -> Health:
    if updated < wanted:
        return Health(Word.PROGRESSING, f"{updated} of {wanted} replicas updated")
    if available < wanted:
        return Health(Word.PROGRESSING, f"{available} of {wanted} replicas available")
    return Health()


def _job(outputs: Mapping[str, Any]) -> Health:
    for condition in (outputs.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in ("Failed", "Complete", "Suspended"):
            words = {"Failed": Word.DEGRADED, "Complete": Word.HEALTHY, "Suspended": Word.SUSPENDED}
            return Health(words[condition["type"]], "" if condition["type"] == "Complete" else str(condition.get("message", "")))
    return Health(Word.PROGRESSING, "running")


def _claim(outputs: Mapping[str, Any]) -> Health:
    phase = (outputs.get("status") or {}).get("phase")
    return Health() if phase == "Bound" else Health(Word.DEGRADED if phase == "Lost" else Word.PROGRESSING, f"{phase or 'Pending'}")


def _database(outputs: Mapping[str, Any]) -> Health:
    status = str(outputs.get("status", ""))
    if status in ("", "available", "storage-optimization", "backing-up"):
        return Health()
    stopped = status in ("stopped", "stopping")
    broken = status.startswith(("failed", "incompatible", "inaccessible", "restore-error", "storage-full"))
    return Health(Word.SUSPENDED if stopped else Word.DEGRADED if broken else Word.PROGRESSING, status)


_RULES: Mapping[str, Callable[[Mapping[str, Any]], Health]] = MappingProxyType(
    {
        "kubernetes:apps/v1:Deployment": _deployment,
        "kubernetes:apps/v1:StatefulSet": _stateful_set,
        "kubernetes:apps/v1:DaemonSet": _daemon_set,
        "kubernetes:batch/v1:Job": _job,
        "kubernetes:core/v1:PersistentVolumeClaim": _claim,
        "aws:rds/instance:Instance": _database,
    }
)
