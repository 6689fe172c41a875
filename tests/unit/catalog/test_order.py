"""Dependency order on any graph: what is needed comes first, always the same way, and circles are told whole."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from transom.catalog import order

_NAMES = st.sampled_from([f"n{i}" for i in range(12)])
GRAPHS = st.dictionaries(_NAMES, st.lists(_NAMES, max_size=4), max_size=12).map(
    lambda graph: {name: tuple(graph.get(name, ())) for name in {*graph, *(other for others in graph.values() for other in others)}}
)


def _forward(graph: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The graph without edges that could close a circle."""
    return {name: tuple(other for other in others if other < name) for name, others in graph.items()}


@given(GRAPHS.map(_forward))
def test_what_is_needed_comes_first(graph: dict[str, tuple[str, ...]]) -> None:
    """Without circles everything is sorted, each after all it needs."""
    sequence = order.sort(graph)
    assert sorted(sequence) == sorted(graph)
    place = {name: index for index, name in enumerate(sequence)}
    assert all(place[other] < place[name] for name, others in graph.items() for other in others)
    assert order.cycles(graph) == ()


@given(GRAPHS, st.randoms())
def test_always_the_same(graph: dict[str, tuple[str, ...]], shuffler: random.Random) -> None:
    """The order of files and of lists does not show in the result."""
    names = list(graph)
    shuffler.shuffle(names)
    shuffled = {name: tuple(shuffler.sample(graph[name], len(graph[name]))) for name in names}
    assert order.sort(shuffled) == order.sort(graph)
    assert order.cycles(shuffled) == order.cycles(graph)


@given(GRAPHS)
def test_circles_are_real_and_told(graph: dict[str, tuple[str, ...]]) -> None:
    """What is left unsorted lies in or behind a circle; each circle told can be walked, and begins with its least name."""
    cycles = order.cycles(graph)
    assert bool(cycles) == (len(order.sort(graph)) < len(graph))
    for cycle in cycles:
        assert len(set(cycle)) == len(cycle)
        assert all(after in graph[before] for before, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    told = [name for cycle in cycles for name in cycle]
    assert len(told) == len(set(told))


@given(GRAPHS)
def test_what_is_unknown_is_no_need(graph: dict[str, tuple[str, ...]]) -> None:
    """A need that is not in the graph holds nothing up: it is a problem of its own elsewhere."""
    assert order.sort({"a": ("gone",)}) == ("a",)
    assert set(order.sort(graph)) <= set(graph)
