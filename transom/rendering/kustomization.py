"""Kustomizations as files: what one names, checked before Kustomize runs, so that a wrong path is told at its line.

Only what is needed to find files, patches and remote references is read; what the fields do is Kustomize's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.units import KUSTOMIZATION_FILES
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot

FOLDERS_OR_FILES = ("components", "resources", "bases")
"""Components first: they change what the resources gave."""
_PATCHES = ("patches", "patchesJson6902", "patchesStrategicMerge")
_FILES = (*_PATCHES, "configurations", "crds", "transformers", "generators", "validators", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")


class Role(Enum):
    """What a kustomization names something as; it decides how it is read."""

    RESOURCE = auto()
    COMPONENT = auto()
    PATCH = auto()
    FILE = auto()


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: its file (the kustomization itself when written inline), its body, what it is aimed at, and where that is written."""

    file: Path
    written: Written
    target: dict[str, Any] | None
    named_in: Path | None = None
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization file."""

    file: Path
    written: Written
    snapshot: Snapshot = field(repr=False)

    def patches(self) -> Iterator[Patch]:
        """Its patches, the last one first, as the last one wins."""
        entries = list(self.entries("patches")) + list(self.entries("patchesJson6902"))
        for path, entry in reversed(entries):
            if isinstance(entry, dict):
                aimed_at = self.written.position((*path, "target"))
                yield from (replace(patch, named_in=self.file, place=aimed_at) for patch in self._patch(path, entry))
        for path, entry in reversed(list(self.entries("patchesStrategicMerge"))):
            if "\n" in str(entry):
                yield from self._inline(path, str(entry), None)
            else:
                yield from self._from_file(str(entry), None)

    def entries(self, key: str) -> Iterator[tuple[Path_, Any]]:
        """What is listed under `key`, each with its path."""
        listed = self.written.data.get(key) if isinstance(self.written.data, dict) else None
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            yield (key, index), entry

    def named(self) -> Iterator[tuple[Path_, Any, Role]]:
        """Every file and folder that it names: where in it, the name as it is written, and what it is named as."""
        for key in FOLDERS_OR_FILES:
            role = Role.COMPONENT if key == "components" else Role.RESOURCE
            yield from ((path, name, role) for path, name in self.entries(key))
        for key in _FILES:
            for path, entry in self.entries(key):
                inner = (*path, "path") if isinstance(entry, dict) else path
                name = entry.get("path") if isinstance(entry, dict) else entry
                if isinstance(name, str) and "\n" not in name:
                    yield inner, name, Role.PATCH if key in _PATCHES else Role.FILE
        openapi = self.written.data.get("openapi")
        if isinstance(openapi, dict) and "path" in openapi:
            yield ("openapi", "path"), openapi["path"], Role.FILE
        for key in _GENERATORS:
            for path, entry in self.entries(key):
                if isinstance(entry, dict):
                    yield from _generated_from(path, entry)

    def _patch(self, path: Path_, entry: dict[str, Any]) -> Iterator[Patch]:
        target = entry.get("target") if isinstance(entry.get("target"), dict) else None
        if isinstance(entry.get("path"), str):
            yield from self._from_file(entry["path"], target)
        elif isinstance(entry.get("patch"), str):
            yield from self._inline((*path, "patch"), entry["patch"], target)

    def _from_file(self, name: str, target: dict[str, Any] | None) -> Iterator[Patch]:
        file = resolved(self.file.parent, name)
        if file is not None and file.is_file() and file.is_relative_to(self.snapshot.root):
            for written in yamltext.read(file, self.snapshot.path_of(file))[0]:
                yield Patch(file, written, target)

    def inline_problems(self) -> Iterator[Problem]:
        """What is wrong with the YAML of patches that are written inside the kustomization."""
        mappings = (one for key in ("patches", "patchesJson6902") for one in self.entries(key) if isinstance(one[1], dict))
        inline: list[tuple[Path_, Any]] = [((*path, "patch"), entry.get("patch")) for path, entry in mappings]
        inline += [(path, entry) for path, entry in self.entries("patchesStrategicMerge") if "\n" in str(entry)]
        shown = self.snapshot.path_of(self.file)
        for path, text in inline:
            place = self.written.position(path)
            if place is None or not isinstance(text, str):
                continue
            line, column = self._offset(path, text, place)
            for problem in yamltext.parse(text, shown)[1]:
                told = re.sub(r"(?<=first in line )\d+", lambda found: str(int(found[0]) + line), problem.message)  # noqa: B023 - used at once
                yield replace(problem, message=told, where=Location(shown, problem.where.line + line, problem.where.column + column))

    def _offset(self, path: Path_, text: str, place: tuple[int, int]) -> tuple[int, int]:
        """Lines and columns that a text inside the kustomization is away from the file's beginning."""
        line, column = place
        return (line, self._indent(line, text)) if self.written.is_block(path) else (line - 1, column)

    def _inline(self, path: Path_, text: str, target: dict[str, Any] | None) -> Iterator[Patch]:
        place = self.written.position(path)
        documents, _ = yamltext.parse(text, "")
        if place is None or not documents:
            return
        offset = self._offset(path, text, place)
        for written in documents:
            yield Patch(self.file, Written(written.data, written.node, *offset), target)

    def _indent(self, line: int, text: str) -> int:
        """Blanks that a block of text, which begins below `line`, has in front of each of its lines."""
        lines = self.file.read_text(encoding="utf-8-sig").splitlines()[line:]
        first = next((_blanks(one) for one in lines if one.strip()), 0)
        return first - next((_blanks(one) for one in text.splitlines() if one.strip()), 0)


