"""Gives every Kubernetes object its owner, cluster and namespace, and refuses those that nobody may have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from transom.catalog import adapt, deliveries, hooks, names, permissions, rollouts
from transom.catalog import manifests as rules
from transom.catalog.estates import Estates
from transom.catalog.known import Known
from transom.catalog.model import Entry, Identity, Manifest
from transom.errors import Location, Problem
from transom.rendering.render import Rendered
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.environment import EnvironmentSpec
from transom.specs.tenant import Tenant


@dataclass(slots=True)
class Placer:
    """Places the objects of one environment; what is wrong is in `problems` afterwards.

    Attributes:
        entries: the environment's documents by identity.
        known: what there is beside them.
        clusters: names of the environment's clusters.
        estates: where each tenant may put objects.
        in_unit: the application of each unit, by its key.
        placements: the cluster of each application.
        environment: what it says of all of them: how they follow Git, how secrets reach them.
    """

    entries: Mapping[Identity, Entry[Document]]
    known: Known
    clusters: Sequence[str]
    estates: Estates
    in_unit: Mapping[tuple[Path, str], str]
    placements: Mapping[str, str]
    environment: EnvironmentSpec
    problems: list[Problem] = field(default_factory=list)
    lost: set[tuple[Path, str]] = field(default_factory=set)
    """Units some of whose objects are wrong, or have no place."""

    def _wrong(self, where: Location, reason: str, message: str, hint: str) -> None:
        self.problems.append(Problem(where, reason, message, hint))

    def objects(self, objects: Iterable[Rendered]) -> dict[Identity, tuple[Manifest, ...]]:
        """Gives every Kubernetes object its owner and namespace; no object may be declared twice on a cluster."""
        rendered = list(objects)
        unscoped = rules.scopes(rendered)
        out: dict[Identity, list[Manifest]] = defaultdict(list)
        seen: dict[tuple[str, tuple[str, str, str, str]], tuple[Identity, Manifest]] = {}
        for document in rendered:
            found = list(rules.check(document))
            self.problems.extend(found)
            if found:
                self.lost.add(document.unit.key)
                continue
            placed = False
            for owner, cluster, manifest in self._owned(document, rules.group_and_kind(document.data) in unscoped):
                if (cluster, manifest.key) in seen:
                    self._twice(seen[cluster, manifest.key], (owner, manifest), cluster)
                    continue
                seen[cluster, manifest.key] = owner, manifest
                out[owner].append(manifest)
                placed = True
            if not placed:
                self.lost.add(document.unit.key)
        for identity, entry in self.entries.items():
            if isinstance(entry.document, Application):
                self._adapt(identity, cast("Entry[Application]", entry), out)
        return {owner: tuple(manifests) for owner, manifests in out.items() if manifests}

    def _twice(self, first: tuple[Identity, Manifest], second: tuple[Identity, Manifest], cluster: str) -> None:
        """Two objects, or one that two applications take from a folder, would overwrite each other."""
        manifest = second[1]
        where, other = manifest.at("metadata", "name"), first[1].at("metadata", "name")
        message = f"{manifest.kind} {manifest.name} is declared twice, first at {other}"
        hint = "remove or rename one of the two"
        if where == other:
            both = f"{first[0]} and {second[0]}"
            message = f"{manifest.kind} {manifest.name} is put into namespace {manifest.namespace} of cluster {cluster} by {both}"
            hint = "give the two other clusters or namespaces"
        self._wrong(where, "DuplicateObject", message, hint)

    def _adapt(self, identity: Identity, entry: Entry[Application], out: dict[Identity, list[Manifest]]) -> None:
        if entry.unit is None or entry.unit.folder in self.known.torn or entry.unit.key in self.lost or entry.name not in self.placements:
            return  # what it asks for may be among what could not be read
        manifests, problems = adapt.adapted(entry, out[identity], entry.document.spec.sync.over(self.environment.sync))
        manifests, of_rollout = rollouts.rolled(entry, manifests)
        manifests, of_secrets = deliveries.delivered(entry, manifests, self.environment)
        out[identity] = list(hooks.renewed(manifests))
        self.problems += (*problems, *of_rollout, *of_secrets)

    def _owned(self, document: Rendered, unscoped: bool) -> Iterator[tuple[Identity, str, Manifest]]:  # noqa: FBT001 - one private caller
        namespace = "" if unscoped else str(document.data["metadata"].get("namespace") or "")
        manifest = Manifest(document.data, namespace, document.trace)
        match document.unit.room:
            case Room.BASE | Room.CLUSTER if self._in_a_tenant(manifest):
                return
            case Room.BASE:
                yield from (
                    (f"Cluster/{cluster}", cluster, self._with_default(manifest, "default", unscoped=unscoped)) for cluster in self.clusters
                )
            case Room.CLUSTER if document.unit.name in self.clusters:
                yield f"Cluster/{document.unit.name}", document.unit.name, self._with_default(manifest, "default", unscoped=unscoped)
            case Room.CLUSTER:
                return
            case Room.APPLICATION:
                yield from self._of_application(document, manifest, unscoped)
            case _:
                message = f"{manifest.kind} {manifest.name} belongs to no application"
                self._wrong(manifest.at("kind"), "ManifestWithoutApplication", message, "move it into an application's folder")

    def _in_a_tenant(self, manifest: Manifest) -> bool:
        """Whether an object of a cluster lies where a tenant's component is at work; a problem where it does."""
        is_namespace = (manifest.group, manifest.kind) == ("", "Namespace")
        namespace = manifest.name if is_namespace else manifest.namespace
        holder = self.estates.holder(namespace)
        if holder is None:
            return False
        if is_namespace:
            message = f'namespace "{namespace}" is made by tenant {holder}'
            self._wrong(manifest.at("metadata", "name"), "DuplicateObject", message, "remove it here, or from the tenant's document")
        else:
            message = f'namespace "{namespace}" belongs to tenant {holder}, whose namespaces are made after what every cluster gets'
            hint = "move the object into one of the tenant's applications"
            self._wrong(manifest.at("metadata", "namespace"), "ForbiddenDestination", message, hint)
        return True

    def _of_application(self, document: Rendered, manifest: Manifest, unscoped: bool) -> Iterator[tuple[Identity, str, Manifest]]:  # noqa: FBT001
        name = self.in_unit.get(document.unit.key)
        if name is None:
            if document.unit.folder not in self.known.torn and not self.known.breaks("ApplicationSet"):
                message = f"{manifest.kind} {manifest.name} belongs to no application"
                hint = f"add an application.yaml of kind Application to {document.unit.name}"
                self._wrong(manifest.at("kind"), "ManifestWithoutApplication", message, hint)
            return
        entry = cast("Entry[Application]", self.entries[f"Application/{name}"])
        tenant = cast("Entry[Tenant] | None", self.entries.get(f"Tenant/{entry.document.spec.tenant}"))
        if tenant is None:
            return  # told at the application
        if unscoped and tenant.name in self.estates.unconfined and tenant.document.spec.allowed.kinds.admits_to_roam(*manifest.key[:2]):
            if not self._in_a_tenant(manifest) and name in self.placements:
                yield entry.identity, self.placements[name], manifest
            return
        if wrong := permissions.of_object(entry, tenant, manifest, unscoped=unscoped):
            self.problems.append(wrong)
            return
        placed = manifest if unscoped else self._in_namespace(entry, tenant, manifest)
        if placed is not None and name in self.placements:
            yield entry.identity, self.placements[name], placed

    def _in_namespace(self, entry: Entry[Application], tenant: Entry[Tenant], manifest: Manifest) -> Manifest | None:
        """The object with its namespace; None, and a problem, when its tenant or Transom itself is in the way."""
        destination = entry.document.spec.destination.namespace
        if not manifest.namespace and not self.estates.admit(tenant.name, destination):
            return None  # told at the destination
        placed = self._with_default(manifest, destination, unscoped=False)
        if not self.estates.admit(tenant.name, placed.namespace):
            message = f'namespace "{placed.namespace}" does not belong to tenant {tenant.name}'
            self._wrong(
                manifest.at("metadata", "namespace"), "ForbiddenDestination", message, "leave metadata.namespace out, or correct it"
            )
            return None
        made = names.made_by_application(entry.document) | names.made_by_tenant(tenant.document)
        if (manifest.group, manifest.kind, manifest.name) in made:
            message = f"{manifest.kind} {manifest.name} is made by Transom itself, for the tenant or for a binding"
            self._wrong(manifest.at("metadata", "name"), "ReservedName", message, "give it another name")
            return None
        return placed

    def _with_default(self, manifest: Manifest, namespace: str, *, unscoped: bool) -> Manifest:
        return manifest if unscoped or manifest.namespace else Manifest(manifest.data, namespace, manifest.trace)
