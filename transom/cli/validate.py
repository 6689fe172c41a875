"""`transom validate`: every mistake of every environment, at its line, without network or engine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from transom.catalog import project as projects
from transom.catalog import shards
from transom.catalog.project import Project
from transom.cli import reports, wiring
from transom.cli.output import output_option, print_json, problem_record, source_option, strict_option
from transom.errors import InvalidDocuments, Problem, counted, mistakes
from transom.exitcodes import ExitCode
from transom.redaction import redact


@click.command("validate")
@click.argument("environments", nargs=-1)
@click.option("--no-tests", is_flag=True, help="Do not run the tests of composite definitions.")
@source_option
@strict_option
@click.option(
    "--base", metavar="REV", help="Also refuse changes since REV that cannot be made in place: a branch, tag or commit of the sources."
)
@output_option("text", "json", "sarif", "github")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    environments: tuple[str, ...], overrides: dict[str, Path], form: str, base: str | None, *, strict: bool, no_tests: bool
) -> int:
    """Check every document of ENVIRONMENTS (all when none is named), offline, and run the tests of composite definitions."""
    project = wiring.project(overrides)
    names = wiring.names(project, environments)
    wiring.refuse_unknown_sources(project, names)
    catalogs, problems = projects.catalogs(project, names)
    problems += _changes(project, names, base) if base else ()
    for catalog in catalogs.values():
        try:
            shards.cut(catalog)
        except InvalidDocuments as error:
            problems += error.problems
    tests = projects.Tests() if no_tests else projects.tests(project, names)
    problems = tuple(sorted({*problems, *tests.problems}))
    _print(form, names, problems)
    if problems:
        click.echo(counted(problems), err=True)
        for name in _unread(project, names):
            click.echo(f"of environment {name} nothing else was checked: its own document comes first", err=True)
    if mistakes(problems) or (strict and problems):
        return ExitCode.INVALID
    if form in ("text", "github"):
        for catalog in catalogs.values():
            objects = sum(map(len, catalog.manifests.values()))
            click.echo(f"{catalog.name}: {len(catalog.entries)} documents and {objects} Kubernetes objects are valid")
        if tests.count:
            click.echo(f"{tests.count} tests of definitions passed")
    return ExitCode.DONE


def _unread(project: Project, names: tuple[str, ...]) -> list[str]:
    """Environments whose own document is wrong: what their sources hold was not looked at for them."""
    out = []
    for name in names:
        try:
            project.environment(name)
        except InvalidDocuments:
            out.append(name)
    return out


def _print(form: str, names: tuple[str, ...], problems: tuple[Problem, ...]) -> None:
    match form:
        case "json":
            print_json({"environments": list(names), "problems": [problem_record(problem) for problem in problems]})
        case "sarif":
            print_json(reports.sarif(problems))
        case "github":
            for problem in problems:
                click.echo(redact(reports.github(problem)))
        case _:
            for problem in problems:
                click.echo(redact(str(problem)))


def _changes(project: Project, names: tuple[str, ...], revision: str) -> tuple[Problem, ...]:
    """What cannot be changed in place; an environment whose own document is wrong was told already."""
    from transom.catalog import base

    today = datetime.now(UTC).date()
    found: list[Problem] = []
    for name in names:
        try:
            environment = project.environment(name)
        except InvalidDocuments:
            continue
        found += base.changes(project, environment, revision, today)
    return tuple(found)
