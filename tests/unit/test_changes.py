"""The pivot type."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from transom.changes import Change, ChangeSet, Operation


def changes(*operations: Operation) -> ChangeSet:
    """A plan with one change per operation."""
    made = tuple(Change(urn=f"u{number}", type="t", name="n", operation=operation) for number, operation in enumerate(operations))
    return ChangeSet(purpose="plan", environment="dev", stack="dev", changes=made)


def test_round_trip():
    """A change set read back from its JSON is the same."""
    whole = changes(Operation.CREATE, Operation.DELETE)
    assert ChangeSet.model_validate_json(whole.model_dump_json()) == whole


def test_newer_format_is_refused():
    """A reader does not guess at a format it does not know."""
    with pytest.raises(ValidationError):
        ChangeSet.model_validate(changes().model_dump() | {"format": 2})


def test_frozen():
    """Nobody changes a change set on its way to an outlet."""
    with pytest.raises(ValidationError):
        changes().stack = "other"  # type: ignore[misc]


def test_counts():
    """Empty means that nothing is different; counting is by operation."""
    assert changes().empty
    assert changes(Operation.CREATE, Operation.CREATE, Operation.DELETE).count(Operation.CREATE) == 2
    assert not changes(Operation.CREATE).failures
