"""Holds the schema of a definition to what a structural OpenAPI v3 schema may say (Kubernetes: custom resources, structural schemas).

What has no effect here is refused rather than passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from transom.catalog.composites.complaints import Complaint
from transom.catalog.validate import near
from transom.rendering.yamltext import Path_
from transom.specs.composite import RESERVED_FIELDS

_ANYWHERE = frozenset({"type", "description", "title", "default", "enum", "nullable", "example", "x-kubernetes-validations"})
_BY_TYPE: Mapping[str, frozenset[str]] = {
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"}),
    "boolean": frozenset(),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems", "x-kubernetes-list-type", "x-kubernetes-list-map-keys"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "x-kubernetes-preserve-unknown-fields"}
    ),
}
_INT_OR_STRING = "x-kubernetes-int-or-string"
_FREE = "x-kubernetes-preserve-unknown-fields"
_LOGIC = frozenset({"oneOf", "anyOf", "allOf", "not"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
FORMATS: Mapping[str, frozenset[str]] = {
    "string": frozenset({"date", "date-time", "duration", "ipv4", "ipv6", "cidr", "uri", "email", "hostname", "uuid", "byte"}),
    "integer": frozenset({"int32", "int64"}),
    "number": frozenset({"float", "double"}),
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"in", "true", "false", "null"})
"""Names that CEL cannot read as a field."""
_DEEPEST = 20


def check(schema: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    """What is wrong with the schema of a claim's spec, which stands at `path`."""
    if "openAPIV3Schema" in schema:
        hint = "write here what stands below openAPIV3Schema.properties.spec"
        yield Complaint((*path, "openAPIV3Schema"), "InvalidSchema", "the schema is that of spec alone", hint, of_key=True)
        return
    if schema.get("type") != "object":
        yield Complaint(path, "InvalidSchema", "the schema of spec must be of type object", "begin with type: object and properties")
        return
    properties = schema.get("properties")
    for name in RESERVED_FIELDS:
        if isinstance(properties, dict) and name in properties:
            yield Complaint((*path, "properties", name), "InvalidSchema", f"every claim has {name} already", "remove it", of_key=True)
    yield from _schema(schema, path)


def _schema(schema: Any, path: Path_) -> Iterator[Complaint]:
    if not isinstance(schema, dict):
        yield Complaint(path, "InvalidSchema", "a schema is a mapping", "begin with type:")
        return
    if len(path) > 3 * _DEEPEST:
        yield Complaint(path, "InvalidSchema", "the schema is nested too deeply", f"{_DEEPEST} levels are the most")
        return
    kind = schema.get("type")
    if schema.get(_INT_OR_STRING) is True:
        yield from _unknown(schema, path, _ANYWHERE - {"type"} | {_INT_OR_STRING, "pattern", "anyOf"})
        return
    if kind is None and schema.get(_FREE) is True:
        yield from _unknown(schema, path, _ANYWHERE | {_FREE})
        return
    if not isinstance(kind, str) or kind not in _BY_TYPE:
        place = (*path, "type") if "type" in schema else path
        told = f'type "{kind}" is not known' if "type" in schema else "type is missing"
        yield Complaint(place, "InvalidSchema", told, f"write one of {', '.join(_BY_TYPE)}")
        return
    yield from _unknown(schema, path, _ANYWHERE | _BY_TYPE[kind])
    yield from _numbers(schema, path)
    yield from _text(schema, path, kind)
    yield from _enum(schema, path, kind)
    if kind == "array":
        yield from _array(schema, path)
    if kind == "object":
        yield from _object(schema, path)


def _unknown(schema: Mapping[str, Any], path: Path_, known: frozenset[str]) -> Iterator[Complaint]:
    for keyword in schema:
        if keyword in known:
            continue
        if keyword in _LOGIC:
            hint = "write it as a rule: x-kubernetes-validations: [{rule: …, message: …}]"
        elif keyword == "$ref":
            hint = "write out what it points at"
        elif keyword == "x-kubernetes-map-type":
            hint = "remove it: it says how an API server merges"
        else:
            hint = near(str(keyword), known)
        yield Complaint((*path, keyword), "InvalidSchema", f"{keyword} cannot stand here", hint, of_key=True)
    if not isinstance(schema.get("nullable", False), bool):
        yield Complaint((*path, "nullable"), "InvalidSchema", "nullable must be true or false")


