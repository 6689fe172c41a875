"""What a change does beyond what is pending already: two plans of the same stack, one of the base and one of the head, told apart. Pure.

Both plans begin at the same state. What is in both alike is pending: an apply of the base would do it too. What only the head does is the
change's. What only the base does is withdrawn: an apply of the change does it no more. Inside of a resource the same is asked of each
property, so that `pending` and then the change come to what an apply of the head does.

A secret, and what is known only after the run, looks alike on both sides. Where the document itself differs, such a property is told as the
change's and as pending: rather twice than never.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from transom.changes import COMPUTED, SECRET_AFTER, SECRET_BEFORE, Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.engine.paths import parse, show

_IN_PLACE = (Operation.UPDATE, Operation.REPLACE)
_TOLD_BY_PROPERTIES = (*_IN_PLACE, Operation.CREATE, Operation.IMPORT)


@dataclass(frozen=True, slots=True)
class Separated:
    """One stack's plan in its parts.

    Attributes:
        change: what the head does beyond the base.
        pending: all that the base does, whether the head does it too or not.
        withdrawn: the part of `pending` that the head does not do.
    """

    change: ChangeSet
    pending: ChangeSet
    withdrawn: ChangeSet


def separated(base: ChangeSet, head: ChangeSet, differing: Iterable[str] = ()) -> Separated:
    """The head's plan without what the base's plan has too.

    Args:
        base: the plan of the stack as the base asks for it.
        head: the plan of the same stack as the change asks for it.
        differing: identities of documents that the change touches.
    """
    touched = frozenset(differing)
    before = {change.urn: change for change in base.changes}
    after = {change.urn: change for change in head.changes}
    own = [
        told for urn, change in after.items() if (told := _beyond(change, before.get(urn), touched=change.document in touched)) is not None
    ]
    # A plan that failed may have ended before it came to everything: what is not in it says nothing.
    gone = [told for urn, change in before.items() if (told := _withdrawn(change, after.get(urn))) is not None] if head.succeeded else []
    said, objected = frozenset(base.diagnostics), frozenset(base.violations)
    return Separated(
        change=head.model_copy(
            update={
                "changes": tuple(own),
                "diagnostics": tuple(one for one in head.diagnostics if one not in said),
                "violations": tuple(one for one in head.violations if one not in objected),
                "unchanged": head.unchanged + len(after) - len(own),
            }
        ),
        pending=base,
        withdrawn=base.model_copy(
            update={
                "changes": tuple(gone),
                "diagnostics": (),
                "violations": (),
                "unchanged": base.unchanged + len(before) - len(gone),
                "succeeded": True,
                "error": "",
            }
        ),
    )


def without_drift(plan: ChangeSet, drift: ChangeSet) -> ChangeSet:
    """A plan that looked at the live state first, without what only puts drift back.

    Args:
        plan: made with `refresh`: what was changed by hand is in it as a change to what is asked for.
        drift: of the same stack, live against what was last applied.
    """
    found = {change.urn: change for change in drift.changes}
    kept = [told for change in plan.changes if (told := _not_healing(change, found.get(change.urn))) is not None]
    return plan.model_copy(update={"changes": tuple(kept), "unchanged": plan.unchanged + len(plan.changes) - len(kept)})


# -- the change's own


def _beyond(head: Change, base: Change | None, *, touched: bool) -> Change | None:
    """What the head does to one resource beyond the base; None where it is the same."""
    if base is None:
        return head
    if head.operation is not base.operation and {head.operation, base.operation} != {Operation.UPDATE, Operation.REPLACE}:
        return head
    if head.operation not in _TOLD_BY_PROPERTIES:
        return None if (head.failed, head.messages) == (base.failed, base.messages) else head
    properties = _made_anew(base, head) if head.operation is Operation.CREATE else _own_properties(base, head, touched=touched)
    worse = head.operation is Operation.REPLACE and base.operation is Operation.UPDATE
    if worse:
        forcing = tuple(one for one in head.properties if one.forces_replacement and one.path not in {each.path for each in properties})
        properties = (*properties, *forcing)
    news = tuple(message for message in head.messages if message not in base.messages)
    if not properties and not news and not worse and (base.failed or not head.failed):
        return None
    operation = _own_operation(base, head, properties)
    return head.model_copy(update={"operation": operation, "properties": properties, "messages": news})


def _own_operation(base: Change, head: Change, own: tuple[PropertyChange, ...]) -> Operation:
    """How the change's part is called: what is to be created already is changed; a replacement that is pending anyway is no new one."""
    if head.operation is not base.operation:
        return head.operation
    if head.operation is Operation.REPLACE and any(one.forces_replacement for one in own):
        return Operation.REPLACE
    return Operation.UPDATE


