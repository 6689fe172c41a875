"""A review as a person reads it on a terminal, whole. Golden file: `TRANSOM_GOLDEN=write pytest tests/unit/review` rewrites it."""

from __future__ import annotations

import io
import os
from pathlib import Path

from transom.changes import Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.review import telling
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused

GOLDEN = Path(__file__).parents[2] / "testdata" / "review" / "pull-request.txt"


def _set(operation: Operation, document: str, before: int, after: int, purpose: str = "plan") -> ChangeSet:
    environment = "dev"
    told = (PropertyChange(path="size", kind=DiffKind.UPDATE, before=before, after=after),)
    one = Change(urn="u", type="aws:rds/instance:Instance", name="n", operation=operation, document=document, properties=told)
    places = {document: f"databases/{document.partition('/')[2]}.yaml:1:1"}
    return ChangeSet(purpose=purpose, environment=environment, stack=environment, changes=(one,), documents=places, unchanged=3)


REVIEW = PullRequestReview(
    base="0123456789abcdef0123456789abcdef01234567",
    environments=(
        EnvironmentReview(
            environment="dev",
            change=(_set(Operation.REPLACE, "Database/shop", 2, 3),),
            pending=(_set(Operation.UPDATE, "Database/shop", 1, 2),),
            withdrawn=(_set(Operation.UPDATE, "Database/old", 1, 2),),
            drift=(_set(Operation.UPDATE, "Database/shop", 1, 9, "drift"),),
            looked_for_drift=True,
            refusals=(Refused(rule="StatefulReplacement", message="it holds data", hint="to allow it, write …"),),
            untouched=("dev.team-b",),
        ),
        EnvironmentReview(environment="production", error="production: no credentials\nsign in first"),
        EnvironmentReview(environment="staging", looked_for_drift=True, notes=("the environment is new: all of it is the change's",)),
    ),
    untouched=("preview",),
    mistakes=(
        Mistake(path="a.yaml", line=2, column=3, reason="UnknownField", message="is not a field", hint="remove it"),
        Mistake(path="b.yaml", line=1, column=1, reason="DeprecatedField", message="is old", severity="warning"),
    ),
)


def test_a_review_in_words() -> None:
    """Mistakes first; in each environment the change's own, pending, taken back, drift, refusals, and what was not planned."""
    text = telling.text(REVIEW)
    if os.environ.get("TRANSOM_GOLDEN") == "write":
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_colour_changes_no_word() -> None:
    """What a terminal shows is what a file gets."""
    from rich.console import Console

    plain = io.StringIO()
    telling.console(REVIEW, Console(file=plain, width=40, no_color=True, force_terminal=False))
    assert plain.getvalue() == telling.text(REVIEW)


def test_a_base_by_name_is_named() -> None:
    """A revision that is no commit is told as it was given; without anything to tell there is nothing but that."""
    assert telling.text(PullRequestReview(base="release/2027.01")) == "held against release/2027.01\n"
