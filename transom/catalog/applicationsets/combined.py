"""Matrix and merge: elements made of other generators' elements (Argo CD: Generators-Matrix, Generators-Merge)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from transom.catalog.applicationsets import elements
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element
from transom.catalog.validate import near
from transom.rendering.yamltext import Path_
from transom.specs.applicationset import GeneratorSpec, MatrixGenerator, MergeGenerator

Read = Callable[[Desk, GeneratorSpec, Path_, Element | None], list[Element]]
"""Reads one generator at its path; texts in it are filled in from an element of the generator before it."""

MOST = 5_000
"""Elements of one set. More is a mistake in a matrix or a pattern; no stack would take that many applications."""


def matrix(desk: Desk, spec: MatrixGenerator, path: Path_, outer: Element | None, read: Read) -> list[Element]:
    """Every element of the first generator with every one of the second, which may hold parameters of the first."""
    first, second = spec.generators
    out: list[Element] = []
    for one in read(desk, first, (*path, "generators", 0), outer):
        around = _both(outer, one) if outer else one
        for other in read(desk, second, (*path, "generators", 1), around):
            if clash := _clash(one, other, go=desk.go):
                _told_apart(desk, path, clash)
                return []
            out.append(_both(one, other) if desk.go else Element({**one.params, **other.params}, (*one.origins, *other.origins)))
        if len(out) > MOST:
            too_many(desk, path, len(out))
            return []
    return out


def _both(first: Element, second: Element) -> Element:
    return Element(elements.deep(first.params, second.params), (*first.origins, *second.origins))


def _clash(one: Element, other: Element, *, go: bool) -> str | None:
    """A parameter that both give, with different values. Go templates take the first one's, except for paths: nobody means that."""
    names = one.params.keys() & other.params.keys()
    return next((name for name in sorted(names) if one.params[name] != other.params[name] and (not go or name == "path")), None)


def _told_apart(desk: Desk, path: Path_, name: str) -> None:
    of_path = name.partition(".")[0].partition("[")[0] == "path"
    hint = "write pathParamPrefix for one of the two" if of_path else "rename it in one of the two, or write a merge"
    desk.wrong((*path, "generators", 1), "InvalidGenerator", f"both generators of the matrix give {name}, with different values", hint)


def merge(desk: Desk, spec: MergeGenerator, path: Path_, outer: Element | None, read: Read) -> list[Element]:
    """The first generator's elements; what later ones say of elements with the same keys overrides."""
    before = len(desk.problems)
    given = [read(desk, one, (*path, "generators", index), outer) for index, one in enumerate(spec.generators)]
    for index, found in enumerate(given):
        _has_keys(desk, spec, found, path, index)
    base = given[0]
    for index, found in enumerate(given[1:], start=1):
        overrides: dict[str, Element] = {}
        for element in found:
            key = _key(element, spec)
            if key is not None and key in overrides:
                message = f"{overrides[key]} and {element} have the same {', '.join(spec.merge_keys)}"
                desk.wrong(
                    (*path, "generators", index), "InvalidGenerator", message, "leave one of them out: which one counts is not clear"
                )
            elif key is not None:
                overrides[key] = element
        base = [_overridden(one, overrides.get(_key(one, spec) or ""), go=desk.go) for one in base]
    return base if len(desk.problems) == before else []


def _has_keys(desk: Desk, spec: MergeGenerator, found: list[Element], path: Path_, index: int) -> None:
    for number, name in enumerate(spec.merge_keys):
        if found and all(elements.path_of(element.params, name) is None for element in found):
            known = {key for element in found for key, _ in elements.flat(element.params)}
            message = f"{name} is no parameter of the {'first' if index == 0 else f'{index + 1}th'} generator, so nothing can be merged"
            desk.wrong((*path, "mergeKeys", number), "UnknownParameter", message, near(name, known))


def _key(element: Element, spec: MergeGenerator) -> str | None:
    """The values of the merge keys; None when one of them is missing, since then nothing is the same."""
    ways = [elements.path_of(element.params, name) for name in sorted(set(spec.merge_keys))]
    if any(way is None for way in ways):
        return None
    return json.dumps([elements.at(element.params, way) for way in ways if way is not None], sort_keys=True)


def _overridden(one: Element, other: Element | None, *, go: bool) -> Element:
    if other is None:
        return one
    params: dict[str, Any] = elements.deep(other.params, one.params) if go else {**one.params, **other.params}
    return Element(params, (*other.origins, *one.origins))


def too_many(desk: Desk, path: Path_, count: int) -> None:
    """Notes that a generator, or all of them, give more than anybody can mean."""
    desk.wrong(path, "TooLarge", f"gives more than {MOST} elements ({count} so far)", "narrow the generators, or cut the set into several")
