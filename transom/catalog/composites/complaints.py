"""Complaints about a definition: what is wrong at which path of its document, turned into problems at lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transom.catalog.composites import places
from transom.catalog.model import Entry
from transom.errors import Problem
from transom.expressions.engine import Fault
from transom.rendering.yamltext import Path_
from transom.specs.composite import CompositeDefinition


@dataclass(frozen=True, slots=True)
class Complaint:
    """One mistake in a definition.

    Attributes:
        path: the value, inside the document.
        offset: character inside that value, when it is a text; None for the whole of it.
        of_key: whether the value's key is meant.
    """

    path: Path_
    reason: str
    message: str
    hint: str = ""
    offset: int | None = None
    of_key: bool = False


def of_faults(path: Path_, faults: Iterable[Fault], reason: str, *, start: int) -> Iterator[Complaint]:
    """Faults of an expression that begins at character `start` of the text at `path`."""
    for fault in faults:
        yield Complaint(path, reason, fault.message, fault.hint, start + fault.offset)


def problems(entry: Entry[CompositeDefinition], complaints: Iterable[Complaint]) -> tuple[Problem, ...]:
    """The complaints at their lines."""
    return tuple(
        Problem(
            entry.at(*one.path, of_key=one.of_key) if one.offset is None else places.inside(entry, one.path, one.offset),
            one.reason,
            one.message,
            one.hint,
        )
        for one in complaints
    )