def _own_properties(base: Change, head: Change, *, touched: bool) -> tuple[PropertyChange, ...]:
    before = {one.path: one for one in base.properties}
    return tuple(told for one in head.properties if (told := _own_property(one, before.get(one.path), touched=touched)) is not None)


def _own_property(head: PropertyChange, base: PropertyChange | None, *, touched: bool) -> PropertyChange | None:
    """What the head does to one property beyond the base; `before` is what the base asks for."""
    if base is None:
        return head
    alike = (head.kind, head.after) == (base.kind, base.after)
    if alike and not (touched and _opaque(head.after)):
        return None
    if alike:
        return head
    was_there = base.kind is not DiffKind.DELETE
    if head.kind is DiffKind.DELETE:
        return head.model_copy(update={"before": _as_before(base.after)})
    kind = DiffKind.UPDATE if was_there else DiffKind.ADD
    return head.model_copy(update={"kind": kind, "before": _as_before(base.after) if was_there else None})


def _made_anew(base: Change, head: Change) -> tuple[PropertyChange, ...]:
    """What differs between two plans to create the same resource."""
    before = {one.path: one.after for one in base.properties}
    after = {one.path: one.after for one in head.properties}
    return tuple(
        one
        for key in sorted(before.keys() | after.keys())
        for one in _differences(parse(key), before.get(key, _NONE), after.get(key, _NONE))
    )


class _Nothing:
    """Stands for no value at all."""


_NONE = _Nothing()


def _differences(path: tuple[str | int, ...], before: Any, after: Any) -> tuple[PropertyChange, ...]:
    """Where two values differ, as deep as mappings and lists of one length go."""
    if before == after:
        return ()
    pairs: list[tuple[str | int, Any, Any]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(key, before.get(key, _NONE), after.get(key, _NONE)) for key in sorted(before.keys() | after.keys())]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(index, *both) for index, both in enumerate(zip(before, after, strict=True))]
    if pairs:
        return tuple(one for step, old, new in pairs for one in _differences((*path, step), old, new))
    if isinstance(before, _Nothing):
        return (PropertyChange(path=show(path), kind=DiffKind.ADD, after=after),)
    if isinstance(after, _Nothing):
        return (PropertyChange(path=show(path), kind=DiffKind.DELETE, before=_as_before(before)),)
    return (PropertyChange(path=show(path), kind=DiffKind.UPDATE, before=_as_before(before), after=after),)


def _as_before(value: Any) -> Any:
    """A value that was an outcome and is a beginning now: a secret in it is that of before."""
    match value:
        case str():
            return SECRET_BEFORE if value == SECRET_AFTER else value
        case dict():
            return {key: _as_before(inner) for key, inner in value.items()}
        case list():
            return [_as_before(inner) for inner in value]
    return value


def _opaque(value: Any) -> bool:
    """Whether some of a value cannot be seen."""
    match value:
        case str():
            return value in (SECRET_AFTER, COMPUTED)
        case dict():
            return any(map(_opaque, value.values()))
        case list():
            return any(map(_opaque, value))
    return False


# -- what the base alone does


def _withdrawn(base: Change, head: Change | None) -> Change | None:
    """What an apply of the head does not do to one resource any more; None where it does all of it."""
    if head is None:
        return base
    if base.operation in _IN_PLACE and head.operation in _IN_PLACE:
        done = {one.path for one in head.properties}
        left = tuple(one for one in base.properties if one.path not in done)
        if base.operation is Operation.REPLACE and head.operation is Operation.UPDATE:
            return base.model_copy(update={"properties": left or base.properties})
        return base.model_copy(update={"operation": Operation.UPDATE, "properties": left}) if left else None
    return None if head.operation is base.operation else base


# -- drift


def _not_healing(change: Change, drift: Change | None) -> Change | None:
    """The part of a planned change that does something else than put drift back."""
    if drift is None or drift.failed:
        return change
    if drift.operation is Operation.DELETE:
        return None if change.operation is Operation.CREATE else change
    if change.operation is not Operation.UPDATE or drift.operation is not Operation.UPDATE:
        return change
    applied = _by_path(drift.properties)
    left = tuple(one for one in change.properties if not _puts_back(one, applied.get(one.path)))
    return change.model_copy(update={"properties": left}) if left or not change.properties else None


def _puts_back(one: PropertyChange, drift: PropertyChange | None) -> bool:
    """Whether a property goes from what is live to what was last applied."""
    if drift is None:
        return False
    wanted = None if one.kind is DiffKind.DELETE else one.after
    applied = None if drift.kind is DiffKind.ADD else drift.before
    return bool(_unmasked(wanted) == _unmasked(applied))


def _unmasked(value: Any) -> Any:
    """Secrets of either side alike: what they are cannot be seen."""
    return SECRET_BEFORE if value == SECRET_AFTER else value


def _by_path(properties: Iterable[PropertyChange]) -> Mapping[str, PropertyChange]:
    return {one.path: one for one in properties}
