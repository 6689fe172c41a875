"""The one table of what documents may say and no component realises yet: a run that meets any of it is refused before it declares anything.

Whoever builds a component takes its line out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from transom.catalog.model import Catalog, Entry, Identity
from transom.errors import InvalidDocuments, Problem

_EACH = "*"
"""Stands for every item of a list, or every value of a mapping."""

_HARMLESS: tuple[Any, ...] = (None, False, [], {})
"""Values that ask for nothing."""


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """A field without effect: its path (empty: the whole document), and the values that ask for nothing."""

    path: tuple[str, ...] = ()
    harmless: tuple[Any, ...] = _HARMLESS


def _of_sync(*above: str) -> tuple[Unbuilt, ...]:
    return tuple(Unbuilt((*above, field)) for field in ("selfHeal", "retry"))


UNBUILT: Mapping[str, tuple[Unbuilt, ...]] = MappingProxyType(
    {
        "Application": _of_sync("spec", "sync"),
        "Environment": _of_sync("spec", "sync"),
    }
)
"""By kind what has no effect yet."""


def refuse(catalog: Catalog, documents: Iterable[Identity]) -> None:
    """Refuses documents that no component realises: silence would let a person believe that they are in force.

    Raises:
        InvalidDocuments: with every such field at its line.
    """
    entries = [catalog.environment, *(catalog.entries[identity] for identity in documents)]
    problems = [
        _problem(entry, path)
        for entry in entries
        for one in UNBUILT.get(entry.kind, ())
        for path in _written(entry.data, one.path, one.harmless)
    ]
    if problems:
        raise InvalidDocuments(problems)


def _problem(entry: Entry[Any], path: tuple[str | int, ...]) -> Problem:
    what = f"{entry.kind} {entry.name}" if not path else "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    message = f"{what} is understood and checked, but this version of Transom cannot make it"
    return Problem(entry.at(*path, of_key=bool(path)), "NotBuilt", message, "take it out of the environments that are applied")


def _written(
    data: Any, wanted: tuple[str, ...], harmless: tuple[Any, ...], at: tuple[str | int, ...] = ()
) -> Iterator[tuple[str | int, ...]]:
    """The places of `data` that `wanted` means and that ask for something."""
    if not wanted:
        if not any(data is one or (data == one and type(data) is type(one)) for one in harmless):
            yield at
        return
    first, rest = wanted[0], wanted[1:]
    match data:
        case dict():
            for key in data if first == _EACH else [first] if first in data else []:
                yield from _written(data[key], rest, harmless, (*at, key))
        case list() if first == _EACH:
            for index, item in enumerate(data):
                yield from _written(item, rest, harmless, (*at, index))
        case _:
            return
