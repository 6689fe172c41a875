"""`transom plan`: what an apply would change."""

from __future__ import annotations

import click

from transom.cli import running, wiring
from transom.cli.output import output_option, progress, strict_option
from transom.engine import fleet
from transom.exitcodes import ExitCode


@click.command("plan")
@click.argument("environments", nargs=-1)
@click.option("--refresh", is_flag=True, help="Look at the live state first.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@strict_option
@output_option("text", "json")
def command(environments: tuple[str, ...], form: str, *, refresh: bool, strict: bool, detailed_exitcode: bool) -> int:
    """Show what an apply of ENVIRONMENTS (all when none is named) would change, deletions first."""
    project = wiring.project()
    engine = wiring.engine(project)
    catalogs = wiring.checked(project, environments, strict=strict)
    members = wiring.members(catalogs, ordered=False, refresh=refresh)
    wiring.tell_of_leftovers(wiring.create_missing(engine, members), catalogs)
    with progress("planning") as listen:
        result = fleet.run(engine.plan, members, at_once=wiring.at_once(), listen=listen)
    running.show(result, form)
    if not result.succeeded:
        return result.exit_code
    changed = any(not changes.empty for changes in result.changesets)
    return ExitCode.CHANGES if changed and detailed_exitcode else ExitCode.DONE
