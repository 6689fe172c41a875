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
    found = {
        (entry.manager, entry.subresource, path): _hold(entry, path, inputs, outputs, type_token)
        for entry in _entries(outputs)
        if not ours(entry.manager, outputs) and entry.subresource != "status"
        for path in _held(entry.fields, inputs, outputs, ())
        if path and path[0] != "status" and path not in _IDENTITY
    }
    return tuple(sorted(found.values(), key=lambda hold: (hold.path, hold.manager)))


def ours(manager: str, outputs: Mapping[str, Any]) -> bool:
    """Whether a manager is the plugin, under the name that it applies this object under or one that it creates under."""
    kept = outputs.get(OURS)
    return manager in _CREATORS or (bool(kept) and manager == kept)


def _hold(entry: Entry, path: Path, inputs: Mapping[str, Any], outputs: Mapping[str, Any], type_token: str) -> Hold:
    declared = _declared(inputs, outputs, path)
    secret = values.secret_at(type_token, path, iter((outputs, inputs)))
    live = None if declared else values.BLINDED if secret else values.clean(find(outputs, path), values.BLINDED)
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


def _held(fields: Mapping[str, Any], inputs: Any, live: Any, at: Path) -> Iterator[Path]:
    """Paths that a trie holds: of maps the keys, of lists the elements; an element that nobody declared is one path and not its parts."""
    for word, below in fields.items():
        if word == ".":
            continue
        step = _step(word, find(live, at))
        if step is None:
            continue
        path = (*at, step)
        parts = below.keys() - {"."}
        if not parts or (isinstance(step, int) and not _declared(inputs, live, path)):
            yield path
        else:
            yield from _held(below, inputs, live, path)


def _step(word: str, node: Any) -> str | int | None:
    """The step from a live node that a word of the trie means; None where there is no such part (any more)."""
    sort, _, said = word.partition(":")
    if sort == "f":
        return said if isinstance(node, dict) and said in node else None
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
        return all(_alike(element.get(key), value) for key, value in wanted.items())
    return sort == "v" and _alike(element, wanted)


def _alike(left: Any, right: Any) -> bool:
    """Numbers come as 80 and 80.0, and a key with a default may be left out."""
    return bool(left == right)


def _declared(inputs: Any, live: Any, path: Path) -> bool:
    """Whether the inputs have what the live path points at. Elements of lists are found by what they are, not by their position."""
    current, alive = inputs, live
    for step in path:
        beside = find(alive, (step,))
        if isinstance(step, int):
            current = _element(current, beside, step)
        else:
            current = current.get(step, MISSING) if isinstance(current, dict) else MISSING
        if current is MISSING:
            return False
        alive = beside
    return True


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
