"""The review as one verdict with annotations: what a commit's status, a check run or a code quality report says. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from transom.changes import Change
from transom.review import parts
from transom.review.markdown import visible
from transom.review.pullrequest import EnvironmentReview, PullRequestReview

_LONGEST = 2_000
"""Characters of one annotation's message."""


class Level(StrEnum):
    """How grave an annotation is."""

    FAILURE = "failure"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is told at one line of a file of the repository."""

    path: str
    line: int
    column: int
    level: Level
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the change is good as far as Transom sees, in a line, and what is told at lines."""

    good: bool
    summary: str
    annotations: tuple[Annotation, ...] = ()


def of(review: PullRequestReview) -> Verdict:
    """The verdict: bad with mistakes, refusals and what could not be planned; what is lost or drifted is told and is no failure."""
    annotations = tuple(dict.fromkeys(_annotations(review)))
    mistakes = sum(one.severity == "error" for one in review.mistakes)
    refusals = sum(len(one.refusals) for one in review.environments)
    stuck = sum(bool(one.error) or any(not changes.succeeded for changes in one.change) for one in review.environments)
    counts = ((mistakes, "mistake"), (refusals, "refusal"), (stuck, "environment that could not be planned"))
    wrong = ", ".join(f"{count} {word if count == 1 else _plural(word)}" for count, word in counts if count)
    changes = sum(len(changes.changes) for one in review.environments for changes in one.change)
    return Verdict(not wrong, wrong or (f"{changes} change{'s' if changes != 1 else ''}" if changes else "nothing to change"), annotations)


def code_quality(verdict: Verdict) -> str:
    """The annotations as a report of GitLab's (docs.gitlab.com: code quality report format)."""
    severities = {Level.FAILURE: "major", Level.WARNING: "minor", Level.NOTICE: "info"}
    report = [
        {
            "description": f"{one.title}: {one.message}",
            "check_name": one.title,
            "fingerprint": hashlib.sha256(f"{one.path}\0{one.title}\0{one.message}".encode()).hexdigest(),
            "severity": severities[one.level],
            "location": {"path": one.path, "lines": {"begin": one.line}},
        }
        for one in verdict.annotations
    ]
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _plural(word: str) -> str:
    return word.replace("environment", "environments") if " " in word else f"{word}s"


def _annotations(review: PullRequestReview) -> Iterator[Annotation]:
    for one in review.mistakes:
        level = Level.WARNING if one.severity == "warning" else Level.FAILURE
        yield from _annotation(one.path, (one.line, one.column), level, one.reason, f"{one.message}{f'; {one.hint}' if one.hint else ''}")
    for environment in review.environments:
        yield from _of_environment(environment)


def _of_environment(one: EnvironmentReview) -> Iterator[Annotation]:
    for refusal in one.refusals:
        said = f"{one.environment}: {refusal.message}{f'; {refusal.hint}' if refusal.hint else ''}"
        yield from _annotation(refusal.path, (refusal.line, refusal.column), Level.FAILURE, refusal.rule, said)
    for changes in one.change:
        for diagnostic in changes.diagnostics:
            if diagnostic.severity == "error":
                yield from _told_at(diagnostic.location, Level.FAILURE, "plan failed", f"{one.environment}: {diagnostic.message}")
        for change in changes.changes:
            yield from _of_change(one.environment, change)


def _of_change(environment: str, change: Change) -> Iterator[Annotation]:
    what = f"{environment}: {parts.tally([change]).partition(' to ')[2]} {change.type} {change.name}"
    if change.failed:
        yield from _told_at(change.location, Level.FAILURE, "plan failed", "\n".join((what, *change.messages)))
    elif change.operation in parts.LOSING:
        forcing = ", ".join(one.path for one in change.properties if one.forces_replacement)
        yield from _told_at(change.location, Level.WARNING, "something is lost", f"{what}{f', because of {forcing}' if forcing else ''}")


def _told_at(location: str, level: Level, title: str, message: str) -> Iterator[Annotation]:
    path, line = parts.place(location)
    if line:
        yield from _annotation(path, (int(line), int(location.rpartition(":")[2])), level, title, message)


def _annotation(path: str, place: tuple[int, int], level: Level, title: str, message: str) -> Iterator[Annotation]:
    """Nothing where no line of this repository is meant: a path with a colon lies in another one."""
    if path and ":" not in path and not path.startswith(("/", "..")):
        yield Annotation(path, *place, level, title, visible(message)[:_LONGEST])
