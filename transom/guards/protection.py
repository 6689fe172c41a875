"""What the state protects is not deleted; the refusal says which document to put back, where, and what to write into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from transom.changes import Change, ChangeSet, Operation
from transom.errors import Location
from transom.guards.rules import Refusal, Situation

_FORTNIGHT = timedelta(days=14)


def protection(situation: Situation) -> Iterator[Refusal]:
    """One refusal for each document of which something protected would be deleted.

    An environment cannot allow it: only the document can release what it protects, so that the release is in the state before anything is
    removed. The line is the last that is known of a document that is gone.
    """
    doomed: dict[str, list[Change]] = {}
    for change in situation.changes:
        if _refused(change):
            doomed.setdefault(change.document, []).append(change)
    for document, changes in sorted(doomed.items()):
        yield _refusal("ProtectedDeletion", situation, document, changes)


def only_protection(changesets: Sequence[ChangeSet]) -> bool:
    """Whether these plans failed, and for no other reason than that something protected would be deleted."""
    failed = [changeset for changeset in changesets if not changeset.succeeded]
    return bool(failed) and all(_only_protection(changeset) for changeset in failed)


def _only_protection(changeset: ChangeSet) -> bool:
    errors = any(diagnostic.severity == "error" for diagnostic in changeset.diagnostics)
    return bool(changeset.failures) and all(_refused(change) for change in changeset.failures) and not changeset.error and not errors


def _refused(change: Change) -> bool:
    return change.protected and change.operation is Operation.DELETE


def _refusal(reason: str, situation: Situation, document: str, changes: Sequence[Change]) -> Refusal:
    until = (situation.now + _FORTNIGHT).date()
    release = f"deletionPolicy: Delete and allowDeletionUntil: {until}"
    kinds = ", ".join(sorted({f"{change.type.rpartition(':')[2]} {change.name}" for change in changes}))
    message = f"{kinds} of {document or 'the environment'} is protected and would be deleted"
    entry = situation.catalog.entries.get(document)
    if entry is not None:
        where = entry.at("spec")
        hint = f"to allow it, write into {where.path}, under spec of {document}: {release}; apply that first"
        return Refusal(reason, situation.catalog.name, message, hint, where, document)
    known = next((change.location for change in changes if change.location), "")
    where = _location(known) or Location(situation.catalog.environment.at("spec").path)
    gone = f"; its document is gone, which was last at {known}" if known else "; its document is gone"
    kind, _, name = document.partition("/")
    place = f"into {where.path}" if known else "where it was"
    back = f"{{apiVersion: transom.dev/v1, kind: {kind}, metadata: {{name: {name}}}, spec: {{…}}}}"
    hint = f"put the document back {place}: {back}; to delete it, write under its spec: {release}; apply that, then remove the document"
    return Refusal(reason, situation.catalog.name, message + gone, hint, where, document)


def _location(text: str) -> Location | None:
    """`path:line:column`, whose path may have colons of its own."""
    path, *numbers = text.rsplit(":", 2)
    expected = 2
    if len(numbers) != expected or not all(number.isdecimal() for number in numbers):
        return None
    return Location(path, int(numbers[0]), int(numbers[1]))
