"""What the real provider's schema says of each resource type, from the generated `schema.json` beside this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

Kind = Literal["string", "number", "bool", "map", "list", "set", "object", "any"]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource type or of a nested block.

    Attributes:
        flags: of r required, o optional, c computed, s sensitive, d deprecated, n newer than provider 5.100.
        kind: what it is; `any` is a shape that the stand-in does not implement.
        element: what a map, list or set of plain values holds.
        properties: the members of an object, or of each element of a list or set; empty for plain values.
    """

    flags: str
    kind: Kind
    element: Kind
    properties: Mapping[str, Property]

    @property
    def required(self) -> bool:
        """Tell whether a program must give it."""
        return "r" in self.flags

    @property
    def given(self) -> bool:
        """Tell whether a program may give it."""
        return "r" in self.flags or "o" in self.flags

    @property
    def computed(self) -> bool:
        """Tell whether AWS fills it in where a program does not."""
        return "c" in self.flags

    @property
    def sensitive(self) -> bool:
        """Tell whether its value is a secret whatever the program says."""
        return "s" in self.flags


@cache
def resource(token: str) -> Mapping[str, Property]:
    """Give the properties of a resource type by their Pulumi names. Raises KeyError for a type the file does not hold."""
    return _properties(_content()["resources"][token])


@cache
def invoke(token: str) -> frozenset[str]:
    """Give the names of the arguments the real function takes."""
    return frozenset(_content()["invokes"][token])


@cache
def provider(part: str) -> frozenset[str]:
    """Give the names of the provider's `inputs`, or of the members of its `endpoints`, `defaultTags`, `ignoreTags`, `assumeRoles`."""
    return frozenset(_content()["provider"][part])


@cache
def _content() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("schema.json").read_text("utf-8"))
    return loaded


def _properties(rows: Mapping[str, Any]) -> Mapping[str, Property]:
    return {name: _property(row) for name, row in rows.items()}


def _property(row: list[Any]) -> Property:
    flags: str = row[0]
    kind: Any = row[1]
    if isinstance(kind, list):
        inner: Any = kind[1] if isinstance(kind[1], str) else "any"
        return Property(flags, kind[0], inner, {})
    return Property(flags, kind, "any", _properties(row[2]) if len(row) > 2 else {})  # noqa: PLR2004 - [flags, kind, members]
