"""All generators of a set become elements: dispatch by kind, and the rules that hold for every kind.

The semantics are Argo CD's (operator-manual/applicationset: Generators), in a fixed order. Where Argo CD passes in silence over what a
person can only have meant otherwise, it is a problem here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from transom.catalog.applicationsets import clusters, combined, elements, globs, listed, paths
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element, Params
from transom.errors import Problem
from transom.rendering.yamltext import Path_
from transom.specs.applicationset import GeneratorSpec

_LEVELS = 2
"""Of matrix and merge inside each other (Argo CD: Generators-Matrix, Restrictions)."""


def read(desk: Desk) -> list[list[Element]]:
    """The elements of each generator directly below `spec`; all empty when there are problems, which the desk then holds."""
    generators = desk.entry.document.spec.generators
    for path, generator in _all(generators, ("spec", "generators")):
        desk.problems.extend(_misplaced(desk, path, generator))
    if desk.problems:
        return [[] for _ in generators]
    out = [_one(desk, generator, ("spec", "generators", index), None) for index, generator in enumerate(generators)]
    if not desk.problems:
        desk.problems.extend(_empty(desk))
    if not desk.problems and (count := sum(map(len, out))) > combined.MOST:
        combined.too_many(desk, ("spec", "generators"), count)
    return [[] for _ in generators] if desk.problems else out


def _one(desk: Desk, generator: GeneratorSpec, path: Path_, outer: Element | None) -> list[Element]:
    found = _of_kind(desk, generator, (*path, generator.kind), outer)
    if generator.selector:
        found = [element for element in found if generator.selector.selects(_labels(element.params, go=desk.go))]
    desk.given[path] += len(found)
    return found


def _of_kind(desk: Desk, generator: GeneratorSpec, path: Path_, outer: Element | None) -> list[Element]:
    if generator.list_:
        return listed.read(desk, generator.list_, path, outer)
    if generator.clusters:
        return clusters.read(desk, generator.clusters, path, outer)
    if generator.git:
        return paths.read(desk, generator.git, path, outer)
    if generator.matrix:
        return combined.matrix(desk, generator.matrix, path, outer, _one)
    if generator.merge:
        return combined.merge(desk, generator.merge, path, outer, _one)
    raise TypeError(f"a generator of no kind at {path}")


def _all(generators: Sequence[GeneratorSpec], path: Path_) -> Iterator[tuple[Path_, GeneratorSpec]]:
    """Every generator with its path, outer ones first."""
    for index, generator in enumerate(generators):
        yield (*path, index), generator
        yield from _all(generator.inner, (*path, index, generator.kind, "generators"))


def _misplaced(desk: Desk, path: Path_, generator: GeneratorSpec) -> Iterator[Problem]:
    """What Argo CD says may not be put into each other."""
    depth = path.count("generators") - 1
    if generator.inner and depth >= _LEVELS:
        hint = "two levels of matrix and merge are the most; write the elements into a file, and read that"
        yield Problem(desk.at(*path), "InvalidGenerator", f"is a {generator.kind} inside of {depth} others", hint)
    if depth and generator.template is not None:
        message = "a template inside of a matrix or merge has no effect"
        yield Problem(desk.at(*path, "template", of_key=True), "InvalidGenerator", message, "move it to the outermost generator")


def _labels(params: Params, *, go: bool) -> Mapping[str, str]:
    """Parameters as a selector sees them."""
    return {name: value for name, value in (elements.flat(params) if go else params.items()) if value is not None}


def _empty(desk: Desk) -> Iterator[Problem]:
    """Generators and patterns that gave nothing, and were not told that they may."""
    excused: set[Path_] = set()
    for path, generator in _all(desk.entry.document.spec.generators, ("spec", "generators")):
        allowed = generator.allow_empty or any(path[: len(one)] == one for one in excused)
        hidden = generator.clusters is not None and not desk.world.clusters_known
        if allowed:
            excused.add(path)
        elif path in desk.given and not desk.given[path] and not generator.inner and not hidden and not _unmatched(desk, path):
            message = f"{generator.kind} gives no element, and none would delete every application that it gave before"
            yield Problem(desk.at(*path, generator.kind, of_key=True), "GeneratorEmpty", message, _instead(desk, generator))
    for path, tried in desk.patterns.items():
        if not tried.count and not any(path[: len(one)] == one for one in excused):
            close = globs.nearest(tried.pattern, tried.paths)
            hint = f"did you mean {' or '.join(close)}?" if close else "correct it, or write allowEmpty: true beside git"
            kind = "folder" if path[-3] == "directories" else "file"
            message = f'"{tried.pattern}" matches no {kind} of source {tried.source}, and none would delete what it gave before'
            yield Problem(desk.at(*path), "GeneratorEmpty", message, hint)


def _unmatched(desk: Desk, path: Path_) -> bool:
    return any(not tried.count and pattern[: len(path)] == path for pattern, tried in desk.patterns.items())


def _instead(desk: Desk, generator: GeneratorSpec) -> str:
    if generator.clusters and not generator.selector:
        known = [f"{name} ({_shown(entry.document.metadata.labels)})" for name, entry in desk.world.clusters.items()]
        has = f"the environment's clusters are {', '.join(known)}" if known else "the environment has no cluster"
        return f"{has}; correct the selector, or write allowEmpty: true beside it"
    if generator.selector:
        return "its selector keeps none of its elements: correct it, or write allowEmpty: true"
    return "write allowEmpty: true beside it if that is what you mean"


def _shown(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in labels.items()) or "no labels"
