"""How long a document has been what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from transom.history import standing
from transom.history.records import Act, Actor, Deployment, Result
from transom.history.standing import Standing

START = datetime(2026, 3, 1, tzinfo=UTC)


def deployment(number: int, digest: str, result: Result = Result.SUCCEEDED) -> Deployment:
    """A deployment that ended at the hour of its number."""
    return Deployment(
        number=number,
        environment="staging",
        act=Act.APPLY,
        result=result,
        started=START + timedelta(hours=number),
        actor=Actor(name="ada"),
        digest="all",
        documents={"Application/shop": digest},
    )


def at(hour: int) -> datetime:
    """That hour."""
    return START + timedelta(hours=hour)


def of(*past: Deployment) -> Standing:
    """The shop's standing after these, given oldest first."""
    return standing.of("Application/shop", reversed(past))


def test_time_counts_from_the_first_without_a_break() -> None:
    """Applying the same again does not begin anew; another content in between does."""
    assert of(deployment(1, "a"), deployment(2, "b"), deployment(3, "b")) == Standing(at(2), at(2))
    assert of(deployment(1, "b"), deployment(2, "a"), deployment(3, "b")) == Standing(at(3), at(3))


def test_trouble_begins_the_quiet_anew() -> None:
    """After a failure the time without one counts from the next that succeeded; while the newest has failed there is none."""
    failed = deployment(3, "b", Result.FAILED)
    assert of(deployment(2, "b"), failed, deployment(4, "b")) == Standing(at(2), at(4))
    assert of(deployment(2, "b"), failed) == Standing(at(2), None)
    assert of(deployment(2, "b"), deployment(3, "b", Result.LOST)) == Standing(at(2), None)
    assert of(deployment(2, "b"), deployment(3, "c", Result.CANCELLED)) == Standing(at(2), at(2))


def test_what_is_not_there_stands_nowhere() -> None:
    """No deployment, or none that has it."""
    assert of() == Standing()
    assert standing.of("Application/other", [deployment(1, "a")]) == Standing()
