"""The stage that gives applications the folders of their manifests, where these do not lie beside their documents.

An application names a folder by `spec.source`; a generated one that names none takes what lies beside its ApplicationSet. The folder may be
one that is rendered anyway, below `applications/`, or any other. Several applications may take the same: each gets its own copy of what is
in it, so that one folder can go to many clusters. What is taken belongs to nobody else any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from transom.catalog.validate import near
from transom.errors import Location, Problem
from transom.rendering import units
from transom.rendering.render import Rendered, Rendering
from transom.rendering.units import Room, Unit
from transom.specs.base import API_VERSION
from transom.specs.manifests import FolderSpec

if TYPE_CHECKING:
    from transom.catalog.stages import Ground


def stage(ground: Ground, rendering: Rendering) -> Rendering:
    """Renders what applications point at, once for each folder, and gives each application its copy of it."""
    problems: list[Problem] = []
    taken: dict[int, _Taken] = {}
    for index, document in enumerate(rendering.documents):
        spec = _source(document)
        if spec is not None:
            found = _named(ground, document, spec)
        elif document.trace.generated_by and not _says(document):
            found = _Taken(document.unit.folder, document.unit)
        else:
            continue
        if isinstance(found, Problem):
            problems.append(found)
        else:
            taken[index] = found
    if not taken:
        return replace(rendering, problems=(*rendering.problems, *problems))
    contents, more = _contents(ground, rendering, taken.values())
    failed = (*rendering.failed, *more.failed)
    outer, torn = _outer(rendering.documents), frozenset(unit.folder for unit in failed)
    wrong = {
        index: told
        for index, one in taken.items()
        if one.unit and (told := list(_unusable(rendering.documents[index], one, contents[one.unit.folder], outer, torn)))
    }
    problems += [problem for several in wrong.values() for problem in several]
    usable = {index: one for index, one in taken.items() if index not in wrong}
    takers = _takers(rendering, usable)
    problems += _of_several_tenants(takers, contents)
    remaining = (*_still_told(rendering.problems, usable.values()), *more.problems, *problems)
    return Rendering(tuple(_handed_out(rendering, usable, contents, takers)), remaining, failed)


def is_ours(document: Rendered, kind: str) -> bool:
    """Whether it is a document of ours of this kind, right or wrong."""
    return document.data.get("kind") == kind and document.data.get("apiVersion") == API_VERSION


@dataclass(frozen=True, slots=True)
class _Taken:
    """A folder that an application takes: as it is named, and what is rendered of it; nothing when it is no part of the environment."""

    top: Path
    unit: Unit | None

    @property
    def shown(self) -> str:
        """How messages name it."""
        return self.unit.snapshot.path_of(self.top) if self.unit else ""


def _says(document: Rendered) -> bool:
    """Whether it names a folder at all, rightly or wrongly."""
    spec = document.data.get("spec")
    return isinstance(spec, dict) and "source" in spec


def _source(document: Rendered) -> FolderSpec | None:
    """The `spec.source` of an Application; None where there is none, or where the model will say what is wrong with it."""
    spec = document.data.get("spec")
    if not is_ours(document, "Application") or not isinstance(spec, dict):
        return None
    try:
        return FolderSpec.model_validate(spec["source"]) if spec.get("source") is not None else None
    except ValidationError:
        return None


def _named(ground: Ground, document: Rendered, spec: FolderSpec) -> _Taken | Problem:
    def at(field: str) -> Location:
        return document.trace.locate(document.data, ("spec", "source", field))

    names = {one.source: one for one in ground.snapshots}
    if spec.name is not None and spec.name not in names:
        message = f'the environment has no source "{spec.name}"'
        return Problem(at("name"), "UnknownReference", message, near(spec.name, names))
    snapshot = names[spec.name] if spec.name is not None else document.unit.snapshot
    folder = (snapshot.root / spec.path).resolve()
    if not folder.is_relative_to(snapshot.root.resolve()):
        message = f'path "{spec.path}" leads out of the source'
        return Problem(at("path"), "PathOutsideSource", message, "name a folder of the repository")
    if not folder.is_dir():
        beside = [one.name for one in folder.parent.iterdir() if one.is_dir()] if folder.parent.is_dir() else []
        hint = near(folder.name, beside) or "write a folder of the repository"
        return Problem(at("path"), "MissingFile", f'path "{spec.path}" is no folder of source {snapshot.source}', hint)
    unit = units.of_folder(snapshot, Room.APPLICATION, folder, ground.environment.name)
    if unit is None and not document.trace.generated_by:
        message = f'path "{spec.path}" has overlays, but none for environment {ground.environment.name}'
        hint = f"add overlays/{ground.environment.name}, or name one of its folders"
        return Problem(at("path"), "MissingFile", message, hint)
    return _Taken(folder, unit)


def _contents(ground: Ground, rendering: Rendering, taken: Iterable[_Taken]) -> tuple[dict[Path, list[Rendered]], Rendering]:
    """The documents of each taken folder, and what came of rendering those that were not rendered yet."""
    wanted = {one.unit.folder: one.unit for one in taken if one.unit}
    there = {document.unit.folder for document in rendering.documents} | {unit.folder for unit in rendering.failed}
    new = [unit for folder, unit in wanted.items() if folder not in there]
    more = ground.renderer.render(new) if new else Rendering((), ())
    contents: dict[Path, list[Rendered]] = {folder: [] for folder in wanted}
    for document in (*rendering.documents, *more.documents):
        if document.unit.folder in contents and not document.trace.generated_by:
            contents[document.unit.folder].append(document)
    return contents, more


def _unusable(
    document: Rendered, taken: _Taken, held: list[Rendered], outer: Mapping[Path, list[Path]], failed: frozenset[Path]
) -> Iterator[Problem]:
    """Why a folder cannot be the application's: it has an application of its own, other units lie in it, or nothing does."""
    unit = taken.unit
    if unit is None:
        return
    generated = document.trace.generated_by
    explicit = _says(document)
    where = document.trace.locate(document.data, ("spec", "source", "path") if explicit else ("spec",))
    others = [other for other in held if other is not document]
    inner = next((folder for folder in outer.get(taken.top, ()) if folder != unit.folder), None)
    if inner is not None:
        message = f"folder {taken.shown} holds others that are rendered by themselves, such as {unit.snapshot.path_of(inner)}"
        yield Problem(where, "DuplicateApplication", message, "name one of them, or a folder outside of the layout")
        return
    for own in others:
        if is_ours(own, "Application") or is_ours(own, "ApplicationSet"):
            place = own.trace.locate(own.data, ("metadata", "name"))
            message = f"folder {taken.shown} has an {own.data['kind']} of its own ({place})"
            hint = "leave the folder out of the generator" if generated else "name another folder, or remove it there"
            yield Problem(where, "DuplicateApplication", message, hint)
    if not others and unit.folder not in failed and explicit:
        hint = "name a folder that does" + (", or leave it out of the generator" if generated else "")
        yield Problem(where, "MissingFile", f"folder {taken.shown} holds no manifest", hint)
    elif not others and unit.folder not in failed:
        message = f"spec.source is missing, and no manifest lies beside {generated.replace('/', ' ')}"
        yield Problem(where, "MissingField", message, "write source: with the path of a folder, or put the manifests there")


