"""The Git generator: folders and files of a source (Argo CD: Generators-Git)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from transom.catalog.applicationsets import elements, globs
from transom.catalog.applicationsets.desk import Desk, Tried
from transom.catalog.applicationsets.elements import Element, Origin
from transom.catalog.validate import near
from transom.errors import Location
from transom.rendering import yamltext
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot
from transom.specs.applicationset import GitGenerator, GitPath


def read(desk: Desk, spec: GitGenerator, path: Path_, outer: Element | None) -> list[Element]:
    """One element for each folder, or for each object in the files, that the patterns take in."""
    name = desk.text(spec.source, (*path, "source"), outer) if spec.source else desk.entry.trace.snapshot.source
    snapshot = desk.world.snapshots.get(name)
    if snapshot is None:
        hint = near(name, desk.world.snapshots) or "name one of the environment's sources"
        desk.wrong((*path, "source"), "UnknownReference", f'source "{name}" is not one of the environment\'s', hint)
        return []
    found: list[Element] = []
    if spec.directories:
        for one, where in _taken(desk, spec.directories, (*path, "directories"), snapshot, outer):
            origin = Origin(f"folder {one}", where, lambda _: None)
            found.append(Element(_of_path(one, "", spec.path_param_prefix, go=desk.go), (origin,)))
    for one, _ in _taken(desk, spec.files, (*path, "files"), snapshot, outer):
        found += _of_file(desk, snapshot, one, spec.path_param_prefix)
    return desk.with_values(spec.values, (*path, "values"), found, outer)


def _taken(desk: Desk, items: Sequence[GitPath], path: Path_, snapshot: Snapshot, outer: Element | None) -> Iterator[tuple[str, Location]]:
    """The paths that are taken in and not left out, each with the place of the pattern that took it in."""
    listing = desk.world.listing(snapshot)
    paths = listing.folders if path[-1] == "directories" else listing.files
    taken: dict[str, int] = {}
    left_out: set[str] = set()
    for index, item in enumerate(items):
        pattern = desk.text(item.path, (*path, index, "path"), outer)
        try:
            found = globs.matching(pattern, paths)
        except ValueError as error:
            desk.wrong((*path, index, "path"), "InvalidGenerator", f'pattern "{pattern}" {error}', "write it as in applications/*")
            continue
        if item.exclude:
            left_out |= set(found)
        else:
            desk.tried((*path, index, "path"), Tried(pattern, paths, snapshot.source, len(found)))
            taken |= {one: index for one in found if one not in taken}
    for one in sorted(taken.keys() - left_out):
        yield one, desk.at(*path, taken[one], "path")


def _of_file(desk: Desk, snapshot: Snapshot, name: str, prefix: str | None) -> Iterator[Element]:
    """The elements of one file: an object, or a list of them. An empty file gives its path alone."""
    file = snapshot.root / name
    shown = snapshot.path_of(file)
    if not file.resolve().is_relative_to(snapshot.root):
        desk.tell(Location(shown), "PathOutsideSource", "is a link that leads out of the source", "keep the file in it")
        return
    documents, wrong = yamltext.read(file, shown)
    desk.problems.extend(wrong)
    if wrong:
        return
    if len(documents) > 1:
        message = f"holds {len(documents)} documents, and a file of parameters holds one"
        place = Location(shown, *documents[1].nearest(()))
        desk.tell(place, "NotADocument", message, "write a list of mappings instead")
        return
    data = documents[0].data if documents else {}
    listed = data if isinstance(data, list) else [data]
    for index, item in enumerate(listed):
        below: Path_ = (index,) if isinstance(data, list) else ()
        where = Location(shown, *(documents[0].position(below) or (1, 1))) if documents else Location(shown)
        if not isinstance(item, dict):
            hint = "a file of parameters is a mapping, or a list of them"
            desk.tell(where, "NotADocument", "is not a mapping", hint)
            continue
        own = elements.plain(item)
        params = own if desk.go else dict(elements.flat(own))
        what = f"entry {index + 1} of file {name}" if isinstance(data, list) else f"file {name}"
        parent = str(PurePosixPath(name).parent)
        made = _of_path(parent, PurePosixPath(name).name, prefix, go=desk.go)
        yield Element({**params, **made}, (Origin(what, where, _places(documents[0], item, below, shown) if documents else _nowhere),))


def _nowhere(name: str) -> Location | None:
    del name
    return None


def _places(written: Written, item: dict[Any, Any], below: Path_, shown: str) -> Callable[[str], Location | None]:
    def place(name: str) -> Location | None:
        way = elements.path_of(item, name)
        found = written.position((*below, *way)) if way else None
        return Location(shown, *found) if found else None

    return place


def _of_path(folder: str, file: str, prefix: str | None, *, go: bool) -> dict[str, Any]:
    """The parameters that a path gives; `file` is empty for a folder."""
    basename = PurePosixPath(folder).name or "."
    segments = folder.split("/")
    parts: dict[str, Any] = {"path": folder, "basename": basename, "basenameNormalized": elements.normalized(basename)}
    if file:
        parts |= {"filename": file, "filenameNormalized": elements.normalized(file)}
    if go:
        nested = {"path": {**parts, "segments": segments}}
        return {prefix: nested} if prefix else nested
    above = f"{prefix}.path" if prefix else "path"
    flat = {above if name == "path" else f"{above}.{name}": value for name, value in parts.items()}
    return flat | {f"{above}[{index}]": segment for index, segment in enumerate(segments)}
