"""What on-call asks first: each document with its sync and health, and the resources behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from transom.catalog import digests, shards
from transom.catalog.model import Catalog
from transom.engine import urns
from transom.status import health
from transom.status.health import Health, Word

Deployment = Mapping[str, Any]
"""A stack's state as `pulumi stack export` gives it."""


class Sync(StrEnum):
    """Git against what was last applied."""

    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """One resource of a document. For Kubernetes objects group, kind, namespace and name; for others their type and physical name."""

    type: str
    group: str
    kind: str
    namespace: str
    name: str
    health: Health
    protected: bool


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """One document. `message` says why it is not Synced and Healthy."""

    identity: str
    tenant: str
    stack: str
    sync: Sync
    health: Health
    message: str
    resources: tuple[ResourceStatus, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentStatus:
    """All documents of an environment, in dependency order; those that left Git last."""

    environment: str
    stacks: Mapping[str, str]
    """When each stack was last applied (RFC 3339); empty for never."""
    revisions: Mapping[str, str]
    """Commit of each source that was applied last."""
    documents: tuple[DocumentStatus, ...]

    def document(self, identity: str) -> DocumentStatus | None:
        """The status of one document."""
        return next((document for document in self.documents if document.identity == identity), None)


def report(catalog: Catalog, deployments: Mapping[str, Deployment]) -> EnvironmentStatus:
    """The environment's status from its catalog and the exported states of its stacks, by stack name."""
    states = {stack: _State(deployment) for stack, deployment in deployments.items()}
    documents: list[DocumentStatus] = []
    for shard in shards.cut(catalog):
        state = states.get(shard.stack, _State({}))
        wanted = digests.documents(catalog, shard.documents)
        documents += [_document(catalog, shard.stack, identity, digest, state) for identity, digest in wanted.items()]
        for identity in sorted(set(state.documents) - set(catalog.entries)):
            gone = "left Git; the next apply deletes it"
            resources = state.resources.get(identity, ())
            documents.append(DocumentStatus(identity, "", shard.stack, Sync.OUT_OF_SYNC, Health(), gone, tuple(resources)))
    revisions: dict[str, str] = {}
    for state in states.values():
        revisions |= state.revisions
    return EnvironmentStatus(catalog.name, {stack: state.time for stack, state in states.items()}, revisions, tuple(documents))


def _document(catalog: Catalog, stack: str, identity: str, digest: str, state: _State) -> DocumentStatus:
    resources = tuple(sorted(state.resources.get(identity, ()), key=lambda one: (one.group, one.kind, one.namespace, one.name)))
    tenant = catalog.owners.get(identity, "")
    deployed = state.documents.get(identity)
    if deployed is None:
        message = "not deployed yet"
        return DocumentStatus(identity, tenant, stack, Sync.OUT_OF_SYNC, Health(Word.MISSING, message), message, resources)
    found = health.worst([resource.health for resource in resources])
    if deployed != digest:
        return DocumentStatus(identity, tenant, stack, Sync.OUT_OF_SYNC, found, "changed in Git since the last apply", resources)
    return DocumentStatus(identity, tenant, stack, Sync.SYNCED, found, found.message, resources)


class _State:
    """What an exported state says."""

    def __init__(self, exported: Deployment) -> None:
        deployment = exported.get("deployment") or {}
        resources = deployment.get("resources") or ()
        parents = {resource["urn"]: resource.get("parent", "") for resource in resources}
        outputs: dict[str, Any] = next((r.get("outputs") or {} for r in resources if r["type"] == "pulumi:pulumi:Stack"), {})
        self.time = str((deployment.get("manifest") or {}).get("time", "")) if resources else ""
        self.documents: Mapping[str, str] = outputs.get("documents") or {}
        self.revisions: Mapping[str, str] = outputs.get("revisions") or {}
        self.resources: dict[str, list[ResourceStatus]] = {}
        for resource in resources:
            if resource.get("custom") and not resource["type"].startswith("pulumi:"):
                self.resources.setdefault(urns.document(resource["urn"], parents), []).extend(_resource(resource))


def _resource(resource: Mapping[str, Any]) -> Iterator[ResourceStatus]:
    type_, outputs = resource["type"], resource.get("outputs") or {}
    inputs = resource.get("inputs") or {}
    found = health.of(type_, outputs)
    protected = bool(resource.get("protect"))
    if type_.startswith("kubernetes:"):
        metadata = inputs.get("metadata") or {}
        group = str(inputs.get("apiVersion", "")).rpartition("/")[0]
        yield ResourceStatus(
            type_, group, str(inputs.get("kind")), metadata.get("namespace", ""), metadata.get("name", ""), found, protected
        )
        return
    name = str(inputs.get("identifier") or inputs.get("bucket") or inputs.get("name") or resource["urn"].rpartition("::")[2])
    yield ResourceStatus(type_, type_.partition(":")[0], type_.rpartition(":")[2], "", name, found, protected)
