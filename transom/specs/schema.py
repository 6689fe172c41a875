"""JSON Schemas of all kinds, for editors: made from the models, so that they say the same."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from transom.specs.base import Spec
from transom.specs.kinds import KINDS


def of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind."""
    schema = KINDS[kind].model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    _describe(schema, KINDS[kind], definitions)
    for model in _models(Spec):
        if model.__name__ in definitions:
            _describe(definitions[model.__name__], model, definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **_closed(_without_titles(schema))}


def patch_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a patch of one kind, as overlays hold them: nothing but kind and name is needed, and null takes a field away."""
    body = of(kind)
    patch: dict[str, Any] = _loose(body)
    patch |= {"title": f"patch of {kind}", "required": ["apiVersion", "kind", "metadata"]}
    patch["$defs"]["Metadata"]["required"] = ["name"]
    for name in ("apiVersion", "kind", "metadata"):
        patch["properties"][name] = body["properties"][name]
    patch["$defs"]["Metadata"]["properties"]["name"] = body["$defs"]["Metadata"]["properties"]["name"]
    return patch


_COMPLETE = frozenset({"required", "oneOf", "if", "then", "else", "minItems", "minProperties", "default"})
"""What holds for whole documents only."""


def _loose(schema: Any) -> Any:
    """A schema without what a part of a document cannot keep; every field of a mapping may be null."""
    if isinstance(schema, list):
        return [_loose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            out[key] = {name: _nullable(_loose(one)) if key == "properties" else _loose(one) for name, one in value.items()}
        elif key == "anyOf" and all(one.keys() == {"required"} for one in value):
            continue
        elif key not in _COMPLETE or (key == "oneOf" and not any("required" in one or "maxProperties" in one for one in value)):
            out[key] = _loose(value)
    return out


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or null; what editors show of a field stays beside it."""
    shown: dict[str, Any] = {key: schema[key] for key in ("description", "examples", "x-immutable", "x-forward") if key in schema}
    rest = {key: value for key, value in schema.items() if key not in shown}
    return {**shown, "anyOf": [rest, {"type": "null"}]} if rest else schema


def text(kind: str) -> str:
    """The schema as the file that is kept in the repository."""
    return json.dumps(of(kind), indent=2, ensure_ascii=False) + "\n"


def files() -> dict[str, str]:
    """Every schema file by its path below `schemas/`: `Database.json`, and `patches/Database.json` for patches of overlays."""
    found = {f"{kind}.json": text(kind) for kind in KINDS}
    return found | {f"patches/{kind}.json": json.dumps(patch_of(kind), indent=2, ensure_ascii=False) + "\n" for kind in KINDS}


def _describe(schema: dict[str, Any], model: type[Spec], definitions: Mapping[str, Any]) -> None:
    """Gives each property of a model's schema the docstring of its field, unless what it refers to says the same."""
    schema = next((one for one in schema.get("anyOf", ()) if "properties" in one), schema)  # what may be written in two ways
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Spec):
            texts |= _docstrings(base)
    for name, field in model.model_fields.items():
        key = field.alias or name
        property_ = schema.get("properties", {}).get(key)
        if name not in texts or property_ is None:
            continue
        referred = definitions.get(str(property_.get("$ref")).rpartition("/")[2], {})
        if referred.get("description") != texts[name]:
            described = {"description": texts[name], **property_}
            schema["properties"][key] = dict(sorted(described.items()))  # in the order that pydantic gives all others


def _docstrings(model: type[Spec]) -> dict[str, str]:
    """The texts that stand below a class's annotated attributes, by attribute."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in itertools.pairwise(getattr(body, "body", ()))
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _models(model: type[Spec]) -> Iterator[type[Spec]]:
    for below in model.__subclasses__():
        yield below
        yield from _models(below)


def _without_titles(schema: Any) -> Any:
    """Without the titles that pydantic makes of names: they say nothing that the names do not."""
    if isinstance(schema, dict):
        return {
            key: {name: _without_titles(inner) for name, inner in value.items()}
            if key in ("properties", "$defs")
            else _without_titles(value)
            for key, value in schema.items()
            if key != "title"
        }
    return [_without_titles(item) for item in schema] if isinstance(schema, list) else schema


def _closed(schema: Any) -> Any:
    """Mappings whose keys have a pattern refuse other keys, as the models do."""
    if isinstance(schema, dict):
        closed = {key: _closed(value) for key, value in schema.items()}
        return {**closed, "additionalProperties": False} if "patternProperties" in schema else closed
    return [_closed(item) for item in schema] if isinstance(schema, list) else schema
