"""One function: units become documents with their traces, in parallel, from the cache where nothing changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem, mistakes
from transom.rendering import kustomization, kustomize, yamltext
from transom.rendering.cache import Cache
from transom.rendering.kustomization import Reading
from transom.rendering.trace import Trace, hits
from transom.rendering.units import KUSTOMIZATION_FILES, Unit


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


@dataclass(frozen=True, slots=True)
class Renderer:
    """What rendering needs of the outside: the Kustomize program and a cache."""

    kustomize: str = "kustomize"
    cache: Cache = field(default_factory=Cache)

    def render(self, units: Iterable[Unit]) -> Rendering:
        """Renders all units; a unit with mistakes gives problems, the others are rendered all the same."""
        wanted = tuple(units)
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
            parts = list(pool.map(self._one, wanted))
        return Rendering(
            tuple(document for part in parts for document in part.documents),
            tuple(problem for part in parts for problem in part.problems),
            tuple(unit for unit, part in zip(wanted, parts, strict=True) if mistakes(part.problems)),
        )

    def _one(self, unit: Unit) -> Rendering:
        return self._kustomized(unit) if unit.kustomized else plain(unit)

    def _kustomized(self, unit: Unit) -> Rendering:
        reading = kustomization.read(unit.folder, unit.snapshot)
        if reading.problems:
            return Rendering((), reading.problems)
        key = self.cache.key(reading.files, unit.snapshot.root)
        kept = self.cache.get(key)
        raw = [(data, unit.snapshot.root / origin) for data, origin in kept] if kept is not None else None
        if raw is None:
            program = shutil.which(self.kustomize) or self.kustomize
            raw, problems = kustomize.build(program, unit.folder, reading, unit.snapshot)
            if problems:
                return Rendering((), tuple(problems))
            self.cache.put(key, [(data, origin.relative_to(unit.snapshot.root).as_posix()) for data, origin in raw])
        documents = tuple(Rendered(data, Trace(unit.snapshot, origin, layers=reading.layers), unit) for data, origin in raw)
        return Rendering(documents, tuple(_aimed_at_nothing(unit, reading, [document.data for document in documents])))


def _aimed_at_nothing(unit: Unit, reading: Reading, documents: list[Mapping[str, Any]]) -> Iterator[Problem]:
    """Patches aimed at a name that nothing has: Kustomize passes over them in silence, and nothing changes."""
    patches = [patch for layer in reading.layers for patch in layer.patches()]
    if any(isinstance(patch.written.data, dict) and "$patch" in patch.written.data for patch in patches):
        return  # what a patch was aimed at may have been deleted since
    for patch in patches:
        if patch.target and patch.target.get("name") and not any(hits(patch, data, reading.layers) for data in documents):
            place = patch.place or (1, 1)
            wanted = " ".join(str(patch.target[key]) for key in ("kind", "name", "labelSelector") if patch.target.get(key))
            hint = "correct kind and name; Kustomize would pass over this patch in silence"
            where = Location(unit.snapshot.path_of(patch.named_in or patch.file), *place)
            yield Problem(where, "PatchWithoutTarget", f"there is no {wanted} to patch", hint)


def plain(unit: Unit) -> Rendering:
    """The YAML files of a folder and those below it, as they are, in the order of their paths."""
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


def _yaml_files(folder: Path) -> Iterable[Path]:
    return (
        file
        for file in folder.rglob("*")
        if file.suffix in (".yaml", ".yml") and file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )
