"""Autoscalers and disruption budgets that an application's document asks for, and which fields an autoscaler owns.

An autoscaler writes `spec.replicas` of what it scales. Kubernetes asks that nobody else does (kubernetes.io: horizontal pod autoscaling,
"Migrating Deployments and StatefulSets to horizontal autoscaling"): the field is neither put back nor told as drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transom.catalog.model import Entry, Manifest
from transom.catalog.validate import near
from transom.errors import Problem
from transom.specs.application import Application
from transom.specs.workloads import AutoscalingSpec, DisruptionSpec

AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")
BUDGET = ("policy", "PodDisruptionBudget")

REPLICAS = ("spec", "replicas")
"""What an autoscaler owns of what it scales."""

_STEADY = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("argoproj.io", "Rollout")})
"""Kinds whose pods can be scaled and are worth a budget."""


def added(entry: Entry[Application], manifests: Sequence[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Problem, ...]]:
    """The autoscalers and budgets that the document asks for, and a problem for each that meets nothing or is there already."""
    made: list[Manifest] = []
    problems: list[Problem] = []
    workloads = {one.name: one for one in manifests if (one.group, one.kind) in _STEADY}
    spec = entry.document.spec
    asked: tuple[tuple[str, Mapping[str, Any]], ...] = (("autoscaling", spec.autoscaling), ("disruption", spec.disruption))
    for field, wanted in asked:
        for name, one in wanted.items():
            where = entry.at("spec", field, name, of_key=True)
            workload = workloads.get(name)
            if workload is None:
                message = f"{field}.{name}: no Deployment or StatefulSet of Application {entry.name} has this name"
                problems.append(Problem(where, "NothingMatched", message, near(name, workloads) or "it has none"))
                continue
            data = _autoscaler(workload, one) if isinstance(one, AutoscalingSpec) else _budget(workload, one)
            manifest = Manifest(data, workload.namespace, entry.trace)
            if there := _there(manifest, workload, manifests):
                message = f"{field}.{name}: {there.kind} {there.name} ({there.at('metadata', 'name')}) is for it already"
                problems.append(Problem(where, "DuplicateObject", message, "remove one of the two"))
                continue
            made.append(manifest)
    return tuple(made), tuple(problems)


def _autoscaler(workload: Manifest, spec: AutoscalingSpec) -> dict[str, Any]:
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}}}
        for name, percent in spec.targets.items()
    ]
    target = {"apiVersion": workload.data["apiVersion"], "kind": workload.kind, "name": workload.name}
    body = {"scaleTargetRef": target, "minReplicas": spec.min, "maxReplicas": spec.max, "metrics": metrics}
    return {"apiVersion": "autoscaling/v2", "kind": AUTOSCALER[1], "metadata": {"name": workload.name}, "spec": body}


def _budget(workload: Manifest, spec: DisruptionSpec) -> dict[str, Any]:
    said = {"minAvailable": spec.min_available, "maxUnavailable": spec.max_unavailable}
    selector = (workload.data.get("spec") or {}).get("selector") or {}
    body = {**{name: value for name, value in said.items() if value is not None}, "selector": selector}
    return {"apiVersion": "policy/v1", "kind": BUDGET[1], "metadata": {"name": workload.name}, "spec": body}


def _there(made: Manifest, workload: Manifest, manifests: Sequence[Manifest]) -> Manifest | None:
    """Another object that does the same, or has the same name."""
    for one in manifests:
        same_kind = (one.group, one.kind, one.namespace) == (made.group, made.kind, made.namespace)
        scales = (one.group, one.kind) == AUTOSCALER and target(one) == (workload.kind, workload.name)
        if same_kind and (one.name == made.name or scales):
            return one
    return None


def target(scaler: Manifest) -> tuple[str, str]:
    """Kind and name of what an autoscaler scales."""
    spec = scaler.data.get("spec")
    found = spec.get("scaleTargetRef") if isinstance(spec, dict) else None
    return (str(found.get("kind")), str(found.get("name"))) if isinstance(found, dict) else ("", "")


def scaled(manifests: Sequence[Manifest]) -> Iterator[tuple[str, str, str]]:
    """Namespace, kind and name of what the autoscalers among these objects scale."""
    for one in manifests:
        if (one.group, one.kind) == AUTOSCALER:
            yield (one.namespace, *target(one))
