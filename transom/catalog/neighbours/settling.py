"""What is settled once all of the neighbours' documents are known: whose they are, their policies, their order, their namespaces."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from transom.catalog import manifests, validate
from transom.catalog.neighbours import argocd, objects, policies, projects
from transom.catalog.neighbours.ground import Converted, Surroundings, cluster_unit, trace_of
from transom.catalog.neighbours.reading import Key, Theirs
from transom.catalog.permissions import PLATFORM
from transom.rendering.render import Rendered
from transom.rendering.units import Room, Unit
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION


@dataclass(slots=True)
class Settling:
    """All that was taken.

    Attributes:
        around: the environment.
        done: what was rendered, by the key of its document.
        seen: every document.
        sets: the Applications that each set of Argo CD makes.
        projects: the projects by name.
        others: documents of ours and objects of clusters; namespaces are added.
        options: the sync options of each application of Argo CD.
    """

    around: Surroundings
    done: Mapping[Key, Converted]
    seen: Mapping[Key, Theirs]
    sets: Mapping[Key, Sequence[Key]]
    projects: dict[str, Theirs]
    others: list[Rendered]
    options: dict[str, frozenset[str]] = field(default_factory=dict)

    def settle(self, documents: Sequence[Rendered]) -> None:
        """Tenants, policies, waves and namespaces; `documents` are those that are no neighbour's."""
        applications = [one for one in self.done.values() if one.theirs.kind == "Application"]
        projects.tenants(applications, self.projects, self.around)
        everything = [*documents, *self.others, *(one for each in self.done.values() for one in each.objects)]
        unscoped = manifests.scopes(everything)
        for one in self.done.values():
            if one.theirs.kind == "Kustomization":
                policies.of_flux(one, self.around)
                continue
            self.options[one.name] = argocd.options_of(one.theirs, self.around)
            policies.of_argo(one, self.options[one.name])
            if (project := self.projects.get(one.tenant)) is not None:
                projects.hold(one, project, unscoped, self.around)
                policies.windows(one, project, self.around)
        self._waves()
        self._namespaces(unscoped)

    def _waves(self) -> None:
        """An application of a later wave needs those of the wave before it, among the children of one parent."""
        families: dict[Key | None, dict[int, list[Converted]]] = defaultdict(lambda: defaultdict(list))
        for one in self.done.values():
            parent = one.theirs.parent.key if one.theirs.parent else None
            if one.theirs.kind == "Application" and parent not in self.sets:  # a set makes all of its applications at once
                families[parent][objects.wave_of(one.theirs.model.metadata.annotations)].append(one)
        for waves in families.values():
            order = sorted(waves)
            for before, after in pairwise(order):
                place: Path_ = ("metadata", "annotations", manifests.WAVE)
                for one in waves[after]:
                    one.needs += [(other.theirs.key, place) for other in waves[before]]

    def _namespaces(self, unscoped: frozenset[tuple[str, str]]) -> None:
        """Namespaces come before all that goes into them: those of tenants that are not confined become their cluster's own objects."""
        declared: set[tuple[str, str]] = set()
        for one in self.done.values():
            one.namespace = one.namespace or self._most_used(one, unscoped)
            if self._is_confined(one.tenant):
                continue
            cluster = one.cluster or self.around.only_cluster
            own = [document for document in one.objects if manifests.group_and_kind(document.data) == ("", "Namespace")]
            if not cluster or not own:
                continue
            declared |= {(cluster, str(document.data["metadata"].get("name"))) for document in own}
            kept = own if one.spec["sync"]["prune"] else [objects.kept(document) for document in own]
            self.others += [replace(document, unit=cluster_unit(document.unit, cluster)) for document in kept]
            one.objects = tuple(document for document in one.objects if document not in own)
            one.changed = True
            if not one.objects:
                one.spec["sync"].pop("allowEmpty", None)
        for one in self.done.values():
            if one.theirs.kind != "Application" or (wanted := argocd.wants_namespace(one, self.options[one.name], self.around)) is None:
                continue
            cluster = one.cluster or self.around.only_cluster
            if (
                not self._is_confined(one.tenant)
                and cluster
                and (cluster, one.namespace) not in declared
                and not self._is_owned(one.namespace)
            ):
                declared.add((cluster, one.namespace))
                self.others.append(replace(wanted, unit=cluster_unit(wanted.unit, cluster)))

    def _is_confined(self, tenant: str) -> bool:
        return tenant in self.around.tenants and self.around.tenants[tenant].spec.confined

    def _is_owned(self, namespace: str) -> bool:
        return any(namespace in tenant.spec.namespaces for tenant in self.around.tenants.values())

    def _most_used(self, one: Converted, unscoped: frozenset[tuple[str, str]]) -> str:
        """The namespace of an application that says none: that of most of its objects. One without a namespace has no place to go."""
        found: Counter[str] = Counter()
        for document in one.objects:
            metadata = document.data.get("metadata")
            if manifests.group_and_kind(document.data) in unscoped or validate.is_ours(document.data) or not isinstance(metadata, dict):
                continue
            if metadata.get("namespace"):
                found[str(metadata["namespace"])] += 1
                continue
            field_name = "spec.destination.namespace" if one.theirs.kind == "Application" else "spec.targetNamespace"
            hint = f"write it here, or {field_name} at {one.theirs.at('spec', of_key=True)}"
            where = document.trace.locate(document.data, ("metadata",))
            self.around.wrong(where, "MissingNamespace", f"{document.data.get('kind')} {metadata.get('name')} names no namespace", hint)
        return found.most_common(1)[0][0] if found else one.theirs.namespace

    def written(self) -> Iterator[Rendered]:
        """The applications, each with its objects."""
        for one in self.done.values():
            if one.objects or one.torn or not one.children:
                yield self._application(one)
                yield from (Rendered(document.data, document.trace, self._unit_of(document, one)) for document in one.objects)

    def _unit_of(self, document: Rendered, one: Converted) -> Unit:
        """The application's own unit. What only the platform may declare is its own where the application is not confined."""
        ours = validate.is_ours(document.data) and document.data.get("kind") in PLATFORM
        return replace(one.unit, room=Room.RESOURCES) if ours and not self._is_confined(one.tenant) else one.unit

    def _application(self, one: Converted) -> Rendered:
        destination: dict[str, Any] = {"cluster": one.cluster} if one.cluster else {}
        spec: dict[str, Any] = {"tenant": one.tenant, "destination": {**destination, "namespace": one.namespace}}
        needs, ways = self._needs(one)
        spec |= {"dependsOn": needs} if needs else {}
        metadata: dict[str, Any] = {"name": one.name, **({"labels": dict(one.labels)} if one.labels else {})}
        data = {"apiVersion": API_VERSION, "kind": "Application", "metadata": metadata, "spec": {**spec, **one.spec}}
        return Rendered(data, trace_of(one.theirs, {**one.ways, **ways}), one.unit)

    def _needs(self, one: Converted) -> tuple[list[str], dict[Path_, Path_]]:
        """Names of the applications that must be up before, and where each is asked for."""
        names: dict[str, Path_] = {}
        for key, place in one.needs:
            if key in self.around.broken:
                continue
            if key not in self.seen:
                kind, namespace, name = key
                known = [other for each, space, other in self.seen if (each, space) == (kind, namespace)]
                hint = validate.near(name, known) or "declare it, or correct the name"
                self.around.wrong(
                    one.theirs.at(*place), "UnknownReference", f'{kind} "{name}" is not declared in namespace {namespace}', hint
                )
                continue
            for needed in self._leaves(key, ()):
                if needed.theirs.key != one.theirs.key or key == one.theirs.key:
                    names.setdefault(needed.name, place)
        return list(names), {("spec", "dependsOn", index): place for index, place in enumerate(names.values())}

    def _leaves(self, key: Key, above: tuple[Key, ...]) -> Iterator[Converted]:
        """What stands for a neighbour's document: its application, or when it only holds others, theirs."""
        if key in above:
            return
        for child in self.sets.get(key, ()):
            yield from self._leaves(child, (*above, key))
        converted = self.done.get(key)
        if converted is None:
            return
        if converted.objects or converted.torn or not converted.children:
            yield converted
            return
        for child in converted.children:
            yield from self._leaves(child, (*above, key))
