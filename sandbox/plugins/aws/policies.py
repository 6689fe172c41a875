"""JSON documents compared by meaning: policies whatever their order and white space, as the real provider's `awspolicyequivalence` does."""

from __future__ import annotations

import json
from typing import Any

# Members of a statement that AWS reads as sets: one value and a list of it are the same, and order says nothing.
_SETS = frozenset({"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated", "CanonicalUser"})


def equivalent(old: Any, new: Any) -> bool:
    """Tell whether two JSON texts mean the same; text that is no JSON is compared as it is."""
    if old == new:
        return True
    try:
        return bool(_normal(json.loads(old)) == _normal(json.loads(new)))
    except (TypeError, ValueError):
        return False


def text(document: Any) -> str:
    """Give a document that a program wrote as an object as the JSON text AWS takes."""
    return json.dumps(document, separators=(",", ":"))


def _normal(value: Any, *, unordered: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _member(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        items = [_normal(item) for item in value]
        return sorted(items, key=repr) if unordered else items
    # `"maxReceiveCount": "5"` and `5` mean the same to SQS, and so do `"true"` and `true` in a condition.
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _member(key: str, value: Any) -> Any:
    if key == "Statement":
        statements = value if isinstance(value, list) else [value]
        return sorted((_normal(statement) for statement in statements), key=repr)
    if key == "Principal" and value == "*":
        return {"AWS": ["*"]}
    if key == "Condition" and isinstance(value, dict):
        return {test: {name: _set(inner) for name, inner in operands.items()} for test, operands in value.items()}
    if key in _SETS and not isinstance(value, dict):
        return _set(value)
    return _normal(value)


def _set(value: Any) -> list[Any]:
    items = value if isinstance(value, list) else [value]
    return sorted((_normal(item) for item in items), key=repr)
