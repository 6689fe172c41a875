"""What documents share that belong to somebody or hold data: the owner, and the release of a deletion."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from transom.specs.base import Spec
from transom.specs.scalars import Name


class Owned(Spec):
    """Fields of everything that belongs to a tenant."""

    tenant: Name | None = None
    """The tenant that owns it; may be left out beside an Application, whose tenant it then has."""


class Guarded(Spec):
    """Fields of what holds data, or others in it, and is therefore never deleted by the way."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["deletionPolicy"], "properties": {"deletionPolicy": {"const": "Delete"}}},
            "then": {"required": ["allowDeletionUntil"]},
            "else": {"properties": {"allowDeletionUntil": {"type": "null"}}},
        }
    )

    deletion_policy: Literal["Retain", "Delete"] = "Retain"
    """Retain: protected, a run that would delete it is refused. Delete: may be deleted until `allowDeletionUntil`."""
    allow_deletion_until: date | None = None
    """Last day on which a deletion is allowed; needed with, and only with, `deletionPolicy: Delete`."""

    @model_validator(mode="after")
    def _a_release_expires(self) -> Guarded:
        if (self.deletion_policy == "Delete") != (self.allow_deletion_until is not None):
            raise ValueError("deletionPolicy: Delete and allowDeletionUntil: YYYY-MM-DD go together, so that a release expires")
        return self

    def protected(self, today: date) -> bool:
        """Whether a deletion is refused on `today`."""
        return self.allow_deletion_until is None or today > self.allow_deletion_until


class Managed(Owned):
    """A tenant's resource in the cloud, and what becomes of it when its document goes."""

    management: Literal["Full", "Orphan"] = "Full"
    """Full: made, changed and deleted. Orphan: made and changed, but when the document goes everything of it is left as it is."""


class Stateful(Guarded, Managed):
    """A tenant's resource that holds data."""


class ImportSpec(Spec):
    """Something that was there before its document."""

    id: str = Field(min_length=3, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """Its name in AWS."""


class Adopting(Stateful):
    """A tenant's resource that may have been there before its document."""

    imported: ImportSpec | None = Field(default=None, alias="import", examples=[{"id": "pictures-of-2019"}])
    """What is there already and is taken over instead of made. Stays in the document: it says the name in AWS."""

    @property
    def adopted(self) -> str | None:
        """Name in AWS of what is taken over; None where it is made."""
        return self.imported.id if self.imported else None
