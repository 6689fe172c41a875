"""One function: units become documents with their traces, from the store where nothing changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transom.errors import Location, Problem, mistakes
from transom.rendering import overlays, yamltext
from transom.rendering.overlays import Outcome
from transom.rendering.store import Store
from transom.rendering.trace import Trace
from transom.rendering.units import KUSTOMIZATION_FILES, Unit

if TYPE_CHECKING:
    from transom.rendering.helm.render import Charts


@dataclass(frozen=True, slots=True)
class Rendered:
    """One document as it would be applied, and where it comes from."""

    data: Mapping[str, Any]
    trace: Trace
    unit: Unit = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rendering:
    """All documents of some units, in the units' order, what is wrong with them, and the units that are not whole because of it."""

    documents: tuple[Rendered, ...]
    problems: tuple[Problem, ...]
    failed: tuple[Unit, ...] = ()
    claims: tuple[Rendered, ...] = ()
    """Documents of kinds that the repository defines, beside the documents that they have become."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """What rendering needs of the outside.

    Attributes:
        kustomize: the Kustomize program.
        store: what was rendered before.
        batch: the program that renders many units in one process, where there is one.
        helm: the Helm program; nobody asks for it where no application has a chart.
        allow: what the environment's `allow` names.
        templates: the program that fills in the Go templates of ApplicationSets.
    """

    kustomize: str = "kustomize"
    store: Store = field(default_factory=Store)
    batch: str | None = None
    helm: str = "helm"
    allow: frozenset[str] = frozenset()
    templates: str = "transom-templates"

    def charts(self) -> Charts:
        """What renders charts; those that are fetched are kept beside the store."""
        from transom.rendering.helm.render import Charts

        return Charts(self.helm, self.store, self.store.folder / "charts" if self.store.folder else None)

    def render(self, units: Iterable[Unit]) -> Rendering:
        """Renders all units; a unit with mistakes gives problems, the others are rendered all the same."""
        wanted = tuple(units)
        kustomized = [unit for unit in wanted if unit.kustomized]
        outcomes = iter(
            overlays.render(kustomized, overlays.Programs(self.kustomize, self.batch, self.allow), self.store) if kustomized else ()
        )
        parts = [_documents(unit, next(outcomes)) if unit.kustomized else plain(unit) for unit in wanted]
        return Rendering(
            tuple(document for part in parts for document in part.documents),
            tuple(problem for part in parts for problem in part.problems),
            tuple(unit for unit, part in zip(wanted, parts, strict=True) if mistakes(part.problems)),
        )


def _documents(unit: Unit, outcome: Outcome) -> Rendering:
    traces: dict[str, Trace] = {}
    documents = []
    for data, origin in outcome.documents:
        if origin not in traces:
            traces[origin] = Trace(unit.snapshot, unit.snapshot.root / origin, layers=outcome.layers)
        documents.append(Rendered(data, traces[origin], unit))
    return Rendering(tuple(documents), outcome.problems)


def plain(unit: Unit) -> Rendering:
    """The YAML and JSON files of a folder and those below it, as they are, in the order of their paths; charts are left alone."""
    documents: list[Rendered] = []
    problems: list[Problem] = []
    for file in sorted(_yaml_files(unit.folder)):
        if file.relative_to(unit.folder).as_posix() in unit.skip or file.name in KUSTOMIZATION_FILES:
            continue
        more = one_file(unit, file)
        documents += more.documents
        problems += more.problems
    return Rendering(tuple(documents), tuple(problems))


def one_file(unit: Unit, file: Path) -> Rendering:
    """The documents of one file, as they are."""
    shown = unit.snapshot.path_of(file)
    if not file.resolve().is_relative_to(unit.snapshot.root):
        wrong = Problem(Location(shown), "PathOutsideSource", "is a link that leads out of the source", "keep the file in the repository")
        return Rendering((), (wrong,))
    written, found = yamltext.read(file, shown)
    documents: list[Rendered] = []
    problems = list(found)
    for index, one in enumerate(written):
        if isinstance(one.data, dict):
            documents.append(Rendered(one.data, Trace(unit.snapshot, file, index), unit))
        else:
            where = Location(shown, *one.nearest(()))
            problems.append(Problem(where, "NotADocument", "is not a mapping", "a document begins with apiVersion: and kind:"))
    return Rendering(tuple(documents), tuple(problems))


def _yaml_files(folder: Path) -> Iterator[Path]:
    """The documents of a folder: neither hidden files nor what belongs to a chart, whose templates are no YAML yet."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if here != folder and "Chart.yaml" in names:
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        files = (here / name for name in names if not name.startswith(".") and name.endswith((".yaml", ".yml", ".json")))
        yield from (file for file in files if file.is_file())