def _generated_from(path: Path_, entry: dict[str, Any]) -> Iterator[tuple[Path_, Any, Role]]:
    """The files that an entry of a generator names."""
    for name in ("files", "envs"):
        listed = entry.get(name)
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            yield (*path, name, index), str(item).split("=", 1)[-1], Role.FILE
    if "env" in entry:
        yield (*path, "env"), entry["env"], Role.FILE


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def resolved(folder: Path, name: str) -> Path | None:
    """What `name` leads to from `folder`, which is free of links; None when no file can be named so (too long, a NUL in it …)."""
    try:
        target = folder / name
        if "/" in name or target.is_symlink():
            target = target.resolve()
        target.exists()
    except (OSError, ValueError, RuntimeError):
        return None
    return target


def declared(layers: Sequence[Kustomization]) -> Iterator[tuple[Path, Written]]:
    """The documents in the files that kustomizations list as resources, the innermost kustomization's first."""
    for layer in reversed(layers):
        for _, name in layer.entries("resources"):
            file = resolved(layer.file.parent, str(name))
            if file is not None and file.is_file() and file.is_relative_to(layer.snapshot.root) and file.name not in KUSTOMIZATION_FILES:
                yield from ((file, one) for one in yamltext.read(file, layer.snapshot.path_of(file))[0] if isinstance(one.data, dict))


def replacements(layer: Kustomization) -> Iterator[tuple[Path, Written, Path_, Mapping[str, Any]]]:
    """Every replacement of a kustomization, those in files of their own too: the file it is written in, and where in it."""
    for path, entry in layer.entries("replacements"):
        if not isinstance(entry, dict):
            continue
        file = resolved(layer.file.parent, entry["path"]) if isinstance(entry.get("path"), str) else None
        if file is None:
            yield layer.file, layer.written, path, entry
        elif file.is_file() and file.is_relative_to(layer.snapshot.root):
            shown = layer.snapshot.path_of(file)
            for written in yamltext.read(file, shown)[0]:
                several = written.data if isinstance(written.data, list) else [written.data]
                for index, one in enumerate(several):
                    if isinstance(one, dict):
                        yield file, written, (index,) if isinstance(written.data, list) else (), one


def dump(data: Any) -> str:
    """YAML text of plain data, keys in their order."""
    return str(yaml.dump(data, Dumper=yamltext.Dumper, sort_keys=False, default_flow_style=False, width=120))
