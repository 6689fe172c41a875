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


def text(kind: str) -> str:
    """The schema as the file that is kept in the repository."""
    return json.dumps(of(kind), indent=2, ensure_ascii=False) + "\n"


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
