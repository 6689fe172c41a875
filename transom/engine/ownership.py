"""Who holds which field of a live Kubernetes object: the API server's book of managers, read against what was last applied. Pure.

An entry of `metadata.managedFields` is a manager with a set of fields, written as a trie: `f:name` is a key of a map, `k:{…}` the element
of a list with these keys, `v:…` an element of a set, `i:…` a position, and `.` says that the node itself is held.
https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.changes import Hold
from transom.engine import paths, values
from transom.engine.paths import MISSING, Path, find

OURS = "__fieldManager"
"""Property of an object's state in which the plugin keeps the name it applies under."""

HEALER = "transom"
"""The name under which Transom itself takes fields away."""

_CREATORS = ("pulumi-kubernetes", "pulumi-resource-kubernetes", "before-first-apply", HEALER)
"""Names under which the plugin creates objects before its first apply."""

_IDENTITY = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One manager's part of the book."""

    manager: str
    operation: str
    subresource: str
    time: str
    fields: Mapping[str, Any]


def holds(type_token: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> tuple[Hold, ...]:
    """What others than us hold of an object.

    Args:
        type_token: of the resource; anything but a Kubernetes object is held by nobody.
        inputs: what was last applied.
        outputs: the live object, with the plugin's own properties.
    """
    if not type_token.startswith("kubernetes:"):
        return ()
    entries = tuple(_entries(outputs))
    sight = _Sight(type_token, inputs, outputs, tuple(entry.fields for entry in entries if ours(entry.manager, outputs)))
    found = {
        (entry.manager, entry.subresource, path): _hold(sight, entry, path)
        for entry in entries
        if not ours(entry.manager, outputs) and entry.subresource != "status"
        for path in _held(sight, entry.fields, ())
        if path and path[0] != "status" and path not in _IDENTITY
    }
    return tuple(sorted(found.values(), key=lambda hold: (hold.path, hold.manager)))


def ours(manager: str, outputs: Mapping[str, Any]) -> bool:
    """Whether a manager is the plugin, under the name that it applies this object under or one that it creates under."""
    kept = outputs.get(OURS)
    return manager in _CREATORS or (bool(kept) and manager == kept)


@dataclass(frozen=True, slots=True)
class _Sight:
    """An object as it is looked at: what was applied, what is live, and the fields that we hold ourselves."""

    type: str
    inputs: Mapping[str, Any]
    live: Mapping[str, Any]
    own: tuple[Mapping[str, Any], ...]


def _hold(sight: _Sight, entry: Entry, path: Path) -> Hold:
    declared = _declared(sight, path)
    secret = values.secret_at(sight.type, path, iter((sight.live, sight.inputs)))
    live = None if declared else values.BLINDED if secret else values.clean(find(sight.live, path), values.BLINDED)
    return Hold(
        path=paths.show(path),
        manager=entry.manager,
        operation=entry.operation,
        subresource=entry.subresource,
        time=entry.time,
        declared=declared,
        live=live,
    )


def _entries(outputs: Mapping[str, Any]) -> Iterator[Entry]:
    found = find(outputs, ("metadata", "managedFields"))
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("fieldsV1"), dict):
            told = {key: str(entry.get(key) or "") for key in ("manager", "operation", "subresource", "time")}
            yield Entry(**told, fields=entry["fieldsV1"])


def _held(sight: _Sight, fields: Mapping[str, Any], at: Path) -> Iterator[Path]:
    """Paths that a trie holds: of maps the keys, of lists the elements; an element that nobody declared is one path and not its parts."""
    for word, below in fields.items():
        step = None if word == "." else _step(word, _at(sight.live, at))
        if step is None:
            continue
        path = (*at, step)
        if below.keys() - {"."} and not (isinstance(step, int) and not _declared(sight, path)):
            yield from _held(sight, below, path)
        else:
            yield path
            yield from _added(_applied(sight, path), find(sight.live, path), path)


def _added(applied: Any, live: Any, at: Path) -> Iterator[Path]:
    """Keys of a map that is held as a whole (a label selector, say) and that was declared without them."""
    if not isinstance(applied, dict) or not isinstance(live, dict) or values.is_secret(applied) or values.is_secret(live):
        return
    for key, value in live.items():
        if key not in applied:
            yield (*at, key)
        else:
            yield from _added(applied[key], value, (*at, key))


def _at(root: Any, path: Path) -> Any:
    """The live node at a path; the secret, where the path leads into one."""
    current = root
    for step in path:
        if values.is_secret(current):
            return current
        current = find(current, (step,))
    return current


def _step(word: str, node: Any) -> str | int | None:
    """The step from a live node that a word of the trie means; None where there is no such part (any more)."""
    sort, _, said = word.partition(":")
    if sort == "f":
        return said if values.is_secret(node) or (isinstance(node, dict) and said in node) else None
    if not isinstance(node, list):
        return None
    if sort == "i":
        return int(said) if said.isdecimal() and int(said) < len(node) else None
    try:
        wanted = json.loads(said)
    except ValueError:
        return None
    return next((index for index, one in enumerate(node) if _matches(sort, one, wanted)), None)


def _matches(sort: str, element: Any, wanted: Any) -> bool:
    if sort == "k" and isinstance(element, dict) and isinstance(wanted, dict):
        return all(element.get(key) == value for key, value in wanted.items())
    return sort == "v" and bool(element == wanted)


def _declared(sight: _Sight, path: Path) -> bool:
    """Whether the inputs have what the live path points at."""
    return _applied(sight, path) is not MISSING


def _applied(sight: _Sight, path: Path) -> Any:
    """What the inputs have where the live path points at; MISSING where nothing.

    Elements of lists are found by what they are, not by their position. What is inside of a secret is declared where we hold it ourselves.
    """
    current: Any = sight.inputs
    alive: Any = sight.live
    for step in path:
        if values.is_secret(current) or values.is_secret(alive):
            held = any(find(own, tuple(f"f:{each}" for each in path)) is not MISSING for own in sight.own)
            return values.BLINDED if held else MISSING
        beside = find(alive, (step,))
        if isinstance(step, int):
            current = _element(current, beside, step)
        else:
            current = current.get(step, MISSING) if isinstance(current, dict) else MISSING
        if current is MISSING:
            return MISSING
        alive = beside
    return current


_KEYS = ("name", "containerPort", "port", "mountPath", "devicePath", "key", "ip", "type", "topologyKey", "uid", "host", "path")
"""Fields that tell elements of Kubernetes' lists apart (the list-map keys of its API)."""


def _element(declared: Any, live: Any, position: int) -> Any:
    """The declared element that a live one came from; MISSING where there is none."""
    if not isinstance(declared, list):
        return MISSING
    if not isinstance(live, dict):
        return live if live in declared else MISSING
    key = next((key for key in _KEYS if key in live and any(isinstance(one, dict) and key in one for one in declared)), None)
    if key is not None:
        return next((one for one in declared if isinstance(one, dict) and one.get(key) == live[key]), MISSING)
    return declared[position] if position < len(declared) else MISSING
