"""CustomResourceDefinitions: a document that declares kinds becomes a pack of their schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from transom.apischema import nodes
from transom.apischema.nodes import Table
from transom.apischema.packs import Kind, Pack

GROUP = "apiextensions.k8s.io"
KIND = "CustomResourceDefinition"


def is_definition(data: Mapping[str, Any]) -> bool:
    """Whether a document declares a kind."""
    return data.get("kind") == KIND and str(data.get("apiVersion", "")).partition("/")[0] == GROUP


def pack(definitions: Iterable[Mapping[str, Any]], about: str, *, unserved: bool = False) -> Pack:
    """The kinds that definitions declare, in every version that they serve; what is malformed in one is left out, not told.

    Of two that declare the same kind the first counts. A version without a schema takes anything. With `unserved` the versions that are no
    longer served count, too, and say so.
    """
    table = Table()
    kinds: dict[str, dict[str, Kind]] = {}
    for definition in definitions:
        spec = _mapping(definition.get("spec"))
        kind, group = _mapping(spec.get("names")).get("kind"), spec.get("group")
        versions = spec.get("versions")
        if not (isinstance(kind, str) and isinstance(group, str) and isinstance(versions, list)):
            continue
        for version in map(_mapping, versions):
            if isinstance(version.get("name"), str) and (unserved or version.get("served") is not False):
                schema = _mapping(_mapping(version.get("schema")).get("openAPIV3Schema")) or {"x-kubernetes-preserve-unknown-fields": True}
                subresources = _mapping(version.get("subresources"))
                found = Kind(
                    _rooted(nodes.structural(schema, table), table),
                    spec.get("scope") != "Cluster",
                    custom=True,
                    status="status" in subresources,
                    note=_note(version),
                )
                kinds.setdefault(f"{group}/{version['name']}", {}).setdefault(kind, found)
    return Pack(about, kinds, table.nodes)


def _rooted(number: int, table: Table) -> int:
    """A custom resource has apiVersion, kind and metadata, whether its schema says so or not."""
    node = table.nodes[number]
    texts = {word: table.put({"type": "string"}) for word in ("apiVersion", "kind")}
    properties = {**node.get("properties", {}), **texts, "metadata": table.put({"type": "object", "open": True})}
    return table.put({**node, "type": "object", "properties": properties})


def _note(version: Mapping[str, Any]) -> str:
    if version.get("served") is False:
        return "is no longer served by the newest version of its definition"
    if version.get("deprecated") is not True:
        return ""
    said = version.get("deprecationWarning")
    return said if isinstance(said, str) and said else "is deprecated"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
