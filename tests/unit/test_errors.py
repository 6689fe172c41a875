"""Problems: what is told, and what fails."""

from __future__ import annotations

import pytest

from transom.errors import InvalidDocuments, Location, Problem, Severity, counted, mistakes

MISTAKE = Problem(Location("a.yaml", 2, 3), "UnknownField", "spec.x is not a field", "did you mean y?")
WARNING = Problem(Location("a.yaml", 1, 1), "UnknownKind", "nothing says what a Widget is", severity=Severity.WARNING)


def test_a_warning_says_so() -> None:
    """A reader sees at the line itself that a warning fails nothing."""
    assert str(WARNING) == "a.yaml:1:1: warning: nothing says what a Widget is"
    assert str(MISTAKE) == "a.yaml:2:3: spec.x is not a field; did you mean y?"


@pytest.mark.parametrize(
    "problems, said",
    [([MISTAKE], "1 mistake"), ([MISTAKE, MISTAKE, WARNING], "2 mistakes, 1 warning"), ([WARNING] * 2, "2 warnings"), ([], "")],
)
def test_the_count(problems: list[Problem], said: str) -> None:
    """Mistakes and warnings are counted apart, and what there is none of is not mentioned."""
    assert counted(problems) == said


def test_mistakes_are_what_fails() -> None:
    """Warnings are not among the mistakes, and are told together with them."""
    assert mistakes([WARNING, MISTAKE]) == (MISTAKE,)
    assert InvalidDocuments([MISTAKE, WARNING]).problems == (WARNING, MISTAKE)
