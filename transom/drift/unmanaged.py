"""Objects in managed namespaces that no document declares, without what Kubernetes and its controllers make. Pure, rules as data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from transom.drift.findings import Unmanaged
from transom.drift.managers import is_controller

SKIPPED: frozenset[str] = frozenset(
    {
        # What happens, and what is derived; nothing that anybody keeps. https://kubernetes.io/docs/reference/kubernetes-api/
        "/Event",
        "events.k8s.io/Event",
        "/Endpoints",
        "discovery.k8s.io/EndpointSlice",
        "coordination.k8s.io/Lease",
        "metrics.k8s.io/PodMetrics",
        "cilium.io/CiliumEndpoint",
        "wgpolicyk8s.io/PolicyReport",
        "storage.k8s.io/CSIStorageCapacity",
    }
)
"""Kinds that are not listed at all, as `group/Kind`."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object of this type and name is made by Kubernetes itself."""

    type: str
    name: str
    reason: str


ITSELF: tuple[Made, ...] = (
    Made("kubernetes:core/v1:ConfigMap", "kube-root-ca.crt", "the cluster's authority, in each namespace"),
    Made("kubernetes:core/v1:ConfigMap", "istio-ca-root-cert", "Istio's authority, in each namespace"),
    Made("kubernetes:core/v1:ConfigMap", "openshift-service-ca.crt", "OpenShift's authority, in each namespace"),
    Made("kubernetes:core/v1:ServiceAccount", "default", "there in each namespace"),
    Made("kubernetes:core/v1:Service", "kubernetes", "the API server itself"),
)


@dataclass(frozen=True, slots=True)
class Thing:
    """An object that is there, as far as this module asks: which, and what its metadata says."""

    cluster: str
    namespace: str
    type: str
    name: str
    made: str
    maker: str
    metadata: Mapping[str, Any]


def unmanaged(environment: str, things: Iterable[Thing], managed: Collection[tuple[str, str, str]]) -> Iterator[Unmanaged]:
    """The things that nobody manages.

    Args:
        environment: whose namespaces they are in.
        things: everything in those namespaces.
        managed: each object that a stack manages, as `managed` names it.
    """
    seen: set[tuple[str, str, str]] = set()
    for thing in things:
        one = (thing.cluster, thing.namespace, f"{group_kind(thing.type)}/{thing.name}")
        if one in seen or one in managed or by_controller(thing):
            continue
        seen.add(one)
        yield Unmanaged(
            environment=environment,
            cluster=thing.cluster,
            namespace=thing.namespace,
            type=thing.type,
            name=thing.name,
            by=thing.maker,
            at=thing.made,
        )


def managed(type_token: str, name: str, resource_id: str) -> tuple[str, str, str]:
    """Cluster, namespace and `Kind.group/name` of a resource, by its name in state (`cluster/…`) and its id (`namespace/name`).

    The version is left out: one object answers under all versions of its group.
    """
    namespace, _, own = resource_id.rpartition("/")
    return name.partition("/")[0], namespace, f"{group_kind(type_token)}/{own}"


def group_kind(type_token: str) -> str:
    """`Deployment.apps` of `kubernetes:apps/v1:Deployment`; `Service` of the core group."""
    _, version, kind = type_token.split(":")
    group = version.rpartition("/")[0]
    return kind if group in ("", "core") else f"{kind}.{group}"


def by_controller(thing: Thing) -> bool:
    """Whether Kubernetes or a controller made it: it has an owner, is one of those that each namespace has, or its maker is known."""
    if thing.metadata.get("ownerReferences"):
        return True
    if any(thing.type == rule.type and fnmatchcase(thing.name, rule.name) for rule in ITSELF):
        return True
    annotations = thing.metadata.get("annotations") or {}
    if thing.type == "kubernetes:core/v1:Secret" and "kubernetes.io/service-account.name" in annotations:
        return True  # the token of a service account
    return is_controller(thing.maker)
