"""Quotas: what the objects of a tenant ask for in one namespace of one cluster, held against what the tenant has there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from transom.apischema.formats import quantity
from transom.catalog import pods
from transom.catalog.model import Entry, Identity, Manifest
from transom.errors import Problem, Severity
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.cluster import Cluster
from transom.specs.tenant import Tenant

_TOLD = 3
"""How many of the largest are named."""
_UNITS = (("Ei", 2**60), ("Pi", 2**50), ("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


@dataclass(frozen=True, slots=True)
class _Demand:
    """What one object asks for at least and at most; `shape` says how it comes together."""

    manifest: Manifest
    fewest: Mapping[str, Decimal]
    most: Mapping[str, Decimal]
    shape: str


def problems(
    entries: Mapping[Identity, Entry[Document]], placements: Mapping[str, str], manifests: Mapping[Identity, Sequence[Manifest]]
) -> Iterator[Problem]:
    """Quotas that cannot hold what is declared; a warning where only autoscalers at their most would pass them."""
    places: dict[tuple[str, str, str], list[Manifest]] = defaultdict(list)
    for identity, owned in manifests.items():
        entry = entries[identity]
        if isinstance(entry.document, Application):
            for manifest in owned:
                places[entry.document.spec.tenant, manifest.namespace, placements[entry.name]].append(manifest)
    for (name, namespace, cluster), here in sorted(places.items()):
        if f"Cluster/{cluster}" not in entries:
            continue  # told at the destination
        tenant = cast("Entry[Tenant]", entries[f"Tenant/{name}"])
        if namespace not in tenant.document.spec.namespaces:
            continue  # an unconfined tenant's objects elsewhere, where it has no quota
        yield from _limits(tenant, here)
        nodes = _nodes(entries[f"Cluster/{cluster}"])
        yield from _held(tenant, f'namespace "{namespace}" on cluster {cluster}', _demands(tenant, here, nodes))


def _nodes(cluster: Entry[Document]) -> int:
    """The fewest nodes that a cluster can have: one where somebody else made it."""
    eks = cluster.document.spec.eks if isinstance(cluster.document, Cluster) else None
    return max(1, sum(group.count.min for group in eks.node_groups.values())) if eks else 1


def _demands(tenant: Entry[Tenant], manifests: Sequence[Manifest], nodes: int) -> list[_Demand]:
    given = tenant.document.spec.defaults
    defaults = {"cpu": given.cpu.value, "memory": given.memory.value}
    scaled = pods.scaled(tuple(manifests))
    out = []
    for manifest in manifests:
        count = pods.count(manifest, nodes)
        fewest, most = scaled.get((manifest.namespace, manifest.kind, manifest.name), (count, count))
        one = pods.of_one(manifest, defaults)
        lower, upper = ({**_times(one, number), "pods": Decimal(number)} for number in (fewest, most))
        lower["storage"] = lower.get("storage", pods.ZERO) + pods.claimed(manifest, fewest)
        upper["storage"] = upper.get("storage", pods.ZERO) + pods.claimed(manifest, most)
        if any(upper.values()):
            out.append(_Demand(manifest, lower, upper, _shape(fewest, most)))
    return out


def _shape(fewest: int, most: int) -> str:
    if fewest != most:
        return f" in {fewest} to {most} pods"
    return f" in {most} pods" if most > 1 else ""


def _times(requests: pods.Requests, number: int) -> dict[str, Decimal]:
    return {resource: value * number for resource, value in requests.items()}


def _held(tenant: Entry[Tenant], where: str, demands: Sequence[_Demand]) -> Iterator[Problem]:
    quota = tenant.document.spec.quota
    bounds = {"cpu": quota.cpu, "memory": quota.memory, "storage": quota.storage}
    limits = {name: bound.value for name, bound in bounds.items() if bound is not None}
    limits |= {"pods": Decimal(quota.pods)} if quota.pods is not None else {}
    for resource, limit in limits.items():
        fewest = sum((one.fewest.get(resource, pods.ZERO) for one in demands), pods.ZERO)
        most = sum((one.most.get(resource, pods.ZERO) for one in demands), pods.ZERO)
        if most <= limit:
            continue
        place, has = tenant.at("spec", "quota", resource), _shown(resource, limit)
        if fewest > limit:
            message = f"objects in {where} ask for {_shown(resource, fewest)}, and tenant {tenant.name} has {has} there"
            yield Problem(place, "QuotaExceeded", message, f"ask for less, or raise it: {_largest(resource, demands, upper=False)}")
        else:
            message = f"autoscalers in {where} may ask for {_shown(resource, most)} in all, and tenant {tenant.name} has {has} there"
            yield Problem(
                place, "QuotaExceeded", message, f"lower maxReplicas: {_largest(resource, demands, upper=True)}", Severity.WARNING
            )


def _largest(resource: str, demands: Sequence[_Demand], *, upper: bool) -> str:
    """The largest contributors with their places."""

    def share(one: _Demand) -> Decimal:
        return (one.most if upper else one.fewest).get(resource, pods.ZERO)

    largest = sorted(demands, key=lambda one: (-share(one), one.manifest.key))
    told = [one for one in largest[:_TOLD] if share(one)]
    shapes = ["" if resource in ("pods", "storage") else one.shape for one in told]
    lines = [
        f"{one.manifest.kind} {one.manifest.name} {_shown(resource, share(one))}{shape} ({one.manifest.at('metadata', 'name')})"
        for one, shape in zip(told, shapes, strict=True)
    ]
    rest = len([one for one in largest[_TOLD:] if share(one)])
    return ", ".join(lines) + (f", and {rest} more" if rest else "")


def _shown(resource: str, value: Decimal) -> str:
    """`2500m cpu`, `1536Mi memory`, `3 pods`."""
    if resource == "pods":
        return f"{value} pod{'s' if value != 1 else ''}"
    if resource == "cpu":
        return f"{_plain(value)} cpu" if value >= 1 or not value else f"{_plain(value * 1000)}m cpu"
    unit, size = next(((unit, size) for unit, size in _UNITS if value and value % size == 0), ("", 1))
    if not unit and value >= _UNITS[-2][1]:
        return f"{_plain((value / _UNITS[-2][1]).quantize(Decimal('0.1')))}Mi {resource}"
    return f"{_plain(value / size)}{unit} {resource}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _limits(tenant: Entry[Tenant], manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Containers that request more memory than the limit they are given when they write none: the API server refuses their pods."""
    limit = tenant.document.spec.defaults.memory_limit
    for manifest in manifests:
        for container in pods.containers(manifest):
            request = quantity(pods.at(container.data, "resources", "requests", "memory"))
            if request is None or pods.at(container.data, "resources", "limits", "memory") is not None or request <= limit.value:
                continue
            where = manifest.at(*container.path, "resources", "requests", "memory")
            told = f"memory request {pods.at(container.data, 'resources', 'requests', 'memory')} of container {container.data.get('name')}"
            message = f"{told} is above the limit of {limit} that tenant {tenant.name} gives to containers without one"
            yield Problem(where, "InvalidValue", message, "write resources.limits.memory too")
