"""What Kustomize complains about, told at the line that a person has to change.

Kustomize names fields, ids and operations, rarely files. What it names is looked up in the kustomizations and files it was given; what
cannot be found is told at the outermost kustomization, in Kustomize's own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from transom.errors import Location, Problem
from transom.rendering.kustomization import FOLDERS_OR_FILES, Kustomization, declared, replacements, resolved
from transom.rendering.reading import Reading
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot

_PATH = re.compile(r"(?:recursed (?:accumulation of|merging from) path|couldn't make target for path) '(?P<folder>[^']+)': ")
"""How Kustomize says which kustomization it was at; the last one is the innermost."""


def problem(said: str, folder: Path, reading: Reading, snapshot: Snapshot) -> Problem:
    """Kustomize's words as one problem."""
    complaint = _Complaint(reading, snapshot)
    for pattern, tell in _TABLE.items():
        found = re.search(pattern, said, re.DOTALL)
        if found and (told := tell(complaint, found)):
            return told
    file = next((one.file for one in reading.layers), folder)
    words = said.removeprefix("Error: ")
    for found in _PATH.finditer(said):
        words = said[found.end() :]
        file = next((one.file for one in reading.layers if one.file.parent == Path(found["folder"])), file)
    words = re.sub(r"accumulating resources: accumulation err='|: must build at directory:.*", "", " ".join(words.split()))
    words = words.replace(f"{snapshot.root}/", "").replace(str(snapshot.root), "the source")
    return Problem(Location(snapshot.path_of(file)), "KustomizeFailed", f"kustomize: {words}", "run kustomize build here to try it")


