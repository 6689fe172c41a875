"""One step's properties: which differ, what they were, what they become. Pure.

A plugin answers Diff in one of three ways: with a detailed difference (paths and kinds), with a list of top-level keys, or with a bare yes.
The first is taken as it is; for the others the difference is computed here from the inputs, as the engine's own display does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from transom.changes import SECRET_AFTER, SECRET_BEFORE, DiffKind, PropertyChange
from transom.engine import values
from transom.engine.paths import MISSING, Path, find, parse, show


@dataclass(frozen=True, slots=True)
class Detail:
    """What the plugin says of one path."""

    kind: DiffKind
    replaces: bool = False
    inputs_only: bool = False
    """The difference is between old and new inputs, not between old state and new inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """A resource before and after one step, as the engine's event gives it."""

    type: str
    old_inputs: Mapping[str, Any] = field(default_factory=dict)
    old_outputs: Mapping[str, Any] = field(default_factory=dict)
    new_inputs: Mapping[str, Any] = field(default_factory=dict)
    new_outputs: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Detail] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    """Top-level keys that differ, where the plugin gives no detail."""
    replace_keys: tuple[str, ...] = ()
    """Keys that force the replacement."""

    def trees(self) -> Iterator[Mapping[str, Any]]:
        """The four property trees."""
        yield from (self.old_inputs, self.new_inputs, self.old_outputs, self.new_outputs)


def planned(sides: Sides) -> tuple[PropertyChange, ...]:
    """The properties that an update or a replacement changes: state before, program after."""
    if sides.details:
        return tuple(_detailed(sides, text, detail, _PLANNED) for text, detail in sorted(sides.details.items()))
    return _computed(sides, sides.old_inputs, sides.new_inputs)


def created(sides: Sides) -> tuple[PropertyChange, ...]:
    """What a resource is created with: each of its inputs, added."""
    inputs = sides.new_inputs
    return tuple(
        _change(sides, (key,), (DiffKind.ADD, MISSING, inputs[key]), replaces=False)
        for key in sorted(inputs)
        if not key.startswith(values.PRIVATE)
    )


def drifted(sides: Sides) -> tuple[PropertyChange, ...]:
    """The properties that a refresh found changed: last applied before, live after."""
    if sides.details:
        return tuple(_detailed(sides, text, detail, _DRIFTED) for text, detail in sorted(sides.details.items()))
    found = _computed(sides, sides.old_inputs, sides.new_inputs)
    return found or _computed(sides, sides.old_outputs, sides.new_outputs)


def between(type_token: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PropertyChange, ...]:
    """The difference between two sets of inputs, secrets masked."""
    sides = Sides(type=type_token, old_inputs=before, new_inputs=after)
    return _computed(sides, before, after)


_PLANNED = (("old_outputs", "new_inputs"), ("old_inputs", "new_inputs"), ("old_outputs", "new_outputs"))
_DRIFTED = (("old_inputs", "new_inputs"), ("old_outputs", "new_outputs"), ("old_inputs", "new_outputs"))


def _detailed(sides: Sides, text: str, detail: Detail, order: tuple[tuple[str, str], ...]) -> PropertyChange:
    path = parse(text)
    pairs = [("old_inputs", "new_inputs"), *order] if detail.inputs_only else list(order)
    before, after = _resolve(sides, path, pairs)
    if detail.kind is DiffKind.ADD:
        before = MISSING
    if detail.kind is DiffKind.DELETE:
        after = MISSING
    replaces = detail.replaces or _forces(sides, path)
    return _change(sides, path, (detail.kind, before, after), replaces=replaces)


def _resolve(sides: Sides, path: Path, pairs: list[tuple[str, str]]) -> tuple[Any, Any]:
    """The values at `path`: from the first pair of trees where they differ, else where both are, else where one is."""
    candidates = [(find(getattr(sides, old), path), find(getattr(sides, new), path)) for old, new in pairs]
    for before, after in candidates:
        if before is not MISSING and after is not MISSING and before != after:
            return before, after
    for before, after in candidates:
        if before is not MISSING and after is not MISSING:
            return before, after
    return next((pair for pair in candidates if pair != (MISSING, MISSING)), candidates[0])


def _computed(sides: Sides, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[PropertyChange, ...]:
    """Our own difference, limited to the keys that the plugin names.

    A named key in which none is visible (a secret, say) is told as a whole.
    """
    found = [
        _change(sides, path, (kind, find(old, path), find(new, path)), replaces=_forces(sides, path))
        for path, kind in values.diff(dict(old), dict(new))
        if path and (not sides.keys or path[0] in sides.keys)
    ]
    seen = {parse(change.path)[0] for change in found}
    found += [
        _change(sides, (key,), (DiffKind.UPDATE, *_resolve(sides, (key,), list(_PLANNED))), replaces=_forces(sides, (key,)))
        for key in sides.keys
        if key not in seen
    ]
    return tuple(sorted(found, key=lambda change: change.path))


def _forces(sides: Sides, path: Path) -> bool:
    text = show(path)
    return any(key in (path[0], text) for key in sides.replace_keys)


def _change(sides: Sides, path: Path, told: tuple[DiffKind, Any, Any], *, replaces: bool) -> PropertyChange:
    kind, before, after = told
    if values.secret_at(sides.type, path, sides.trees()):
        # What lies inside of a secret cannot be found; that it is there, the kind says.
        before = MISSING if kind is DiffKind.ADD else values.BLINDED
        after = MISSING if kind is DiffKind.DELETE else values.BLINDED
    before, after = values.covered(before, after), values.covered(after, before)
    return PropertyChange(
        path=show(path),
        kind=kind,
        before=values.clean(before, SECRET_BEFORE),
        after=values.clean(after, SECRET_AFTER),
        forces_replacement=replaces,
    )
