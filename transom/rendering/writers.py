"""Which fields of a kustomization, other than patches, write a value: labels, images, replicas, generators and replacements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from transom.rendering import yamltext
from transom.rendering.kustomization import Kustomization, declared, replacements, resolved
from transom.rendering.yamltext import Path_

_GENERATORS = {"ConfigMap": "configMapGenerator", "Secret": "secretGenerator"}


class Placed(Protocol):
    """Something that knows its values and their places: a YAML document, or the lines of an env file."""

    @property
    def data(self) -> Any:
        """Its values."""

    def position(self, path: Path_, *, of_key: bool = False) -> tuple[int, int] | None:
        """Line and column of the value at `path`; None when it is not written here."""


Writer = tuple[Path, Placed, Path_]
"""A file, what is written in it, and the path inside that."""


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The lines of an env file, as the data of the ConfigMap that is generated from them."""

    lines: Mapping[str, tuple[str, int]]

    @property
    def data(self) -> Any:
        """As the rendered document has it."""
        return {"data": {key: value for key, (value, _) in self.lines.items()}}

    def position(self, path: Path_, *, of_key: bool = False) -> tuple[int, int] | None:
        """As `Written.position`."""
        found = self.lines.get(str(path[1])) if len(path) > 1 else None
        return None if found is None else (found[1], 1 if of_key else len(str(path[1])) + 2)


def fields(layer: Kustomization, data: Mapping[str, Any], path: Path_, names: frozenset[str]) -> Iterator[Path_]:
    """Paths in a kustomization that may have written the value at `path` of a document, which may have had these names."""
    match path:
        case ("metadata", "namespace"):
            yield ("namespace",)
        case (*_, "labels" | "matchLabels" | "selector", key):
            for index, _ in enumerate(list(layer.entries("labels"))):
                yield ("labels", index, "pairs", key)
            yield ("commonLabels", key)
            yield from _options(layer, data, ("labels", key), names)
        case (*_, "annotations", key):
            yield ("commonAnnotations", key)
            yield from _options(layer, data, ("annotations", key), names)
        case ("immutable",):
            yield from _options(layer, data, ("immutable",), names)
        case ("spec", "replicas"):
            yield from (
                (*place, "count") for place, entry in layer.entries("replicas") if isinstance(entry, dict) and entry.get("name") in names
            )
        case (*_, "image"):
            repository = _repository(str(yamltext.at(data, path)))
            for place, entry in layer.entries("images"):
                if isinstance(entry, dict) and repository == str(entry.get("newName") or entry.get("name")):
                    yield (*place, next((word for word in ("digest", "newTag", "tagSuffix", "newName") if word in entry), "name"))
        case _:
            return


def _options(layer: Kustomization, data: Mapping[str, Any], below: Path_, names: frozenset[str]) -> Iterator[Path_]:
    """Options of generators: each entry's own, then those for all."""
    for path, entry in layer.entries(_GENERATORS.get(str(data.get("kind")), "")):
        if isinstance(entry, dict) and entry.get("name") in names:
            yield (*path, "options", *below)
            yield ("generatorOptions", *below)


def _repository(image: str) -> str:
    """An image without its tag and digest."""
    head, slash, tail = image.partition("@")[0].rpartition("/")
    return head + slash + tail.partition(":")[0]


def generated(layer: Kustomization, data: Mapping[str, Any], path: Path_, names: frozenset[str]) -> Iterator[Writer]:
    """Where a kustomization generated a key of a ConfigMap or Secret, or the whole of it."""
    for place, entry in layer.entries(_GENERATORS.get(str(data.get("kind")), "")):
        if not isinstance(entry, dict) or entry.get("name") not in names:
            continue
        if len(path) > 1 and path[0] in ("data", "stringData", "binaryData"):
            yield from _given(layer, place, entry, path)
        else:
            is_name = path[:2] in ((), ("metadata",), ("metadata", "name"))
            yield layer.file, layer.written, (*place, "name") if is_name else place


def _given(layer: Kustomization, place: Path_, entry: Mapping[str, Any], path: Path_) -> Iterator[Writer]:
    """Where an entry of a generator gives the value of a key."""
    for field_name in ("literals", "files"):
        listed = entry.get(field_name)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            name, equals, _ = str(item).partition("=")
            if path[1] == (name if equals else Path(name).name):
                yield layer.file, layer.written, (*place, field_name, index)
    envs = entry.get("envs")
    for name in (*(envs if isinstance(envs, list) else ()), entry.get("env")):
        file = resolved(layer.file.parent, name) if isinstance(name, str) and name else None
        if file is not None and file.is_file() and file.is_relative_to(layer.snapshot.root):
            lines = {line.partition("=")[0]: (line.partition("=")[2], number) for number, line in yamltext.env_lines(file)}
            yield file, EnvFile(lines), path


def replaced(
    layer: Kustomization, layers: Sequence[Kustomization], path: Path_, is_selected: Callable[[dict[str, Any]], bool]
) -> Iterator[Writer]:
    """Where a replacement took the value at `path` from: the field of its source as it is written, else the line that asks for it."""
    for file, written, place, entry in replacements(layer):
        targets = entry.get("targets")
        for index, target in enumerate(targets if isinstance(targets, list) else ()):
            listed = target.get("fieldPaths") if isinstance(target, dict) else None
            select = target.get("select") if isinstance(target, dict) else None
            if not isinstance(listed, list) or not isinstance(select, dict):
                continue
            for number, one in enumerate(listed):
                if _leads_to(str(one), path) and is_selected(select):
                    yield from _source(entry, layers)
                    asks = (*place, "sourceValue") if "sourceValue" in entry else (*place, "targets", index, "fieldPaths", number)
                    yield file, written, asks


def _source(entry: Mapping[str, Any], layers: Sequence[Kustomization]) -> Iterator[Writer]:
    source = entry.get("source")
    if not isinstance(source, dict):
        return
    field = tuple(parts(str(source.get("fieldPath") or "metadata.name")))
    for file, written in declared(layers):
        metadata = written.data.get("metadata")
        named = metadata.get("name") if isinstance(metadata, dict) else None
        if source.get("kind", written.data.get("kind")) == written.data.get("kind") and source.get("name", named) == named:
            yield file, written, tuple(int(part) if part.isdigit() else part for part in field)


def parts(text: str) -> Iterator[str]:
    """The parts of a field's path as replacements write it: dots between, one inside behind a backslash, `[name=web]` for an item."""
    for part in re.findall(r"(?:\\.|\[[^\]]*\]|[^.\[])+", text):
        yield part.replace("\\.", ".")


def _leads_to(text: str, path: Path_) -> bool:
    """Whether a field's path may be `path`: an item that is told by a field of its own may be any."""
    words = list(parts(text))
    if len(words) != len(path):
        return False
    return all(
        word == "*" or (word.startswith("[") and isinstance(part, int)) or word == str(part) for word, part in zip(words, path, strict=True)
    )
