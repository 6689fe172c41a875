"""The review of a change as text for a terminal: per environment the change's own, then what is not. Pure; only `console` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from transom.changes import ChangeSet
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused
from transom.review.text import Line, Tone, paint
from transom.review.text import lines as of_changes

if TYPE_CHECKING:
    from rich.console import Console

_SHORT = 12
"""Characters of a commit that are shown."""


def text(review: PullRequestReview) -> str:
    """The review as plain text that ends in a line end."""
    return "".join(f"{line.text}\n" for line in lines(review))


def console(review: PullRequestReview, target: Console) -> None:
    """Print it in colour; rich leaves the colour out where the terminal has none."""
    paint(lines(review), target)


def lines(review: PullRequestReview) -> tuple[Line, ...]:
    """The review as lines."""
    told = [_mistake(mistake) for mistake in review.mistakes]
    for environment in review.environments:
        if told:
            told.append(Line(""))
        told += _environment(environment)
    if review.untouched:
        told += [Line("")] * bool(told) + [Line(f"not touched by the change, and not planned: {', '.join(review.untouched)}", Tone.FAINT)]
    if review.base:
        base = review.base[:_SHORT] if len(review.base) > _SHORT and review.base.isalnum() else review.base
        told.append(Line(f"held against {base}", Tone.FAINT))
    return tuple(told)


def _mistake(one: Mistake) -> Line:
    word = "warning: " if one.severity == "warning" else ""
    where = f"{one.path}:{one.line}:{one.column}: {word}{one.message}" + (f"; {one.hint}" if one.hint else "")
    return Line(where, Tone.WARNING if one.severity == "warning" else Tone.FAILED)


def _environment(one: EnvironmentReview) -> Iterator[Line]:
    if one.change:
        yield from of_changes(one.change)
    elif not one.error:
        yield Line(f"{one.environment}: nothing was planned", Tone.HEAD)
    for title, part in (
        ("pending already, without this change", one.pending),
        ("pending, and taken back by this change", one.withdrawn),
        ("drift", one.drift),
    ):
        if part:
            yield Line("")
            yield from _titled(title, part)
    if one.looked_for_drift and not one.drift:
        yield Line(f"{one.environment}, drift: none", Tone.FAINT)
    for refusal in one.refusals:
        yield from _refusal(refusal)
    for note in one.notes:
        yield Line(f"{one.environment}: {note}", Tone.WARNING)
    if one.untouched:
        yield Line(f"{one.environment}: not touched, and not planned: {', '.join(one.untouched)}", Tone.FAINT)
    for line in one.error.splitlines():
        yield Line(f"error: {one.environment}: {line}", Tone.FAILED)


def _titled(title: str, part: Sequence[ChangeSet]) -> Iterator[Line]:
    head, *rest = of_changes(part)
    name, _, counts = head.text.partition(": ")
    yield Line(f"{name}, {title}: {counts}", Tone.HEAD)
    yield from rest


def _refusal(one: Refused) -> Iterator[Line]:
    yield Line("")
    yield Line(f"guard {one.rule}: {one.message}", Tone.FAILED)
    yield Line(f"  {one.hint}", Tone.FAILED)
