"""The list generator: elements that are written out (Argo CD: Generators-List)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from transom.catalog.applicationsets import elements
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element, Origin
from transom.errors import Location
from transom.rendering import yamltext
from transom.rendering.yamltext import Path_
from transom.specs.applicationset import ListGenerator


def read(desk: Desk, spec: ListGenerator, path: Path_, outer: Element | None) -> list[Element]:
    """One element for each that is written; texts are filled in from `outer`."""
    found = [_item(desk, item, (*path, "elements", index), outer) for index, item in enumerate(spec.elements)]
    out = [element for element in found if element is not None]
    if spec.elements_yaml is not None:
        out += _from_text(desk, spec.elements_yaml, (*path, "elementsYaml"), outer)
    return out


def _item(desk: Desk, item: Mapping[str, Any], path: Path_, outer: Element | None) -> Element | None:
    def place(name: str) -> Location | None:
        way = elements.path_of(item, name)
        return desk.at(*path, *way) if way else None

    filled = _filled(desk, item, path, outer)
    origin = Origin(f"element {int(path[-1]) + 1}", desk.at(*path), place)
    if desk.go:
        return Element(elements.plain(filled), (origin,))
    params: dict[str, str] = {}
    for way, name, value in _flattened(filled):
        if isinstance(value, str):
            params[name] = value
            continue
        shown = json.dumps(elements.plain(value))[:40]
        hint = "put it in quotes" if isinstance(value, bool | int | float) else "other values than texts need goTemplate: true"
        desk.wrong((*path, *way), "WrongType", f"parameter {name} must be text, not {shown}", hint)
    return Element(params, (origin,)) if len(params) == sum(1 for _ in _flattened(filled)) else None


def _flattened(item: Mapping[str, Any]) -> Iterator[tuple[Path_, str, Any]]:
    """Path, name and value of an element's parameters; a mapping `values` gives `values.NAME`."""
    for name, value in item.items():
        if name == "values" and isinstance(value, Mapping):
            yield from (((name, key), f"values.{key}", inner) for key, inner in value.items())
        else:
            yield (name,), name, value


def _from_text(desk: Desk, text: str, path: Path_, outer: Element | None) -> Iterator[Element]:
    before = len(desk.problems)
    filled = desk.text(text, path, outer)
    if len(desk.problems) > before:
        return
    written, wrong = yamltext.parse(filled, "")
    listed = written[0].data if len(written) == 1 else None
    if wrong or not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        desk.wrong(path, "InvalidValue", f"elementsYaml comes to no list of mappings: {filled[:60]}", "write a list, as YAML or JSON")
        return
    for index, item in enumerate(listed):
        origin = Origin(f"element {index + 1} of elementsYaml", desk.at(*path), lambda _: None)
        yield Element(elements.plain(item) if desk.go else dict(elements.flat(item)), (origin,))


def _filled(desk: Desk, value: Any, path: Path_, outer: Element | None) -> Any:
    match value:
        case str():
            return desk.text(value, path, outer)
        case Mapping():
            return {key: _filled(desk, inner, (*path, key), outer) for key, inner in value.items()}
        case list() | tuple():
            return [_filled(desk, inner, (*path, index), outer) for index, inner in enumerate(value)]
        case _:
            return value
