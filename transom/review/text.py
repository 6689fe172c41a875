"""Change sets become text for a terminal: per document, what is lost first. Pure; only `console` prints.

An environment's change sets (one per shard) are told as one. Order: documents by their gravest operation, then by name; in a document
deletions and replacements, then updates, then what is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from transom.changes import Change, ChangeSet, Diagnostic, Operation
from transom.review import interruptions
from transom.review.values import property_lines

if TYPE_CHECKING:
    from rich.console import Console

PROPERTIES = 25
"""Properties of one resource that are shown."""


class Tone(StrEnum):
    """How a line is meant; the terminal gives it a colour."""

    PLAIN = "plain"
    HEAD = "head"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPLACE = "replace"
    OTHER = "other"
    FAILED = "failed"
    WARNING = "warning"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class _Verb:
    """How an operation is written: sign, planned, done, tone; in the order in which operations are told."""

    sign: str
    planned: str
    done: str
    tone: Tone


_VERBS = {
    Operation.DELETE: _Verb("-", "delete", "deleted", Tone.DELETE),
    Operation.REPLACE: _Verb("±", "replace", "replaced", Tone.REPLACE),
    Operation.FORGET: _Verb("-", "forget (stays alive)", "forgotten (stays alive)", Tone.DELETE),
    Operation.UPDATE: _Verb("~", "update", "updated", Tone.UPDATE),
    Operation.IMPORT: _Verb("=", "import", "imported", Tone.OTHER),
    Operation.CREATE: _Verb("+", "create", "created", Tone.CREATE),
    Operation.READ: _Verb("?", "read", "read", Tone.OTHER),
    Operation.SAME: _Verb(" ", "leave", "left", Tone.FAINT),
}
_RANK = {operation: rank for rank, operation in enumerate(_VERBS)}
_DRIFT = {Operation.DELETE: "missing", Operation.UPDATE: "changed", Operation.READ: "unreadable"}
_COLOURS = {
    Tone.HEAD: "bold",
    Tone.CREATE: "green",
    Tone.UPDATE: "yellow",
    Tone.DELETE: "red",
    Tone.REPLACE: "magenta",
    Tone.OTHER: "cyan",
    Tone.FAILED: "bold red",
    Tone.WARNING: "yellow",
    Tone.FAINT: "dim",
}

NO_DOCUMENT = "the environment itself"


def text(changesets: Iterable[ChangeSet]) -> str:
    """The change sets as plain text that ends in a line end; nothing where there is none."""
    return "".join(f"{line.text}\n" for line in lines(changesets))


def console(changesets: Iterable[ChangeSet], target: Console) -> None:
    """Print them in colour; rich leaves the colour out where the terminal has none."""
    paint(lines(changesets), target)


def paint(told: Iterable[Line], target: Console) -> None:
    """Print lines in their colours."""
    for line in told:
        target.print(line.text, style=_COLOURS.get(line.tone, ""), markup=False, highlight=False, soft_wrap=True)


def as_json(changesets: Iterable[ChangeSet]) -> str:
    """The change sets for programs: format, totals and each change set as it is."""
    known = tuple(changesets)
    totals = {
        operation.value: sum(changeset.count(operation) for changeset in known) for operation in _VERBS if operation is not Operation.SAME
    }
    whole = {
        "format": 1,
        "succeeded": all(changeset.succeeded for changeset in known),
        "totals": totals | {"unchanged": sum(changeset.unchanged for changeset in known)},
        "changeSets": [changeset.model_dump(mode="json") for changeset in known],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def lines(changesets: Iterable[ChangeSet]) -> tuple[Line, ...]:
    """The change sets as lines: one block per environment and purpose, in the order given."""
    told: list[Line] = []
    for _, group in groupby(changesets, key=lambda changeset: (changeset.environment, changeset.purpose)):
        if told:
            told.append(Line(""))
        told += _block(tuple(group))
    return tuple(told)


def _block(changesets: Sequence[ChangeSet]) -> Iterator[Line]:
    """One environment."""
    first = changesets[0]
    shards = f" ({len(changesets)} stacks)" if len(changesets) > 1 else ""
    changes = [change for changeset in changesets for change in changeset.changes]
    places = {identity: place for changeset in changesets for identity, place in changeset.documents.items()}
    yield Line(f"{first.environment}{shards}: {totals(changesets)}", Tone.HEAD)
    for document in sorted(
        {change.document for change in changes}, key=lambda document: (_gravest(changes, document), document == "", document)
    ):
        yield Line("")
        place = places.get(document, "") if first.purpose == "plan" else ""
        yield Line((document or NO_DOCUMENT) + (f"  ({place})" if place else ""), Tone.HEAD)
        mine = [change for change in changes if change.document == document]
        for change in sorted(mine, key=lambda change: (_RANK[change.operation], change.type, change.name)):
            yield from _change(change, first.purpose)
    for changeset in changesets:
        yield from _trouble(changeset, several=len(changesets) > 1)


def totals(changesets: Sequence[ChangeSet]) -> str:
    """`1 to delete, 2 to update; 40 unchanged`, `1 deleted, 1 failed; …` or `nothing to do; …`."""
    purpose = changesets[0].purpose
    counts = []
    for operation, verb in _VERBS.items():
        count = sum(
            change.operation is operation and not (change.failed and purpose != "plan")
            for changeset in changesets
            for change in changeset.changes
        )
        if count and operation not in (Operation.SAME, Operation.READ):
            counts.append(f"{count} {_word(operation, verb, purpose, planned_prefix='to ')}")
    failed = sum(len(changeset.failures) for changeset in changesets)
    if failed:
        counts.append(f"{failed} {'unreadable' if purpose == 'drift' else 'refused' if purpose == 'plan' else 'failed'}")
    unchanged = sum(changeset.unchanged for changeset in changesets)
    if not counts:
        counts = [{"plan": "nothing to do", "drift": "no drift"}.get(purpose, "nothing done")]
        if not all(changeset.succeeded for changeset in changesets):
            counts = ["failed"]
    return f"{', '.join(counts)}; {unchanged} unchanged"


def _word(operation: Operation, verb: _Verb, purpose: str, *, planned_prefix: str = "") -> str:
    if purpose == "drift":
        return _DRIFT.get(operation, verb.done)
    return f"{planned_prefix}{verb.planned}" if purpose == "plan" else verb.done


def _gravest(changes: Sequence[Change], document: str) -> int:
    return min(_RANK[change.operation] for change in changes if change.document == document)


def _change(change: Change, purpose: str) -> Iterator[Line]:
    """A resource, its properties and its messages."""
    verb = _VERBS[change.operation]
    word = f"could not {verb.planned}" if change.failed and purpose in ("apply", "destroy") else _word(change.operation, verb, purpose)
    told = (
        (change.id, change.operation is Operation.IMPORT),
        ("protected", change.protected),
        ("failed", change.failed and purpose == "plan"),
        (change.location, change.failed),
    )
    notes = "".join(f"  ({note})" for note, there in told if there and note)
    yield Line(f"  {verb.sign} {word} {change.type} {change.name}{notes}", Tone.FAILED if change.failed else verb.tone)
    properties = () if change.operation is Operation.CREATE else change.properties
    for one in properties[:PROPERTIES]:
        for line in property_lines(one):
            yield Line(f"      {line}")
    if len(properties) > PROPERTIES:
        yield Line(f"      … {len(properties) - PROPERTIES} more properties", Tone.FAINT)
    if purpose == "plan":
        for interrupted in interruptions.told(change):
            yield Line(f"      ! {interrupted}", Tone.WARNING)
    for message in change.messages:
        for line in message.splitlines():
            yield Line(f"      ! {line}" if line.strip() else "", Tone.FAILED if change.failed else Tone.WARNING)


def _trouble(changeset: ChangeSet, *, several: bool) -> Iterator[Line]:
    """What went wrong beside the changes, and warnings."""
    where = f"{changeset.stack}: " if several else ""
    if changeset.error:
        yield Line("")
        for number, line in enumerate(changeset.error.splitlines()):
            yield Line(f"error: {where}{line}" if number == 0 else f"  {line}", Tone.FAILED)
    for diagnostic in changeset.diagnostics:
        if diagnostic.severity != "info":
            yield from _diagnostic(diagnostic, where)


def _diagnostic(diagnostic: Diagnostic, where: str) -> Iterator[Line]:
    tone = Tone.FAILED if diagnostic.severity == "error" else Tone.WARNING
    about = f"{diagnostic.document or diagnostic.urn.rsplit('::', 1)[-1]}: " if diagnostic.urn else ""
    place = f"{diagnostic.location}: " if diagnostic.location else ""
    for number, line in enumerate(diagnostic.message.splitlines()):
        yield Line(f"{place}{diagnostic.severity}: {where}{about}{line}" if number == 0 else f"  {line}", tone)