class _Complaint:
    """Looks up what a complaint names."""

    def __init__(self, reading: Reading, snapshot: Snapshot) -> None:
        self.reading = reading
        self.snapshot = snapshot

    def patch_without_target(self, found: re.Match[str]) -> Problem | None:
        kind, name = found["kind"], found["name"]
        for layer in self.reading.layers:
            for patch in layer.patches():
                body = patch.written.data
                if isinstance(body, dict) and body.get("kind") == kind and (body.get("metadata") or {}).get("name") == name:
                    place = patch.written.position(("metadata", "name")) or (1, 1)
                    names = {one for other, one, *_ in self._declared() if other == kind and one != name}
                    near = get_close_matches(name, sorted(names), n=2)
                    hint = f"did you mean {' or '.join(near)}?" if near else "correct its kind and name, or declare it in the base"
                    return Problem(
                        Location(self.snapshot.path_of(patch.file), *place),
                        "PatchWithoutTarget",
                        f"there is no {kind} {name} to patch",
                        hint,
                    )
        return None

    def declared_twice(self, found: re.Match[str]) -> Problem | None:
        kind, name = found["kind"], found["name"]
        places = [place for other, one, place in self._declared() if (other, one) == (kind, name)]
        if len(places) < 2:  # noqa: PLR2004 - twice
            return self._listed_twice(f"{kind} {name}")
        first, second = places[0], places[-1]
        return Problem(second, "DuplicateObject", f"{kind} {name} is declared twice, first at {first}", "remove or rename one of the two")

    def _listed_twice(self, what: str) -> Problem | None:
        """A folder that is reached on two ways without a prefix between them."""
        seen: dict[Path, Location] = {}
        for layer in self.reading.layers:
            for path, name in layer.entries("resources"):
                target = resolved(layer.file.parent, str(name))
                where = Location(self.snapshot.path_of(layer.file), *(layer.written.position(path) or (1, 1)))
                if target is not None and target in seen:
                    told = f"{name} is listed twice, first at {seen[target]}, and so {what} is there twice"
                    return Problem(where, "DuplicateObject", told, "remove one of the two, or give one a namePrefix")
                if target is not None:
                    seen[target] = where
        return None

    def cycle(self, found: re.Match[str]) -> Problem | None:
        folder = Path(found["folder"])
        for layer in reversed(self.reading.layers):
            for key in FOLDERS_OR_FILES:
                for path, name in layer.entries(key):
                    if resolved(layer.file.parent, str(name)) == folder:
                        told = f"{name} contains this kustomization, which contains it"
                        return self._at(layer, path, "InvalidKustomization", told, "take one of the two out of the other")
        return None

    def replacement(self, found: re.Match[str]) -> Problem | None:
        """A source that is not there, or is there several times, or has no such field; a target without the field."""
        words = found.groupdict()
        for layer in self.reading.layers:
            for file, written, path, entry in replacements(layer):
                for inner, reason, message, hint in _replacement(words, entry):
                    place = written.position((*path, *inner)) or written.nearest((*path, *inner))
                    return Problem(Location(self.snapshot.path_of(file), *place), reason, message, hint)
        return None

    def variable(self, found: re.Match[str]) -> Problem | None:
        for layer in self.reading.layers:
            for path, entry in layer.entries("vars"):
                if isinstance(entry, dict) and entry.get("name") == found["name"]:
                    told = f"variable {found['name']} is of something that is not there"
                    return self._at(layer, (*path, "objref"), "NothingMatched", told, "correct objref and fieldref")
        return None

    def schema_version(self, _found: re.Match[str]) -> Problem | None:
        for layer in self.reading.layers:
            if layer.written.position(("openapi", "version")):
                told = "Kustomize has no schema of this version"
                return self._at(layer, ("openapi", "version"), "InvalidValue", told, "kustomize openapi info lists them, or write path:")
        return None

    def listed_file(self, found: re.Match[str]) -> Problem | None:
        key = "crds" if "CRDs" in found[0] else "configurations"
        for layer in self.reading.layers:
            for path, name in layer.entries(key):
                if "file" not in found.groupdict() or str(name) in found[0]:
                    said = " ".join(found["said"].split()).removeprefix("error unmarshaling JSON: while decoding JSON: json: ")
                    return self._at(layer, path, "InvalidValue", f"{name} is none of what {key} takes: {said}", "correct the file")
        return None

    def test(self, found: re.Match[str]) -> Problem | None:
        told = f"the value at {found['path']} is another than the patch tests for"
        return self._step("path", found["path"], "PatchWithoutTarget", told, "correct the value, or remove op: test")

    def generator(self, found: re.Match[str]) -> Problem | None:
        name, missing = found["name"], "does not exist" in found["what"]
        for layer in self.reading.layers:
            for key in ("configMapGenerator", "secretGenerator"):
                entries = [path for path, entry in layer.entries(key) if isinstance(entry, dict) and entry.get("name") == name]
                if entries and missing:
                    told = f"there is no {name} in the base that this generator could add to"
                    return self._at(layer, (*entries[-1], "name"), "GeneratorWithoutBase", told, "correct the name, or leave behavior out")
                if entries:
                    hint = "write behavior: merge to add to it, or behavior: replace"
                    return self._at(layer, (*entries[-1], "name"), "DuplicateObject", f"{name} is generated already", hint)
        return None

    def replicas(self, found: re.Match[str]) -> Problem | None:
        for layer in self.reading.layers:
            for path, entry in layer.entries("replicas"):
                if isinstance(entry, dict) and entry.get("name") == found["name"]:
                    kinds = {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}
                    near = get_close_matches(found["name"], sorted(name for kind, name, _ in self._declared() if kind in kinds), n=2)
                    hint = f"did you mean {' or '.join(near)}?" if near else "name a Deployment or StatefulSet of the base"
                    return self._at(layer, (*path, "name"), "PatchWithoutTarget", f"nothing named {found['name']} has replicas", hint)
        return None

    def literal(self, found: re.Match[str]) -> Problem | None:
        for layer in self.reading.layers:
            for key in ("configMapGenerator", "secretGenerator"):
                for path, entry in layer.entries(key):
                    literals = entry.get("literals") if isinstance(entry, dict) else None
                    for index, literal in enumerate(literals if isinstance(literals, list) else ()):
                        if str(literal) == found["literal"]:
                            place = (*path, "literals", index)
                            return self._at(layer, place, "InvalidValue", f'literal "{literal}" has no value', "write it as NAME=value")
        return None

    def operation(self, found: re.Match[str]) -> Problem | None:
        told = f"there is nothing at {found['path']} to {found['op']}"
        return self._step("path", found["path"], "PatchWithoutTarget", told, "correct the path; op: add makes what is missing")

    def _step(self, field: str, value: str, reason: str, message: str, hint: str) -> Problem | None:
        for layer in self.reading.layers:
            for patch in layer.patches():
                for index, step in enumerate(patch.written.data if isinstance(patch.written.data, list) else ()):
                    if isinstance(step, dict) and str(step.get(field)) == value:
                        place = patch.written.position((index, field)) or (1, 1)
                        return Problem(Location(self.snapshot.path_of(patch.file), *place), reason, message, hint)
        return None

    def _declared(self) -> Iterator[tuple[str, str, Location]]:
        """Kind, name and place of everything that the kustomizations list as resources."""
        for file, written in declared(self.reading.layers):
            metadata = written.data.get("metadata")
            if isinstance(metadata, dict):
                place = written.position(("metadata", "name")) or (1, 1)
                yield str(written.data.get("kind")), str(metadata.get("name")), Location(self.snapshot.path_of(file), *place)

    def _at(  # noqa: PLR0913 - a problem and where it is
        self, layer: Kustomization, path: Path_, reason: str, message: str, hint: str, *, of_key: bool = False
    ) -> Problem:
        place = layer.written.position(path, of_key=of_key) or (1, 1)
        return Problem(Location(self.snapshot.path_of(layer.file), *place), reason, message, hint)


