"""`transom apply`: brings environments to what their documents ask for."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from transom import guards
from transom.cli import deploying, returning, running, saving, selecting, wiring
from transom.cli.output import lock_timeout_option, output_option, progress, strict_option
from transom.exitcodes import ExitCode


@click.command("apply")
@click.argument("environments", nargs=-1)
@click.option(
    "--plan",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Carry out this plan, saved by plan --save, and nothing else.",
)
@click.option("--refresh", is_flag=True, help="Look at the live state first, and put back what was changed by hand.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; without a terminal nothing is asked anyway.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done, as plan does.")
@click.option("--message", "-m", default="", help="Kept in the stack's history.")
@selecting.app_option
@lock_timeout_option
@strict_option
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    *,
    environments: tuple[str, ...],
    file: Path | None,
    applications: tuple[str, ...],
    message: str,
    lock_wait: float,
    form: str,
    refresh: bool,
    yes: bool,
    dry_run: bool,
    strict: bool,
) -> int:
    """Bring ENVIRONMENTS to what their documents ask for, all stacks in order.

    With --plan: those of the plan, and only when documents, commits, states and what would be done are just what they were.
    """
    if file and applications:
        raise click.UsageError("--plan carries out all of a plan: without --app")
    project = wiring.project()
    held = saving.Held.to(file, project.name, environments, refresh=refresh)
    engine = wiring.engine(project)
    catalogs = wiring.checked(project, held.environments, strict=strict)
    kept = deploying.journal(engine, project)
    if not dry_run:
        deploying.refuse_held(kept, catalogs)
    catalogs = selecting.chosen(project, engine, catalogs, applications)
    members = wiring.members(catalogs, refresh=held.refresh, message=message, lock_wait=lock_wait)
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not (yes or held.plan)
    whole = dry_run or asks or bool(held.plan) or any(guards.minds_the_time(catalog) for catalog in catalogs.values())
    # What is not looked at before is made when its turn comes: the stacks that others wait for have the machine to themselves till then.
    later = () if whole else tuple(stack for stack, one in members.items() if one.needs)
    there = wiring.create_missing(engine, {stack: one for stack, one in members.items() if stack not in later})
    late = {stack: replace(members[stack], request=replace(members[stack].request, create=True)) for stack in later if stack not in there}
    members |= late
    wiring.tell_of_leftovers(there, catalogs)
    held.begin(engine, members)
    # In a stack that was made just now there is nothing that could be deleted or replaced: it is planned only for whoever looks.
    planned = running.plan(
        engine, {stack: member for stack, member in members.items() if whole or stack in there}, deploying.places(kept, catalogs)
    )
    standings = {name: project.standings(catalog) for name, catalog in catalogs.items()}
    refusals = guards.judge(catalogs, planned.changesets, standings=standings)
    if dry_run or asks or not planned.succeeded:
        running.show(planned, form, refusals)
    if not planned.succeeded:
        return running.planned_code(planned)
    if dry_run:
        return ExitCode.REFUSED if refusals else ExitCode.DONE
    guards.refuse(refusals)
    held.check(engine, members, catalogs, planned)
    if asks:
        if all(changes.empty for changes in planned.changesets):
            return ExitCode.DONE
        click.confirm("Apply this?", abort=True)
    with progress("applying") as listen:
        result = deploying.deploy(
            deploying.Deploying(kept, engine, deploying.Intent(message=message, only=applications)), catalogs, members, listen
        )
    running.show(result, form)
    if not result.succeeded:
        returning.after(deploying.Deploying(kept, engine, deploying.Intent()), catalogs, result, lock_wait)
    return result.exit_code
