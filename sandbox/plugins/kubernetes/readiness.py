"""Is a live object ready, and if not, what waits for what: pure functions of the object and of what belongs to it.

The conditions are those of the real plugin's awaiters (provider/pkg/await); kinds that are not listed are ready when they exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.kubernetes import objects
from sandbox.plugins.kubernetes.objects import Kind, Object

_REVISION: Final = "deployment.kubernetes.io/revision"

# Gives the live objects of a kind in the object's namespace; with a name, at most that one (also of kinds without a namespace).
Lookup = Callable[[Kind, str], list[Object]]

POD: Final = Kind("", "v1", "Pod")
_REPLICA_SET: Final = Kind("apps", "v1", "ReplicaSet")
_CLAIM: Final = Kind("", "v1", "PersistentVolumeClaim")
_SLICE: Final = Kind("discovery.k8s.io", "v1", "EndpointSlice")
_SERVICE: Final = Kind("", "v1", "Service")
_STORAGE_CLASS: Final = Kind("storage.k8s.io", "v1", "StorageClass")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the object is ready; if not, the reasons, and whether waiting longer is in vain."""

    ready: bool
    reasons: tuple[str, ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A live object, and how to look up what belongs to it."""

    live: Object
    lookup: Lookup


Check = Callable[[Situation], Verdict]
READY: Final = Verdict(ready=True)


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind becomes ready: the check, for how many seconds it is waited for, and whether a refresh asks too."""

    check: Check
    seconds: float = 600
    on_read: bool = False


def rule(kind: Kind) -> Rule | None:
    """Give the kind's rule; None for a kind that is ready when it exists."""
    return _RULES.get(str(kind))


def _waiting(*reasons: str) -> Verdict:
    return Verdict(ready=False, reasons=tuple(reason for reason in reasons if reason))


def _deployment(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    if _count(live, "metadata", "generation") != _count(live, "status", "observedGeneration"):
        return _waiting("The Deployment controller has not seen the change yet")
    revision = objects.annotations_of(live).get(_REVISION, "")
    available = _condition(live, "Available")
    progressing = _condition(live, "Progressing")
    replica_set = next(
        (each for each in lookup(_REPLICA_SET, "") if _owned(each, live) and objects.annotations_of(each).get(_REVISION) == revision), None
    )
    rolled_out = revision == "1" or (_is_true(progressing) and progressing.get("reason") == "NewReplicaSetAvailable")
    wanted = _count(replica_set, "spec", "replicas", default=1)
    ready = replica_set is not None and _count(replica_set, "status", "readyReplicas") >= wanted
    unbound = _unbound_claims(live, lookup)
    if revision and _is_true(available) and rolled_out and ready and not unbound:
        return READY
    told = (
        _trouble(available),
        _trouble(progressing),
        f"Failed to bind PersistentVolumeClaim(s): {', '.join(unbound)}" if unbound else "",
        "" if _is_true(available) else "Minimum number of live Pods was not attained",
        ""
        if rolled_out or not _is_true(available)
        else "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live",
    )
    return _waiting(*told, *(_pods(replica_set, lookup) if replica_set else ()))


def _stateful_set(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    wanted = _count(live, "spec", "replicas")
    status = live.get("status") or {}
    seen = _count(live, "metadata", "generation") == status.get("observedGeneration")
    counts = {key: status.get(key) or 0 for key in ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas")}
    complete = counts["replicas"] == counts["readyReplicas"] == wanted
    if objects.text(live, "spec", "updateStrategy", "type") == "OnDelete":
        done = complete and (_count(live, "metadata", "generation") > 1 or counts["currentReplicas"] == wanted)
    else:
        same = status.get("currentRevision") == status.get("updateRevision")
        done = complete and counts["currentReplicas"] == wanted and same
    if seen and done:
        return READY
    told = (
        f"{counts['readyReplicas']} out of {wanted} replicas succeeded readiness checks"
        if not complete
        else ".status.currentRevision does not match .status.updateRevision"
    )
    return _waiting(told, *_pods(live, lookup))


def _daemon_set(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    status = live.get("status") or {}
    if _count(live, "metadata", "generation") != status.get("observedGeneration"):
        return _waiting("The DaemonSet controller has not seen the change yet")
    wanted = status.get("desiredNumberScheduled") or 0
    for key, word in (
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ):
        if (status.get(key) or 0) < wanted:
            return _waiting(f"{status.get(key) or 0} of {wanted} Pods are {word}", *_pods(live, lookup))
    return READY


def _job(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    if _is_true(_condition(live, "Complete")):
        return READY
    failed = _condition(live, "Failed")
    if _is_true(failed):
        told = f"[Job {objects.identity(live)}]: Job failed: [{failed.get('reason', '')}] {failed.get('message', '')}".rstrip()
        return Verdict(ready=False, reasons=(told, *_pods(live, lookup)), failed=True)
    counts = " | ".join(f"{word}: {_count(live, 'status', word.lower())}" for word in ("Active", "Succeeded", "Failed"))
    return _waiting(f"Waiting for Job {objects.identity(live)} to succeed ({counts})", *_pods(live, lookup))


def _pod(of: Situation) -> Verdict:
    live = of.live
    phase = objects.text(live, "status", "phase")
    if phase == "Succeeded" or (phase == "Running" and _is_true(_condition(live, "Ready"))):
        return READY
    return _waiting(*(_pod_trouble(live) or (f"[Pod {objects.identity(live)}]: phase {phase or 'unknown'}",)))


def _service(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    kind = objects.text(live, "spec", "type") or "ClusterIP"
    balanced = kind != "LoadBalancer" or bool(objects.nested(live, "status", "loadBalancer", "ingress"))
    # Nothing is directed to Pods by a name elsewhere, by a headless Service, or by one whose endpoints somebody else writes.
    directs = (
        kind != "ExternalName" and objects.text(live, "spec", "clusterIP") != "None" and bool(objects.nested(live, "spec", "selector"))
    )
    targets = not directs or any(
        each.get("endpoints")
        for each in lookup(_SLICE, "")
        if objects.nested(each, "metadata", "labels", "kubernetes.io/service-name") == objects.name(live)
    )
    if balanced and targets:
        return READY
    return _waiting(
        ""
        if targets
        else "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods",
        "" if balanced else "Service was not allocated an IP address; does your cloud provider support this?",
    )


def _ingress(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    if objects.nested(live, "status", "loadBalancer", "ingress"):
        return READY
    known = {objects.name(each) for each in lookup(_SERVICE, "")}
    paths = (path for each in objects.nested(live, "spec", "rules") or [] for path in objects.nested(each, "http", "paths") or [])
    wanted = {objects.text(path, "backend", "service", "name") for path in paths} - {""}
    missing = sorted(wanted - known)
    return _waiting(
        "No matching service found for ingress rule: " + ", ".join(missing) if missing else "",
        "Ingress .status.loadBalancer field was not updated with a hostname/IP address. \n    for more information about this error, see https://pulumi.io/xdv72s",
    )


def _claim(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    phase = objects.text(live, "status", "phase")
    class_name = objects.text(live, "spec", "storageClassName")
    late = class_name and any(each.get("volumeBindingMode") == "WaitForFirstConsumer" for each in lookup(_STORAGE_CLASS, class_name))
    if phase == "Bound" or (late and phase == "Pending"):
        return READY
    return _waiting(f"PersistentVolumeClaim: [{objects.name(live)}] is not ready. status.phase currently at: {phase or 'none'}")


def _volume(of: Situation) -> Verdict:
    live = of.live
    phase = objects.text(live, "status", "phase")
    return (
        READY
        if phase in ("Available", "Bound")
        else _waiting(f"PersistentVolume {objects.name(live)}: status.phase currently at: {phase or 'none'}")
    )


def _replication_controller(of: Situation) -> Verdict:
    live, lookup = of.live, of.lookup
    wanted, found = _count(live, "spec", "replicas"), _count(live, "status", "availableReplicas")
    return READY if wanted == found else _waiting(f"{found} of {wanted} replicas are available", *_pods(live, lookup))


def _quota(of: Situation) -> Verdict:
    live = of.live
    asked, granted = objects.nested(live, "spec", "hard"), objects.nested(live, "status", "hard")
    return READY if asked == granted or not asked else _waiting("the quota controller has not taken .spec.hard over yet")


def _token_secret(of: Situation) -> Verdict:
    live = of.live
    if live.get("type") != "kubernetes.io/service-account-token" or live.get("data"):
        return READY
    return _waiting("the token controller has not filled the Secret yet; does its service account exist?")


def _definition(of: Situation) -> Verdict:
    live = of.live
    refused = _condition(live, "NamesAccepted")
    if refused.get("status") == "False":
        return Verdict(ready=False, reasons=(f"[{refused.get('reason', '')}] {refused.get('message', '')}",), failed=True)
    return READY if _is_true(_condition(live, "Established")) else _waiting("the definition is not established yet")


def condition(live: Mapping[str, Any], kind: str) -> str:
    """Give the status of the object's condition of that type, compared without regard to case; empty where there is none."""
    found = objects.nested(live, "status", "conditions")
    entries = found if isinstance(found, list) else []
    return next((str(each.get("status", "")) for each in entries if str(each.get("type", "")).lower() == kind.lower()), "")


def _condition(live: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = objects.nested(live, "status", "conditions")
    return next((each for each in found if each.get("type") == kind), {}) if isinstance(found, list) else {}


def _is_true(found: Mapping[str, Any]) -> bool:
    return found.get("status") == "True"


def _trouble(found: Mapping[str, Any]) -> str:
    return f"[{found.get('reason', '')}] {found.get('message', '')}" if found and not _is_true(found) else ""


def _count(live: Mapping[str, Any] | None, *path: str, default: int = 0) -> int:
    found = objects.nested(live, *path)
    return found if isinstance(found, int) else default


def _owned(obj: Object, owner: Object) -> bool:
    references = objects.nested(obj, "metadata", "ownerReferences") or []
    return any(each.get("uid") == objects.text(owner, "metadata", "uid") for each in references)


def _unbound_claims(live: Object, lookup: Lookup) -> list[str]:
    volumes = objects.nested(live, "spec", "template", "spec", "volumes") or []
    names = {objects.text(each, "persistentVolumeClaim", "claimName") for each in volumes} - {""}
    return (
        sorted(
            objects.name(each)
            for each in lookup(_CLAIM, "")
            if objects.name(each) in names and objects.text(each, "status", "phase") != "Bound"
        )
        if names
        else []
    )


def _pods(owner: Object, lookup: Lookup) -> tuple[str, ...]:
    return tuple(told for each in lookup(POD, "") if _owned(each, owner) for told in _pod_trouble(each))


def _pod_trouble(pod: Object) -> tuple[str, ...]:
    name = objects.identity(pod)
    told = []
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        told.append(f"[Pod {name}]: [{scheduled.get('reason', '')}] {scheduled.get('message', '')}")
    for each in [
        *(objects.nested(pod, "status", "initContainerStatuses") or []),
        *(objects.nested(pod, "status", "containerStatuses") or []),
    ]:
        for state, word in (("waiting", "waits"), ("terminated", "ended")):
            found = objects.nested(each, "state", state)
            if found and found.get("reason") != "Completed":
                told.append(
                    f"[Pod {name}]: container {each.get('name')!r} {word}: [{found.get('reason', '')}] {found.get('message', '')}".rstrip()
                )
    ready = _condition(pod, "Ready")
    if not told and ready.get("status") == "False" and ready.get("reason") != "PodCompleted":
        told.append(f"[Pod {name}]: {ready.get('message') or 'not ready'}")
    return tuple(told)


_DEPLOYMENT = Rule(_deployment, on_read=True)
_RULES: Final[Mapping[str, Rule]] = {
    "apps/v1/Deployment": _DEPLOYMENT,
    "apps/v1/StatefulSet": Rule(_stateful_set, on_read=True),
    "apps/v1/DaemonSet": Rule(_daemon_set, on_read=True),
    "batch/v1/Job": Rule(_job, on_read=True),
    "v1/Pod": Rule(_pod, on_read=True),
    "v1/Service": Rule(_service, on_read=True),
    "networking.k8s.io/v1/Ingress": Rule(_ingress, on_read=True),
    "v1/PersistentVolumeClaim": Rule(_claim, 300),
    "v1/PersistentVolume": Rule(_volume, 300),
    "v1/ReplicationController": Rule(_replication_controller),
    "v1/ResourceQuota": Rule(_quota, 60),
    "v1/Secret": Rule(_token_secret, 5),
    "apiextensions.k8s.io/v1/CustomResourceDefinition": Rule(_definition, 60),
}