def _numbers(schema: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    for keyword in sorted(_COUNTS & set(schema)):
        value = schema[keyword]
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield Complaint((*path, keyword), "InvalidSchema", f"{keyword} must be a whole number from 0")
    for keyword in ("minimum", "maximum", "multipleOf"):
        value = schema.get(keyword, 1)
        if not isinstance(value, int | float) or isinstance(value, bool) or (keyword == "multipleOf" and value <= 0):
            yield Complaint((*path, keyword), "InvalidSchema", f"{keyword} must be a number{' above 0' * (keyword == 'multipleOf')}")
    for keyword, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if keyword in schema and not isinstance(schema[keyword], bool):
            yield Complaint((*path, keyword), "InvalidSchema", f"{keyword} is true or false in OpenAPI v3", f"write the number as {bound}")
        elif schema.get(keyword) and bound not in schema:
            yield Complaint((*path, keyword), "InvalidSchema", f"{keyword} needs {bound} beside it")
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties")):
        if isinstance(schema.get(low), int | float) and isinstance(schema.get(high), int | float) and schema[low] > schema[high]:
            yield Complaint((*path, low), "InvalidSchema", f"{low} {schema[low]} is more than {high} {schema[high]}")


def _text(schema: Mapping[str, Any], path: Path_, kind: str) -> Iterator[Complaint]:
    if "pattern" in schema:
        try:
            re.compile(schema["pattern"])
        except (re.error, TypeError) as error:
            yield Complaint((*path, "pattern"), "InvalidSchema", f"pattern is no regular expression: {error}", "write one, in quotes")
    if "format" in schema and kind in FORMATS and schema["format"] not in FORMATS[kind]:
        secret = schema["format"] == "password"
        hint = "a secret must not stand in Git: let a Database generate it" if secret else near(str(schema["format"]), FORMATS[kind])
        yield Complaint((*path, "format"), "InvalidSchema", f'format "{schema["format"]}" is not known', hint)


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,),
}  # fmt: skip


def _enum(schema: Mapping[str, Any], path: Path_, kind: str) -> Iterator[Complaint]:
    if "enum" not in schema:
        return
    values = schema["enum"]
    if not isinstance(values, list) or not values:
        yield Complaint((*path, "enum"), "InvalidSchema", "enum must be a list of values")
        return
    if kind in ("array", "object"):
        yield Complaint((*path, "enum"), "InvalidSchema", f"enum of {kind}s is not supported", "write a rule in x-kubernetes-validations")
        return
    for index, value in enumerate(values):
        if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind != "boolean"):
            hint = "put it in quotes" if kind == "string" else ""
            yield Complaint((*path, "enum", index), "InvalidSchema", f"enum value {value} is not of type {kind}", hint)
        elif value in values[:index]:
            yield Complaint((*path, "enum", index), "InvalidSchema", f"enum has {value} twice", "remove one of the two")


def _array(schema: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    if "items" not in schema:
        yield Complaint(path, "InvalidSchema", "items is missing", "say what the list holds: items: {type: string}")
        return
    yield from _schema(schema["items"], (*path, "items"))
    list_type = schema.get("x-kubernetes-list-type", "atomic")
    keys = schema.get("x-kubernetes-list-map-keys")
    if list_type not in ("atomic", "set", "map"):
        yield Complaint((*path, "x-kubernetes-list-type"), "InvalidSchema", f'"{list_type}" is not known', "write atomic, set or map")
    elif (list_type == "map") != bool(keys):
        yield Complaint(path, "InvalidSchema", "x-kubernetes-list-type: map and x-kubernetes-list-map-keys go together")
    elif keys:
        below = schema["items"].get("properties") if isinstance(schema["items"], dict) else None
        properties = below if isinstance(below, dict) else {}
        for index, key in enumerate(keys if isinstance(keys, list) else [keys]):
            if not isinstance(key, str) or key not in properties:
                place = (*path, "x-kubernetes-list-map-keys", index)
                yield Complaint(place, "InvalidSchema", f"items have no property {key}", near(str(key), properties))


def _object(schema: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        yield Complaint((*path, "properties"), "InvalidSchema", "properties must be a mapping of names to schemas")
        return
    if "additionalProperties" in schema:
        if properties:
            told = "properties and additionalProperties exclude each other"
            yield Complaint((*path, "additionalProperties"), "InvalidSchema", told, "name the fields, or leave them free", of_key=True)
        elif isinstance(schema["additionalProperties"], bool):
            hint = f"write a schema, e.g. {{type: string}}, or {_FREE}: true"
            yield Complaint((*path, "additionalProperties"), "InvalidSchema", "additionalProperties must be a schema", hint)
        else:
            yield from _schema(schema["additionalProperties"], (*path, "additionalProperties"))
    yield from _properties(properties, path)
    required = schema.get("required", [])
    if not isinstance(required, list):
        hint = "list the names beside properties: required: [size]"
        yield Complaint((*path, "required"), "InvalidSchema", "required must be a list of names", hint)
        return
    for index, name in enumerate(required):
        if not isinstance(name, str) or name not in properties:
            told = f"required names {name}, which is not among properties"
            yield Complaint((*path, "required", index), "InvalidSchema", told, near(str(name), properties))


def _properties(properties: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    for name, below in properties.items():
        place = (*path, "properties", name)
        if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name) or name in _WORDS:
            hint = "write letters, digits and underscores, as in storageSize; expressions must be able to name it"
            yield Complaint(place, "InvalidSchema", f'"{name}" cannot be a property', hint, of_key=True)
            continue
        folded = name.replace("_", "").lower()
        if folded in seen:
            yield Complaint(place, "InvalidSchema", f"{name} and {seen[folded]} are too alike", "rename one of the two", of_key=True)
        seen[folded] = name
        yield from _schema(below, place)
