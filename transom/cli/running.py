"""How verbs that run the engine show what came of it."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from transom import review
from transom.engine.fleet import Result
from transom.redaction import redact


def show(result: Result, form: str) -> None:
    """Change sets on standard output; what prevented a run on standard error, or inside the JSON."""
    if form == "json":
        body: dict[str, Any] = json.loads(review.as_json(result.changesets))
        body["errors"] = [{"stack": stack, "message": message} for stack, message in _failures(result)]
        click.echo(redact(json.dumps(body, indent=2)))
        return
    if result.changesets:
        if sys.stdout.isatty():
            from rich.console import Console

            review.console(result.changesets, Console())
        else:
            click.echo(review.text(result.changesets), nl=False)
    for stack, message in _failures(result):
        click.echo(redact(f"error: {stack}: {message}"), err=True)


def _failures(result: Result) -> list[tuple[str, str]]:
    return [(one.stack, str(one.error) if one.error else one.skipped) for one in result.outcomes if one.error or one.skipped]
