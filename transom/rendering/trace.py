"""Traces: which file, line and column a person wrote for a value of a rendered document.

For a plain file that is the file. Through Kustomize the value may come from the base or from any patch above it: the layers are asked from
the outermost overlay inwards, and the first that writes the value is the one to blame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.errors import Location
from transom.rendering import yamltext
from transom.rendering.kustomization import Kustomization, Patch
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a rendered document comes from.

    Attributes:
        snapshot: the files.
        origin: the file that first wrote the document, or the kustomization that generated it.
        index: which document of that file; None when only kind and name can tell.
        layers: the kustomizations it went through, outermost first; empty for a plain file.
    """

    snapshot: Snapshot
    origin: Path
    index: int | None = None
    layers: tuple[Kustomization, ...] = field(default=(), repr=False)

    @property
    def file(self) -> str:
        """The origin as messages name it."""
        return self.snapshot.path_of(self.origin)

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place of the value at `path` of the rendered document `data`; of the nearest thing above it when nobody wrote it."""
        for file, written, inner in self._writers(data, path):
            if found := written.position(inner, of_key=of_key):
                return Location(self.snapshot.path_of(file), *found)
        origin = self._original(data)
        if origin is None:
            return Location(self.file)
        return Location(self.file, *origin.nearest(path))

    def _writers(self, data: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path, Written, Path_]]:
        """Everything that may have written `path`, outermost first, each with the path inside it."""
        for layer in self.layers:
            for patch in layer.patches():
                if _targets(patch, data):
                    yield from _inside(patch, data, path)
            if path == ("metadata", "namespace"):
                yield layer.file, layer.written, ("namespace",)
        if origin := self._original(data):
            yield self.origin, origin, _by_name(origin, data, path)

    def _original(self, data: Mapping[str, Any]) -> Written | None:
        documents, _ = yamltext.read(self.origin, self.file)
        if self.index is not None:
            return documents[self.index] if self.index < len(documents) else None
        alike = [document for document in documents if isinstance(document.data, dict) and document.data.get("kind") == data.get("kind")]
        name = _name(data)
        return next((document for document in alike if name.endswith(_name(document.data)) or _name(document.data) in name), None) or next(
            iter(alike or documents), None
        )


def _name(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _targets(patch: Patch, data: Mapping[str, Any]) -> bool:
    """Whether a patch is meant for a document: by its target, or for a merge patch by its own kind and name."""
    target = patch.target
    if target is None:
        body = patch.written.data
        return isinstance(body, dict) and body.get("kind") == data.get("kind") and _name(body) in _name(data)
    kind, name = target.get("kind"), target.get("name")
    return (not kind or re.fullmatch(str(kind), str(data.get("kind"))) is not None) and (
        not name or re.search(str(name), _name(data)) is not None
    )


def _inside(patch: Patch, data: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path, Written, Path_]]:
    body = patch.written.data
    if isinstance(body, dict):
        yield patch.file, patch.written, _by_name(patch.written, data, path)
        return
    for index, step in enumerate(body if isinstance(body, list) else ()):
        pointer = _pointer(step.get("path", "")) if isinstance(step, dict) else ()
        if pointer and tuple(map(str, path[: len(pointer)])) == pointer:
            yield patch.file, patch.written, (index, "value", *path[len(pointer) :])


def _pointer(text: object) -> tuple[str, ...]:
    """A JSON pointer (RFC 6901) as parts."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in str(text).split("/")[1:])


def _by_name(written: Written, data: Mapping[str, Any], path: Path_) -> Path_:
    """`path` as it runs in `written`, whose lists may be shorter than the rendered ones: their items are told by `name`."""
    out: list[str | int] = []
    here: Any = written.data
    there: Any = data
    for part in path:
        there = _below(there, part)
        at = part
        if isinstance(part, int) and isinstance(here, list) and isinstance(there, dict) and "name" in there:
            same = [i for i, item in enumerate(here) if isinstance(item, dict) and item.get("name") == there["name"]]
            at = same[0] if same else len(here)
        out.append(at)
        here = _below(here, at)
    return tuple(out)


def _below(container: Any, part: str | int) -> Any:
    """The value at `part`; None when there is none."""
    if isinstance(container, dict):
        return container.get(part)
    if isinstance(container, list) and isinstance(part, int) and part < len(container):
        return container[part]
    return None
