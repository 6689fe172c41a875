"""Which drift of an environment is nobody's business."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Bool

Pattern = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S+$")]
"""Text in which `*` stands for anything."""


class IgnoreSpec(Spec):
    """Differences that are told as left out and never put back; in patterns `*` stands for anything."""

    type: Pattern
    """Type of the resources, e.g. `kubernetes:apps/v1:Deployment` or `aws:rds/*`, as the report writes it."""
    name: Pattern = "*"
    """Name of the resources as the report writes it, e.g. `dev/shop/web`."""
    path: Pattern = "*"
    """The property, with all that lies in it, e.g. `spec.replicas` or `metadata.annotations["example.com/*"]`."""
    manager: Pattern | None = None
    """Only what was set under this name, e.g. `my-operator`; Kubernetes objects only."""
    unmanaged: Bool = False
    """Whether it is about objects that no document declares, instead of properties."""
    reason: str = Field(min_length=1)
    """Why, for whoever reads the report."""
    until: date | None = None
    """The last day on which it holds (UTC); for good when left out."""

    @model_validator(mode="after")
    def _speaks_of_one_thing(self) -> IgnoreSpec:
        if self.unmanaged and self.path != "*":
            raise ValueError("path means nothing to an object that no document declares; remove it, or unmanaged")
        if self.manager and not self.type.startswith(("kubernetes:", "*")):
            raise ValueError(f"manager means nothing to {self.type}: only Kubernetes keeps book of who set a field")
        return self


class DriftSpec(Spec):
    """What `drift` tells of an environment."""

    unmanaged: Literal["report", "off"] = "report"
    """Whether objects in the environment's namespaces are listed that no document declares and no controller made."""
    ignore: tuple[IgnoreSpec, ...] = Field(
        default=(),
        examples=[[{"type": "kubernetes:apps/*", "path": "spec.replicas", "manager": "my-scaler", "reason": "scaled by our own operator"}]],
    )
    """Differences that are nobody's business."""

    @field_validator("unmanaged", mode="before")
    @classmethod
    def _off_is_a_word(cls, value: object) -> object:
        return "off" if value is False else value  # an unquoted off is false in YAML 1.1
