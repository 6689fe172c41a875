"""As whom the objects of a tenant's applications are applied, and what that account may do: the API server refuses the rest by itself.

Kubernetes' multi-tenancy guide (access controls) and Flux' multi-tenancy lockdown impersonate a service account of the tenant in the same
way. Its Role is least privilege as far as it can be known beforehand: built-in kinds that the tenant may declare, kinds whose definitions
the environment holds, and what its applications declare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from transom.catalog import names
from transom.catalog.model import Catalog, Entry, Manifest
from transom.specs.tenant import Tenant

GroupKind = tuple[str, str]

_BUILT_IN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": ("ConfigMap", "Endpoints", "PersistentVolumeClaim", "Pod", "ReplicationController", "Secret", "Service", "ServiceAccount"),
        "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
        "autoscaling": ("HorizontalPodAutoscaler",),
        "batch": ("CronJob", "Job"),
        "coordination.k8s.io": ("Lease",),
        "discovery.k8s.io": ("EndpointSlice",),
        "networking.k8s.io": ("Ingress", "NetworkPolicy"),
        "policy": ("PodDisruptionBudget",),
        "rbac.authorization.k8s.io": ("Role", "RoleBinding"),
    }
)
"""Kinds in namespaces that teams use. ResourceQuota and LimitRange are not among them: they bound the tenant itself."""

_BOUNDS = frozenset({("", "ResourceQuota"), ("", "LimitRange")})

_WATCHED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "": ("endpoints", "events", "persistentvolumeclaims", "pods", "services"),
        "apps": ("controllerrevisions", "replicasets"),
        "discovery.k8s.io": ("endpointslices",),
    }
)
"""What is looked at to see whether an object is ready, whatever the tenant may declare (pulumi-kubernetes: await logic)."""

_ALL = ("create", "delete", "get", "list", "patch", "update", "watch")
_READ = ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class Deployer:
    """The account that a tenant's objects are applied as.

    Attributes:
        namespace: where it lies: the first namespace of the tenant.
        rules: what it may do in each of the tenant's namespaces, as a Role has them.
        unscoped: what it may do outside of namespaces, as a ClusterRole has them; empty for nothing.
    """

    namespace: str
    rules: tuple[Mapping[str, Any], ...] = field(repr=False)
    unscoped: tuple[Mapping[str, Any], ...] = field(repr=False)

    @property
    def user(self) -> str:
        """As the API server calls it (kubernetes.io: authenticating, service account tokens)."""
        return f"system:serviceaccount:{self.namespace}:{names.DEPLOYER}"


def of(catalog: Catalog, tenant: Entry[Tenant]) -> Deployer | None:
    """The account of a tenant; None where its objects are applied by whoever runs Transom."""
    spec = tenant.document.spec
    wanted = spec.deploy_as or catalog.environment.document.spec.deploy_as
    if wanted != "tenant" or not spec.confined:
        return None
    plurals = _plurals(catalog)
    declared, unscoped = _declared(catalog, tenant.name)
    kinds = spec.allowed.kinds
    known = {(group, kind) for group, listed in _BUILT_IN.items() for kind in listed} | plurals.keys()
    may = {one for one in known if kinds.admits(*one)} | declared | _made(catalog, tenant.name)
    watched = [{"apiGroups": [group], "resources": list(seen), "verbs": list(_READ)} for group, seen in _WATCHED.items()]
    rules = [*_rules(may - _BOUNDS, plurals, _ALL), *watched]
    return Deployer(spec.namespaces[0], tuple(rules), tuple(_rules(unscoped, plurals, _ALL)))


def _declared(catalog: Catalog, tenant: str) -> tuple[set[GroupKind], set[GroupKind]]:
    """What the tenant's applications declare, in namespaces and outside; the catalog has made sure that it may."""
    inside: set[GroupKind] = set()
    outside: set[GroupKind] = set()
    for manifest in _manifests(catalog, tenant):
        (inside if manifest.namespace else outside).add((manifest.group, manifest.kind))
    return inside, outside


def _made(catalog: Catalog, tenant: str) -> set[GroupKind]:
    """What is added to the tenant's applications for their bindings."""
    found: set[GroupKind] = set()
    for entry in catalog.applications.values():
        if entry.document.spec.tenant == tenant:
            found |= {(group, kind) for group, kind, _ in names.made_by_application(entry.document)}
            found |= {("", "ServiceAccount")} if any(one.granted for one in entry.document.spec.bindings) else set()
    return found


def _manifests(catalog: Catalog, tenant: str) -> Iterator[Manifest]:
    for identity, manifests in catalog.manifests.items():
        if catalog.owners.get(identity) == tenant:
            yield from manifests


def _plurals(catalog: Catalog) -> dict[GroupKind, str]:
    """The names in URLs of namespaced kinds that the environment defines."""
    found: dict[GroupKind, str] = {}
    for manifests in catalog.manifests.values():
        for one in manifests:
            if one.kind == "CustomResourceDefinition" and one.data.get("spec", {}).get("scope") == "Namespaced":
                spec = one.data["spec"]
                found[str(spec["group"]), str(spec["names"]["kind"])] = str(spec["names"]["plural"])
    return found


def _rules(kinds: set[GroupKind], plurals: Mapping[GroupKind, str], verbs: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """One rule for each group, in order, so that equal permissions are equal documents."""
    groups: dict[str, set[str]] = defaultdict(set)
    for group, kind in kinds:
        groups[group].add(plurals.get((group, kind)) or plural(kind))
    for group in sorted(groups):
        yield {"apiGroups": [group], "resources": sorted(groups[group]), "verbs": list(verbs)}


def plural(kind: str) -> str:
    """A kind's name in URLs, as Kubernetes itself guesses it (apimachinery: meta.UnsafeGuessKindToResource)."""
    word = kind.lower()
    if word.endswith("endpoints"):
        return word
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
