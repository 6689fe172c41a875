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
from transom.rendering import yamltext
from transom.rendering.kustomization import Kustomization, Reading
from transom.rendering.units import KUSTOMIZATION_FILES
from transom.rendering.yamltext import Path_, Written
from transom.source.base import Snapshot

FIELDS = (
    "apiVersion", "kind", "metadata", "openapi", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels", "commonAnnotations",
    "patches", "patchesStrategicMerge", "patchesJson6902", "images", "replacements", "replicas", "vars", "sortOptions", "resources",
    "components", "crds", "bases", "configMapGenerator", "secretGenerator", "generatorOptions", "configurations", "generators",
    "transformers", "validators", "buildMetadata",
)  # fmt: skip
"""Fields of a kustomization (kustomize v5, api/types/kustomization.go), without those that fetch charts."""


def problem(said: str, folder: Path, reading: Reading, snapshot: Snapshot) -> Problem:
    """Kustomize's words as one problem."""
    complaint = _Complaint(reading, snapshot)
    for pattern, tell in _TABLE.items():
        found = re.search(pattern, said, re.DOTALL)
        if found and (told := tell(complaint, found)):
            return told
    file = reading.layers[0].file if reading.layers else folder
    words = said.removeprefix("Error: ").replace(f"{snapshot.root}/", "")
    short = re.sub(r"accumulating resources: accumulation err='|: must build at directory:.*", "", " ".join(words.split()))
    return Problem(Location(snapshot.path_of(file)), "KustomizeFailed", f"kustomize: {short}", "run kustomize build here to try it")


class _Complaint:
    """Looks up what a complaint names."""

    def __init__(self, reading: Reading, snapshot: Snapshot) -> None:
        self.reading = reading
        self.snapshot = snapshot

    def unknown_field(self, found: re.Match[str]) -> Problem | None:
        name = found["name"]
        for layer in self.reading.layers:
            for path in _ways(layer.written.data, name):
                near = get_close_matches(name, FIELDS, n=2)
                hint = f"did you mean {' or '.join(near)}?" if near else "remove it"
                return self._at(layer, path, "UnknownField", f"{name} is not a field of a kustomization", hint, of_key=True)
        return None

    def wrong_type(self, found: re.Match[str]) -> Problem | None:
        top = found["path"].partition(".")[0]
        for layer in self.reading.layers:
            if isinstance(layer.written.data, dict) and top in layer.written.data:
                kind = {"int64": "a whole number", "string": "text", "bool": "true or false"}.get(found["type"], found["type"])
                return self._at(
                    layer, (top,), "WrongType", f"{found['path']} must be {kind}, not {found['given']}", "correct it", of_key=True
                )
        return None

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
            return None
        first, second = places[0], places[-1]
        return Problem(second, "DuplicateObject", f"{kind} {name} is declared twice, first at {first}", "remove or rename one of the two")

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

    def unknown_operation(self, found: re.Match[str]) -> Problem | None:
        known = "add, remove, replace, move, copy or test"
        return self._step("op", found["op"], "InvalidValue", f'op "{found["op"]}" is no operation of a JSON patch', f"write {known}")

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
        for layer in reversed(self.reading.layers):
            for _, name in layer.entries("resources"):
                file = (layer.file.parent / str(name)).resolve()
                if file.is_file() and file.name not in KUSTOMIZATION_FILES:
                    shown = self.snapshot.path_of(file)
                    for written in yamltext.read(file, shown)[0]:
                        yield from _named(written, shown)

    def _at(  # noqa: PLR0913 - a problem and where it is
        self, layer: Kustomization, path: Path_, reason: str, message: str, hint: str, *, of_key: bool = False
    ) -> Problem:
        place = layer.written.position(path, of_key=of_key) or (1, 1)
        return Problem(Location(self.snapshot.path_of(layer.file), *place), reason, message, hint)


def _named(written: Written, shown: str) -> Iterator[tuple[str, str, Location]]:
    body = written.data
    if isinstance(body, dict) and isinstance(body.get("metadata"), dict):
        place = written.position(("metadata", "name")) or (1, 1)
        yield str(body.get("kind")), str(body["metadata"].get("name")), Location(shown, *place)


def _ways(data: Any, key: str, above: Path_ = ()) -> Iterator[Path_]:
    """Paths of all keys of this name."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield (*above, name)
            yield from _ways(value, key, (*above, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _ways(value, key, (*above, index))


_ID = r"(?P<kind>[A-Za-z]+)\.[^/]*/(?P<name>[A-Za-z0-9.:-]+?)\.\["

_TABLE: Mapping[str, Callable[[_Complaint, re.Match[str]], Problem | None]] = {
    r'unknown field "(?P<name>[^"]+)"': _Complaint.unknown_field,
    r"cannot unmarshal (?P<given>\w+) into Go struct field [^.]+\.(?P<path>[\w.]+) of type \S*?(?P<type>\w+)": _Complaint.wrong_type,
    rf"no (?:resource )?matches for (?:Id )?{_ID}": _Complaint.patch_without_target,
    rf"already registered id: {_ID}": _Complaint.declared_twice,
    r'Name:"(?P<name>[^"]+)", Namespace:"[^"]*"\} (?P<what>does not exist|exists); can': _Complaint.generator,
    r"resource with name (?P<name>\S+) does not match a config with the following GVK": _Complaint.replicas,
    r"invalid literal source (?P<literal>.*), expected key=value": _Complaint.literal,
    r"(?P<op>\w+) operation does not apply: doc is missing path: (?P<path>[^\s:]+)": _Complaint.operation,
    r"Unexpected kind: (?P<op>\w+)": _Complaint.unknown_operation,
}
"""Kustomize's words, and who finds what they are about."""
