"""Traces: which file, line and column a person wrote for a value of a rendered document.

For a plain file that is the file. Through Kustomize the value may come from the base or from any patch above it: the layers are asked from
the outermost overlay inwards, and the first that writes the value is the one to blame.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from transom.errors import Location
from transom.rendering import writers, yamltext
from transom.rendering.kustomization import Kustomization, Patch
from transom.rendering.units import KUSTOMIZATION_FILES
from transom.rendering.writers import Placed
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
    layers: Sequence[Kustomization] = field(default=(), repr=False)

    @property
    def generated_by(self) -> str:
        """Identity of the document that generated this one, e.g. `ApplicationSet/web`; empty for what a person wrote."""
        return ""

    @property
    def file(self) -> str:
        """The origin as messages name it."""
        return self.snapshot.path_of(self.origin)

    @property
    def maker(self) -> str:
        """What made the document of another one, e.g. the place of a template; empty for what a person wrote."""
        return ""

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place of the value at `path` of the rendered document `data`; of the nearest thing above it when nobody wrote it."""
        places: list[Location] = []
        value = yamltext.at(data, path)
        for file, written, inner in self._writers(data, path):
            if found := written.position(inner, of_key=of_key):
                place = Location(self.snapshot.path_of(file), *found)
                if _same(yamltext.at(written.data, inner), value):
                    return place
                places.append(place)
        if places:  # a mapping is written in parts: the first of them is the document's own; of a plain value the last word counts
            return places[-1] if isinstance(value, dict) else places[0]
        origin = self._original(data)
        if origin is None:
            return Location(self.file)
        return Location(self.file, *origin.nearest(path))

    def _writers(self, data: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path, Placed, Path_]]:
        """Everything that may have written `path`, outermost first, each with the path inside it.

        The order within one kustomization is Kustomize's: its fields (namespace, images, replicas, labels …) come after its patches.
        """
        names = _names(data, self.layers)
        for layer in self.layers:
            yield from writers.replaced(layer, self.layers, path, partial(_selects, layer, data, self.layers))
            for inner in writers.fields(layer, data, path, names):
                yield layer.file, layer.written, inner
            yield from writers.generated(layer, data, path, names)
            for patch in layer.patches():
                if _targets(patch, data, names):
                    yield from _inside(patch, data, path)
        origin = self._original(data)
        if origin is not None and self.origin.name not in KUSTOMIZATION_FILES:
            yield self.origin, origin, _by_name(origin, data, path)

    def _original(self, data: Mapping[str, Any]) -> Written | None:
        documents, _ = yamltext.read(self.origin, self.file)
        if self.index is not None:
            return documents[self.index] if self.index < len(documents) else None
        names = _names(data, self.layers)
        alike = [document for document in documents if isinstance(document.data, dict) and document.data.get("kind") == data.get("kind")]
        return next((document for document in alike if _name(document.data) in names), None) or next(iter(alike or documents), None)


_HASH = re.compile(r"-[a-z0-9]{10}$")
"""What Kustomize puts behind the names of generated ConfigMaps and Secrets."""


def hits(patch: Patch, data: Mapping[str, Any], layers: Sequence[Kustomization]) -> bool:
    """Whether a patch of these layers is meant for a rendered document."""
    return _targets(patch, data, _names(data, layers))


def _selects(layer: Kustomization, data: Mapping[str, Any], layers: Sequence[Kustomization], target: dict[str, Any]) -> bool:
    """Whether a selector of a kustomization is meant for a rendered document."""
    return hits(Patch(layer.file, layer.written, target), data, layers)


def _names(data: Mapping[str, Any], layers: Sequence[Kustomization]) -> frozenset[str]:
    """What the document may have been called before prefixes, suffixes and content hashes were put on it."""
    names = {_name(data)}
    if data.get("kind") in ("ConfigMap", "Secret"):
        names |= {_HASH.sub("", name) for name in names}
    for layer in layers:
        names |= {name.removeprefix(str(layer.written.data.get("namePrefix") or "")) for name in names}
        names |= {name.removesuffix(str(layer.written.data.get("nameSuffix") or "")) for name in names}
    return frozenset(names)


