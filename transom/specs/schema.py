"""JSON Schemas of all kinds, for editors: made from the models, so that they say the same."""

from __future__ import annotations

import json
from typing import Any

from transom.specs.kinds import KINDS


def of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind."""
    schema = KINDS[kind].model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **_without_titles(schema)}


def text(kind: str) -> str:
    """The schema as the file that is kept in the repository."""
    return json.dumps(of(kind), indent=2, ensure_ascii=False) + "\n"


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
