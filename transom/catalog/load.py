"""The way in: an environment's name, then its sources, become its catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import cast

from transom import timings
from transom.catalog import conformity, identities, link, order, plaintext, validate
from transom.catalog.composites import notes
from transom.catalog.immutable import State
from transom.catalog.known import Known
from transom.catalog.link import Links
from transom.catalog.model import Catalog, Entry, Identity
from transom.catalog.stages import STAGES, Ground
from transom.errors import InvalidDocuments, Location, PermanentError, Problem, Severity, SourceError, mistakes
from transom.rendering import units, yamltext
from transom.rendering.render import Rendered, Renderer, Rendering, one_file
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.source import bounds
from transom.source.base import Snapshot
from transom.specs.base import Document
from transom.specs.cluster import Cluster
from transom.specs.composite import Claim
from transom.specs.environment import Environment
from transom.specs.kinds import KINDS


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
    """Rendered documents told apart: ours, valid or not, and Kubernetes objects; `torn` are the folders of wrong applications."""

    entries: Mapping[Identity, Entry[Document]]
    elsewhere: Mapping[Identity, Entry[Document]]
    broken: frozenset[Identity]
    torn: frozenset[Path]
    objects: tuple[Rendered, ...]
    problems: tuple[Problem, ...]


def load(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> Catalog:
    """The environment's catalog from the files of its sources; warnings are part of it.

    Raises:
        InvalidDocuments: with every mistake and warning in every source.
        SourceError: a source holds no document at all.
    """
    rendering, found, links = _linked(environment, snapshots, renderer)
    unidentified = identities.problems(found.entries, links.placements, links.manifests)
    in_plain_text = plaintext.problems(found.entries, found.objects)
    told = (*rendering.problems, *found.problems, *links.problems, *unidentified, *in_plain_text)
    places = {problem.where for problem in told}
    wrong = conformity.problems(environment, found.entries, links.placements, found.objects)
    problems = _abridged(notes.named((*told, *(problem for problem in wrong if problem.where not in places))))
    if mistakes(problems):
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
        warnings=tuple(sorted(problems)),
    )


def state(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> State:
    """What the files of an environment's sources ask for, as far as it can be read; what is wrong with them is passed over.

    Raises:
        SourceError: a source holds no document at all.
    """
    _, found, links = _linked(environment, snapshots, renderer)
    return State(found.entries, links.owners, links.manifests)


def _linked(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> tuple[Rendering, _Sorted, Links]:
    rendering = _render(environment, snapshots, renderer)
    timings.mark("rendered")
    ground = Ground(environment, tuple(snapshots), renderer)
    for stage in STAGES:
        rendering = stage(ground, rendering)
    found = _sort(environment, rendering)
    known = Known(frozenset(found.elsewhere), frozenset(found.broken) | _hidden(rendering.failed), found.torn | _folders(rendering.failed))
    links = link.link(environment, found.entries, found.objects, known)
    return rendering, found, links


def _render(environment: Entry[Environment], snapshots: Sequence[Snapshot], renderer: Renderer) -> Rendering:
    documents: list[Rendered] = []
    problems: list[Problem] = []
    failed: list[Unit] = []
    entered = {source.name for source in environment.document.spec.sources if source.entries}
    for index, snapshot in enumerate(snapshots):
        if snapshot.source in entered:
            continue  # read from its entries, by the stage for the neighbours' documents
        found = units.find(snapshot, environment.name)
        if not found:
            raise SourceError(
                f"source {snapshot.source} holds no documents for environment {environment.name}",
                reason="SourceEmpty",
                hint="it needs infrastructure/, tenants/, applications/, databases/ or resources/; an empty source would delete everything",
                subject=str(environment.at("spec", "sources", index)),
            )
        for part in (renderer.render(found), _cluster_files(found)):
            documents += part.documents
            problems += part.problems
            failed += part.failed
    return Rendering(tuple(documents), tuple(problems), tuple(failed))


_ALIKE = 5
"""Problems of one reason at one place that are told each by itself."""


def _abridged(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Every problem once; of many at one place, which a template gives for each element, the first, and how many there are."""
    alike: dict[tuple[Location, str, Severity], list[Problem]] = {}
    for problem in sorted(set(problems)):
        alike.setdefault((problem.where, problem.reason, problem.severity), []).append(problem)
    out: list[Problem] = []
    for (where, reason, severity), found in alike.items():
        out += found if len(found) <= _ALIKE + 1 else found[:_ALIKE]
        if len(found) > _ALIKE + 1:
            out.append(Problem(where, reason, f"… and {len(found) - _ALIKE} more like these", severity=severity))
    return tuple(out)


