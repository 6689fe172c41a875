"""`transom plan`: what an apply would change, or what a change would do beyond that."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transom import guards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.catalog.touched import touched
from transom.cli import deploying, running, saving, selecting, wiring
from transom.cli.output import output_option, source_option, strict_option
from transom.engine import Engine, fleet
from transom.errors import InvalidDocuments, counted
from transom.exitcodes import ExitCode
from transom.history.journal import Journal
from transom.redaction import redact

if TYPE_CHECKING:
    from transom.cli.reviewing import Wanted


@dataclass(frozen=True, slots=True)
class _Options:
    """How it is planned and told."""

    form: str
    refresh: bool
    strict: bool
    changed: bool
    detailed: bool
    save: Path | None
    applications: tuple[str, ...] = ()


@click.command("plan")
@click.argument("environments", nargs=-1)
@click.option("--base", "revision", metavar="REV", help="Tell what this change does apart from what is pending at REV, and plan only that.")
@click.option("--all", "everything", is_flag=True, help="With --base: plan also what the change does not touch.")
@click.option("--drift", "look", is_flag=True, help="With --base: look for drift, too, and tell it by itself.")
@click.option("--changed", is_flag=True, help="Only stacks whose documents are not those that were applied last.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the plan into this file, for apply --plan.")
@click.option("--refresh", is_flag=True, help="Look at the live state first.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@selecting.app_option
@source_option
@strict_option
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter for each option of the command line
    *,
    environments: tuple[str, ...],
    applications: tuple[str, ...],
    overrides: dict[str, Path],
    revision: str | None,
    form: str,
    everything: bool,
    look: bool,
    changed: bool,
    save: Path | None,
    refresh: bool,
    strict: bool,
    detailed_exitcode: bool,
) -> int:
    """Show what an apply of ENVIRONMENTS (all when none is named) would change, deletions first.

    What is wrong with one environment keeps none of the others back.
    """
    project = wiring.project(overrides)
    engine = wiring.engine(project)
    if revision is None and (everything or look):
        raise click.UsageError(f"{'--all' if everything else '--drift'} goes with --base")
    if applications and (revision is not None or save):
        raise click.UsageError("--app is for a plan of its own: without --base and --save")
    if revision is not None and (changed or save):
        why = "--changed is against what was applied last" if changed else "--save keeps all that an apply would do"
        raise click.UsageError(f"{why}, --base against a revision: give one of them")
    if save and (overrides or changed):
        raise click.UsageError("--save is for a plan that can be applied: without --source and --changed")
    if revision is not None:
        from transom.cli.reviewing import Wanted

        wanted = Wanted(revision, environments, everything, refresh, look, strict)
        return _review(project, engine, wanted, form, detailed=detailed_exitcode)
    names = wiring.names(project, environments)
    return plan(project, engine, names, _Options(form, refresh, strict, changed, detailed_exitcode, save, applications))


def plan(project: Project, engine: Engine, names: tuple[str, ...], options: _Options) -> int:
    """Plan what can be planned, tell what cannot, and end with the gravest outcome."""
    loaded = wiring.loaded(project, names)
    if not loaded.catalogs or (options.strict and loaded.problems):
        if loaded.problems:
            raise InvalidDocuments(loaded.problems)
        raise next(iter(loaded.errors.values()))
    loaded = replace(loaded, catalogs=selecting.chosen(project, engine, loaded.catalogs, options.applications))
    kept = deploying.found(engine, project)
    members, left_out = _members(loaded.catalogs, kept, options)
    there, impossible = wiring.create_possible(engine, members)
    wiring.tell_of_leftovers(there, loaded.catalogs)
    possible = {stack: member for stack, member in members.items() if stack not in impossible}
    states = saving.states(engine, possible) if options.save else {}
    result = running.plan(engine, possible, deploying.places(kept, loaded.catalogs))
    refused = (fleet.Outcome(stack, error=error) for stack, error in impossible.items())
    unread = (fleet.Outcome(name, error=error) for name, error in loaded.errors.items())
    result = fleet.Result((*result.outcomes, *refused, *unread))
    problems = sorted(loaded.problems)
    for problem in problems:
        click.echo(redact(str(problem)), err=True)
    running.show(result, options.form, guards.judge(loaded.catalogs, result.changesets), problems)
    if loaded.exit_code is ExitCode.INVALID:
        click.echo(counted(loaded.problems), err=True)
        return ExitCode.INVALID
    for stack in left_out:
        click.echo(f"{stack}: not planned, its documents are those that were applied last", err=True)
    if not result.succeeded:
        return running.planned_code(result)
    if options.save:
        saving.write(saving.made(project.name, loaded.catalogs, result.changesets, states, refresh=options.refresh), options.save)
        click.echo(f"saved as {options.save}; to carry out just this: transom apply --plan {options.save}", err=True)
    differs = any(not changes.empty for changes in result.changesets)
    return ExitCode.CHANGES if differs and options.detailed else ExitCode.DONE


def _members(catalogs: Mapping[str, Catalog], kept: Journal | None, options: _Options) -> tuple[dict[str, fleet.Member], list[str]]:
    """What is to be planned, and which stacks are left out of it."""
    members = wiring.members(catalogs, ordered=False, refresh=options.refresh)
    if not options.changed:
        return members, []
    stacks = {stack for name, catalog in catalogs.items() for stack in touched(deploying.earlier(kept, name), catalog).stacks}
    return {stack: one for stack, one in members.items() if stack in stacks}, sorted(members.keys() - stacks)


def _review(project: Project, engine: Engine, wanted: Wanted, form: str, *, detailed: bool) -> int:
    from transom.cli import reviewing
    from transom.review import telling

    found = reviewing.review(project, engine, wanted, wiring.engine_in)
    record = found.record
    if form == "json":
        click.echo(redact(record.model_dump_json(indent=2)))
    elif sys.stdout.isatty():
        from rich.console import Console

        telling.console(record, Console())
    else:
        click.echo(redact(telling.text(record)), nl=False)
    if found.exit_code:
        return found.exit_code
    differs = any(not changes.empty for one in record.environments for changes in one.change)
    return ExitCode.CHANGES if differs and detailed else ExitCode.DONE