def _tenant(document: Rendered) -> str:
    """The tenant that a document names; empty when it names none."""
    spec = document.data.get("spec")
    return str(spec.get("tenant") or "") if isinstance(spec, dict) else ""


def _takers(rendering: Rendering, taken: Mapping[int, _Taken]) -> Mapping[Path, frozenset[str]]:
    """The tenants whose applications take each folder."""
    tenants: dict[Path, set[str]] = defaultdict(set)
    for index, one in taken.items():
        if one.unit:
            tenants[one.unit.folder].add(_tenant(rendering.documents[index]))
    return {folder: frozenset(several) for folder, several in tenants.items()}


def _of_several_tenants(takers: Mapping[Path, frozenset[str]], contents: Mapping[Path, list[Rendered]]) -> Iterator[Problem]:
    """Documents of ours in a folder that applications of several tenants take: whose are they?"""
    for folder, several in takers.items():
        for document in contents[folder] if len(several) > 1 else ():
            if document.data.get("apiVersion") == API_VERSION and not _tenant(document):
                message = f"lies in a folder that applications of tenants {' and '.join(sorted(several))} take, and could be of either"
                yield Problem(document.trace.locate(document.data, ("spec",)), "MissingTenant", message, "write spec.tenant, or move it")


def _outer(documents: Iterable[Rendered]) -> Mapping[Path, list[Path]]:
    """For each folder around rendered ones, those in it."""
    found: dict[Path, list[Path]] = defaultdict(list)
    for folder in dict.fromkeys(document.unit.folder for document in documents):
        for above in folder.parents:
            found[above].append(folder)
    return found


def _still_told(problems: Iterable[Problem], taken: Iterable[_Taken]) -> Iterator[Problem]:
    """Problems without those of files in taken folders that came of reading them as part of an outer folder: a patch is no document."""
    tops = tuple(f"{one.shown}/" for one in taken if one.unit)
    yield from (one for one in problems if one.reason != "NotADocument" or not one.where.path.startswith(tops))


def _handed_out(
    rendering: Rendering, taken: Mapping[int, _Taken], contents: Mapping[Path, list[Rendered]], takers: Mapping[Path, frozenset[str]]
) -> Iterator[Rendered]:
    """What nobody took, and then each application with its own copy of its folder's documents, without those of another one's tenant."""
    tops = {one.top for one in taken.values()}
    folders = {one.unit.folder for one in taken.values() if one.unit}
    for index, document in enumerate(rendering.documents):
        if index not in taken and document.trace.generated_by:
            yield replace(document, unit=replace(document.unit, name=_name(document)))
        elif index not in taken and document.unit.folder not in folders and tops.isdisjoint(document.trace.origin.parents):
            yield document
    for index, one in taken.items():
        document = rendering.documents[index]
        if one.unit is None:
            continue
        unit = replace(one.unit, room=Room.APPLICATION, name=_name(document))
        yield replace(document, unit=unit)
        strangers = takers[one.unit.folder] - {_tenant(document)}
        for other in contents[one.unit.folder]:
            if other is not document and not (other.data.get("apiVersion") == API_VERSION and _tenant(other) in strangers):
                yield replace(other, unit=unit)


def _name(document: Rendered) -> str:
    metadata = document.data.get("metadata")
    return str(metadata.get("name")) if isinstance(metadata, dict) else ""
