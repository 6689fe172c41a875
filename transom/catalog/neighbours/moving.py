"""Moving over: a repository of Argo CD or Flux becomes files in our layout, and a report of what became of what."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.catalog import validate
from transom.catalog.model import Entry
from transom.catalog.neighbours import marks, reading
from transom.catalog.neighbours.argo import AppProjectSpec, GroupKind
from transom.catalog.neighbours.argocd import HERE, IN_CLUSTER
from transom.catalog.neighbours.ground import Converted
from transom.catalog.neighbours.marks import Level
from transom.catalog.neighbours.places import Borrowed
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.rounds import Rounds
from transom.catalog.stages import Ground
from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.kustomization import dump
from transom.rendering.reading import read as read_kustomization
from transom.rendering.render import Rendered, Renderer, Rendering
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.source.base import Snapshot
from transom.specs.allowed import GroupKind as Allowed
from transom.specs.base import API_VERSION
from transom.specs.environment import Environment

SYSTEMS: Mapping[str, frozenset[str]] = {
    "argocd": frozenset({"Application", "AppProject", "ApplicationSet"}),
    "flux": frozenset({"Kustomization", "GitRepository"}),
}
"""The kinds of each neighbour."""

_MANIFESTS = "manifests"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be moved: the repository, where its documents begin, the environment that they are for, what it is known as."""

    snapshot: Snapshot
    system: str
    entries: Sequence[str]
    environment: str
    addresses: Sequence[str]


@dataclass(slots=True)
class Moved:
    """The result.

    Attributes:
        files: new files by their path in our layout, each with the place it was made of.
        copies: files of the repository that the new ones use, by path.
        told: one line for each document: what became of it, or what of it has no place.
        problems: mistakes and warnings.
    """

    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    copies: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """What a repository holds: documents of a neighbour by the folder they lie in, and whether it declares clusters of ours."""

    folders: Mapping[str, Sequence[Mapping[str, Any]]]
    has_clusters: bool

    @property
    def documents(self) -> list[Mapping[str, Any]]:
        """All of the neighbour's documents."""
        return [document for documents in self.folders.values() for document in documents]

    def entries(self) -> tuple[str, ...]:
        """Where reading begins: folders that no document elsewhere points at, without those below another one."""
        tops = {folder.removesuffix("/flux-system") for folder in self.folders}
        led = {folder for folder in tops for other, path in self._paths() if _covers(path, folder) and not _covers(path, other)}
        tops = (tops - led) or tops
        return tuple(sorted(folder for folder in tops if not any(folder != other and _covers(other, folder) for other in tops)))

    def _paths(self) -> Iterator[tuple[str, str]]:
        """Every path that a document names, with the folder of the document."""
        for folder, documents in self.folders.items():
            for document in documents:
                spec = document.get("spec")
                sources = [spec.get("source"), *(spec.get("sources") or ()), spec] if isinstance(spec, dict) else []
                for one in sources:
                    if isinstance(one, dict) and isinstance(one.get("path"), str):
                        yield folder, re.sub(r"^(\./|/)+", "", one["path"]).rstrip("/") or "."


def survey(snapshot: Snapshot, system: str) -> Survey:
    """Looks through all YAML files of a repository."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    clusters = False
    for file in sorted(snapshot.root.rglob("*.y*ml")):
        inside = file.relative_to(snapshot.root)
        if any(part.startswith(".") for part in inside.parts) or not file.is_file():
            continue
        documents, _ = yamltext.read(file, snapshot.path_of(file))
        mappings = [one.data for one in documents if isinstance(one.data, dict)]
        clusters = clusters or any(validate.is_ours(one) and one.get("kind") == "Cluster" for one in mappings)
        if wanted := [one for one in mappings if reading.is_theirs(one) and one["kind"] in SYSTEMS[system]]:
            found.setdefault(inside.parent.as_posix(), []).extend(wanted)
    return Survey(found, clusters)


def _covers(above: str, folder: str) -> bool:
    return above in (".", folder) or folder.startswith(f"{above}/")


def addresses_of(documents: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Every address that documents name as their repository."""
    found: set[str] = set()
    for document in documents:
        spec = document.get("spec")
        if not isinstance(spec, dict):
            continue
        sources = [spec.get("source"), *(spec["sources"] if isinstance(spec.get("sources"), list) else ())]
        found |= {str(one["repoURL"]) for one in sources if isinstance(one, dict) and one.get("repoURL") and not one.get("chart")}
        if isinstance(spec.get("url"), str):
            found.add(spec["url"])
    return tuple(sorted(found))


