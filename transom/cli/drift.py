"""`transom drift`: what live differs from what was last applied."""

from __future__ import annotations

import click

from transom import drift
from transom.cli import running, wiring
from transom.cli.output import output_option, progress
from transom.engine import fleet
from transom.exitcodes import ExitCode
from transom.redaction import redact


@click.command("drift")
@click.argument("environments", nargs=-1)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift.")
@output_option("text", "json")
def command(environments: tuple[str, ...], form: str, *, detailed_exitcode: bool) -> int:
    """Report what ENVIRONMENTS (all when none is named) look like live, against what was last applied. Changes nothing."""
    project = wiring.project()
    engine = wiring.engine(project)
    members = wiring.members(wiring.catalogs(project, environments), ordered=False)
    with progress("looking") as listen:
        result = fleet.run(engine.drift, members, at_once=running.at_once(), listen=listen)
    report = drift.report(result.changesets)
    click.echo(redact(drift.as_json(report) if form == "json" else drift.text(report)), nl=False)
    for outcome in result.outcomes:
        if outcome.error:
            click.echo(redact(f"error: {outcome.stack}: {outcome.error}"), err=True)
    if any(outcome.error for outcome in result.outcomes) or report.unreadable:
        return result.exit_code or ExitCode.FAILED
    return ExitCode.CHANGES if report.drifted and detailed_exitcode else ExitCode.DONE
