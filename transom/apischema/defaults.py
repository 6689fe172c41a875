"""Defaults: what the API server writes into a custom resource before it holds it to its schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transom.apischema.nodes import Node

_DEEPEST = 60
"""Levels; what is nested deeper is refused as it is."""


def filled(nodes: Sequence[Node], number: int, value: Any, depth: int = 0) -> Any:
    """`value` with the defaults of node `number`, as a copy where anything was added.

    Source: Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions", Defaulting: a default takes the place of a field that is
    not there, and of null where the field may not be null.
    """
    node = nodes[number]
    if depth > _DEEPEST:
        return value
    if isinstance(value, list) and "items" in node:
        return [filled(nodes, node["items"], item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    fields, values = node.get("properties", {}), node.get("values")
    out = {key: _inner(nodes, fields.get(key, values), inner, depth) for key, inner in value.items()}
    for name, inner in fields.items():
        if name not in out and "default" in nodes[inner]:
            out[name] = filled(nodes, inner, nodes[inner]["default"], depth + 1)
    return out


def _inner(nodes: Sequence[Node], number: int | None, value: Any, depth: int) -> Any:
    if number is None:
        return value
    node = nodes[number]
    if value is None and "default" in node and not node.get("nullable"):
        value = node["default"]
    return filled(nodes, number, value, depth + 1)
