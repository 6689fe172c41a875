"""What all documents share: the frozen base, metadata, references and label selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

from transom.specs.scalars import Name

T = TypeVar("T")

API_VERSION = "transom.dev/v1"
"""The group and version of every document of ours."""

IMMUTABLE: dict[str, JsonValue] = {"x-immutable": True}
"""Extra of a field whose value holds for as long as the thing exists: editors may show it, `transom validate --base` refuses a change."""

FORWARD: dict[str, JsonValue] = {"x-forward": True}
"""Extra of a field whose value goes up and never down: a version, a size."""


class Spec(BaseModel):
    """Frozen, exact, camelCase in documents and snake_case here; a field has one spelling, the one its JSON Schema shows.

    The docstrings of fields are the schema's descriptions. `schema.py` reads them: pydantic's `use_attribute_docstrings` would parse the
    sources anew in each run of every program, for a third of what importing the models takes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


def first_twice(items: Iterable[T]) -> T | None:
    """The first item that was there before; None when all differ."""
    seen: set[T] = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None


LabelKey = Annotated[str, StringConstraints(pattern=r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$")]


class Metadata(Spec):
    """Who a document is."""

    name: Name
    """Unique per kind in an environment. Part of the name in state: renaming means another resource."""
    namespace: Name | None = None
    """Set by a kustomization's namespace field; Applications say theirs in `spec.destination`."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels, e.g. for selectors."""
    annotations: dict[str, str] = Field(default_factory=dict)
    """Free text that Transom keeps and does not read."""


class Selector(Spec):
    """Chooses by labels: all of `matchLabels` must be equal."""

    match_labels: dict[LabelKey, LabelValue] = Field(min_length=1)
    """Labels that must all be there with these values."""

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether `labels` holds all that is asked."""
        return all(labels.get(key) == value for key, value in self.match_labels.items())


class Document(Spec):
    """Base of every kind: the four fields that Kustomize knows how to patch."""

    api_version: Literal["transom.dev/v1"]
    """Always transom.dev/v1."""
    metadata: Metadata
    """Name and labels."""
