"""The one table of what documents may say and no component realises yet: a run that meets any of it is refused before it declares anything.

Whoever builds a component takes its line out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from transom.catalog.model import Catalog, Entry, Identity
from transom.errors import InvalidDocuments, Problem

_EACH = "*"
"""Stands for every item of a list, or every value of a mapping."""

UNBUILT: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "Network": ((),),
        "Topic": ((),),
        "Cache": ((),),
        "Table": ((),),
        "Cluster": (("spec", "eks"),),
        "Bucket": (("spec", "notifications"),),
        "Queue": (("spec", "deadLetter", "queue"),),
        "Application": (("spec", "bindings", _EACH, "access"),),
        "Environment": (("spec", "aws", "network", "name"),),
    }
)
"""By kind the fields without effect; the empty path is the whole kind."""


def refuse(catalog: Catalog, documents: Iterable[Identity]) -> None:
    """Refuses documents that no component realises: silence would let a person believe that they are in force.

    Raises:
        InvalidDocuments: with every such field at its line.
    """
    entries = [catalog.environment, *(catalog.entries[identity] for identity in documents)]
    problems = [
        _problem(entry, path) for entry in entries for wanted in UNBUILT.get(entry.kind, ()) for path in _written(entry.data, wanted)
    ]
    if problems:
        raise InvalidDocuments(problems)


def _problem(entry: Entry[Any], path: tuple[str | int, ...]) -> Problem:
    what = f"{entry.kind} {entry.name}" if not path else "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    message = f"{what} is understood and checked, but this version of Transom cannot make it"
    return Problem(entry.at(*path, of_key=bool(path)), "NotBuilt", message, "take it out of the environments that are applied")


def _written(data: Any, wanted: tuple[str, ...], at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of `data` that `wanted` means and that say something."""
    if not wanted:
        if data not in (None, [], {}):
            yield at
        return
    first, rest = wanted[0], wanted[1:]
    match data:
        case dict():
            for key in data if first == _EACH else [first] if first in data else []:
                yield from _written(data[key], rest, (*at, key))
        case list() if first == _EACH:
            for index, item in enumerate(data):
                yield from _written(item, rest, (*at, index))
        case _:
            return
