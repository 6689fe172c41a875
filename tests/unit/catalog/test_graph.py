"""The graph of an environment, and its drawings."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import repository
from tests.repository import APPLICATION, BASIC
from transom.catalog import drawing, graph
from transom.catalog.graph import Edge, Graph, Node, Relation
from transom.errors import Location

_DATABASE = 'apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: shop}\nspec: {version: "16", size: small}\n'


@pytest.fixture
def found(tmp_path: Path) -> Graph:
    """An application with a database that waits for another one."""
    shop = APPLICATION + "  bindings: [{database: shop}]\n  dependsOn: [site]\n"
    files = {
        **BASIC,
        "applications/shop/application.yaml": shop,
        "applications/shop/database.yaml": _DATABASE,
        "applications/site/application.yaml": APPLICATION.replace("name: shop", "name: site").replace("namespace: shop", "namespace: site"),
    }
    return graph.of(repository.catalog(tmp_path, files))


def test_what_belongs_to_what(found: Graph) -> None:
    """Documents stand below their tenant, tenants and clusters below the environment, each in dependency order."""
    assert [line.text for line in drawing.owned(found, objects=True)] == [
        "Environment/dev",
        "├─ Cluster/main",
        "└─ Tenant/team-a",
        "   ├─ Application/site",
        "   ├─ Database/shop",
        "   └─ Application/shop",
        "      └─ ConfigMap/settings",
    ]


def test_why_documents_need_each_other(found: Graph) -> None:
    """Every link has its reason."""
    links = {(edge.target, edge.relation) for edge in found.links()["Application/shop"]}
    assert links == {
        ("Application/site", Relation.DEPENDS_ON),
        ("Cluster/main", Relation.CLUSTER),
        ("Database/shop", Relation.BINDING),
        ("Tenant/team-a", Relation.TENANT),
    }


def test_one_document_and_what_it_needs(found: Graph) -> None:
    """What one document needs is unfolded once; where it comes again it is only named."""
    part = graph.around(found, ["Database/shop"])
    assert [line.text for line in drawing.linked(part, "Database/shop", reverse=False, objects=False)] == [
        "Database/shop",
        "└─ Tenant/team-a (tenant)",
        "   └─ Cluster/main (cluster)",
    ]
    lines = [line.text for line in drawing.linked(found, "Application/shop", reverse=False, objects=False)]
    assert [line for line in lines if "Tenant" in line] == [
        "│  └─ Tenant/team-a (tenant)",
        "│  └─ Tenant/team-a (tenant) …",
        "└─ Tenant/team-a (tenant) …",
    ]


def test_what_needs_a_document(found: Graph) -> None:
    """The other way round: what is hit when a document goes."""
    part = graph.around(found, ["Database/shop"], reverse=True)
    assert list(part.nodes) == ["Database/shop", "Application/shop"]


def test_places_are_those_of_the_files(found: Graph) -> None:
    """Each node says where a person wrote it."""
    assert str(found.nodes["Database/shop"].where) == "applications/shop/database.yaml:1:1"
    (map_,) = found.nodes["Application/shop"].objects
    assert str(map_.where) == "applications/shop/settings.yaml:1:1"


def test_as_dot(found: Graph) -> None:
    """Every document is a node, every link but that to the tenant around it an arrow; quotes are balanced."""
    text = drawing.dot(found)
    assert text.startswith('digraph "Environment/dev" {')
    assert '"Application/shop" -> "Database/shop" [label="binding"];' in text
    assert text.count('"') % 2 == 0
    assert text.count("{") == text.count("}")
    assert {"Application/shop", "Cluster/main", "Tenant/team-a"} <= set(re.findall(r'"([^"]+)"', text))


def test_as_mermaid(found: Graph) -> None:
    """Nodes have plain ids and their names as labels."""
    text = drawing.mermaid(found)
    ids = dict(re.findall(r'^  (n\d+)\["([^"]+)"\]$', text, re.MULTILINE))
    arrows = {(ids[a], relation, ids[b]) for a, relation, b in re.findall(r"^  (n\d+) -->\|([^|]+)\| (n\d+)$", text, re.MULTILINE)}
    assert ("Application/shop", "binding", "Database/shop") in arrows
    assert len(arrows) == len(found.edges)


def test_as_data(found: Graph) -> None:
    """Programs get nodes and edges that fit together."""
    data = json.loads(json.dumps(drawing.data(found)))
    ids = {node["id"] for node in data["nodes"]}
    assert {edge[end] for edge in data["edges"] for end in ("from", "to")} <= ids
    assert {node["parent"] for node in data["nodes"]} - {None} <= ids


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] > pair[1])))
def test_any_graph_is_drawn_whole(pairs: list[tuple[int, int]]) -> None:
    """Of a graph without cycles each node that is reached is drawn, and unfolded at most once."""
    names = {number: f"Application/a{number}" for pair in pairs for number in pair} or {0: "Application/a0"}
    nodes = {name: Node(name, "", Location("x")) for name in names.values()}
    edges = tuple(sorted({Edge(names[a], names[b], Relation.DEPENDS_ON) for a, b in pairs}))
    root = max(names.values())
    part = graph.around(Graph(root, nodes, edges), [root])
    lines = list(drawing.linked(part, root, reverse=False, objects=False))
    assert {line.node.identity for line in lines if line.node} == set(part.nodes)
    assert len(lines) <= len(part.edges) + 1


def test_long_chains() -> None:
    """Thousands of documents may wait for each other in a row."""
    names = [f"Application/a{number}" for number in range(3000)]
    nodes = {name: Node(name, "", Location("x")) for name in names}
    edges = tuple(Edge(a, b, Relation.DEPENDS_ON) for a, b in itertools.pairwise(names))
    assert sum(1 for _ in drawing.linked(Graph(names[0], nodes, edges), names[0], reverse=False, objects=False)) == len(names)
