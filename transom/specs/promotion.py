"""What comes to an environment from the one before it, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from transom.specs.base import Spec
from transom.specs.scalars import Duration, Name

PromotedField = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]*/spec(\.[A-Za-z0-9_-]+)+$")]


class PromotionSpec(Spec):
    """The rules of `transom promote` into this environment."""

    from_: Name | None = Field(default=None, alias="from")
    """The only environment that may be promoted from; any when left out."""
    healthy_for: Duration = Duration("0s")
    """How long something must have been there, unchanged and healthy, before it comes here."""
    fields: tuple[PromotedField, ...] = Field(default=(), examples=[["Database/spec.version", "Application/spec.helm.values.image.tag"]])
    """Fields that come along beside images, chart versions and revisions; everything else differs by design."""
