"""Property paths as the engine writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.engine.paths import MISSING, find, parse, show

STEPS = (
    st.lists(st.one_of(st.text(min_size=1), st.integers(min_value=0, max_value=10**6)), min_size=1)
    .map(tuple)
    .filter(lambda path: isinstance(path[0], str))
)


@pytest.mark.parametrize(
    "text, path",
    [
        ("size", ("size",)),
        ("spec.ports[0].port", ("spec", "ports", 0, "port")),
        ('metadata.annotations["a.b/c"]', ("metadata", "annotations", "a.b/c")),
        ('metadata.annotations["say \\"hi\\""].x', ("metadata", "annotations", 'say "hi"', "x")),
        ('["a.b"].c', ("a.b", "c")),
        ("list[3][4]", ("list", 3, 4)),
        ("kubernetes.io/name", ("kubernetes", "io/name")),
        ("a..b", ("a..b",)),
        ("a[", ("a[",)),
        ('a["b', ('a["b',)),
    ],
)
def test_parse(text: str, path: tuple):
    """Names, positions and quoted keys are told apart; what is no path is one key."""
    assert parse(text) == path


@given(STEPS)
def test_show_and_parse(path: tuple):
    """Whatever the keys, a path that was written is read back the same."""
    assert parse(show(path)) == path


@given(st.text())
def test_parse_never_fails(text: str):
    """A plugin may write what it likes."""
    assert parse(text)


@given(STEPS, st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_find_never_fails(path: tuple, tree):
    """A path may point at anything or nothing."""
    find(tree, path)


def test_find():
    """A value is found through names and positions; None is a value, nothing is MISSING; a position may be a key."""
    tree = {"a": [{"b.c": None}], "0": {"1": "x"}}
    assert find(tree, ("a", 0, "b.c")) is None
    assert find(tree, ("a", 1)) is MISSING
    assert find(tree, ("a", "b")) is MISSING
    assert find(tree, ("0", 1)) == "x"