def _folders(units: Iterable[Unit]) -> frozenset[Path]:
    return frozenset(unit.folder for unit in units)


_KIND = re.compile(r"""^kind:\s*['"]?(\w+)""", re.MULTILINE)
_NAME = re.compile(r"""^metadata:.*?\bname:\s*['"]?([\w.-]+)""", re.MULTILINE | re.DOTALL)


def _hidden(failed: Iterable[Unit]) -> frozenset[Identity]:
    """What units that could not be rendered seem to declare: pointing at it is not a second mistake."""
    found: set[Identity] = set()
    for unit in failed:
        top = unit.folder.parents[1] if unit.folder.parent.name == "overlays" else unit.folder
        top = top.parent if top.name == "base" else top
        for file in (*top.rglob("*.yaml"), *top.rglob("*.yml")):
            if file.is_file() and not bounds.refusal(unit.snapshot.root, file.resolve(), "") and not bounds.unusable(file, ""):
                for text in re.split(r"^---", file.read_text(encoding="utf-8", errors="replace"), flags=re.MULTILINE):
                    if (kind := _KIND.search(text)) and (name := _NAME.search(text)):
                        found.add(f"{kind[1]}/{name[1]}")
    return frozenset(found)


def _cluster_files(found: Iterable[Unit]) -> Rendering:
    """A cluster's own document is read as it is, whether its kustomization names it or not."""
    units = [unit for unit in found if unit.room is Room.CLUSTER and (unit.folder / "cluster.yaml").is_file()]
    parts = [one_file(unit, unit.folder / "cluster.yaml") for unit in units]
    return Rendering(
        tuple(document for part in parts for document in part.documents),
        tuple(problem for part in parts for problem in part.problems),
        tuple(unit for unit, part in zip(units, parts, strict=True) if part.problems),
    )


def _sort(environment: Entry[Environment], rendering: Rendering) -> _Sorted:
    entries: dict[Identity, Entry[Document]] = {}
    elsewhere: dict[Identity, Entry[Document]] = {}
    broken: set[Identity] = set()
    torn: set[Path] = set()
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
            kind = str(rendered.data.get("kind"))
            meant = () if kind in KINDS else get_close_matches(kind, KINDS, n=2)
            broken |= {f"{one}/{name}" for one in (kind, *meant)}
            if rendered.data.get("kind") == "Application" or rendered.data.get("kind") not in KINDS:
                torn.add(rendered.unit.folder)
            continue
        target = entries if _belongs(environment, entry) else elsewhere
        known = entries.get(entry.identity) or elsewhere.get(entry.identity)
        if known is None:
            target[entry.identity] = entry
        elif entry.at("metadata", "name") != known.at("metadata", "name"):
            first, second = sorted((known.at("metadata", "name"), entry.at("metadata", "name")))
            message = f"{entry.kind} {entry.name} is declared twice, first at {first}"
            problems.append(Problem(second, "DuplicateDocument", message, "rename or remove one of the two"))
    chosen = {entry.name for entry in entries.values() if isinstance(entry.document, Cluster)}
    for identity, entry in list(entries.items()):  # what lies beside a cluster goes where the cluster goes
        if entry.unit is not None and entry.unit.room is Room.CLUSTER and entry.unit.name not in chosen:
            elsewhere[identity] = entries.pop(identity)
    for claim in rendering.claims:
        claimed = Entry(Claim.model_validate(claim.data), claim.data, claim.trace, claim.unit)
        entries[claimed.identity] = claimed
    return _Sorted(entries, elsewhere, frozenset(broken), frozenset(torn), tuple(objects), tuple(problems))


def _belongs(environment: Entry[Environment], entry: Entry[Document]) -> bool:
    """Clusters that the environment does not select, and environments in the repository, are known but not part of it."""
    if isinstance(entry.document, Cluster):
        return environment.document.spec.clusters.selects(entry.document.metadata.labels)
    return not isinstance(entry.document, Environment)