def move(asked: Asked, renderer: Renderer, found: Survey) -> Moved:
    """Converts a repository; nothing is written."""
    clusters = () if found.has_clusters else tuple(_clusters(asked, found.documents))
    rounds = Rounds(Ground(_environment(asked), (asked.snapshot,), renderer), Rendering(clusters, ()))
    spec = rounds.ground.environment.document.spec
    result = rounds.all((), [(source, entry) for source in spec.sources for entry in source.entries])
    moved = Moved(problems=result.problems)
    writer = _Writer(asked, moved, rounds.projects)
    for document in (*rounds.rendering.documents, *rounds.around.made.values()):
        writer.document(document)
    by_unit: dict[tuple[Path, str], Rendered] = {}
    for document in result.documents:
        if validate.is_ours(document.data) and document.data["kind"] == "Application":
            by_unit[document.unit.key] = document
    for other in rounds.others:
        writer.other(other)
    for one in rounds.done.values():
        application = by_unit.get(one.unit.key)
        if application is None:
            names = ", ".join(sorted({child[2] for child in one.children}))
            moved.told.append(f"{one.theirs.kind} {one.theirs.name} ({one.theirs.at()}): stands for {names}, which are written themselves")
            continue
        writer.application(one, application)
    writer.finish()
    for theirs in rounds.seen.values():
        moved.told += _dropped(theirs)
    return moved


def _environment(asked: Asked) -> Entry[Environment]:
    """The environment that the repository is converted for; it exists for this only."""
    spec = {
        "sources": [
            {"name": "moved", "path": ".", "alsoKnownAs": list(asked.addresses), "entries": [{"path": one} for one in asked.entries]}
        ],
        "clusters": {"matchLabels": {"environment": asked.environment}},
        "aws": {"region": "eu-central-1"},
    }
    data = {"apiVersion": API_VERSION, "kind": "Environment", "metadata": {"name": asked.environment}, "spec": spec}
    trace = Trace(asked.snapshot, asked.snapshot.root)
    return Entry(Environment.model_validate(data), data, trace)


def _clusters(asked: Asked, documents: Iterable[Mapping[str, Any]]) -> Iterator[Rendered]:
    """A Cluster for each destination that is named: whoever moves has to fill in how it is reached."""
    found: dict[str, dict[str, Any]] = {}
    for document in documents:
        spec = document.get("spec")
        destination = spec.get("destination") if isinstance(spec, dict) else None
        if not isinstance(destination, dict):
            continue
        server, name = str(destination.get("server") or ""), str(destination.get("name") or "")
        if server and server.rstrip("/") not in HERE:
            host = server.partition("://")[2].partition("/")[0].partition(":")[0]
            found[host.replace(".", "-")] = {"server": server}
        elif name and name != IN_CLUSTER:
            found[name] = {}
    own: dict[str, dict[str, Any]] = {asked.environment: {}}
    if found and asked.system == "argocd" and not _means_own(documents):
        own = {}
    trace = Trace(asked.snapshot, asked.snapshot.root)
    unit = Unit(Room.RESOURCES, "moved", asked.snapshot.root, kustomized=False, snapshot=asked.snapshot)
    for name, more in (own | found).items():
        safe = name if name[:1].isalpha() else f"cluster-{name}"
        metadata = {"name": safe, "labels": {"environment": asked.environment}}
        data = {"apiVersion": API_VERSION, "kind": "Cluster", "metadata": metadata, "spec": {"existing": {"context": safe}, **more}}
        yield Rendered(data, trace, unit)


def _means_own(documents: Iterable[Mapping[str, Any]]) -> bool:
    for document in documents:
        spec = document.get("spec")
        destination = spec.get("destination") if isinstance(spec, dict) else None
        if isinstance(destination, dict) and (
            destination.get("name") == IN_CLUSTER or str(destination.get("server") or "").rstrip("/") in HERE
        ):
            return True
    return False


