"""The verdict on a review: what is bad, and what is told at which line."""

from __future__ import annotations

import json

from transom.changes import Change, ChangeSet, Operation
from transom.review import verdict
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused
from transom.review.verdict import Level

MISTAKE = Mistake(path="a.yaml", line=3, column=7, reason="UnknownField", message="spec.x is not a field", hint="did you mean y?")
LOST = Change(urn="u", type="aws:s3/bucket:Bucket", name="b", operation=Operation.DELETE, document="Bucket/b", location="b.yaml:4:1")


def review(*changes: Change, **more: object) -> PullRequestReview:
    """A review of one environment."""
    planned = ChangeSet(purpose="plan", environment="dev", stack="dev", changes=changes)
    refusals: tuple[Refused, ...] = more.pop("refusals", ())  # type: ignore[assignment]
    return PullRequestReview(environments=(EnvironmentReview(environment="dev", change=(planned,), refusals=refusals),), **more)  # type: ignore[arg-type]


def test_what_is_lost_is_a_warning_at_the_line_of_its_document() -> None:
    """A deletion that nobody refuses is no failure, and is seen in the file."""
    found = verdict.of(review(LOST))
    assert found.good
    assert found.summary == "1 change"
    (note,) = found.annotations
    assert (note.path, note.line, note.level, note.message) == ("b.yaml", 4, Level.WARNING, "dev: delete aws:s3/bucket:Bucket b")


def test_mistakes_and_refusals_are_failures() -> None:
    """Each is told at its line; warnings fail nothing."""
    refused = Refused(rule="DeletionCeiling", message="too many", hint="write it", path="environments/dev.yaml", line=9)
    warning = MISTAKE.model_copy(update={"severity": "warning", "line": 5})
    found = verdict.of(review(mistakes=(MISTAKE, warning), refusals=(refused,)))
    assert not found.good
    assert found.summary == "1 mistake, 1 refusal"
    assert [(one.path, one.line, one.level) for one in found.annotations] == [
        ("a.yaml", 3, Level.FAILURE),
        ("a.yaml", 5, Level.WARNING),
        ("environments/dev.yaml", 9, Level.FAILURE),
    ]
    assert verdict.of(review(mistakes=(warning,))).good


def test_an_environment_that_could_not_be_planned_is_a_failure() -> None:
    """Also where nothing else is said."""
    found = verdict.of(PullRequestReview(environments=(EnvironmentReview(environment="dev", error="no answer"),)))
    assert (found.good, found.summary) == (False, "1 environment that could not be planned")


def test_lines_of_other_repositories_are_not_annotated() -> None:
    """The host would refuse the whole request."""
    places = ("shop:deploy/b.yaml:4:1", "/elsewhere/b.yaml:4:1", "../b.yaml:1:1", "")
    elsewhere = [LOST.model_copy(update={"location": place}) for place in places]
    assert verdict.of(review(*elsewhere)).annotations == ()


def test_a_code_quality_report() -> None:
    """Its fingerprints are the same from run to run, and different for different findings."""
    made = verdict.code_quality(verdict.of(review(LOST, mistakes=(MISTAKE,))))
    assert made == verdict.code_quality(verdict.of(review(LOST, mistakes=(MISTAKE,))))
    first, second = json.loads(made)
    assert first["location"] == {"path": "a.yaml", "lines": {"begin": 3}}
    assert first["severity"] == "major"
    assert first["fingerprint"] != second["fingerprint"]
