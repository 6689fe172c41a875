"""Nodes: the shape that schemas have here, and how OpenAPI documents and structural schemas become it.

A node is a small JSON object with the words of JSON Schema that Kubernetes uses, in which a schema inside a schema is the number of another
node. Nodes that say the same are one node: a pod template is kept once, however many kinds embed it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Node = dict[str, Any]
"""Words: `type` (object, array, string, integer, number, boolean, quantity, int-or-string; none of them: anything), `properties`,
`required`, `values` (of a map), `names` (the format of a map's keys), `items`, `enum`, `format`, `keys` (of a list that is a map; empty for
a set), `default`, `nullable`, `open` (fields that the schema does not name are kept), `embedded` (a whole object), the limits of JSON
Schema, `anyOf`, `oneOf`, `allOf`, `not`."""

_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_NUMBERS = (
    "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
)  # fmt: skip
_JUNCTORS = ("anyOf", "oneOf", "allOf")
_REF = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg."
_KNOWN: Mapping[str, Node] = {
    f"{_META}api.resource.Quantity": {"type": "quantity"},
    f"{_META}util.intstr.IntOrString": {"type": "int-or-string"},
    f"{_META}apis.meta.v1.Time": {"type": "string", "format": "date-time"},
    f"{_META}apis.meta.v1.MicroTime": {"type": "string", "format": "date-time"},
    f"{_META}apis.meta.v1.Duration": {"type": "string", "format": "duration"},
    f"{_META}apis.meta.v1.FieldsV1": {"type": "object", "open": True},
    f"{_META}runtime.RawExtension": {"type": "object", "open": True},
}
"""Types that OpenAPI describes in words only."""


Refined = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""A named schema with what is known of it beside; a map's key format stands in `x-names`."""


class Table:
    """Nodes by number; `add` gives the number of a schema."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._numbers: dict[str, int] = {}

    def put(self, node: Node) -> int:
        """The number of a node; equal ones have one number."""
        key = json.dumps(node, sort_keys=True)
        if key not in self._numbers:
            self._numbers[key] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[key]

    def reserve(self) -> int:
        """A number for a node that is filled in later: schemas may contain themselves."""
        self.nodes.append({})
        return len(self.nodes) - 1


class OpenApi:
    """Schemas of an OpenAPI v3 document as Kubernetes' API server gives it."""

    def __init__(self, schemas: Mapping[str, Any], table: Table, refined: Refined = lambda _, schema: schema) -> None:
        self.schemas = schemas
        self.refined = refined
        self.table = table
        self._named: dict[str, int] = {}

    def named(self, name: str) -> int:
        """The number of the schema of that name."""
        if name not in self._named:
            if name in _KNOWN:
                self._named[name] = self.table.put(dict(_KNOWN[name]))
            else:
                self._named[name] = self.table.reserve()
                self.table.nodes[self._named[name]] = self._node(self.refined(name, self.schemas[name]))
        return self._named[name]

    def _number(self, schema: Mapping[str, Any]) -> int:
        inner = schema.get("allOf") or ([schema] if "$ref" in schema else [])
        if len(inner) == 1 and "$ref" in inner[0]:
            return self.named(inner[0]["$ref"].removeprefix(_REF))
        return self.table.put(self._node(schema))

    def _node(self, schema: Mapping[str, Any]) -> Node:
        return _node(schema, self._number)


def structural(schema: Mapping[str, Any], table: Table) -> int:
    """The number of a structural schema, as a CustomResourceDefinition has it.

    Source of its words: Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions".
    """
    return table.put(_node(schema, lambda inner: structural(inner, table)))


def _node(schema: Mapping[str, Any], number: Any) -> Node:
    """A node from a schema. What is no schema in it is left out: people write definitions, and these are held to their own schema."""
    if schema.get("x-kubernetes-int-or-string") is True:
        node: Node = {"type": "int-or-string", **_limits(schema)}
    else:
        node = {**_said(schema), **_limits(schema), **_junctors(schema, number)}
    if isinstance(properties := schema.get("properties"), dict):
        node["properties"] = {str(name): number(inner) for name, inner in properties.items() if isinstance(inner, dict)}
    if required := _texts(schema.get("required")):
        node["required"] = required
    values = schema.get("additionalProperties")
    if isinstance(values, dict) and values:
        node["values"] = number(values)
    elif values is True or values == {}:
        node["open"] = True
    if isinstance(items := schema.get("items"), dict):
        node["items"] = number(items)
        if schema.get("x-kubernetes-list-type") in ("map", "set"):
            node["keys"] = _texts(schema.get("x-kubernetes-list-map-keys"))
    for word, flag in _FLAGS.items():
        if schema.get(word) is True:
            node[flag] = True
    return node


_FLAGS = {"nullable": "nullable", "x-kubernetes-preserve-unknown-fields": "open", "x-kubernetes-embedded-resource": "embedded"}


def _said(schema: Mapping[str, Any]) -> Node:
    """Type, format, words, default."""
    node: Node = {}
    if isinstance(schema.get("type"), str) and schema["type"] in _TYPES:
        node["type"] = schema["type"]
    for word in ("format", "x-names"):
        if isinstance(schema.get(word), str):
            node[word.removeprefix("x-")] = schema[word]
    if isinstance(schema.get("enum"), list):
        node["enum"] = schema["enum"]
    if schema.get("default") is not None:
        node["default"] = schema["default"]
    return node


def _limits(schema: Mapping[str, Any]) -> Node:
    node: Node = {word: schema[word] for word in _NUMBERS if isinstance(schema.get(word), int | float)}
    node |= {word: True for word in ("exclusiveMinimum", "exclusiveMaximum") if schema.get(word) is True}
    if isinstance(schema.get("pattern"), str):
        node["pattern"] = schema["pattern"]
    return node


def _junctors(schema: Mapping[str, Any], number: Any) -> Node:
    node: Node = {}
    for word in _JUNCTORS:
        if isinstance(parts := schema.get(word), list):
            node[word] = [number(part) for part in parts if isinstance(part, dict)]
    if isinstance(schema.get("not"), dict):
        node["not"] = number(schema["not"])
    return node


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def used(nodes: list[Node], roots: Mapping[str, int]) -> tuple[list[Node], dict[str, int]]:
    """What can be reached from `roots`, numbered anew, and the roots' new numbers."""
    order: dict[int, int] = {}
    waiting = list(dict.fromkeys(roots.values()))
    for number in waiting:
        if number not in order:
            order[number] = len(order)
            waiting += [child for child in children(nodes[number]) if child not in order]
    kept = [renumbered(nodes[number], order) for number in order]
    return kept, {name: order[number] for name, number in roots.items()}


def children(node: Node) -> Iterator[int]:
    """The numbers that a node names."""
    yield from node.get("properties", {}).values()
    yield from (node[word] for word in ("values", "items", "not") if word in node)
    for word in _JUNCTORS:
        yield from node.get(word, ())


def renumbered(node: Node, order: Mapping[int, int]) -> Node:
    """The node with the numbers that it names replaced by those of `order`."""
    out = dict(node)
    if "properties" in out:
        out["properties"] = {name: order[number] for name, number in out["properties"].items()}
    out |= {word: order[out[word]] for word in ("values", "items", "not") if word in out}
    return out | {word: [order[number] for number in out[word]] for word in _JUNCTORS if word in out}
