"""Which applications get a role of AWS for their pods, who vouches for them, and which service accounts have it.

An application gets a role where it is bound to something that AWS itself permits or refuses, and its cluster has identities for pods:
every cluster that Transom makes, and others whose document names their issuer. Pods that name no service account get one of the
application's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transom.catalog import addons
from transom.catalog.model import Entry, Identity, Manifest
from transom.errors import Problem
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.cluster import Cluster

_DEFAULT = "default"
"""The service account of pods that name none, which is every application's in its namespace: no role is given to it."""

_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    **{("apps", kind): ("spec", "template", "spec") for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")},
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Where a pod's spec is in the kinds whose pods get bindings (`components/application.py`)."""


@dataclass(frozen=True, slots=True)
class PodIdentity:
    """The identity of one application's pods.

    Attributes:
        accounts: namespace and name of every service account that has the role.
        made: namespaces in which the application's own service account has to be made.
        issuer: address of the cluster's OpenID issuer; empty where EKS Pod Identity vouches.
    """

    accounts: tuple[tuple[str, str], ...]
    made: tuple[str, ...]
    issuer: str


def of(entry: Entry[Application], cluster: Entry[Cluster], manifests: Sequence[Manifest]) -> PodIdentity | None:
    """The identity of an application's pods; None where it has none, because it needs none or its cluster gives none."""
    if not any(binding.granted for binding in entry.document.spec.bindings) or not _vouches(cluster):
        return None
    own = {(entry.document.spec.destination.namespace, entry.name)}
    used = {(manifest.namespace, _account(pod) or entry.name) for manifest in manifests if (pod := _pod(manifest)) is not None} or own
    declared = {(manifest.namespace, manifest.name) for manifest in manifests if (manifest.group, manifest.kind) == ("", "ServiceAccount")}
    made = sorted(namespace for namespace, name in used - declared if name == entry.name)
    existing = cluster.document.spec.existing
    return PodIdentity(tuple(sorted(used)), tuple(made), (existing.oidc_issuer if existing else None) or "")


def problems(
    entries: Mapping[Identity, Entry[Document]], placements: Mapping[str, str], manifests: Mapping[Identity, tuple[Manifest, ...]]
) -> Iterator[Problem]:
    """Access that cannot be given, and service accounts that would need two roles."""
    clusters = {entry.name: entry for entry in entries.values() if isinstance(entry.document, Cluster)}
    yield from addons.problems(clusters.values())  # type: ignore[arg-type]  # chosen by their documents
    holders: dict[tuple[str, str, str], Entry[Any]] = {}
    for name, cluster_name in sorted(placements.items()):
        entry, cluster = entries.get(f"Application/{name}"), clusters.get(cluster_name)
        if entry is None or cluster is None:
            continue
        yield from _refused(entry, cluster)
        identity = of(entry, cluster, manifests.get(entry.identity, ()))  # type: ignore[arg-type]  # as above
        for namespace, account in identity.accounts if identity else ():
            other = holders.setdefault((cluster_name, namespace, account), entry)
            if other is not entry:
                message = f"its pods and those of Application {other.name} share service account {account} of namespace {namespace}"
                hint = "an account has one role: give the pods of one of them another serviceAccountName"
                yield Problem(entry.at("spec", "bindings"), "ServiceAccountClash", message, hint)


def _refused(entry: Entry[Any], cluster: Entry[Any]) -> Iterator[Problem]:
    granted = [(index, one) for index, one in enumerate(entry.document.spec.bindings) if one.granted]
    eks = cluster.document.spec.eks
    if granted and eks is not None and addons.AGENT not in eks.addons:
        message = f"pods on cluster {cluster.name} get no credentials without the add-on {addons.AGENT}"
        yield Problem(
            entry.at("spec", "bindings", granted[0][0]), "MissingAddon", message, f"add it to the addons of Cluster {cluster.name}"
        )
    if _vouches(cluster):
        return
    for index, one in granted:
        if one.access is not None:
            message = f"access {one.access} cannot be given: cluster {cluster.name} has no identities for pods"
            hint = f"write existing.oidcIssuer in Cluster {cluster.name}, or leave access out and give the pods credentials of their own"
            yield Problem(entry.at("spec", "bindings", index, "access"), "NoIdentity", message, hint)


def _vouches(cluster: Entry[Any]) -> bool:
    spec = cluster.document.spec
    return spec.eks is not None or bool(spec.existing and spec.existing.oidc_issuer)


def _pod(manifest: Manifest) -> Mapping[str, Any] | None:
    way = _TEMPLATES.get((manifest.group, manifest.kind))
    found: Any = manifest.data if way else None
    for part in way or ():
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _account(pod: Mapping[str, Any]) -> str:
    """The service account that a pod names; empty for none, and for the one that every pod has."""
    named = str(pod.get("serviceAccountName") or pod.get("serviceAccount") or "")
    return "" if named == _DEFAULT else named