class _Writer:
    """Lays out what was converted."""

    def __init__(self, asked: Asked, moved: Moved, projects: Mapping[str, Theirs]) -> None:
        self.projects = projects
        self.root = asked.snapshot.root
        self.moved = moved
        self.bare: dict[str, list[Rendered]] = {}

    def _put(self, path: str, text: str, where: Location | str) -> None:
        self.moved.files[path] = (text, str(where))

    def document(self, document: Rendered) -> None:
        """A document of ours that has a place of its own."""
        kind, name = document.data["kind"], document.data["metadata"]["name"]
        where = document.trace.locate(document.data) if document.trace.origin != self.root else "the destinations of the applications"
        match kind:
            case "Cluster":
                self._put(f"infrastructure/clusters/{name}/cluster.yaml", dump(document.data), where)
                if document.trace.origin == self.root:
                    self.moved.told.append(f"Cluster {name}: made for {where}; write how it is reached, and its version (spec.existing)")
            case "Tenant":
                self._put(f"tenants/{name}.yaml", dump(self._bounded(document)), where)
                if isinstance(document.trace, Borrowed):
                    self.moved.told.append(f"Tenant {name}: made for {where}; it is not confined")
            case _:
                self._put(f"resources/{kind.lower()}-{name}.yaml", dump(document.data), where)

    def _bounded(self, document: Rendered) -> Mapping[str, Any]:
        """A tenant with the bounds of the project that it stands for, as far as a tenant has them."""
        project = self.projects.get(document.data["metadata"]["name"])
        if project is None or not isinstance(document.trace, Borrowed):
            return document.data
        spec: AppProjectSpec = project.model.spec
        if not spec.cluster_resource_whitelist:
            said = "clusterResourceWhitelist is empty, and its tenant may hold all cluster-wide kinds"
            line = f"{said}: list some in allowed.kinds.clusterScoped"
            self.moved.told.append(f"{project.at('spec')}: {line}")
        listed = {
            "allow": spec.namespace_resource_whitelist or (),
            "deny": (*spec.namespace_resource_blacklist, *spec.cluster_resource_blacklist),
            "clusterScoped": spec.cluster_resource_whitelist,
        }
        kinds = {field: sorted({_kind(one) for one in found if _kind(one)}) for field, found in listed.items()}
        kinds = {field: found for field, found in kinds.items() if found and found != ["*"]}
        return {**document.data, "spec": {**document.data["spec"], "allowed": {"kinds": kinds}}} if kinds else document.data

    def other(self, document: Rendered) -> None:
        """What an entry holds beside the neighbours' documents: documents of ours, and objects of a cluster."""
        if validate.is_ours(document.data):
            self.document(document)
        else:
            self.bare.setdefault(document.unit.name, []).append(document)

    def application(self, one: Converted, document: Rendered) -> None:
        """An application's document, and its manifests: by kustomizations over the files as they are, or else as they were rendered."""
        folder = f"applications/{one.name}"
        where = one.theirs.at()
        own = [other for other in one.objects if not validate.is_ours(other.data)]
        for other in one.objects:
            if validate.is_ours(other.data):
                self.document(other)
        names = ["application.yaml", _MANIFESTS] if own else ["application.yaml"]
        self._put(f"{folder}/application.yaml", dump(document.data), where)
        self._put(f"{folder}/kustomization.yaml", dump({"resources": names}), where)
        how = "its files as they are"
        if not own:
            how = "it has none"
        elif one.changed:
            text = "---\n".join(f"# from {other.trace.locate(other.data)}\n{dump(dict(other.data))}" for other in own)
            self._put(f"{folder}/{_MANIFESTS}/manifests.yaml", text, where)
            self._put(f"{folder}/{_MANIFESTS}/kustomization.yaml", dump({"resources": ["manifests.yaml"]}), where)
            how = "as they were rendered, with variables filled in and namespaces taken out: the files they came from are not used any more"
        else:
            self._over(one, f"{folder}/{_MANIFESTS}", where)
        self.moved.told.append(f"Application {one.name} ({one.theirs.kind} {one.theirs.name}, {where}): {folder}/; manifests: {how}")

    def _over(self, one: Converted, folder: str, where: Location) -> None:
        resources: list[str] = []
        for part in one.folders:
            for path in part.kustomized:
                resources.append(os.path.relpath(path.relative_to(self.root), folder))
                self._copy(path, part.unit.snapshot)
            for file in part.files:
                name = file.relative_to(part.unit.folder).as_posix().replace("/", "-")
                self._put(f"{folder}/{name}", file.read_text(encoding="utf-8"), str(one_place(part.unit, file)))
                resources.append(name)
        fields = dict(one.overlay.fields) if one.overlay is not None else {}
        if one.overlay is not None and one.overlay.components:
            fields["components"] = [os.path.relpath(component.relative_to(self.root), folder) for component in one.overlay.components]
            for component in one.overlay.components:
                self._copy(component, one.unit.snapshot)
        self._put(f"{folder}/kustomization.yaml", dump({"resources": resources, **fields}), where)

    def _copy(self, folder: Path, snapshot: Snapshot) -> None:
        files = read_kustomization(folder, snapshot).files
        self.moved.copies |= {file.relative_to(self.root).as_posix() for file in files}

    def finish(self) -> None:
        """Objects of clusters, one file for each cluster."""
        for cluster, documents in self.bare.items():
            text = "---\n".join(f"# from {one.trace.locate(one.data)}\n{dump(dict(one.data))}" for one in documents)
            self._put(f"infrastructure/clusters/{cluster}/objects.yaml", text, documents[0].trace.locate(documents[0].data))
            count = len(documents)
            self.moved.told.append(f"Cluster {cluster}: {count} object{'s' if count != 1 else ''} of its own, such as namespaces")


def one_place(unit: Unit, file: Path) -> Location:
    """The beginning of a file, as messages name it."""
    return Location(unit.snapshot.path_of(file))


def _kind(one: GroupKind) -> str:
    """A kind of a project as `allowed.kinds` of a tenant has it; empty for one that it cannot say."""
    if (one.group, one.kind) == ("*", "*"):
        return "*"
    text = one.kind if not one.group and one.kind != "*" else f"{one.group}/{one.kind}"
    return text if re.fullmatch(Allowed.pattern, text) and not one.name else ""


def _dropped(theirs: Theirs) -> Iterator[str]:
    """Fields that are written and have no place in ours, each with why."""
    for path, mark in marks.written(theirs.model):
        where = f"{theirs.at(*path, of_key=True)}: {yamltext.dotted(path)}"
        if mark.level in (Level.NOTED, Level.WARNING) and path[0] == "spec":
            yield f"{where} left out: {mark.text}"
        elif theirs.kind == "AppProject" and path in (("spec", "sourceRepos"), ("spec", "destinations")):
            yield f"{where} left out: a tenant that is not confined has no such bounds; declare a confined one to have walls"
