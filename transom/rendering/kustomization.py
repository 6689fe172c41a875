"""Kustomizations as files: what one names, checked before Kustomize runs, so that a wrong path is told at its line.

Only what is needed to find files, patches and remote references is read; what the fields do is Kustomize's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.units import KUSTOMIZATION_FILES, kustomization_of
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot

_REMOTE = re.compile(r"://|^git@|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+/|\?ref=")
_FOLDERS_OR_FILES = ("resources", "bases", "components")
_PATCHES = ("patches", "patchesJson6902")
_FILES = (*_PATCHES, "patchesStrategicMerge", "configurations", "crds", "transformers", "generators", "replacements")


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch: its file (the kustomization itself when written inline), its body, and what it is aimed at."""

    file: Path
    written: Written
    target: dict[str, Any] | None


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
                yield from self._patch(path, entry)
        for _, name in self.entries("patchesStrategicMerge"):
            yield from self._from_file(str(name), None)

    def entries(self, key: str) -> Iterator[tuple[Path_, Any]]:
        """What is listed under `key`, each with its path."""
        listed = self.written.data.get(key) if isinstance(self.written.data, dict) else None
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            yield (key, index), entry

    def _patch(self, path: Path_, entry: dict[str, Any]) -> Iterator[Patch]:
        target = entry.get("target") if isinstance(entry.get("target"), dict) else None
        if isinstance(entry.get("path"), str):
            yield from self._from_file(entry["path"], target)
        elif isinstance(entry.get("patch"), str):
            yield from self._inline((*path, "patch"), entry["patch"], target)

    def _from_file(self, name: str, target: dict[str, Any] | None) -> Iterator[Patch]:
        file = (self.file.parent / name).resolve()
        if file.is_file():
            for written in yamltext.read(file, self.snapshot.path_of(file))[0]:
                yield Patch(file, written, target)

    def _inline(self, path: Path_, text: str, target: dict[str, Any] | None) -> Iterator[Patch]:
        place = self.written.position(path)
        documents, _ = yamltext.parse(text, "")
        if place is None or not documents:
            return
        line, column = place
        block = re.match(r"\s*", self.file.read_text(encoding="utf-8").splitlines()[line] if "\n" in text else "")
        indent = len(block.group()) if block else 0
        offset = (line, indent) if "\n" in text else (line - 1, column)
        for written in documents:
            yield Patch(self.file, Written(written.data, written.node, *offset), target)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kustomization and everything it names turned out to be.

    Attributes:
        layers: the kustomizations, outermost first.
        files: every file that the result depends on.
        problems: mistakes found on the way; when there are any, Kustomize need not be asked.
    """

    layers: tuple[Kustomization, ...]
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def read(folder: Path, snapshot: Snapshot) -> Reading:
    """Reads the kustomization in `folder` and all that it names, without running Kustomize."""
    walk = _Walk(snapshot)
    walk.visit(folder)
    return Reading(tuple(walk.layers), tuple(sorted(walk.files)), tuple(walk.problems))


class _Walk:
    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.layers: list[Kustomization] = []
        self.files: set[Path] = set()
        self.problems: list[Problem] = []

    def visit(self, folder: Path) -> None:
        file = kustomization_of(folder)
        if file is None or file in self.files:
            return
        documents = self._yaml(file)
        if not documents:
            return
        if not isinstance(documents[0].data, dict):
            self._wrong(file, (1, 1), "InvalidKustomization", "a kustomization is a mapping", "begin with resources:")
            return
        layer = Kustomization(file, documents[0], self.snapshot)
        self.layers.append(layer)
        self._follow(layer)

    def _follow(self, layer: Kustomization) -> None:
        for key in _FOLDERS_OR_FILES:
            for path, name in layer.entries(key):
                self._named(layer, path, str(name), documents=True)
        for key in _FILES:
            for path, entry in layer.entries(key):
                inner = (*path, "path") if isinstance(entry, dict) else path
                name = entry.get("path") if isinstance(entry, dict) else entry
                if isinstance(name, str) and "\n" not in name:
                    self._named(layer, inner, name, documents=key in _PATCHES)
        for key in ("configMapGenerator", "secretGenerator"):
            for path, entry in layer.entries(key):
                self._generator(layer, path, entry)

    def _generator(self, layer: Kustomization, path: Path_, entry: Any) -> None:
        if not isinstance(entry, dict):
            return
        named = [(field, i, str(item).split("=", 1)[-1]) for field in ("files", "envs") for i, item in enumerate(entry.get(field) or ())]
        for field_name, index, name in named:
            self._named(layer, (*path, field_name, index), name, documents=False)

    def _named(self, layer: Kustomization, path: Path_, name: str, *, documents: bool) -> None:
        place = layer.written.position(path) or (1, 1)
        if _REMOTE.search(name):
            hint = "keep a copy in the repository: what is applied must be reviewed"
            self._wrong(layer.file, place, "RemoteBase", f"{name} lies outside the repository", hint)
            return
        target = (layer.file.parent / name).resolve()
        if not target.is_relative_to(self.snapshot.root):
            self._wrong(layer.file, place, "PathOutsideSource", f"{name} leads out of the source", "name a path inside the repository")
        elif target.is_dir():
            if kustomization_of(target) is None:
                self._wrong(layer.file, place, "MissingFile", f"{name} has no {KUSTOMIZATION_FILES[0]}", "add one, or name its files")
            self.visit(target)
        elif not target.is_file():
            self._wrong(layer.file, place, "MissingFile", f"{name} does not exist", _near(target))
        elif documents:
            self._yaml(target)
        else:
            self.files.add(target)

    def _yaml(self, file: Path) -> tuple[Written, ...]:
        self.files.add(file)
        documents, problems = yamltext.read(file, self.snapshot.path_of(file))
        self.problems.extend(problems)
        return documents

    def _wrong(self, file: Path, place: tuple[int, int], reason: str, message: str, hint: str) -> None:
        self.problems.append(Problem(Location(self.snapshot.path_of(file), *place), reason, message, hint))


def _near(missing: Path) -> str:
    from difflib import get_close_matches

    beside = [entry.name for entry in missing.parent.iterdir()] if missing.parent.is_dir() else []
    near = get_close_matches(missing.name, beside, n=3)
    return f"did you mean {' or '.join(near)}?" if near else "correct the path"


def dump(data: Any) -> str:
    """YAML text of plain data, keys in their order."""
    return yaml.safe_dump(data, sort_keys=False, default_flow_style=False, width=120)
