"""The way in: an environment's name, then its sources, become its catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from transom import timings
from transom.catalog import link, order, validate
from transom.catalog.model import Catalog, Entry, Identity
from transom.errors import InvalidDocuments, Location, PermanentError, Problem, SourceError
from transom.rendering import units, yamltext
from transom.rendering.render import Rendered, Renderer, Rendering, one_file
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.source.base import Snapshot
from transom.specs.base import Document
from transom.specs.cluster import Cluster
from transom.specs.environment import Environment


def environments(folder: Path) -> tuple[str, ...]:
    """Names of the environments declared in `folder`, one file each, sorted."""
    return tuple(sorted(file.stem for file in folder.glob("*.yaml"))) if folder.is_dir() else ()


def environment(folder: Path, name: str) -> Entry[Environment]:
    """The document of environment `name`, which lies in `folder/name.yaml`.

    Raises:
        PermanentError: there is no such environment.
        InvalidDocuments: its document is wrong.
    """
    file = folder / f"{name}.yaml"
    if not file.is_file():
        hint = validate.near(name, environments(folder)) or f"write {file.as_posix()}"
        raise PermanentError(f'there is no environment "{name}"', reason="UnknownEnvironment", hint=hint)
    here = Path.cwd().resolve()
    resolved = folder.resolve()
    shown = resolved.relative_to(here).as_posix() + "/" if resolved.is_relative_to(here) and resolved != here else f"{resolved}/"
    snapshot = Snapshot("environments", "directory", resolved, shown)
    path = snapshot.path_of(resolved / file.name)
    written, problems = yamltext.read(resolved / file.name, path)
    if not problems and len(written) != 1:
        problems = (Problem(Location(path), "NotADocument", f"holds {len(written)} documents", "an environment's file holds exactly one"),)
    if problems or not isinstance(written[0].data, dict):
        raise InvalidDocuments(problems or [Problem(Location(path), "NotADocument", "is not a mapping", "begin with apiVersion:")])
    trace = Trace(snapshot, resolved / file.name, 0)
    entry, wrong = validate.document(written[0].data, trace)
    if entry is None:
        raise InvalidDocuments(wrong)
    if not isinstance(entry.document, Environment):
        raise InvalidDocuments([Problem(entry.at("kind"), "UnexpectedKind", f"is of kind {entry.kind}", "this folder holds environments")])
    if entry.name != name:
        message = f'is named "{entry.name}", but its file {file.name}'
        raise InvalidDocuments(
            [Problem(entry.at("metadata", "name"), "NameMismatch", message, "name both alike: the stack is named so too")]
        )
    return cast("Entry[Environment]", entry)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Rendered documents told apart: ours, valid or not, and Kubernetes objects."""

    entries: Mapping[Identity, Entry[Document]]
    elsewhere: Mapping[Identity, Entry[Document]]
    broken: Mapping[Identity, None]
    objects: tuple[Rendered, ...]
    problems: tuple[Problem, ...]


def load(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> Catalog:
    """The environment's catalog from the files of its sources.

    Raises:
        InvalidDocuments: with every mistake in every source.
        SourceError: a source holds no document at all.
    """
    rendering = _render(environment, snapshots, renderer)
    timings.mark("rendered")
    found = _sort(environment, rendering)
    links = link.link(environment, found.entries, found.objects, {**found.elsewhere, **found.broken})
    if problems := (*rendering.problems, *found.problems, *links.problems):
        raise InvalidDocuments(problems)
    sequence = order.sort(links.needs)
    return Catalog(
        environment=environment,
        snapshots=tuple(snapshots),
        entries={identity: found.entries[identity] for identity in sequence},
        needs=links.needs,
        owners=links.owners,
        placements=links.placements,
        manifests=links.manifests,
    )


def _render(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> Rendering:
    documents: list[Rendered] = []
    problems: list[Problem] = []
    for snapshot in snapshots:
        found = units.find(snapshot, environment.name)
        if not found:
            raise SourceError(
                f"source {snapshot.source} holds no documents for environment {environment.name}",
                reason="SourceEmpty",
                hint="it needs infrastructure/, tenants/, applications/, databases/ or resources/; an empty source would delete everything",
            )
        for part in (renderer.render(found), _cluster_files(found)):
            documents += part.documents
            problems += part.problems
    return Rendering(tuple(documents), tuple(problems))


def _cluster_files(found: Iterable[Unit]) -> Rendering:
    """A cluster's own document is read as it is, whether its kustomization names it or not."""
    parts = [
        one_file(unit, unit.folder / "cluster.yaml")
        for unit in found
        if unit.room is Room.CLUSTER and (unit.folder / "cluster.yaml").is_file()
    ]
    return Rendering(tuple(d for part in parts for d in part.documents), tuple(p for part in parts for p in part.problems))


def _sort(environment: Entry[Environment], rendering: Rendering) -> _Sorted:
    entries: dict[Identity, Entry[Document]] = {}
    elsewhere: dict[Identity, Entry[Document]] = {}
    broken: dict[Identity, None] = {}
    objects: list[Rendered] = []
    problems: list[Problem] = []
    for rendered in rendering.documents:
        if not validate.is_ours(rendered.data):
            objects.append(rendered)
            continue
        entry, wrong = validate.document(rendered.data, rendered.trace, rendered.unit)
        problems += wrong
        if entry is None:
            metadata = rendered.data.get("metadata")
            name = metadata.get("name") if isinstance(metadata, dict) else None
            broken[f"{rendered.data.get('kind')}/{name}"] = None
            continue
        target = entries if _belongs(environment, entry) else elsewhere
        known = entries.get(entry.identity) or elsewhere.get(entry.identity)
        if known is None:
            target[entry.identity] = entry
        elif entry.at("metadata", "name") != known.at("metadata", "name"):
            first, second = sorted((known.at("metadata", "name"), entry.at("metadata", "name")))
            message = f"{entry.kind} {entry.name} is declared twice, first at {first}"
            problems.append(Problem(second, "DuplicateDocument", message, "rename or remove one of the two"))
    return _Sorted(entries, elsewhere, broken, tuple(objects), tuple(problems))


def _belongs(environment: Entry[Environment], entry: Entry[Document]) -> bool:
    """Clusters that the environment does not select, and environments in the repository, are known but not part of it."""
    if isinstance(entry.document, Cluster):
        return environment.document.spec.clusters.selects(entry.document.metadata.labels)
    return not isinstance(entry.document, Environment)
