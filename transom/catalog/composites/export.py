"""Defined kinds for others: JSON Schemas for editors, and CustomResourceDefinitions for who wants the kinds in a cluster, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transom.catalog.composites.definitions import Kind
from transom.catalog.composites.parts import Definition
from transom.catalog.composites.templates import Leaf
from transom.expressions import shapes
from transom.expressions.shapes import ListOf, MapOf, Maybe, Scalar, Shape, Struct
from transom.specs.schema import of as of_kind

_TENANT = {"type": "string", "description": "The tenant that owns it; that of the application beside it when left out."}
_REVISION = {"type": "integer", "minimum": 1, "description": "The revision of the definition that it stays with."}
_JSON = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind's claims, that of its default revision."""
    definition = kind.revisions[kind.default]
    spec = _json(_with_own(definition, revisions=sorted(kind.revisions)))
    metadata = of_kind("Bucket")["$defs"]["Metadata"]
    required = ["apiVersion", "kind", "metadata", *(["spec"] if _source(definition).get("required") else [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.kind,
        "type": "object",
        "properties": {
            "apiVersion": {"const": kind.api_version},
            "kind": {"const": kind.kind},
            "metadata": metadata,
            "spec": spec,
        },
        "required": required,
        "additionalProperties": False,
    }


def definition(kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The CustomResourceDefinition of one kind in all its versions, the last of them stored."""
    first = next(iter(kinds.values()))
    spec = first.revisions[first.default].entry.document.spec
    plural = spec.plural or f"{spec.kind.lower()}s"
    versions = sorted(kinds, key=lambda version: (version.count("alpha") == 0 and version.count("beta") == 0, version))
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{spec.group}"},
        "spec": {
            "group": spec.group,
            "names": {"kind": spec.kind, "plural": plural, "singular": spec.kind.lower(), "listKind": f"{spec.kind}List"},
            "scope": "Namespaced",
            "versions": [_version(version, kinds[version], stored=version == versions[-1]) for version in versions],
        },
    }


def _version(version: str, kind: Kind, *, stored: bool) -> dict[str, Any]:
    found = kind.revisions[kind.default]
    properties: dict[str, Any] = {"spec": _structural(_with_own(found, revisions=[]))}
    if found.status:
        status = {name: _of_shape(leaf.shape) if isinstance(leaf, Leaf) else {"type": "string"} for name, leaf in found.status.items()}
        properties["status"] = {"type": "object", "properties": status}
    return {
        "name": version,
        "served": True,
        "storage": stored,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}},
        "subresources": {"status": {}},
    }


def _source(found: Definition) -> dict[str, Any]:
    source: dict[str, Any] = found.entry.data["spec"]["schema"]
    return source


def _with_own(found: Definition, *, revisions: list[int]) -> dict[str, Any]:
    """The schema of spec with the fields that every claim has."""
    source = _source(found)
    own = {"tenant": _TENANT, "revision": {**_REVISION, **({"enum": revisions} if revisions else {})}}
    return {**source, "properties": {**own, **source.get("properties", {})}}


def _json(source: Mapping[str, Any]) -> dict[str, Any]:
    """An OpenAPI v3 schema as JSON Schema has it."""
    if source.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"], **_kept(source, "description", "default")}
    out = {key: value for key, value in source.items() if not key.startswith("x-kubernetes-") and key not in _SPECIAL}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if source.get(exclusive) and bound in out:
            out[exclusive] = out.pop(bound)
    said = {"uniqueItems": source.get("x-kubernetes-list-type") == "set", "examples": [source["example"]] if "example" in source else []}
    out |= {key: value for key, value in said.items() if value}
    if source.get("nullable") and "type" in out:
        out["type"] = [out["type"], "null"]
    return out | _below(source)


def _below(source: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "properties" in source:
        out["properties"] = {name: _json(below) for name, below in source["properties"].items()}
    if source.get("type") == "object" and "additionalProperties" not in source:
        out["additionalProperties"] = bool(source.get("x-kubernetes-preserve-unknown-fields"))
    for key in ("items", "additionalProperties"):
        if isinstance(source.get(key), dict):
            out[key] = _json(source[key])
    return out


_SPECIAL = frozenset({"nullable", "exclusiveMinimum", "exclusiveMaximum", "example"})


def _structural(source: Mapping[str, Any]) -> dict[str, Any]:
    """As an API server takes it: `uniqueItems` is a list type there, and formats that it does not know are only remarks."""
    out: dict[str, Any] = {key: value for key, value in source.items() if key != "uniqueItems"}
    if source.get("uniqueItems"):
        out["x-kubernetes-list-type"] = "set"
    if "properties" in source:
        out["properties"] = {name: _structural(below) for name, below in source["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(source.get(key), dict):
            out[key] = _structural(source[key])
    return out


def _of_shape(shape: Shape) -> dict[str, Any]:
    match shape:
        case Scalar(name) if name in _JSON:
            return {"type": _JSON[name]}
        case ListOf(item):
            return {"type": "array", "items": _of_shape(item)}
        case MapOf(value):
            return {"type": "object", "additionalProperties": _of_shape(value)}
        case Maybe(value):
            return _of_shape(value)
        case Struct(_, fields):
            return {"type": "object", "properties": {name: _of_shape(field.shape) for name, field in fields.items()}}
        case _:
            return {"x-kubernetes-preserve-unknown-fields": True} if shape != shapes.NULL else {"type": "object", "nullable": True}


def _kept(source: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: source[key] for key in keys if key in source}
