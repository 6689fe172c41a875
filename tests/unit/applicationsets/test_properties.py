"""What holds for every matrix, merge, pattern and placeholder."""

from __future__ import annotations

import fnmatch
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from transom.catalog.applicationsets import combined, globs
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element, at, deep, flat, path_of
from transom.catalog.applicationsets.placeholders import Names
from transom.specs.applicationset import GeneratorSpec, MatrixGenerator, MergeGenerator

words = st.text("abc", min_size=1, max_size=2)
params = st.dictionaries(words, words, max_size=3)
nested = st.recursive(words, lambda inner: st.dictionaries(words, inner, max_size=3), max_leaves=6)


def fixed(lists: list[list[dict[str, Any]]]) -> combined.Read:
    """Reads generators whose elements are given: the n-th generator gives the n-th list."""

    def read(_desk: Desk, _generator: GeneratorSpec, path: Any, _outer: Element | None) -> list[Element]:
        return [Element(one, ()) for one in lists[path[-1]]]

    return read


class Quiet:
    """A desk that collects what is told, and knows whether Go templates are used."""

    def __init__(self, *, go: bool) -> None:
        self.go = go
        self.problems: list[tuple[Any, ...]] = []

    def wrong(self, *told: Any) -> None:
        """Notes a problem."""
        self.problems.append(told)


def generators(count: int) -> tuple[GeneratorSpec, ...]:
    """That many generators, of a kind that does not matter."""
    return tuple(GeneratorSpec.model_validate({"clusters": {}}) for _ in range(count))


@given(st.lists(params, max_size=4), st.lists(params, max_size=4), st.booleans())
def test_a_matrix_has_every_combination(first: list[dict[str, str]], second: list[dict[str, str]], go: bool) -> None:  # noqa: FBT001
    """As many elements as the product, in the order of the first; each holds the first's parameters, or the clash is told."""
    desk: Any = Quiet(go=go)
    found = combined.matrix(desk, MatrixGenerator(generators=generators(2)), ("matrix",), None, fixed([first, second]))
    if desk.problems:
        assert not go or any("path" in one for one in first)
        assert any(one[key] != other[key] for one in first for other in second for key in one.keys() & other.keys())
        return
    assert [(dict(one.params)) for one in found] == [{**other, **one} for one in first for other in second]


@given(st.lists(params, max_size=4), st.lists(st.lists(params, max_size=4), min_size=1, max_size=3), st.booleans())
def test_a_merge_keeps_the_base(base: list[dict[str, str]], others: list[list[dict[str, str]]], go: bool) -> None:  # noqa: FBT001
    """As many elements as the base, with its keys; everything else comes from the last that matches, or a clash is told."""
    desk: Any = Quiet(go=go)
    spec = MergeGenerator(generators=generators(1 + len(others)), mergeKeys=("a",))
    found = combined.merge(desk, spec, ("merge",), None, fixed([base, *others]))
    if desk.problems:
        told = {one[1] for one in desk.problems}
        assert told <= {"InvalidGenerator", "UnknownParameter"}
        return
    assert [one.params.get("a") for one in found] == [one.get("a") for one in base]
    for one, original in zip(found, base, strict=True):
        expected = dict(original)
        for found_there in others:
            expected |= next((other for other in found_there if "a" in other and other["a"] == original.get("a")), {})
        assert one.params == expected


@given(nested.filter(lambda value: isinstance(value, dict)), nested.filter(lambda value: isinstance(value, dict)))
def test_deep_is_the_first_over_the_second(first: Any, second: Any) -> None:
    """Everything of the first is there; what only the second has, too."""
    both = deep(first, second)
    assert deep(first, both) == both
    assert both.keys() == first.keys() | second.keys()
    assert all(both[key] == value for key, value in first.items() if not isinstance(value, dict))
    assert all(both[key] == value for key, value in second.items() if key not in first)


@given(st.dictionaries(words, st.recursive(words, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=2))))
def test_flat_names_lead_back(data: dict[str, Any]) -> None:
    """Every dotted name of nested data leads to a value that is shown as its text."""
    for name, text in flat(data):
        way = path_of(data, name)
        assert way is not None
        assert at(data, way) == text


segments = st.text("ab.-", min_size=1, max_size=3).filter(lambda word: not word.startswith(".") and word != "..")
paths = st.lists(segments, min_size=1, max_size=4).map("/".join)


@given(paths, paths)
def test_a_pattern_without_signs_is_itself(pattern: str, path: str) -> None:
    """Only what is written is taken in, and dots are dots."""
    assert globs.matching(pattern, (path,)) == ((path,) if pattern == path else ())


@given(st.lists(st.text("ab*?", min_size=1, max_size=3).filter(lambda word: "**" not in word), min_size=1, max_size=3), paths)
def test_signs_stay_inside_a_name(parts: list[str], path: str) -> None:
    """`*` and `?` match as a shell has them, and never a slash."""
    names = path.split("/")
    expected = len(parts) == len(names) and all(fnmatch.fnmatchcase(name, part) for name, part in zip(names, parts, strict=True))
    assert bool(globs.matching("/".join(parts), (path,))) == expected


@given(paths, st.integers(0, 3))
def test_two_stars_stand_for_any_number_of_folders(path: str, at_: int) -> None:
    """`**` may stand for nothing in the middle, and for everything below at the end."""
    names = path.split("/")
    position = min(at_, len(names) - 1)
    assert globs.matching("/".join([*names[:position], "**", *names[position:]]), (path,))
    assert globs.matching("**/" + names[-1], (path,))
    assert bool(globs.matching(f"{names[0]}/**", (path,))) == (len(names) > 1)


@given(st.text())
def test_no_pattern_crashes(pattern: str) -> None:
    """A pattern is one, or is refused."""
    with suppress(ValueError):
        globs.matching(pattern, ("a/b", "c"))


@given(st.text("ab{} .", max_size=12), params)
def test_plain_texts_are_filled_in_or_refused(text: str, known: dict[str, str]) -> None:
    """No text crashes; a text without braces stays what it is."""
    (filled,) = Names().fill([(text, known)])
    if "{{" not in text:
        assert filled == text