def _name(data: Mapping[str, Any]) -> str:
    metadata = data.get("metadata")
    return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


def _targets(patch: Patch, data: Mapping[str, Any], names: frozenset[str]) -> bool:
    """Whether a patch is meant for a document: by its target, or for a merge patch by its own kind and name."""
    target = patch.target
    if target is None:
        body = patch.written.data
        return isinstance(body, dict) and body.get("kind") == data.get("kind") and _name(body) in names
    group, _, version = str(data.get("apiVersion", "")).rpartition("/")
    wanted = ((target.get("group"), {group}), (target.get("version"), {version}), (target.get("kind"), {str(data.get("kind"))}))
    return all(_matches(pattern, words) for pattern, words in (*wanted, (target.get("name"), names))) and _labelled(target, data)


def _matches(pattern: object, words: Iterable[str]) -> bool:
    """Kustomize's rule: an anchored regular expression, or nothing at all."""
    if not pattern:
        return True
    try:
        return any(re.fullmatch(str(pattern), word) for word in words)
    except re.error:
        return False


_TERM = re.compile(r"\s*(?P<key>[\w./-]+)\s*(?P<sign>==?|!=)\s*(?P<value>[\w.-]*)\s*")


def _labelled(target: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether labels and annotations are as a target wants them; sets (`in`, `notin`) are not looked at."""
    metadata = data.get("metadata")
    for field_name, selector in (("labels", "labelSelector"), ("annotations", "annotationSelector")):
        there = metadata.get(field_name) if isinstance(metadata, dict) else None
        terms = re.split(r",(?![^()]*\))", str(target.get(selector) or ""))
        for term in filter(None, map(_TERM.fullmatch, terms)):
            value = (there or {}).get(term["key"])
            if (value == term["value"]) == (term["sign"] == "!="):
                return False
    return True


def _inside(patch: Patch, data: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path, Placed, Path_]]:
    body = patch.written.data
    if isinstance(body, dict):
        yield patch.file, patch.written, _by_name(patch.written, data, path)
        return
    for index, step in reversed(list(enumerate(body if isinstance(body, list) else ()))):
        pointer = _pointer(step.get("path", "")) if isinstance(step, dict) else ()
        length = len(pointer)
        if not pointer or len(path) < length:
            continue
        appended = pointer[-1] == "-" and _same(step.get("value"), yamltext.at(data, path[:length]))
        if tuple(map(str, path[: length - 1])) == pointer[:-1] and (appended or str(path[length - 1]) == pointer[-1]):
            yield patch.file, patch.written, (index, "value", *path[length:]) if "value" in step else (index, "path")


def _pointer(text: object) -> tuple[str, ...]:
    """A JSON pointer (RFC 6901) as parts."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in str(text).split("/")[1:])


def _by_name(written: Written, data: Mapping[str, Any], path: Path_) -> Path_:
    """`path` as it runs in `written`, whose lists may be shorter than the rendered ones: their items are told by `name`.

    Of several of one name it is the one in the same place.
    """
    out: list[str | int] = []
    here: Any = written.data
    there: Any = data
    for part in path:
        there = _below(there, part)
        at = part
        if isinstance(part, int) and isinstance(here, list) and isinstance(there, dict) and "name" in there:
            same = [i for i, item in enumerate(here) if isinstance(item, dict) and item.get("name") == there["name"]]
            at = part if part in same else same[0] if same else len(here)
        out.append(at)
        here = _below(here, at)
    return tuple(out)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are alike, however a date or a number was written."""
    return one is not yamltext.NOTHING and (one == other or (not isinstance(one, dict | list) and str(one) == str(other)))


def _below(container: Any, part: str | int) -> Any:
    """The value at `part`; None when there is none."""
    value = yamltext.at(container, (part,))
    return None if value is yamltext.NOTHING else value
