"""Server-side apply's bookkeeping: who manages which fields (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).

The sets of fields are tries of JSON: `{"f:spec": {"f:replicas": {}}}`; a node is a member when it is empty or has the key ".".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.plugins.kubernetes import difference, objects
from sandbox.plugins.kubernetes.objects import Object

CREATOR: Final = "pulumi-kubernetes"  # the name under which objects are created, before the first server-side apply

# Managers whose fields the real plugin takes over before it applies, by the beginning of their name and their operation:
# whatever kubectl did, and its own creates and client-side applies. Subresources (kubectl scale) are not taken over.
_TAKEN_OVER: Final = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)
_CLIENT_SIDE: Final = frozenset({"pulumi-resource-kubernetes", "pulumi-kubernetes", "pulumi-kubernetes.exe"})

Entry = dict[str, Any]


def entries(live: Mapping[str, Any]) -> list[Entry]:
    """Give the object's managed fields; objects older than server-side apply have none."""
    found = objects.nested(live, "metadata", "managedFields")
    return found if isinstance(found, list) else []


def taken_over(live: Mapping[str, Any], manager: str) -> list[Entry] | None:
    """Give the managed fields with everything that may be taken over in the manager's hands; None where nothing changes."""
    found = entries(live)
    ours = next((entry for entry in found if entry.get("manager") == manager and entry.get("operation") == "Apply"), None)
    kept: list[Entry] = []
    taken = False
    for entry in found:
        if entry is ours:
            continue
        if not _may_take(entry):
            kept.append(entry)
            continue
        taken = True
        if ours is None:
            ours = {**entry, "manager": manager, "operation": "Apply"}
        else:
            ours = {**ours, "fieldsV1": union(ours.get("fieldsV1") or {}, entry.get("fieldsV1") or {})}
    return [*kept, ours] if taken and ours is not None else None


def was_created_here(live: Mapping[str, Any]) -> bool:
    """Tell whether one of our own creates still manages fields, which a real apply takes over first."""
    return any(entry.get("operation") == "Update" and entry.get("manager") in _CLIENT_SIDE for entry in entries(live))


def union(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Give the union of two sets of fields."""
    if not one or not other:
        only = dict(one or other)
        # The empty set's own node is a member, which has to be said once it has members below it.
        return {".": {}, **only} if only else {}
    return {
        key: union(one[key], other[key]) if key in one and key in other else one.get(key, other.get(key))
        for key in [*one, *(key for key in other if key not in one)]
    }


def without_ignored(inputs: Object, live: Mapping[str, Any], manager: str, ignored: Iterable[str]) -> Object:
    """Give the inputs as they are to be applied when some properties are ignored.

    A property that others manage and we do not is left out; any other takes its live value, because an apply that
    does not name it would remove it. Paths into lists, and keys that have to be quoted, are left as they are, as in the real plugin.
    """
    found = entries(live)
    ours = [entry.get("fieldsV1") or {} for entry in found if entry.get("manager") == manager]
    theirs = [entry.get("fieldsV1") or {} for entry in found if entry.get("manager") != manager]
    out = inputs
    for path in ignored:
        steps = difference.parse(path)
        if not all(isinstance(step, str) and step != "*" and difference.written((step,)) == step for step in steps):
            continue
        keys = [str(step) for step in steps]
        if any(_has(fields, keys) for fields in theirs) and not any(_has(fields, keys) for fields in ours):
            out = _removed(out, keys)
            continue
        value = objects.nested(live, *keys)
        if value is not None:
            out = _set(out, keys, value)
    return out


def _may_take(entry: Entry) -> bool:
    manager, operation = entry.get("manager", ""), entry.get("operation")
    return not entry.get("subresource") and any(manager.startswith(name) and operation == done for name, done in _TAKEN_OVER)


def _has(fields: Mapping[str, Any], keys: Sequence[str]) -> bool:
    node: Any = fields
    for key in keys:
        node = node.get(f"f:{key}") if isinstance(node, Mapping) else None
        if node is None:
            return False
    return True


def _removed(obj: Mapping[str, Any], keys: Sequence[str]) -> Object:
    first, rest = keys[0], keys[1:]
    if first not in obj:
        return dict(obj)
    if not rest:
        return {key: value for key, value in obj.items() if key != first}
    inner = obj[first]
    return {**obj, first: _removed(inner, rest)} if isinstance(inner, Mapping) else dict(obj)


def _set(obj: Mapping[str, Any], keys: Sequence[str], value: Any) -> Object:
    first, rest = keys[0], keys[1:]
    if not rest:
        return {**obj, first: value}
    inner = obj.get(first)
    return {**obj, first: _set(inner if isinstance(inner, Mapping) else {}, rest, value)}
