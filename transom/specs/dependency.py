"""What a document waits for: another document, by kind and name."""

from __future__ import annotations

from typing import Any

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from transom.specs.base import Spec
from transom.specs.scalars import Kind, Name


class DependencySpec(Spec):
    """A document that must be up first: `ledger` is an Application, `Database/shop` any kind; or `{kind, name}`."""

    kind: Kind = "Application"
    """Kind of the document."""
    name: Name
    """Name of the document."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: object) -> object:
        if not isinstance(data, str):
            return data
        kind, slash, name = data.rpartition("/")
        return {"kind": kind, "name": name} if slash else {"name": name}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A text, or a mapping."""
        described = handler.resolve_ref_schema(handler(schema))
        text = {"type": "string", "pattern": r"^([A-Z][A-Za-z0-9]*/)?[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"}
        return {"anyOf": [text, dict(described)], "examples": ["ledger", "Database/shop"]}

    @property
    def identity(self) -> str:
        """E.g. `Database/shop`."""
        return f"{self.kind}/{self.name}"

    def __str__(self) -> str:
        return self.name if self.kind == "Application" else self.identity
