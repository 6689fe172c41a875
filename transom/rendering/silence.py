"""What Kustomize passes over in silence: what a kustomization aims at nothing. Nobody is told that nothing changed; here it is a mistake.

A component is written for many: what it aims at by kind or label alone, and its images, may be there or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem
from transom.rendering.kustomization import Kustomization, Patch, declared, replacements
from transom.rendering.reading import Reading
from transom.rendering.trace import hits
from transom.rendering.yamltext import Path_, Written

_Documents = Sequence[Mapping[str, Any]]


def problems(reading: Reading, rendered: _Documents) -> Iterator[Problem]:
    """What the kustomizations of a rendered unit aim at nothing, neither as it was declared nor as it came out."""
    documents = [*rendered, *(written.data for _, written in declared(reading.layers))]
    for layer in reading.layers:
        yield from _patches(layer, reading.layers, documents)
        yield from _replacements(layer, reading.layers, documents)
    if not any(layer.written.data.get(key) for layer in reading.layers for key in ("configurations", "transformers", "generators")):
        yield from _images(reading.layers, documents)


def _is_component(layer: Kustomization) -> bool:
    return bool(layer.written.data.get("kind") == "Component")


def _is_met(layer: Kustomization, target: dict[str, Any], layers: Sequence[Kustomization], documents: _Documents) -> bool:
    """Whether any document is what a target selects."""
    patch = Patch(layer.file, layer.written, target)
    given = {str(one.written.data.get("namespace")) for one in layers if one.written.data.get("namespace")}
    wanted = str(target.get("namespace") or ".*")
    return any(
        hits(patch, data, layers)
        and any(_fits(wanted, one) for one in (*given, (data.get("metadata") or {}).get("namespace") or "default"))
        for data in documents
    )


def _patches(layer: Kustomization, layers: Sequence[Kustomization], documents: _Documents) -> Iterator[Problem]:
    told: set[tuple[int, int]] = set()
    for patch in layer.patches():
        target, place = patch.target, patch.place or (1, 1)
        if not target or place in told or (_is_component(layer) and not target.get("name")):
            continue
        if not _is_met(layer, target, layers, documents):
            told.add(place)
            where = Location(layer.snapshot.path_of(layer.file), *place)
            yield Problem(where, "PatchWithoutTarget", f"there is no {_wanted(target)} to patch", _hint(target, documents))


_MORE = (("namespace", "in namespace"), ("labelSelector", "with labels"), ("annotationSelector", "with annotations"))


def _wanted(target: Mapping[str, Any]) -> str:
    words = [str(target[key]) for key in ("kind", "name") if target.get(key)] or ["object"]
    return " ".join((*words, *(f"{what} {target[key]}" for key, what in _MORE if target.get(key))))


def _hint(target: Mapping[str, Any], documents: _Documents) -> str:
    kinds = {str(one.get("kind")) for one in documents}
    names = {str((one.get("metadata") or {}).get("name")) for one in documents if one.get("kind") == target.get("kind")}
    wanted, known = (target.get("name"), names) if names else (target.get("kind"), kinds)
    near = get_close_matches(str(wanted), sorted(known - {str(wanted)}), n=2)
    start = f"did you mean {' or '.join(near)}?" if near else "correct what it is for:"
    return f"{start} Kustomize would pass over this in silence"


def _replacements(layer: Kustomization, layers: Sequence[Kustomization], documents: _Documents) -> Iterator[Problem]:
    for file, written, path, target in _targets(layer):
        select = target.get("select")
        if not isinstance(select, dict) or (_is_component(layer) and not select.get("name")):
            continue
        if not _is_met(layer, select, layers, documents):
            where = Location(layer.snapshot.path_of(file), *(written.position((*path, "select")) or written.nearest(path)))
            yield Problem(where, "NothingMatched", f"there is no {_wanted(select)} to put the value into", _hint(select, documents))


def _targets(layer: Kustomization) -> Iterator[tuple[Path, Written, Path_, Mapping[str, Any]]]:
    """Every target of the replacements of a kustomization: the file it is written in, and where in it."""
    for file, written, path, entry in replacements(layer):
        listed = entry.get("targets")
        for index, target in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(target, dict):
                yield file, written, (*path, "targets", index), target


def _images(layers: Sequence[Kustomization], documents: _Documents) -> Iterator[Problem]:
    listed = [(layer, path, entry) for layer in layers for path, entry in layer.entries("images") if isinstance(entry, dict)]
    if not listed:
        return
    bodies = [patch.written.data for layer in layers for patch in layer.patches()]
    there = {_repository(image) for image in _found([*documents, *bodies])}
    there |= {str(entry["newName"]) for _, _, entry in listed if entry.get("newName")}
    for layer, path, entry in listed:
        name = str(entry.get("name"))
        if _is_component(layer) or any(name == one or _fits(name, one) for one in there):
            continue
        near = get_close_matches(name, sorted(there), n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(sorted(there)[:5])}" if there else "there are none"
        where = Location(layer.snapshot.path_of(layer.file), *(layer.written.position((*path, "name")) or (1, 1)))
        yield Problem(where, "NothingMatched", f"no container has the image {name}", hint)


def _fits(pattern: str, image: str) -> bool:
    try:
        return re.fullmatch(pattern, image) is not None
    except re.error:
        return False


def _found(value: Any) -> Iterator[str]:
    """Whatever is written as an image, at any depth."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _found(item)
    elif isinstance(value, Mapping):
        for key, below in value.items():
            if key == "image" and isinstance(below, str):
                yield below
            else:
                yield from _found(below)


def _repository(image: str) -> str:
    """An image without its tag and digest."""
    folder, slash, last = image.partition("@")[0].rpartition("/")
    return folder + slash + last.partition(":")[0]
