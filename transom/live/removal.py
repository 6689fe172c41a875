"""Takes away from one object what nobody declared: a JSON patch on exactly what was seen, all of its fields or none.

Server-side apply cannot do this: an applier gives up only fields that it owned itself. A field that has a default gets it back, because the
API server fills it in after the patch. https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from transom.errors import ClusterRefused, PermanentError
from transom.live.cluster import ClusterApi
from transom.live.objects import Kind

Same = Callable[[Any], bool]

MANAGER = "transom"
"""The field manager of these patches."""

_TRIES = 5
_MOVED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""What the API server answers where the object was written meanwhile, as controllers write a status: the patch's own test failed."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field to take away: its steps, its spelling for messages, and whether a value is still the one that was reported."""

    path: tuple[str | int, ...]
    spelling: str
    same: Same


def take_away(api: ClusterApi, kind: Kind, place: tuple[str, str], fields: Sequence[Field]) -> tuple[str, ...]:
    """Removes the fields of the object at `place` (namespace, name); spellings of those that were still there.

    An object that was written between the look and the patch is looked at again.

    Raises:
        PermanentError: a field is not what was reported any more, or the API server refuses; nothing was changed.
    """
    path, where = kind.item(*place), f"{kind.kind} {'/'.join(filter(None, place))}"
    for tries_left in reversed(range(_TRIES)):
        live = api.get(path)
        there = _there(live, where, fields)
        if not there:
            return ()
        try:
            _remove(api, path, live["metadata"]["resourceVersion"], there)
        except ClusterRefused as refused:
            if not tries_left or refused.code not in _MOVED:
                raise
        else:
            break
    return tuple(field.spelling for field in there)


def _there(live: Any, where: str, fields: Sequence[Field]) -> list[Field]:
    there = []
    for field in fields:
        found, value = _at(live, field.path)
        if not found:
            continue
        if not field.same(value):
            hint = "look again: transom drift; nothing of this object was touched"
            raise PermanentError(f"{where}: {field.spelling} is not what it was when it was looked at", reason="LiveMoved", hint=hint)
        there.append(field)
    return there


def _remove(api: ClusterApi, path: str, version: str, fields: Sequence[Field]) -> None:
    # From the back, so that taking one element of a list moves none of the others.
    removals = [{"op": "remove", "path": _pointer(field.path)} for field in sorted(fields, key=lambda one: _rank(one.path), reverse=True)]
    api.patch(path, [{"op": "test", "path": "/metadata/resourceVersion", "value": version}, *removals], {"fieldManager": MANAGER})


def _at(root: Any, path: tuple[str | int, ...]) -> tuple[bool, Any]:
    current: Any = root
    for step in path:
        of_list = isinstance(current, list) and isinstance(step, int) and step < len(current)
        if not of_list and not (isinstance(current, dict) and step in current):
            return False, None
        current = current[step]
    return True, current


def _rank(path: tuple[str | int, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, step) for step in path)


def _pointer(path: tuple[str | int, ...]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
