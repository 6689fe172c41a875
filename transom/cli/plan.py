"""`transom plan`: what an apply would change."""

from __future__ import annotations

from pathlib import Path

import click

from transom import guards
from transom.cli import deploying, running, wiring
from transom.cli.output import output_option, source_option, strict_option
from transom.exitcodes import ExitCode


@click.command("plan")
@click.argument("environments", nargs=-1)
@click.option("--refresh", is_flag=True, help="Look at the live state first.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@source_option
@strict_option
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter for each option of the command line
    environments: tuple[str, ...], overrides: dict[str, Path], form: str, *, refresh: bool, strict: bool, detailed_exitcode: bool
) -> int:
    """Show what an apply of ENVIRONMENTS (all when none is named) would change, deletions first."""
    project = wiring.project(overrides)
    engine = wiring.engine(project)
    catalogs = wiring.checked(project, environments, strict=strict)
    members = wiring.members(catalogs, ordered=False, refresh=refresh)
    wiring.tell_of_leftovers(wiring.create_missing(engine, members), catalogs)
    result = running.plan(engine, members, deploying.places(deploying.found(engine, project), catalogs))
    running.show(result, form, guards.judge(catalogs, result.changesets))
    if not result.succeeded:
        return result.exit_code
    changed = any(not changes.empty for changes in result.changesets)
    return ExitCode.CHANGES if changed and detailed_exitcode else ExitCode.DONE
