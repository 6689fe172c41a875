"""What a neighbour's document points at, rendered as the neighbour does: a kustomization, plain files, or both side by side."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from transom.catalog.neighbours.argo import Directory
from transom.errors import Location, Problem, mistakes
from transom.rendering.render import Rendered, Renderer, Rendering, one_file
from transom.rendering.units import KUSTOMIZATION_FILES, Unit, kustomization_of

_MANIFESTS = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to render for a unit: the kustomizations in it, and the plain files beside them."""

    unit: Unit
    kustomized: tuple[Path, ...]
    files: tuple[Path, ...]


def of_flux(unit: Unit) -> Folder:
    """As Flux reads a path: its kustomization, or every manifest in it and below; a folder below that has one is rendered by it."""
    kustomized: list[Path] = []
    files: list[Path] = []
    _walk(unit.folder, kustomized, files)
    return Folder(unit, tuple(kustomized), tuple(files))


def _walk(folder: Path, kustomized: list[Path], files: list[Path]) -> None:
    if kustomization_of(folder) is not None:
        kustomized.append(folder)
        return
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            _walk(entry, kustomized, files)
        elif entry.suffix in (".yaml", ".yml") and entry.is_file():
            files.append(entry)


def of_argo(unit: Unit, options: Directory | None) -> Folder:
    """As Argo CD reads a path: its kustomization, unless `directory` is written; else the manifests in it, below it only with `recurse`."""
    if options is None and kustomization_of(unit.folder) is not None:
        return Folder(unit, (unit.folder,), ())
    wanted = options or Directory()
    found = unit.folder.rglob("*") if wanted.recurse else unit.folder.iterdir()
    files = [file for file in found if file.suffix in _MANIFESTS and file.is_file() and file.name not in KUSTOMIZATION_FILES]
    included, excluded = _glob(wanted.include), _glob(wanted.exclude)
    chosen = (
        file
        for file in files
        if not any(part.startswith(".") for part in file.relative_to(unit.folder).parts)
        and (not wanted.include or included(file.relative_to(unit.folder).as_posix()))
        and not (wanted.exclude and excluded(file.relative_to(unit.folder).as_posix()))
    )
    return Folder(unit, (), tuple(sorted(chosen)))


def _glob(pattern: str) -> Callable[[str], bool]:
    """Whether a path matches a glob, in which `{a,b}` stands for either and `*` also for folders (gobwas/glob without separators)."""
    patterns = [one for one in _braces(pattern) if one]
    return lambda path: any(fnmatch.fnmatchcase(path, one) for one in patterns)


def _braces(pattern: str) -> list[str]:
    found = re.search(r"\{([^{}]*)\}", pattern)
    if found is None:
        return [pattern]
    return [one for choice in found[1].split(",") for one in _braces(pattern[: found.start()] + choice.strip() + pattern[found.end() :])]


@dataclass(frozen=True, slots=True)
class Held:
    """What a folder turned out to hold; `torn` when some of it could not be rendered."""

    documents: tuple[Rendered, ...]
    torn: bool


def render(folders: Iterable[Folder], renderer: Renderer) -> tuple[list[Held], tuple[Problem, ...]]:
    """What each folder holds, in their order, and what is wrong with any. Kustomizations are rendered side by side, each once."""
    wanted = list(folders)
    units = {path: replace(folder.unit, folder=path, kustomized=True) for folder in wanted for path in folder.kustomized}
    whole = renderer.render(units.values()) if units else Rendering((), ())
    failed = {unit.folder for unit in whole.failed}
    problems = list(whole.problems)
    by_folder: dict[Path, list[Rendered]] = defaultdict(list)
    for document in whole.documents:
        by_folder[document.unit.folder].append(document)
    held: list[Held] = []
    for folder in wanted:
        plain = [one_file(folder.unit, file) for file in folder.files]
        documents = [document for path in folder.kustomized for document in by_folder[path]]
        documents += [document for part in plain for document in part.documents]
        wrong = [problem for part in plain for problem in part.problems]
        problems += wrong
        mine = tuple(Rendered(document.data, document.trace, folder.unit) for document in documents)
        held.append(Held(mine, bool(mistakes(wrong)) or not failed.isdisjoint(folder.kustomized)))
    return held, tuple(problems)


def nothing_at(unit: Unit, where: Location) -> Problem:
    """A path that holds nothing to apply: all that was applied from it would go."""
    shown = unit.snapshot.path_of(unit.folder) if unit.folder != unit.snapshot.root else "the repository's root"
    return Problem(where, "NothingToApply", f"{shown} holds no manifest", "correct the path; to remove what it held, remove this document")
