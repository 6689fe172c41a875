"""Kustomizations as files: what one names, checked before Kustomize runs, so that a wrong path is told at its line.

Only what is needed to find files, patches and remote references is read; what the fields do is Kustomize's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import yaml

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.units import KUSTOMIZATION_FILES, kustomization_of
from transom.rendering.yamltext import Path_, Written
from transom.source import bounds
from transom.source.base import Snapshot

_REMOTE = re.compile(r"://|^git@|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+/|\?ref=")
_FOLDERS_OR_FILES = ("components", "resources", "bases")
"""Components first: they change what the resources gave."""
_PATCHES = ("patches", "patchesJson6902", "patchesStrategicMerge")
_FILES = (*_PATCHES, "configurations", "crds", "transformers", "generators", "validators", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_LISTS = (*_FOLDERS_OR_FILES, *_FILES, *_GENERATORS, "images", "replicas", "labels", "helmCharts")


class Role(Enum):
    """What a kustomization names something as; it decides how it is read."""

    RESOURCE = auto()
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
        for key in _FOLDERS_OR_FILES:
            yield from ((path, name, Role.RESOURCE) for path, name in self.entries(key))
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
        if file is not None and file.is_file():
            for written in yamltext.read(file, self.snapshot.path_of(file))[0]:
                yield Patch(file, written, target)

    def _inline(self, path: Path_, text: str, target: dict[str, Any] | None) -> Iterator[Patch]:
        place = self.written.position(path)
        documents, _ = yamltext.parse(text, "")
        if place is None or not documents:
            return
        line, column = place
        offset = (line, self._indent(line, text)) if self.written.is_block(path) else (line - 1, column)
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What a kustomization and everything it names turned out to be.

    Attributes:
        layers: the kustomizations, outermost first.
        files: every file that the result depends on.
        problems: mistakes found on the way; when there are any, Kustomize need not be asked.
        remote: whether it names something on another host, and was allowed to.
    """

    layers: tuple[Kustomization, ...]
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]
    remote: bool = False


class Layers(Sequence[Kustomization]):
    """The kustomizations that a folder is rendered through, outermost first; read when somebody asks where a value comes from."""

    def __init__(self, folder: Path, snapshot: Snapshot) -> None:
        self._folder = folder
        self._snapshot = snapshot

    @cached_property
    def _read(self) -> tuple[Kustomization, ...]:
        return read(self._folder, self._snapshot).layers

    @overload
    def __getitem__(self, index: int) -> Kustomization: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Kustomization, ...]: ...
    def __getitem__(self, index: int | slice) -> Kustomization | tuple[Kustomization, ...]:
        return self._read[index]

    def __len__(self) -> int:
        return len(self._read)


def read(folder: Path, snapshot: Snapshot, *, remote: bool = False) -> Reading:
    """Reads the kustomization in `folder` and all that it names, without running Kustomize; `remote` lets it name other hosts."""
    walk = _Walk(folder, snapshot, remote=remote)
    walk.visit(folder)
    return Reading(tuple(walk.layers), tuple(sorted(walk.files)), tuple(walk.problems), remote=walk.went_out)


class _Walk:
    def __init__(self, begin: Path, snapshot: Snapshot, *, remote: bool) -> None:
        self.begin = begin  # the only folder that may be reached by way of a link: those that are named are resolved
        self.snapshot = snapshot
        self.remote = remote
        self.went_out = False
        self.layers: list[Kustomization] = []
        self.files: set[Path] = set()
        self.problems: list[Problem] = []

    def visit(self, folder: Path) -> None:
        file = kustomization_of(folder)
        if file is None or file in self.files:
            return
        if (folder == self.begin or file.is_symlink()) and not file.resolve().is_relative_to(self.snapshot.root):
            self._wrong(file, (1, 1), "PathOutsideSource", "is a link that leads out of the source", "keep the file in the repository")
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
        self._lists(layer)
        for path, name, role in layer.named():
            self._named(layer, path, name, role)

    def _lists(self, layer: Kustomization) -> None:
        for key in _LISTS:
            if key in layer.written.data and not isinstance(layer.written.data[key], list | None):
                place = layer.written.position((key,), of_key=True) or (1, 1)
                self._wrong(layer.file, place, "InvalidKustomization", f"{key} must be a list", "begin each entry with a hyphen")

    def _named(self, layer: Kustomization, path: Path_, name: Any, role: Role) -> None:
        place = layer.written.position(path) or (1, 1)
        if not isinstance(name, str) or not name:
            hint = "write the path of a file or folder"
            self._wrong(layer.file, place, "InvalidKustomization", f"{path[0]} holds something that is no path", hint)
            return
        if _REMOTE.search(name):
            self.went_out = True
            if self.remote and path[0] in _FOLDERS_OR_FILES:
                return
            hint = "keep a copy in the repository: what is applied must be reviewed"
            self._wrong(layer.file, place, "RemoteBase", f"{name} lies outside the repository", hint)
            return
        target = resolved(layer.file.parent, name)
        if target is None:
            self._wrong(layer.file, place, "MissingFile", f"{name[:80]} does not exist", "correct the path")
            return
        if wrong := self._unreachable(layer, name, target):
            self._wrong(layer.file, place, *wrong)
        elif target.is_dir():
            self.visit(target)
        elif role is not Role.FILE:
            read = self._yaml(target)
            if role is Role.RESOURCE:
                self._documents(target, read)
        elif refused := bounds.unusable(target, name):
            self._wrong(layer.file, place, refused.reason, refused.message, refused.hint)
        else:
            self.files.add(target)

    def _unreachable(self, layer: Kustomization, name: str, target: Path) -> tuple[str, str, str] | None:
        """Reason, message and hint where a named file or folder cannot be used."""
        if refused := bounds.refusal(self.snapshot.root, target, name):
            return refused.reason, refused.message, refused.hint
        if target.is_dir():
            if kustomization_of(target) is None:
                return "MissingFile", f"{name} has no {KUSTOMIZATION_FILES[0]}", "add one, or name its files"
            return None
        if not target.is_file():
            return "MissingFile", f"{name} does not exist", _near(target)
        if not target.is_relative_to(layer.file.parent):
            hint = "name the folder that holds it and give that a kustomization, or move the file here"
            return "FileOutsideFolder", f"Kustomize takes no single file from outside its folder: {name}", hint
        return None

    def _documents(self, file: Path, read: tuple[Written, ...]) -> None:
        """What Kustomize would refuse without saying where."""
        for written in read:
            if not isinstance(written.data, dict):
                self._wrong(file, written.nearest(()), "NotADocument", "is not a mapping", "a document begins with apiVersion: and kind:")
                continue
            metadata = written.data.get("metadata")
            for field_name in ("apiVersion", "kind"):
                if not isinstance(written.data.get(field_name), str) or not written.data[field_name]:
                    hint = "every document has apiVersion, kind and metadata"
                    self._wrong(file, written.nearest((field_name,)), "MissingField", f"{field_name} is missing", hint)
            named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str) and metadata["name"]
            if not named and not str(written.data.get("kind")).endswith("List"):
                hint = "give the object a name; one that is generated cannot be followed from one run to the next"
                self._wrong(file, written.nearest(("metadata", "name")), "MissingField", "metadata.name is missing", hint)

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
