"""Dependency order: what is needed comes first; a cycle is told whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush


def sort(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Keys of `needs` so that each comes after all it needs; among equals by name. What is in or behind a cycle is left out."""
    waiting = {name: {other for other in others if other in needs} for name, others in needs.items()}
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, others in waiting.items():
        for other in others:
            users[other].append(name)
    ready = [name for name, others in waiting.items() if not others]
    heapify(ready)
    out: list[str] = []
    while ready:
        name = heappop(ready)
        out.append(name)
        for user in users[name]:
            waiting[user].discard(name)
            if not waiting[user]:
                heappush(ready, user)
    return tuple(out)


def cycles(needs: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Cycles, each as the names along it beginning with the least: one for every group of names that need each other."""
    left = set(needs) - set(sort(needs))
    found: list[tuple[str, ...]] = []
    for start in sorted(left):
        if start in left and (cycle := _through(start, needs, left)):
            found.append(cycle)
            left -= set(cycle)
    return tuple(found)


def _through(start: str, needs: Mapping[str, Sequence[str]], left: set[str]) -> tuple[str, ...]:
    """The shortest way from `start` back to itself; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    for way in ways:
        for other in sorted(needs[way[-1]]):
            if other == start:
                return way
            if other in left and other not in seen:
                seen.add(other)
                ways.append((*way, other))
    return ()
