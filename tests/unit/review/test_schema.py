"""The forms that programs read: each has a schema, and what is printed keeps to it."""

from __future__ import annotations

import json

import jsonschema
import pytest
import recordings

from transom.changes import ChangeSet
from transom.review import schema
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused


@pytest.mark.parametrize("name", sorted(recordings.PURPOSES))
def test_change_sets_keep_to_their_schema(name: str) -> None:
    """Every recorded run, as it is printed; a reader may count on every field."""
    printed = json.loads(recordings.changeset(name).model_dump_json())
    jsonschema.validate(printed, schema.of("change-set.v1"))
    for field in printed:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({key: value for key, value in printed.items() if key != field}, schema.of("change-set.v1"))


def test_reviews_keep_to_their_schema() -> None:
    """A review with something in every part comes back from its text as it was."""
    one = EnvironmentReview(
        environment="dev",
        change=(recordings.changeset("change-plan"),),
        pending=(recordings.changeset("create-plan"),),
        drift=(recordings.changeset("drift"),),
        looked_for_drift=True,
        refusals=(Refused(rule="R", message="m", hint="h"),),
    )
    mistake = Mistake(path="a.yaml", line=1, column=2, reason="R", message="m")
    whole = PullRequestReview(base="main", head="0" * 40, environments=(one,), untouched=("staging",), mistakes=(mistake,))
    jsonschema.validate(json.loads(whole.model_dump_json()), schema.of("pull-request-review.v1"))
    again = PullRequestReview.model_validate_json(whole.model_dump_json())
    assert again.model_dump_json() == whole.model_dump_json()
    unseen = whole.model_copy(
        update={"environments": (one.model_copy(update={"drift": tuple(look.model_copy(update={"sightings": ()}) for look in one.drift)}),)}
    )
    assert again == unseen  # sightings are for the report on drift, and no part of the text


def test_a_newer_form_is_refused() -> None:
    """A reader of version 1 does not guess at version 2."""
    told = json.loads(recordings.changeset("unchanged").model_dump_json()) | {"format": 2}
    with pytest.raises(ValueError, match="format"):
        ChangeSet.model_validate(told)


def test_the_schema_says_what_fields_mean() -> None:
    """Each field of a change that does not say it by its name has its description."""
    fields = schema.of("change-set.v1")["$defs"]["Change"]["properties"]
    assert "path:line:column" in fields["location"]["description"]
    assert "additionalProperties" not in schema.of("change-set.v1")
