"""What the pods of a Kubernetes object ask for: how many there are at least and at most, and the requests of one.

The rules are those of Kubernetes: https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers,
https://kubernetes.io/docs/concepts/policy/resource-quotas/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from transom.apischema.formats import quantity
from transom.catalog.model import Manifest

Requests = Mapping[str, Decimal]
"""By resource (`cpu` in cores, `memory` and `storage` in bytes), summed."""

ZERO = Decimal(0)
_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Container:
    """A container with the path at which it stands in its object, and whether it ends before the others begin."""

    path: tuple[str | int, ...]
    data: Mapping[str, Any]
    is_initial: bool


def at(data: Any, *path: str) -> Any:
    """The value at `path`; None when it is not there or the way is no mapping."""
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def template(manifest: Manifest) -> tuple[tuple[str, ...], Mapping[str, Any]] | None:
    """Path and spec of the pods that an object makes; None when it makes none."""
    way = _TEMPLATES.get((manifest.group, manifest.kind))
    spec = at(manifest.data, *way, "spec") if way is not None else None
    return ((*way, "spec"), spec) if way is not None and isinstance(spec, dict) else None


def containers(manifest: Manifest) -> Iterator[Container]:
    """Every container of the object's pods."""
    found = template(manifest)
    if found is None:
        return
    way, spec = found
    for field in ("initContainers", "containers"):
        listed = spec.get(field)
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(one, dict):
                yield Container((*way, field, index), one, field == "initContainers")


def requested(container: Mapping[str, Any], resource: str, default: Decimal) -> Decimal:
    """What a container requests: its request, else its limit, else what the namespace's LimitRange gives."""
    for field in ("requests", "limits"):
        if (value := quantity(at(container, "resources", field, resource))) is not None:
            return value
    return default


def of_one(manifest: Manifest, defaults: Requests) -> Requests:
    """What one pod requests, in CPU, memory and ephemeral volumes."""
    found = template(manifest)
    if found is None:
        return {}
    spec = found[1]
    out = {}
    for resource in ("cpu", "memory"):
        whole = quantity(at(spec, "resources", "requests", resource))
        overhead = quantity(at(spec, "overhead", resource)) or ZERO
        out[resource] = (_together(manifest, resource, defaults.get(resource, ZERO)) if whole is None else whole) + overhead
    volumes = spec.get("volumes")
    templates = [at(one, "ephemeral", "volumeClaimTemplate") for one in (volumes if isinstance(volumes, list) else ())]
    out["storage"] = sum((_claimed(one) for one in templates), ZERO)
    return out


def _together(manifest: Manifest, resource: str, default: Decimal) -> Decimal:
    """The larger of what runs for good (side-cars among it) and of what each initial container needs beside the side-cars before it."""
    running, highest = ZERO, ZERO
    for container in containers(manifest):
        value = requested(container.data, resource, default)
        if container.is_initial and container.data.get("restartPolicy") != "Always":
            highest = max(highest, running + value)
        else:
            running += value
    return max(running, highest)


def _claimed(claim: Any) -> Decimal:
    return quantity(at(claim, "spec", "resources", "requests", "storage")) or ZERO


def claimed(manifest: Manifest, pods: int) -> Decimal:
    """Bytes of the volumes that an object claims by itself: a claim, or the templates of a StatefulSet."""
    if (manifest.group, manifest.kind) == ("", "PersistentVolumeClaim"):
        return _claimed(manifest.data)
    templates = at(manifest.data, "spec", "volumeClaimTemplates")
    if manifest.kind != "StatefulSet" or not isinstance(templates, list):
        return ZERO
    return sum((_claimed(one) for one in templates), ZERO) * pods


def count(manifest: Manifest, nodes: int) -> int:
    """How many pods an object has at once, without an autoscaler; a DaemonSet one on each node."""
    if template(manifest) is None:
        return 0
    spec = manifest.data.get("spec")
    match manifest.kind:
        case "Pod":
            return 1
        case "DaemonSet":
            return nodes
        case "CronJob":
            return 0 if at(spec, "suspend") is True else _of_job(at(spec, "jobTemplate", "spec"))
        case "Job":
            return _of_job(spec)
        case _:
            return _whole(at(spec, "replicas"), 1)


def _of_job(spec: Any) -> int:
    if at(spec, "suspend") is True:
        return 0
    parallelism = _whole(at(spec, "parallelism"), 1)
    return min(parallelism, _whole(at(spec, "completions"), parallelism))


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def scaled(manifests: tuple[Manifest, ...]) -> Mapping[tuple[str, str, str], tuple[int, int]]:
    """Fewest and most pods of what autoscalers scale, by namespace, kind and name."""
    out = {}
    for one in manifests:
        if (one.group, one.kind) == ("autoscaling", "HorizontalPodAutoscaler"):
            target = at(one.data, "spec", "scaleTargetRef")
            fewest = _whole(at(one.data, "spec", "minReplicas"), 1)
            most = max(fewest, _whole(at(one.data, "spec", "maxReplicas"), fewest))
            out[one.namespace, str(at(target, "kind")), str(at(target, "name"))] = (fewest, most)
    return out
