"""The parts of a definition that has been read: what its resources are, compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.rules import Rule
from transom.catalog.composites.scopes import Scopes
from transom.catalog.composites.templates import Leaf, Template
from transom.catalog.model import Entry
from transom.expressions import shapes
from transom.rendering.yamltext import Path_
from transom.specs.composite import CompositeDefinition

GroupKind = tuple[str, str]
"""apiVersion and kind."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One list that a resource is repeated over."""

    name: str
    items: Leaf


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a definition, compiled; `parts` is its template as it is filled in, constants settled."""

    id: str
    index: int
    api_version: str
    kind: str
    include_when: tuple[Leaf, ...]
    loops: tuple[Loop, ...]
    ready_when: tuple[Leaf, ...]
    name: Leaf | str | None
    template: Mapping[str, Template]
    parts: Mapping[str, Template]

    @property
    def path(self) -> Path_:
        """Where it stands in the definition's document."""
        return ("spec", "resources", self.index)


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition without mistakes.

    Attributes:
        entry: its document.
        model: what claims may say.
        spec: the shape of a claim's spec.
        rules: what claims are held to beside the model.
    """

    entry: Entry[CompositeDefinition]
    model: type[BaseModel]
    spec: Mapping[str, shapes.Field]
    rules: tuple[Rule, ...]
    scopes: Scopes
    resources: tuple[Resource, ...]
    connection: Mapping[str, Leaf | str]
    status: Mapping[str, Leaf | str]

    @property
    def revision(self) -> int:
        """Its number."""
        return self.entry.document.spec.revision


@dataclass(slots=True)
class Head:
    """What other definitions need to know of one: its kind and its schema."""

    entry: Entry[CompositeDefinition]
    complaints: list[Complaint] = field(default_factory=list)
    model: type[BaseModel] | None = None
    fields: Mapping[str, shapes.Field] = field(default_factory=dict)

    @property
    def key(self) -> GroupKind:
        """Group, version and kind of its claims."""
        spec = self.entry.document.spec
        return f"{spec.group}/{spec.version}", spec.kind
