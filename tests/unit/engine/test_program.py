"""An error of the program comes through the engine as what it was."""

from __future__ import annotations

import pytest

from transom import errors
from transom.engine import program
from transom.errors import EngineError, InvalidDocuments, Location, Problem, Severity, SourceError, SourceUnreachable, StackLocked

PROBLEMS = [
    Problem(Location("applications/shop/database.yaml", 14, 9), "UnknownClass", 'size "huge" is not a class', "it has small, medium"),
    Problem(Location("tenants/a: b.yaml", 1, 1), "Invalid", "two lines\n  - and a dash"),
]


def test_invalid_documents():
    """Every problem comes back with its place, reason and words; the hint is part of the words."""
    heard = program.heard(program.said(InvalidDocuments(PROBLEMS)))
    assert isinstance(heard, InvalidDocuments)
    assert heard.exit_code == 3
    first, second = heard.problems
    assert (first.where, first.reason) == (PROBLEMS[0].where, "UnknownClass")
    assert first.message == 'size "huge" is not a class; it has small, medium'
    assert (second.where, second.message) == (PROBLEMS[1].where, PROBLEMS[1].message)


def test_warnings_stay_behind():
    """What failed the run are the mistakes: a warning beside them is not told as one."""
    warning = Problem(Location("a.yaml"), "UnknownKind", "no definition", severity=Severity.WARNING)
    heard = program.heard(program.said(InvalidDocuments([*PROBLEMS, warning])))
    assert isinstance(heard, InvalidDocuments)
    assert len(heard.problems) == len(PROBLEMS)


@pytest.mark.parametrize(
    "error",
    [SourceError("no such branch", hint="push it"), SourceUnreachable("no answer"), StackLocked("held"), EngineError("x", reason="Odd")],
)
def test_others(error: errors.TransomError):
    """Kind, reason and words survive, also with other text before them."""
    heard = program.heard("Exception: \n" + program.said(error))
    assert type(heard) is type(error)
    assert heard.reason == error.reason
    assert str(error) in str(heard)


@pytest.mark.parametrize("text", ["", "some crash", "transom: not a kind"])
def test_silence(text: str):
    """What carries no error is none."""
    assert program.heard(text) is None


def test_unknown_kind():
    """A kind of a newer version is still an error, with its words; a name from elsewhere is not taken for a kind."""
    for kind in ("FromTheFuture", "Problem", "Location"):
        heard = program.heard(f"transom: {kind}/Reason\nwords")
        assert type(heard) is EngineError
        assert heard.message == "words"


def test_failure_is_the_engine_s_quiet_exception():
    """The program raises what the engine shows without a stack trace."""
    from pulumi import RunError

    assert isinstance(program.failure(SourceError("x")), RunError)
