"""JSON Schemas of what verbs print for programs, made from the records: whoever reads them knows what to expect, and when it changed.

The version of a form is in its file's name. A field that is added keeps it; a field that goes, or means something else, takes the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from transom import changes
from transom.changes import ChangeSet
from transom.review import pullrequest, saved
from transom.review.pullrequest import PullRequestReview
from transom.review.saved import SavedPlan

FORMS: Mapping[str, type[BaseModel]] = {
    f"change-set.v{changes.FORMAT}": ChangeSet,
    f"pull-request-review.v{pullrequest.FORMAT}": PullRequestReview,
    f"saved-plan.v{saved.FORMAT}": SavedPlan,
}
"""Every form, by the name of its file."""


class _Plain(GenerateJsonSchema):
    """Without titles that are made of names, and open to fields that a later version adds."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """Never."""
        return False

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """As pydantic writes it, and open."""
        body = dict(super().model_schema(schema))
        body.pop("additionalProperties", None)
        return body


def of(form: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one form, as it is written: every field is there."""
    body = FORMS[form].model_json_schema(mode="serialization", schema_generator=_Plain)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}


def files() -> dict[str, str]:
    """Path below `schemas/` and text of every form's file."""
    return {f"outputs/{form}.json": json.dumps(of(form), indent=2, ensure_ascii=False) + "\n" for form in FORMS}
