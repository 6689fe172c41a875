"""Compares what an object is with what it should be, property by property, as the engine shows it.

First a JSON merge patch (RFC 7386) from the one to the other, then that patch as property diffs. A merge patch replaces lists as a
whole, so lists are walked again element by element: only elements that differ are told. The form of the paths and every rule here
are those of the real plugin (`convertPatchToDiff` in provider/pkg/provider/provider.go).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.kubernetes import replacement
from sandbox.plugins.kubernetes.replacement import Path
from sandbox.plugins.serving import PluginError

_MISSING: Final = object()
_STEP: Final = re.compile(r'\[\s*"((?:[^"\\]|\\.)*)"\s*\]|\[\s*(\d+|\*)\s*\]|\.?([^.\[\]"]+)')


class Change(IntEnum):
    """What happens to one property; the numbers are those of the engine's protocol (PropertyDiff.Kind)."""

    ADD = 0
    ADD_REPLACE = 1
    DELETE = 2
    DELETE_REPLACE = 3
    UPDATE = 4
    UPDATE_REPLACE = 5

    @property
    def replaces(self) -> bool:
        """Whether the change replaces the object."""
        return self in (Change.ADD_REPLACE, Change.DELETE_REPLACE, Change.UPDATE_REPLACE)


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property's change; `of_inputs` marks a removal that only the inputs can tell."""

    change: Change
    of_inputs: bool = False


@dataclass(frozen=True, slots=True)
class _Comparison:
    patterns: Sequence[replacement.Pattern]
    changes: dict[Path, PropertyChange] = field(default_factory=dict)


def between(old: Mapping[str, Any], new: Mapping[str, Any], patterns: Sequence[replacement.Pattern]) -> dict[Path, PropertyChange]:
    """Give the changed properties by path.

    Args:
        old: the live object, cut to the shape of the inputs it came from.
        new: the inputs, possibly with unknown parts: a property whose new value is unknown counts as changed.
        patterns: which properties replace the object.
    """
    patch = _merge_patch(old, new)
    comparison = _Comparison(patterns)
    _compare_maps(comparison, (), patch, (old, new, old), in_list=False)
    return comparison.changes


def without(changes: Mapping[Path, PropertyChange], ignored: Iterable[str]) -> dict[Path, PropertyChange]:
    """Give the changes that lie under none of the ignored property paths, e.g. `spec.replicas` or `metadata.labels["a.b/c"]`."""
    prefixes = [parse(path) for path in ignored]
    return {path: change for path, change in changes.items() if not any(contains(prefix, path) for prefix in prefixes)}


def parse(path: str) -> Path:
    """Give the steps of a property path as the engine writes them; `*` is any step. Raises PluginError for what is no path."""
    steps: list[str | int] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise PluginError(f"failed to parse ignore path: {path!r} is no property path at character {position + 1}")
        quoted, index, key = match.groups()
        if quoted is not None:
            steps.append(quoted.replace('\\"', '"'))
        elif index is not None:
            steps.append("*" if index == "*" else int(index))
        else:
            steps.append(key)
        position = match.end()
    return tuple(steps)


def contains(prefix: Path, path: Path) -> bool:
    """Tell whether the path is the prefix or lies under it."""
    return len(prefix) <= len(path) and all(expected in ("*", step) for expected, step in zip(prefix, path, strict=False))


def written(path: Path) -> str:
    """Give the path as the engine writes it: `spec.ports[0].port`, `metadata.labels["app.kubernetes.io/name"]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif any(sign in step for sign in '."[]'):
            quoted = step.replace('"', '\\"')
            out += f'["{quoted}"]'
        else:
            out += f".{step}" if out else step
    return out


def _merge_patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, value in new.items():
        before = old.get(key, _MISSING)
        after = None if value is values.UNKNOWN else value  # an unknown is written as null, and told apart again by the inputs
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            inner = _merge_patch(before, after)
            if inner:
                patch[key] = inner
        elif before is _MISSING or not _same(before, value):
            patch[key] = after
    patch.update({key: None for key in old if key not in new})
    return patch


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new) and (type(old) is type(new) or (_is_number(old) and _is_number(new)))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# The last argument of the walkers is (old live value, new input, old input), each possibly missing.
_Values = tuple[Any, Any, Any]


def _compare(comparison: _Comparison, path: Path, value: Any, given: _Values, *, in_list: bool) -> None:
    old, new_input, old_input = given
    # Without a new input only a removal can be a difference; anything else is between values that the server filled in.
    if new_input is _MISSING and (value is not None or old_input is _MISSING):
        return
    change, of_inputs = Change.UPDATE, False
    if value is None:
        if new_input is values.UNKNOWN:
            change = Change.ADD if old is _MISSING else Change.UPDATE
        else:
            change, of_inputs = Change.DELETE, True
    elif old is _MISSING:
        change = Change.ADD
    elif isinstance(value, Mapping) and isinstance(old, Mapping):
        _compare_maps(comparison, path, value, given, in_list=in_list)
        return
    elif isinstance(value, list) and isinstance(old, list):
        _compare_lists(comparison, path, value, given)
        return
    elif _same(value, old):
        return
    if replacement.replaces(path, value, comparison.patterns):
        change = Change(change + 1)
    comparison.changes[path] = PropertyChange(change, of_inputs)


def _compare_maps(comparison: _Comparison, path: Path, patch: Mapping[str, Any], given: _Values, *, in_list: bool) -> None:
    old, new_input, old_input = (value if isinstance(value, Mapping) else {} for value in given)
    keys = [*patch, *(key for key in old if in_list and key not in patch)]
    for key in keys:
        inner = (old.get(key, _MISSING), new_input.get(key, _MISSING), old_input.get(key, _MISSING))
        value = patch.get(key)
        _compare(comparison, (*path, key), None if value is values.UNKNOWN else value, inner, in_list=in_list)


def _compare_lists(comparison: _Comparison, path: Path, patch: list[Any], given: _Values) -> None:
    old, new_input, old_input = (value if isinstance(value, list) else [] for value in given)
    for index in range(max(len(patch), len(old))):
        value = patch[index] if index < len(patch) else None
        inner = (old[index] if index < len(old) else _MISSING, _at(new_input, index), _at(old_input, index))
        _compare(comparison, (*path, index), None if value is values.UNKNOWN else value, inner, in_list=True)


def _at(elements: list[Any], index: int) -> Any:
    return elements[index] if index < len(elements) else None
