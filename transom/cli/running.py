"""How verbs that run the engine show what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from transom import review
from transom.cli.output import progress
from transom.engine.fleet import Member, Result, run
from transom.engine.seam import Engine
from transom.guards import Refusal
from transom.redaction import redact


def plan(engine: Engine, members: Mapping[str, Member]) -> Result:
    """The plans of all members, side by side: planning needs no order."""
    unordered = {stack: Member(member.request) for stack, member in members.items()}
    with progress("planning", doing=False) as listen:
        return run(engine.plan, unordered, at_once=at_once(), listen=listen)


def at_once() -> int:
    """How many stacks are worked on side by side: one per core, at least two, since an engine mostly waits for the cloud."""
    return max(2, os.cpu_count() or 2)


def show(result: Result, form: str, refusals: Iterable[Refusal] = ()) -> None:
    """Change sets and what guards refuse on standard output; what prevented a run on standard error, or inside the JSON."""
    refused = tuple(refusals)
    if form == "json":
        body: dict[str, Any] = json.loads(review.as_json(result.changesets))
        body["refusals"] = [_refusal(refusal) for refusal in refused]
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
