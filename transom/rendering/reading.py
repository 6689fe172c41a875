"""Reads a kustomization and all that it names, so that mistakes are told at their lines, and before Kustomize runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from transom.errors import Location, Problem
from transom.rendering import rules, yamltext
from transom.rendering.kustomization import FOLDERS_OR_FILES, Kustomization, Role, resolved
from transom.rendering.units import KUSTOMIZATION_FILES, kustomization_of
from transom.rendering.yamltext import Path_, Written
from transom.source import bounds
from transom.source.base import Snapshot

_REMOTE = re.compile(r"://|^[\w.-]+@|^g(?:it::|h:)|^(www\.)?(github|gitlab|bitbucket)\.[a-z]+/|\?ref=")
"""What Kustomize may take for something on another host (api/internal/git/repospec.go)."""


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
        if not documents or not isinstance(documents[0].data, dict):
            told = "is no mapping" if documents else "is empty"
            if documents or not any(problem.where.path == self.snapshot.path_of(file) for problem in self.problems):
                self._wrong(file, (1, 1), "InvalidKustomization", f"a kustomization {told}", "begin with resources:")
            return
        if len(documents) > 1:
            place = documents[1].nearest(())
            self._wrong(file, place, "InvalidKustomization", "a kustomization is one document", "remove what stands behind ---")
            return
        layer = Kustomization(file, documents[0], self.snapshot)
        self.layers.append(layer)
        self._follow(layer)

    def _follow(self, layer: Kustomization) -> None:
        self.problems.extend(rules.problems(layer))
        for path, name, role in layer.named():
            self._named(layer, path, name, role)

    def _named(self, layer: Kustomization, path: Path_, name: Any, role: Role) -> None:
        place = layer.written.position(path) or (1, 1)
        if not isinstance(name, str) or not name:
            if name is None or name == "":
                told = f"{path[0]} holds something that is no path"
                self._wrong(layer.file, place, "InvalidKustomization", told, "write the path of a file or folder")
            return  # what is no text was told with the fields
        if _REMOTE.search(name):
            self.went_out = True
            if self.remote and path[0] in FOLDERS_OR_FILES:
                return
            hint = "keep a copy in the repository: what is applied must be reviewed"
            self._wrong(layer.file, place, "RemoteBase", f"{name} lies outside the repository", hint)
            return
        target = resolved(layer.file.parent, name)
        wrong = self._unreachable(layer, name, target) if target else ("MissingFile", f"{name[:80]} does not exist", "correct the path")
        if target is None or wrong:
            self._wrong(layer.file, place, *(wrong or ("", "", "")))
            return
        self._reached(layer, path, target, role)

    def _reached(self, layer: Kustomization, path: Path_, target: Path, role: Role) -> None:
        """Reads on in what a kustomization names, and says where that is none of what it is named as."""
        name = yamltext.at(layer.written.data, path)
        place = layer.written.position(path) or (1, 1)
        if target.is_dir():
            self.visit(target)
            self._kind(layer, path, name, role)
        elif role is Role.COMPONENT:
            self._wrong(layer.file, place, "InvalidKustomization", f"{name} is a file, and a component is a folder", "name its folder")
        elif role is Role.FILE and (refused := bounds.unusable(target, name)):
            self._wrong(layer.file, place, refused.reason, refused.message, refused.hint)
        elif role is Role.FILE:
            self.files.add(target)
        else:
            read = self._yaml(target)
            if role is Role.RESOURCE:
                self._documents(target, read)
            elif not read and not self.problems:
                self._wrong(layer.file, place, "InvalidKustomization", f"{name} holds no patch", "write one, or remove it here")

    def _kind(self, layer: Kustomization, path: Path_, name: str, role: Role) -> None:
        """A component is not listed as a resource, nor the other way round."""
        below = (layer.file.parent / name).resolve()
        kind = next((one.written.data.get("kind") for one in self.layers if one.file.parent == below), None)
        if role in (Role.RESOURCE, Role.COMPONENT) and (kind == "Component") != (role is Role.COMPONENT):
            place = layer.written.position(path) or (1, 1)
            told = f"{name} is {'a' if kind == 'Component' else 'no'} component"
            hint = "list it under components" if kind == "Component" else "list it under resources, or write kind: Component there"
            self._wrong(layer.file, place, "InvalidKustomization", told, hint)

    def _unreachable(self, layer: Kustomization, name: str, target: Path) -> tuple[str, str, str] | None:
        """Reason, message and hint where a named file or folder cannot be used."""
        if refused := bounds.refusal(self.snapshot.root, target, name):
            return refused.reason, refused.message, refused.hint
        if target.is_dir():
            if kustomization_of(target) is None:
                return "MissingFile", f"{name} has no {KUSTOMIZATION_FILES[0]}", "add one, or name its files"
            return None
        if not target.is_file():
            return "MissingFile", f"{name} does not exist", _near(layer, name, target)
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


def _near(layer: Kustomization, name: str, missing: Path) -> str:
    """What may have been meant, written as it would have to stand there; nothing that is listed already, and no kustomization."""
    from difflib import get_close_matches

    listed = {str(one) for key in FOLDERS_OR_FILES for _, one in layer.entries(key)}
    there = [entry.name for entry in missing.parent.iterdir()] if missing.parent.is_dir() else []
    stem = name.rstrip("/").rpartition("/")[0]
    found = [f"{stem}/{one}" if stem else one for one in get_close_matches(missing.name, there, n=3) if one not in KUSTOMIZATION_FILES]
    near = [one for one in found if one not in listed]
    return f"did you mean {' or '.join(near)}?" if near else "correct the path, or remove the entry"
