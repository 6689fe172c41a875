"""A graph drawn: as a tree of lines, as DOT, as Mermaid, as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.catalog.graph import Edge, Graph, Node, Relation
from transom.catalog.model import Identity
from transom.errors import Location

_QUIET = (Relation.TENANT, Relation.MADE_OF)
"""Relations that the tree itself shows."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a tree: its branches, what it is called, where that is written, and the node; None for a Kubernetes object."""

    branches: str
    name: str
    where: Location
    node: Node | None

    @property
    def text(self) -> str:
        """Branches and name."""
        return f"{self.branches}{self.name}"


def owned(graph: Graph, *, objects: bool) -> Iterator[Line]:
    """The whole environment, everything below what it belongs to; with `objects` their Kubernetes objects, too."""
    children = graph.children()

    def below(identity: Identity) -> list[tuple[str, Identity]]:
        return [(child, child) for child in children.get(identity, ())]

    yield from _lines(graph, graph.environment, below, objects=objects)


def linked(graph: Graph, root: Identity, *, reverse: bool, objects: bool) -> Iterator[Line]:
    """One document and what it needs, over all steps; with `reverse` what needs it. What came before is not unfolded again."""
    links = graph.links(reverse=reverse)

    def below(identity: Identity) -> list[tuple[str, Identity]]:
        return [(f"{other} ({edge.relation})", other) for edge in links.get(identity, ()) if (other := _other(edge, reverse=reverse))]

    yield from _lines(graph, root, below, objects=objects)


def _other(edge: Edge, *, reverse: bool) -> Identity:
    return edge.source if reverse else edge.target


def _lines(graph: Graph, root: Identity, below: Callable[[Identity], list[tuple[str, Identity]]], *, objects: bool) -> Iterator[Line]:
    seen: set[Identity] = set()
    todo = [(root, root, "", "")]
    while todo:  # not by recursion: dependencies may be thousands of steps long
        identity, label, first, further = todo.pop()
        node, again = graph.nodes[identity], identity in seen
        seen.add(identity)
        shown = node.objects if objects else ()
        listed = below(identity)
        if again:
            yield Line(first, label + (" …" if shown or listed else ""), node.where, node)
            continue
        yield Line(first, label, node.where, node)
        count = len(shown) + len(listed)
        for index, one in enumerate(shown, 1):
            yield Line(further + ("└─ " if index == count else "├─ "), f"{one.kind}/{one.name}", one.where, None)
        for index, (name, other) in reversed(list(enumerate(listed, len(shown) + 1))):
            last = index == count
            todo.append((other, name, further + ("└─ " if last else "├─ "), further + ("   " if last else "│  ")))


def needs(graph: Graph) -> Mapping[Identity, str]:
    """What each document needs beside what it belongs to, in one line each: `Database/shop, Cluster/dev`."""
    out = {}
    for identity, edges in graph.links().items():
        out[identity] = ", ".join(edge.target for edge in edges if edge.relation not in _QUIET)
    return out


def dot(graph: Graph) -> str:
    """Graphviz: an arrow from a document to what it needs; what belongs to a tenant stands in its frame."""
    children = graph.children()
    lines = [f"digraph {json.dumps(graph.environment)} {{", "  rankdir=LR;", "  node [shape=box];"]
    framed: set[Identity] = set()
    for number, (tenant, inside) in enumerate(children.items()):
        if tenant == graph.environment or tenant not in graph.nodes:
            continue
        names = "; ".join(json.dumps(identity) for identity in (tenant, *inside) if identity in graph.nodes and identity not in framed)
        framed |= {tenant, *inside}
        lines.append(f"  subgraph cluster_{number} {{ label={json.dumps(tenant)}; {names}; }}")
    lines += [f"  {json.dumps(identity)};" for identity in graph.nodes if identity not in framed and identity != graph.environment]
    lines += [
        f"  {json.dumps(edge.source)} -> {json.dumps(edge.target)} [label={json.dumps(edge.relation.value)}];"
        for edge in graph.edges
        if edge.relation is not Relation.TENANT
    ]
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(graph: Graph) -> str:
    """Mermaid, as GitHub shows it in a comment: an arrow from a document to what it needs."""
    number = {identity: f"n{index}" for index, identity in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    lines += [f'  {number[identity]}["{identity}"]' for identity in graph.nodes if identity != graph.environment]
    lines += [f"  {number[edge.source]} -->|{edge.relation}| {number[edge.target]}" for edge in graph.edges]
    return "\n".join(lines) + "\n"


def data(graph: Graph) -> dict[str, Any]:
    """Nodes and edges for programs."""
    nodes = [
        {
            "id": node.identity,
            "kind": node.identity.partition("/")[0],
            "name": node.identity.partition("/")[2],
            "parent": node.parent or None,
            "path": node.where.path,
            "line": node.where.line,
            "objects": [
                {"kind": one.kind, "namespace": one.namespace, "name": one.name, "path": one.where.path, "line": one.where.line}
                for one in node.objects
            ],
        }
        for node in graph.nodes.values()
    ]
    edges = [{"from": edge.source, "to": edge.target, "relation": edge.relation.value} for edge in graph.edges]
    return {"environment": graph.environment.partition("/")[2], "nodes": nodes, "edges": edges}