_ID = r"(?P<kind>[A-Za-z]+)\.[^/]*/(?P<name>[A-Za-z0-9.:-]+?)\.\["


def _replacement(words: Mapping[str, str], entry: Mapping[str, Any]) -> Iterator[tuple[Path_, str, str, str]]:
    """Where in a replacement, with which reason, message and hint, it is meant by Kustomize's words; nothing when it is not."""
    source = entry.get("source") if isinstance(entry.get("source"), dict) else {}
    is_meant = (
        source and str(source.get("name", "[noName]")) == words.get("name") and str(source.get("kind", "[noKind]")) == words.get("kind")
    )
    match words:
        case {"target": field}:
            for index, target in enumerate(entry.get("targets") or ()):
                listed = target.get("fieldPaths") if isinstance(target, dict) else None
                for number, one in enumerate(listed or ()):
                    if str(one) == field:
                        hint = "correct the path, or write options: {create: true} to have it made"
                        yield ("targets", index, "fieldPaths", number), "NothingMatched", f"what is selected has no field {field}", hint
        case {"several": _} if is_meant:
            yield ("source",), "InvalidValue", "the source is of several objects", "write kind and name of one"
        case {"field": field} if is_meant:
            yield ("source", "fieldPath"), "NothingMatched", f"{words['kind']} {words['name']} has no field {field}", "correct the path"
        case {"nothing": _} if is_meant:
            yield (
                ("source",),
                "NothingMatched",
                f"there is no {words['kind']} {words['name']} to take a value from",
                "correct kind and name",
            )
        case _:
            return


_SOURCE = r"(?P<kind>\[?[A-Za-z]+\]?)\.[^/]*/(?P<name>\[?[A-Za-z0-9.-]+?\]?)\.\[?[\w-]+\]?"

_TABLE: Mapping[str, Callable[[_Complaint, re.Match[str]], Problem | None]] = {
    rf"no (?:resource )?matches for (?:Id )?{_ID}": _Complaint.patch_without_target,
    rf"already registered id: {_ID}": _Complaint.declared_twice,
    r'Name:"(?P<name>[^"]+)", Namespace:"[^"]*"\} (?P<what>does not exist|exists); can': _Complaint.generator,
    r"resource with name (?P<name>\S+) does not match a config with the following GVK": _Complaint.replicas,
    r"invalid literal source (?P<literal>.*), expected key=value": _Complaint.literal,
    r'(?P<op>\w+) operation does not apply: doc is missing path: "?(?P<path>[^\s:"]+)': _Complaint.operation,
    r"testing value (?P<path>\S+) failed": _Complaint.test,
    rf"(?P<nothing>nothing selected by) {_SOURCE}": _Complaint.replacement,
    rf"fieldPath `(?P<field>[^`]+)` is missing for replacement source {_SOURCE}": _Complaint.replacement,
    r'unable to find field "(?P<target>[^"]+)" in replacement target': _Complaint.replacement,
    rf"(?P<several>multiple matches for selector) {_SOURCE}": _Complaint.replacement,
    r"var '\{(?P<name>\S+) [^']*' cannot be mapped": _Complaint.variable,
    r"cycle detected: candidate root '(?P<folder>[^']+)'": _Complaint.cycle,
    r"the specified OpenAPI version is not built in": _Complaint.schema_version,
    r"loading CRDs \[(?P<file>[^\]]*)\]: (?P<said>.*)": _Complaint.listed_file,
    r"(?P<said>json: cannot unmarshal .* TransformerConfig.*)": _Complaint.listed_file,
}
"""Kustomize's words, and who finds what they are about."""
