"""Applications whose manifests lie elsewhere: the folder that `spec.source` names becomes their unit."""

from __future__ import annotations

from dataclasses import replace
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
    """Renders what applications point at, once for each folder, and gives them the folder for their unit."""
    problems: list[Problem] = []
    documents: list[Rendered] = []
    there = {document.unit.folder for document in rendering.documents} | {unit.folder for unit in rendering.failed}
    wanted: dict[Path, Unit] = {}
    for document in rendering.documents:
        spec = _source(document)
        if spec is None:
            documents.append(document)
            continue
        found = _unit(ground, document, spec)
        if isinstance(found, Problem):
            problems.append(found)
            documents.append(document)
            continue
        documents.append(replace(document, unit=found))
        if found.folder not in there:
            wanted.setdefault(found.folder, found)
    more = ground.renderer.render(wanted.values())
    return Rendering((*documents, *more.documents), (*rendering.problems, *problems, *more.problems), (*rendering.failed, *more.failed))


def _source(document: Rendered) -> FolderSpec | None:
    """The `spec.source` of an Application; None where there is none, or where the model will say what is wrong with it."""
    data = document.data
    spec = data.get("spec")
    if data.get("kind") != "Application" or data.get("apiVersion") != API_VERSION or not isinstance(spec, dict):
        return None
    try:
        return FolderSpec.model_validate(spec["source"]) if spec.get("source") is not None else None
    except ValidationError:
        return None


def _unit(ground: Ground, document: Rendered, spec: FolderSpec) -> Unit | Problem:
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
    if unit is None:
        message = f'path "{spec.path}" has overlays, but none for environment {ground.environment.name}'
        hint = f"add overlays/{ground.environment.name}, or name one of its folders"
        return Problem(at("path"), "MissingFile", message, hint)
    return unit
