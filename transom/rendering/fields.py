"""The fields of a kustomization and what may stand in them (kustomize v5.8, api/types): checked before Kustomize runs, all at once.

Kustomize tells the first misspelt field only, without its place. It reads names of fields without regard to capitals; here they are
written as its reference has them, so that what is checked is what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from transom.errors import Location, Problem
from transom.rendering import yamltext
from transom.rendering.yamltext import Path_, Written


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of items of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from any name to one shape."""

    value: Shape


Shape = str | ListOf | MapOf | Mapping[str, "Shape"]

TEXT, NUMBER, SWITCH, ANY = "text", "a whole number", "true or false", "anything"
_Fields = Mapping[str, Shape]
_WORDS = MapOf(TEXT)
_NAMES = ListOf(TEXT)
_ID: _Fields = {"group": TEXT, "version": TEXT, "kind": TEXT, "name": TEXT, "namespace": TEXT}
_SELECTOR: _Fields = {**_ID, "labelSelector": TEXT, "annotationSelector": TEXT}
_FIELD: _Fields = {"path": TEXT, "group": TEXT, "version": TEXT, "kind": TEXT, "create": SWITCH}
_GENERATOR_OPTIONS: _Fields = {"labels": _WORDS, "annotations": _WORDS, "disableNameSuffixHash": SWITCH, "immutable": SWITCH}
_GENERATOR: _Fields = {
    "name": TEXT, "namespace": TEXT, "behavior": TEXT, "files": _NAMES, "literals": _NAMES, "envs": _NAMES, "env": TEXT,
    "options": _GENERATOR_OPTIONS,
}  # fmt: skip
_PATCH: _Fields = {"path": TEXT, "patch": TEXT, "target": _SELECTOR, "options": {"allowNameChange": SWITCH, "allowKindChange": SWITCH}}
_IMAGE: _Fields = {"name": TEXT, "newName": TEXT, "newTag": TEXT, "tagSuffix": TEXT, "digest": TEXT}
_FIELD_OPTIONS: _Fields = {"delimiter": TEXT, "index": NUMBER, "encoding": TEXT, "create": SWITCH}
REPLACEMENT: _Fields = {
    "source": {**_ID, "fieldPath": TEXT, "options": _FIELD_OPTIONS},
    "sourceValue": TEXT,
    "targets": ListOf({"select": _SELECTOR, "reject": ListOf(_SELECTOR), "fieldPaths": _NAMES, "options": _FIELD_OPTIONS}),
}
"""An entry of `replacements`, or what the file that it names holds."""

KUSTOMIZATION: _Fields = {
    "apiVersion": TEXT, "kind": TEXT, "metadata": ANY, "openapi": {"path": TEXT, "version": TEXT},
    "namePrefix": TEXT, "nameSuffix": TEXT, "namespace": TEXT, "commonLabels": _WORDS, "commonAnnotations": _WORDS,
    "labels": ListOf({
        "pairs": _WORDS, "includeSelectors": SWITCH, "includeTemplates": SWITCH, "includeVolumeClaimTemplates": SWITCH,
        "fields": ListOf(_FIELD),
    }),
    "patches": ListOf(_PATCH), "patchesJson6902": ListOf(_PATCH), "patchesStrategicMerge": _NAMES,
    "images": ListOf(_IMAGE), "imageTags": ListOf(_IMAGE), "replacements": ListOf({**REPLACEMENT, "path": TEXT}),
    "replicas": ListOf({"name": TEXT, "count": NUMBER}), "vars": ListOf({"name": TEXT, "objref": ANY, "fieldref": ANY}),
    "sortOptions": {"order": TEXT, "legacySortOptions": {"orderFirst": _NAMES, "orderLast": _NAMES}},
    "resources": _NAMES, "components": _NAMES, "bases": _NAMES, "crds": _NAMES, "configurations": _NAMES,
    "configMapGenerator": ListOf(_GENERATOR), "secretGenerator": ListOf({**_GENERATOR, "type": TEXT}),
    "generatorOptions": _GENERATOR_OPTIONS,
    "generators": _NAMES, "transformers": _NAMES, "validators": _NAMES, "buildMetadata": _NAMES,
    "helmGlobals": ANY, "helmCharts": ANY, "helmChartInflationGenerator": ANY,
}  # fmt: skip


def problems(written: Written, shape: Shape, shown: str) -> Iterator[Problem]:
    """Unknown fields and wrong types of a kustomization, or of a part of one; `shown` is its file as messages name it."""
    yield from _check(written.data, shape, (), _Place(written, shown))


@dataclass(frozen=True, slots=True)
class _Place:
    written: Written
    shown: str

    def at(self, path: Path_, *, of_key: bool = False) -> Location:
        return Location(self.shown, *(self.written.position(path, of_key=of_key) or self.written.nearest(path)))


def _check(value: Any, shape: Shape, path: Path_, place: _Place) -> Iterator[Problem]:
    if value is None or shape == ANY:
        return
    match shape:
        case ListOf(item) if isinstance(value, list):
            for index, one in enumerate(value):
                yield from _check(one, item, (*path, index), place)
        case MapOf(inner) if isinstance(value, dict):
            for key, one in value.items():
                yield from _check(one, inner, (*path, key), place)
        case Mapping() if isinstance(value, dict):
            for key, one in value.items():
                yield from _check(one, shape[key], (*path, key), place) if key in shape else _unknown(str(key), shape, (*path, key), place)
        case _:
            yield from _misshapen(value, shape, path, place)


def _misshapen(value: Any, shape: Shape, path: Path_, place: _Place) -> Iterator[Problem]:
    match shape:
        case str() if _fits(value, shape):
            return
        case str():
            what, hint = shape, "put it in quotes" if shape == TEXT and isinstance(value, int | float) else "correct it"
        case ListOf():
            what, hint = "a list", "begin each entry with a hyphen"
        case _:
            what, hint = "a mapping", "write NAME: value"
    where = place.at(path, of_key=isinstance(shape, ListOf))
    yield Problem(where, "WrongType", f"{yamltext.dotted(path)} must be {what}, not {yamltext.shown(value)}", hint)


def _fits(value: Any, shape: str) -> bool:
    match shape:
        case "text":
            return isinstance(value, str)
        case "true or false":
            return isinstance(value, bool)
        case _:
            return isinstance(value, int) and not isinstance(value, bool)


def _unknown(key: str, shape: _Fields, path: Path_, place: _Place) -> Iterator[Problem]:
    spelt = next((known for known in shape if known.lower() == key.lower()), None)
    near = [spelt] if spelt else get_close_matches(key, list(shape), n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(shape)}" if len(path) > 1 else "remove it"
    where = "a kustomization" if len(path) == 1 else yamltext.dotted(path[:-1])
    yield Problem(place.at(path, of_key=True), "UnknownField", f"{key} is not a field of {where}", hint)
