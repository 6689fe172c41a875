"""Where a field belongs that was written in the wrong place: mostly it was indented too far, or not far enough."""

from __future__ import annotations

from collections.abc import Sequence

from transom.apischema.findings import Path
from transom.apischema.nodes import Node

_LEVELS = 4
"""Levels below a place that are searched."""


def place(nodes: Sequence[Node], above: Sequence[Node], key: str, path: Path) -> str:
    """A hint where `key` belongs; empty when it is known neither below nor above.

    Args:
        nodes: the schemas.
        above: the nodes from the object's own to the one where the key was found.
        key: the field that is not known there.
        path: of the mapping that holds it.
    """
    names = _names(path)
    if below := _below(nodes, above[-1], key):
        return f"it belongs in {'.'.join((*names, *below))}"
    for up, node in enumerate(reversed(above[:-1]), 1):
        if key in node.get("properties", {}):
            holder = ".".join(names[: len(names) - up])
            return f"it belongs in {holder}" if holder else "it belongs at the top of the document"
    return ""


def _below(nodes: Sequence[Node], node: Node, key: str) -> tuple[str, ...]:
    """The way down to the nearest mapping that has the field."""
    waiting: list[tuple[Node, tuple[str, ...]]] = [(node, ())]
    seen: set[int] = set()
    for here, way in waiting:
        for name, number in here.get("properties", {}).items():
            child = nodes[number]
            inner = nodes[child["items"]] if "items" in child else child
            if id(inner) in seen or name in ("status", "metadata"):
                continue
            seen.add(id(inner))
            further = (*way, f"{name}[]" if "items" in child else name)
            if key in inner.get("properties", {}):
                return further
            if len(further) < _LEVELS:
                waiting.append((inner, further))
    return ()


def _names(path: Path) -> tuple[str, ...]:
    """The names on a path, indices with the name before them."""
    names: list[str] = []
    for part in path:
        if isinstance(part, int) and names:
            names[-1] += f"[{part}]"
        else:
            names.append(str(part))
    return tuple(names)
