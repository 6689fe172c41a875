"""Health of Kubernetes objects that are more than replicas, by the rules of Argo CD's built-in health checks.

Sources: gitops-engine `pkg/health/health_*.go` for the built-in kinds; argo-cd `resource_customizations/GROUP/KIND/health.lua` for the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from transom.status.words import Health, Word

Object = Mapping[str, Any]


def pod(outputs: Object) -> Health:
    """By phase; a container that cannot start is degraded where it is meant to run for ever."""
    spec, status = outputs.get("spec") or {}, outputs.get("status") or {}
    broken = _broken(status) if (spec.get("restartPolicy") or "Always") == "Always" else ""
    if broken:
        return Health(Word.DEGRADED, broken)
    match status.get("phase"):
        case "Succeeded":
            return Health()
        case "Failed":
            return Health(Word.DEGRADED, str(status.get("message") or status.get("reason") or "failed"))
        case "Running":
            seen = _condition(outputs, "Ready")
            return Health() if seen.get("status") == "True" else Health(Word.PROGRESSING, str(seen.get("message") or "not ready"))
        case phase:
            waits = _condition(outputs, "PodScheduled")
            unplaced = waits.get("message") if waits.get("status") == "False" else ""
            return Health(Word.PROGRESSING, str(unplaced or phase or "Pending"))


def _broken(status: Object) -> str:
    """Why a container waits, where it waits for something that does not come by itself."""
    for one in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (one.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason", ""))
        if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
            return f"container {one.get('name')}: {reason}" + (f": {waiting['message']}" if waiting.get("message") else "")
    return ""


def replica_set(outputs: Object) -> Health:
    """As many available as are wanted."""
    failure = _condition(outputs, "ReplicaFailure")
    if failure.get("status") == "True":
        return Health(Word.DEGRADED, str(failure.get("message") or "cannot make pods"))
    wanted = int((outputs.get("spec") or {}).get("replicas", 1))
    available = int((outputs.get("status") or {}).get("availableReplicas", 0))
    return Health() if available >= wanted else Health(Word.PROGRESSING, f"{available} of {wanted} replicas available")


def cron_job(outputs: Object) -> Health:
    """Suspended where somebody suspended it; its runs have a health of their own."""
    return Health(Word.SUSPENDED, "suspended") if (outputs.get("spec") or {}).get("suspend") else Health()


def service(outputs: Object) -> Health:
    """A load balancer has an address once it is there; other Services are healthy as they are."""
    if (outputs.get("spec") or {}).get("type") != "LoadBalancer":
        return Health()
    found = ((outputs.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return Health() if found else Health(Word.PROGRESSING, "waits for the address of its load balancer")


def autoscaler(outputs: Object) -> Health:
    """Degraded where it cannot read its metrics or its target; limited is no trouble.

    Before its metrics were read for the first time it is progressing.
    """
    failed = ("FailedGetScale", "FailedUpdateScale", "FailedGetResourceMetric", "InvalidSelector", "InvalidMetricSourceType")
    conditions = (outputs.get("status") or {}).get("conditions") or ()
    for condition in conditions:
        if condition.get("status") == "False" and condition.get("reason") in failed:
            return Health(Word.DEGRADED, str(condition.get("message") or condition["reason"]))
    able = any(one.get("status") == "True" and one.get("type") in ("AbleToScale", "ScalingLimited") for one in conditions)
    return Health() if able else Health(Word.PROGRESSING, "waits for its metrics")


def budget(outputs: Object) -> Health:
    """Degraded where it cannot do its work; that it allows no disruption just now is what it is for (argo-cd#20171)."""
    allowed = _condition(outputs, "DisruptionAllowed")
    if allowed.get("status") == "False" and allowed.get("reason") != "InsufficientPods":
        return Health(Word.DEGRADED, str(allowed.get("message") or allowed.get("reason") or "its pods cannot be counted"))
    return Health()


def namespace(outputs: Object) -> Health:
    """Progressing while it goes away; what holds it up is in its conditions."""
    if (outputs.get("status") or {}).get("phase") != "Terminating":
        return Health()
    held = [_condition(outputs, type_) for type_ in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")]
    told = "; ".join(str(one["message"]) for one in held if one.get("status") == "True" and one.get("message"))
    return Health(Word.PROGRESSING, f"terminating: {told}" if told else "terminating")


def api_service(outputs: Object) -> Health:
    """Available, or what its server says."""
    available = _condition(outputs, "Available")
    if available.get("status") == "True":
        return Health()
    return Health(Word.PROGRESSING, str(available.get("message") or "not available yet"))


def definition(outputs: Object) -> Health:
    """Established; names that others took never will be."""
    names, established = _condition(outputs, "NamesAccepted"), _condition(outputs, "Established")
    if names.get("status") == "False":
        return Health(Word.DEGRADED, str(names.get("message") or "its names are taken"))
    if established.get("status") == "True":
        return Health()
    return Health(Word.PROGRESSING, str(established.get("message") or "not established yet"))


def rollout(outputs: Object) -> Health:
    """The controller's own phase, which Argo CD takes over too; before it looked, progressing."""
    spec, status = outputs.get("spec") or {}, outputs.get("status") or {}
    seen = str(status.get("observedGeneration", ""))
    current = str((outputs.get("metadata") or {}).get("generation", seen))
    message = str(status.get("message") or "")
    if not status or seen != current:
        return Health(Word.PROGRESSING, "waits for the rollouts controller")
    if status.get("abort") or status.get("phase") == "Degraded":
        return Health(Word.DEGRADED, message or "aborted")
    if spec.get("paused") or status.get("phase") == "Paused":
        return Health(Word.SUSPENDED, message or "paused")
    return Health() if status.get("phase") == "Healthy" else Health(Word.PROGRESSING, message or "progressing")


def ready(outputs: Object) -> Health:
    """ExternalSecret, SecretStore: their condition Ready."""
    return _by_condition(outputs, "Ready")


def sealed_secret(outputs: Object) -> Health:
    """SealedSecret: its condition Synced, where the controller could not unseal it."""
    return _by_condition(outputs, "Synced")


def certificate(outputs: Object) -> Health:
    """cert-manager's Certificate: a failed issue is degraded, one under way progressing."""
    issuing, ready_ = _condition(outputs, "Issuing"), _condition(outputs, "Ready")
    if issuing.get("status") == "True":
        return Health(Word.PROGRESSING, str(issuing.get("message") or "being issued"))
    if issuing.get("reason") == "Failed":
        return Health(Word.DEGRADED, str(issuing.get("message") or "could not be issued"))
    return _by_condition(outputs, "Ready") if ready_ else Health(Word.PROGRESSING, "waits for its certificate")


def _by_condition(outputs: Object, type_: str) -> Health:
    found = _condition(outputs, type_)
    match found.get("status"):
        case "True":
            return Health()
        case "False":
            return Health(Word.DEGRADED, str(found.get("message") or found.get("reason") or f"not {type_}"))
        case _:
            return Health(Word.PROGRESSING, str(found.get("message") or "waits for its controller"))


def _condition(outputs: Object, type_: str) -> Object:
    conditions = (outputs.get("status") or {}).get("conditions") or ()
    found: Object = next((one for one in conditions if one.get("type") == type_), {})
    return found


RULES: Mapping[str, Callable[[Object], Health]] = MappingProxyType(
    {
        "/Pod": pod,
        "apps/ReplicaSet": replica_set,
        "batch/CronJob": cron_job,
        "/Service": service,
        "autoscaling/HorizontalPodAutoscaler": autoscaler,
        "policy/PodDisruptionBudget": budget,
        "/Namespace": namespace,
        "apiregistration.k8s.io/APIService": api_service,
        "apiextensions.k8s.io/CustomResourceDefinition": definition,
        "argoproj.io/Rollout": rollout,
        "external-secrets.io/ExternalSecret": ready,
        "external-secrets.io/SecretStore": ready,
        "external-secrets.io/ClusterSecretStore": ready,
        "bitnami.com/SealedSecret": sealed_secret,
        "cert-manager.io/Certificate": certificate,
    }
)
"""By API group and kind, whatever the version."""

UNAWAITED = frozenset(RULES) - {"/Pod", "apps/ReplicaSet", "batch/CronJob", "/Service", "/Namespace"}
"""Kinds whose controllers the engine does not wait for: their status is often empty when it looks, right after the apply."""


def of(kind: str, outputs: Object) -> Health | None:
    """Health of an object of this kind (`GROUP/KIND`); None where there is no rule.

    What the engine does not wait for and had no conditions when it looked is not called unwell: nothing is known against it, and nothing
    looks again before the next refresh. An Ingress has no rule for the same reason.
    """
    status = outputs.get("status") or {}
    if kind in UNAWAITED and not (status.get("conditions") or status.get("phase")):
        return Health()
    rule = RULES.get(kind)
    return rule(outputs) if rule else None
