"""The graph of an environment: its documents as nodes, what belongs to what, and what needs what and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from transom.catalog.model import Catalog, Entry, Identity
from transom.errors import Location
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.kinds import KINDS


class Relation(StrEnum):
    """Why one document needs another."""

    CLUSTER = "cluster"
    TENANT = "tenant"
    BINDING = "binding"
    DEPENDS_ON = "dependsOn"
    MADE_OF = "made of"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Object:
    """A Kubernetes object of a document, and where a person wrote it."""

    kind: str
    namespace: str
    name: str
    where: Location


@dataclass(frozen=True, slots=True)
class Node:
    """A document.

    Attributes:
        identity: kind and name; the environment itself is one, too.
        parent: what it belongs to: its tenant, the claim that it is made for, or the environment; empty for the environment.
        where: the line that a person wrote.
        objects: the Kubernetes objects that belong to it.
    """

    identity: Identity
    parent: Identity
    where: Location
    objects: tuple[Object, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """`source` needs `target`, so that `target` comes first."""

    source: Identity
    target: Identity
    relation: Relation


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes, the environment first and the others in dependency order, and all edges between them, sorted."""

    environment: Identity
    nodes: Mapping[Identity, Node]
    edges: tuple[Edge, ...]

    def children(self) -> Mapping[Identity, tuple[Identity, ...]]:
        """What belongs to each node, in dependency order."""
        out: dict[Identity, list[Identity]] = defaultdict(list)
        for node in self.nodes.values():
            if node.parent:
                out[node.parent].append(node.identity)
        return {identity: tuple(below) for identity, below in out.items()}

    def links(self, *, reverse: bool = False) -> Mapping[Identity, tuple[Edge, ...]]:
        """What each node needs, or with `reverse` by what it is needed."""
        out: dict[Identity, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            out[edge.target if reverse else edge.source].append(edge)
        return {identity: tuple(edges) for identity, edges in out.items()}


def of(catalog: Catalog) -> Graph:
    """The graph of a catalog."""
    environment = f"Environment/{catalog.name}"
    makers = {made: claim for claim, entry in catalog.entries.items() if entry.kind not in KINDS for made in catalog.needs[claim]}
    nodes = {environment: Node(environment, "", catalog.environment.at())}
    for identity, entry in catalog.entries.items():
        nodes[identity] = Node(identity, _parent(catalog, identity, makers) or environment, entry.at(), _objects(catalog, identity))
    edges = (
        Edge(identity, needed, _relation(catalog, entry, needed, makers))
        for identity, entry in catalog.entries.items()
        for needed in catalog.needs[identity]
    )
    return Graph(environment, nodes, tuple(sorted(edges)))


def around(graph: Graph, identities: Iterable[Identity], *, reverse: bool = False) -> Graph:
    """The part of a graph that these documents need, over all steps; with `reverse` what needs them."""
    links = graph.links(reverse=reverse)
    todo, seen = list(identities), set(identities)
    while todo:
        for edge in links.get(todo.pop(), ()):
            other = edge.source if reverse else edge.target
            if other not in seen:
                seen.add(other)
                todo.append(other)
    nodes = {identity: node for identity, node in graph.nodes.items() if identity in seen}
    return Graph(graph.environment, nodes, tuple(edge for edge in graph.edges if edge.source in seen and edge.target in seen))


def _parent(catalog: Catalog, identity: Identity, makers: Mapping[Identity, Identity]) -> Identity:
    if identity in makers:
        return makers[identity]
    tenant = f"Tenant/{catalog.owners.get(identity)}"
    return tenant if tenant in catalog.entries else ""


def _relation(catalog: Catalog, entry: Entry[Document], needed: Identity, makers: Mapping[Identity, Identity]) -> Relation:
    kind, _, name = needed.partition("/")
    if makers.get(needed) == entry.identity:
        return Relation.MADE_OF
    if kind == "Tenant" and catalog.owners.get(entry.identity) == name:
        return Relation.TENANT
    if kind == "Cluster":
        return Relation.CLUSTER
    if isinstance(entry.document, Application):
        if any("/".join(binding.target) == needed for binding in entry.document.spec.bindings):
            return Relation.BINDING
        if any(one.identity == needed for one in entry.document.spec.depends_on):
            return Relation.DEPENDS_ON
    return Relation.NEEDS


def _objects(catalog: Catalog, identity: Identity) -> tuple[Object, ...]:
    manifests = catalog.manifests.get(identity, ())
    found = (Object(manifest.kind, manifest.namespace, manifest.name, manifest.at()) for manifest in manifests)
    return tuple(sorted(found, key=lambda one: (one.kind, one.namespace, one.name)))
