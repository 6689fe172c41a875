"""How verbs that run the engine show what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from transom import review
from transom.catalog.model import Catalog
from transom.cli.output import problem_record, progress
from transom.engine.fleet import Member, Outcome, Result, run
from transom.engine.seam import Engine
from transom.errors import Problem
from transom.exitcodes import ExitCode
from transom.guards import Refusal, only_protection
from transom.redaction import redact


@dataclass(frozen=True, slots=True)
class Places:
    """What tells where the documents of a run stand.

    Attributes:
        catalogs: what the run is made from, by environment.
        earlier: gives what an environment was before, where that is known; asked only about what is not in its catalog any more.
    """

    catalogs: Mapping[str, Catalog]
    earlier: Callable[[str], Catalog | None] = lambda _: None

    def of(self, result: Result) -> Result:
        """The same outcomes, with the place of every change and message."""
        before: dict[str, Catalog | None] = {}
        return Result(tuple(self._placed(outcome, before) for outcome in result.outcomes))

    def _placed(self, outcome: Outcome, before: dict[str, Catalog | None]) -> Outcome:
        changes = outcome.changes
        if changes is None or changes.environment not in self.catalogs:
            return outcome
        name, catalog = changes.environment, self.catalogs[changes.environment]
        if name not in before and review.lacking(changes, catalog):
            before[name] = self.earlier(name)
        return replace(outcome, changes=review.placed(changes, catalog, before.get(name)))


def plan(engine: Engine, members: Mapping[str, Member], places: Places | None = None) -> Result:
    """The plans of all members, side by side: planning needs no order."""
    unordered = {stack: Member(member.request) for stack, member in members.items()}
    with progress("planning", doing=False) as listen:
        result = run(engine.plan, unordered, at_once=at_once(), listen=listen)
    return places.of(result) if places is not None else result


def at_once() -> int:
    """How many stacks are worked on side by side: one more than there are cores, since an engine mostly waits."""
    return (os.cpu_count() or 1) + 1


def planned_code(result: Result) -> ExitCode:
    """The exit code of plans that did not all succeed: a guard's where protection alone is why, for then a guard says what to do."""
    errors = any(outcome.error is not None for outcome in result.outcomes)
    return ExitCode.REFUSED if not errors and only_protection(result.changesets) else result.exit_code


def show(result: Result, form: str, refusals: Iterable[Refusal] = (), problems: Iterable[Problem] = ()) -> None:
    """Change sets and what guards refuse on standard output; what prevented a run on standard error, or inside the JSON.

    `problems` are those of documents, which text tells elsewhere.
    """
    refused = tuple(refusals)
    if form == "json":
        body: dict[str, Any] = json.loads(review.as_json(result.changesets))
        body["refusals"] = [_refusal(refusal) for refusal in refused]
        body["problems"] = [problem_record(problem) for problem in problems]
        body["errors"] = [{"stack": stack, "message": message} for stack, message in _failures(result)]
        click.echo(redact(json.dumps(body, indent=2)))
        return
    if result.changesets:
        if sys.stdout.isatty():
            from rich.console import Console

            review.console(result.changesets, Console())
        else:
            click.echo(review.text(result.changesets), nl=False)
    for refusal in refused:
        click.echo(redact(f"\nguard {refusal.rule}: {refusal.message}\n  {refusal.hint}"))
    for stack, message in _failures(result):
        click.echo(redact(f"error: {stack}: {message}"), err=True)


def _refusal(refusal: Refusal) -> dict[str, Any]:
    where = {"path": refusal.where.path, "line": refusal.where.line, "column": refusal.where.column}
    said = {"rule": refusal.rule, "environment": refusal.environment, "document": refusal.document}
    return {**said, **where, "message": refusal.message, "hint": refusal.hint}


def _failures(result: Result) -> list[tuple[str, str]]:
    return [(one.stack, str(one.error) if one.error else one.skipped) for one in result.outcomes if one.error or one.skipped]
