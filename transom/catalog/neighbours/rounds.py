"""The rounds in which neighbours' documents are taken: read, rendered, put under overlays, filled in, until they lead to no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from transom.catalog import manifests, validate
from transom.catalog.applicationsets import stage as applicationsets
from transom.catalog.applicationsets.gotemplates import Program
from transom.catalog.neighbours import argocd, fluxcd, folders, objects, overlay, policies, reading, sets
from transom.catalog.neighbours.folders import Folder, Held
from transom.catalog.neighbours.ground import Converted, Surroundings, cluster_unit
from transom.catalog.neighbours.reading import Key, Theirs
from transom.catalog.neighbours.repositories import Repositories, Unmatched
from transom.catalog.neighbours.settling import Settling
from transom.errors import Location, mistakes
from transom.rendering.render import Rendered, Rendering
from transom.rendering.units import Room, Unit
from transom.specs.cluster import Cluster
from transom.specs.source import EntrySpec, SourceSpec
from transom.specs.tenant import Tenant

if TYPE_CHECKING:  # that module's table of stages names this room
    from transom.catalog.stages import Ground


@dataclass(frozen=True, slots=True)
class _Base:
    """An entry, the unit and the documents of its folder, and the place that names it."""

    entry: EntrySpec
    unit: Unit
    held: Held
    where: Location


class Rounds:
    """Takes neighbours' documents until there are none left."""

    def __init__(self, ground: Ground, rendering: Rendering) -> None:
        self.ground = ground
        self.rendering = rendering
        spec = ground.environment.document.spec
        snapshots = {snapshot.source: snapshot for snapshot in ground.snapshots}
        self.clusters, self.tenants = _declared(ground, rendering.documents)
        repositories = Repositories(ground.environment.name, spec.sources, snapshots)
        self.around = Surroundings(ground.environment.name, self.clusters, self.tenants, repositories)
        self.seen: dict[Key, Theirs] = {}
        self.repositories: dict[Key, Theirs] = {}
        self.projects: dict[str, Theirs] = {}
        self.waiting: list[Theirs] = []
        self.done: dict[Key, Converted] = {}
        self.sets: dict[Key, list[Key]] = {}
        """The Applications that each set of Argo CD makes."""
        self.program = Program(ground.renderer.templates)
        self.ours = list(rendering.documents)
        """What generators of sets may look at: documents of ours that no neighbour's document leads to."""
        self.others: list[Rendered] = []
        """Documents of ours, and objects of the clusters, that entries hold."""
        self.torn: list[Unit] = []

    def all(self, theirs: Iterable[Rendered], entries: Iterable[tuple[SourceSpec, EntrySpec]]) -> Rendering:
        """Everything: the documents before, and what the neighbours' stand for."""
        with self.program:
            self._all(theirs, list(entries))
        settling = Settling(self.around, self.done, self.seen, self.sets, self.projects, self.others)
        settling.settle(self.rendering.documents)
        out = [*self.rendering.documents, *self.others, *self.around.made.values(), *settling.written()]
        problems = (*self.rendering.problems, *self.around.problems)
        return Rendering(tuple(out), problems, (*self.rendering.failed, *self.torn))

    def _all(self, theirs: Iterable[Rendered], entries: Iterable[tuple[SourceSpec, EntrySpec]]) -> None:
        bases = [base for source, entry in entries if (base := self._base(source, entry)) is not None]
        self.ours += [document for base in bases for document in base.held.documents if validate.is_ours(document.data)]
        clusters, tenants = _declared(self.ground, self.ours)
        self.clusters.update(clusters)
        self.tenants.update(tenants)
        for base in bases:
            self._entry(base)
        self._take(theirs)
        while self.waiting:
            self._round()

    # -- reading

    def _base(self, source: SourceSpec, entry: EntrySpec) -> _Base | None:
        """What lies in the folder of an entry."""
        index = self.around.repositories.sources.index(source)
        where = self.ground.environment.at("spec", "sources", index, "entries", source.entries.index(entry), "path")
        snapshot = self.around.repositories.snapshots[source.name]
        try:
            folder = self.around.repositories.folder(source, str(PurePosixPath(source.path if source.repo_url else ".") / entry.path))
        except Unmatched as error:
            self.around.wrong(where, error.reason, error.message, error.hint)
            return None
        unit = Unit(Room.CLUSTER, entry.cluster or "", folder, kustomized=False, snapshot=snapshot)
        held, problems = folders.render([folders.of_flux(unit)], self.ground.renderer)
        self.around.problems += problems
        return _Base(entry, unit, held[0], where)

    def _entry(self, base: _Base) -> None:
        """Takes what an entry holds. A Kustomization in it that renders the entry itself stands for all of it, as in Flux's bootstrap."""
        if base.held.torn:
            self.torn.append(base.unit)
        mine = [document for document in base.held.documents if reading.is_theirs(document.data)]
        if roots := [document for document in mine if self._renders(document, base.unit.folder)]:
            self._take([*roots, *(one for one in mine if one.data.get("kind") == "GitRepository")], cluster=base.entry.cluster)
            return
        if not base.held.documents and not base.held.torn:
            self.around.problems.append(folders.nothing_at(base.unit, base.where))
        self._keep(base)
        self._take(mine, cluster=base.entry.cluster)

    def _renders(self, document: Rendered, folder: Any) -> bool:
        """Whether a Kustomization points at the folder that it was found in."""
        spec = document.data.get("spec")
        if document.data.get("kind") != "Kustomization" or not isinstance(spec, dict) or not isinstance(spec.get("path"), str):
            return False
        root = document.unit.snapshot.root
        return bool((root / re.sub(r"^(\./|/)+", "", spec["path"])).resolve() == folder)

    def _keep(self, base: _Base) -> None:
        """Documents of ours, and objects of the cluster itself, that lie in an entry."""
        rest = [document for document in base.held.documents if not reading.is_theirs(document.data)]
        ours = (document for document in rest if validate.is_ours(document.data))
        self.others += [replace(document, unit=replace(base.unit, room=Room.RESOURCES)) for document in ours]
        own = self._without_flux([document for document in rest if not validate.is_ours(document.data)])
        cluster = base.entry.cluster or self.around.only_cluster
        if own and not cluster:
            names = ", ".join(sorted(self.clusters)) or "none"
            message = f"which cluster the entry is for is not clear: the environment has {names}"
            self.around.wrong(base.where, "MissingCluster", message, "write cluster beside path")
            return
        settled = [kept for one in own if (kept := objects.settled(one, self.around)) is not None]
        self.others += [replace(one, unit=cluster_unit(one.unit, cluster)) for one in settled]

    def _without_flux(self, documents: Sequence[Rendered]) -> list[Rendered]:
        own = [document for document in documents if reading.is_flux_itself(document.data)]
        # its namespace stays where something else lies in it
        used = {
            str((one.data.get("metadata") or {}).get("namespace"))
            for one in documents
            if one not in own and not reading.is_theirs(one.data)
        }
        own = [one for one in own if one.data.get("kind") != "Namespace" or one.data["metadata"].get("name") not in used]
        if own:
            where = own[0].trace.locate(own[0].data)
            hint = "remove Flux from the cluster once this environment is applied: two would apply the same things"
            self.around.warn(where, "PassedOver", f"Flux itself is not applied from here ({len(own)} objects)", hint)
        rest = [document for document in documents if document not in own]
        for document in rest:
            if reading.needs_flux(document.data):
                where = document.trace.locate(document.data, ("kind",))
                hint = "it goes to the cluster as it is, where only a controller of Flux can do something with it"
                self.around.warn(where, "PassedOver", f"{document.data.get('kind')} of Flux is not read", hint)
        return rest

    def _take(
        self,
        documents: Iterable[Rendered],
        parent: Theirs | None = None,
        cluster: str | None = None,
        ruled: Mapping[str, bool] | None = None,
    ) -> list[Key]:
        """Reads documents; those that were met before are passed over, those declared twice are a mistake."""
        keys: list[Key] = []
        for document in documents:
            theirs, problems = reading.read(document, parent, parent.cluster if parent is not None else cluster)
            if theirs is None:
                self.around.problems += problems
                key = reading.key_of(document.data)
                self.around.broken.add(key)
                if key[0] == "AppProject":  # so that its applications are not told of it too
                    self.around.make_tenant(key[2], document, {(): ()})
                continue
            known = self.seen.get(theirs.key)
            if known is not None:
                if known.at("metadata", "name") != theirs.at("metadata", "name"):
                    message = f"{theirs.kind} {theirs.name} is declared twice, first at {known.at('metadata', 'name')}"
                    self.around.wrong(theirs.at("metadata", "name"), "DuplicateDocument", message, "rename or remove one of the two")
                elif parent is None or known.key != parent.key:
                    keys.append(known.key)
                continue
            self.around.problems += problems
            theirs = replace(theirs, ruled=ruled or {})
            self.seen[theirs.key] = theirs
            keys.append(theirs.key)
            match theirs.kind:
                case "GitRepository":
                    self.repositories[theirs.key] = theirs
                case "AppProject":
                    self.projects[theirs.name] = theirs
                case "ApplicationSet":
                    self._expand(theirs)
                case _:
                    self.waiting.append(theirs)
        return keys

    def _expand(self, theirs: Theirs) -> None:
        """Takes the Applications that a set makes; two of one name are a mistake, wherever the other comes from."""
        world = applicationsets.world(self.ground, self.ours, dict(self.around.repositories.snapshots))
        before = len(mistakes(self.around.problems))
        made, ruled = sets.expanded(theirs, world, self.program, self.around)
        self.sets[theirs.key] = keys = []
        for document in made:
            key = reading.key_of(document.data)
            if key in self.seen:
                where = document.trace.locate(document.data, ("metadata", "name"))
                message = f"Application {key[2]} is declared twice, first at {self.seen[key].at('metadata', 'name')}"
                self.around.wrong(where, "DuplicateDocument", message, "put a parameter into metadata.name in which they differ")
                continue
            keys += self._take([document], theirs, ruled=ruled)
        if len(mistakes(self.around.problems)) > before:
            self.around.broken.add(theirs.key)
            self.torn.append(theirs.rendered.unit)

    # -- rounds

    def _round(self) -> None:
        """Renders all that is waiting, side by side."""
        waiting, self.waiting = self.waiting, []
        begun: list[tuple[Converted, list[Folder]]] = []
        for theirs in waiting:
            if theirs.kind == "Application":
                started = argocd.begin(theirs, self.around)
            elif self._still_to_come(theirs, waiting):
                self.waiting.append(theirs)
                continue
            else:
                started = fluxcd.begin(theirs, self.repositories, self.around)
            if started is not None:
                begun.append(started)
        held, problems = folders.render((folder for _, wanted in begun for folder in wanted), self.ground.renderer)
        self.around.problems += problems
        rest = iter(held)
        for converted, wanted in begun:
            mine = [next(rest) for _ in wanted]
            converted.folders = tuple(wanted)
            converted.torn = any(one.torn for one in mine)
            converted.objects = tuple(document for one in mine for document in one.documents)
        overlaid = [(one, one.overlay) for one, _ in begun if one.overlay is not None]
        laid = overlay.put([(over, one.objects) for one, over in overlaid], self.ground.renderer)
        for (converted, _), (documents, wrong) in zip(overlaid, laid, strict=True):
            converted.objects = documents
            converted.torn = converted.torn or bool(mistakes(wrong))
            self.around.problems += wrong
        for converted, _ in begun:
            self._rendered(converted)

    def _still_to_come(self, theirs: Theirs, waiting: Sequence[Theirs]) -> bool:
        """Whether a Kustomization names what another one may still lead to."""
        spec = theirs.model.spec
        others = [other for other in waiting if other is not theirs]
        reference = spec.source_ref
        missing = ("GitRepository", reference.namespace or theirs.namespace, reference.name) not in self.repositories
        if spec.post_build is not None and not missing:
            maps = {(str(one.data["metadata"].get("namespace") or ""), one.data["metadata"].get("name")) for one in self._config_maps()}
            wanted = [one for one in spec.post_build.substitute_from if one.kind == "ConfigMap"]
            missing = any((theirs.namespace, one.name) not in maps for one in wanted)
        if not missing:
            return False
        return any(not self._is_stuck(other) for other in others)

    def _is_stuck(self, theirs: Theirs) -> bool:
        """Whether a document waits for something itself, and so cannot be waited for."""
        if theirs.kind != "Kustomization":
            return False
        reference = theirs.model.spec.source_ref
        return ("GitRepository", reference.namespace or theirs.namespace, reference.name) not in self.repositories or (
            theirs.model.spec.post_build is not None and bool(theirs.model.spec.post_build.substitute_from)
        )

    def _config_maps(self) -> Iterator[Rendered]:
        known = (*self.rendering.documents, *self.others, *(one for converted in self.done.values() for one in converted.objects))
        return (
            one for one in known if manifests.group_and_kind(one.data) == ("", "ConfigMap") and isinstance(one.data.get("metadata"), dict)
        )

    def _rendered(self, converted: Converted) -> None:
        before = len(mistakes(self.around.problems))
        rendered = converted.objects
        if converted.theirs.kind == "Kustomization":
            converted.objects = fluxcd.filled(converted, self._config_maps(), self.around)
        torn = converted.torn or len(mistakes(self.around.problems)) > before
        if not converted.objects and not torn and not policies.allows_empty(converted.theirs):
            path = ("spec", "path") if converted.theirs.kind == "Kustomization" else ("spec", "source", "path")
            self.around.problems.append(folders.nothing_at(converted.unit, converted.theirs.at(*path)))
        mine = [document for document in converted.objects if reading.is_theirs(document.data)]
        rest = self._without_flux([document for document in converted.objects if not reading.is_theirs(document.data)])
        converted.objects = tuple(kept for one in rest if (kept := objects.settled(one, self.around)) is not None)
        converted.torn = converted.torn or len(mistakes(self.around.problems)) > before
        converted.changed = [one.data for one in rendered] != [one.data for one in converted.objects]
        self.done[converted.theirs.key] = converted
        if converted.torn:
            self.torn.append(converted.unit)
        converted.children = self._take(mine, converted.theirs)


def _declared(ground: Ground, documents: Iterable[Rendered]) -> tuple[dict[str, Cluster], dict[str, Tenant]]:
    """The environment's clusters and tenants among documents of ours; wrong ones are told by whoever sorts them."""
    clusters: dict[str, Cluster] = {}
    tenants: dict[str, Tenant] = {}
    for document in documents:
        if document.data.get("kind") not in ("Cluster", "Tenant") or not validate.is_ours(document.data):
            continue
        entry, _ = validate.document(document.data, document.trace, document.unit)
        match entry.document if entry is not None else None:
            case Cluster() as cluster if ground.environment.document.spec.clusters.selects(cluster.metadata.labels):
                clusters[cluster.metadata.name] = cluster
            case Tenant() as tenant:
                tenants[tenant.metadata.name] = tenant
            case _:
                pass
    return clusters, tenants
