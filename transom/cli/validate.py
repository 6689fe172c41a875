"""`transom validate`: every mistake of every environment, at its line, without network or engine."""

from __future__ import annotations

from pathlib import Path

import click

from transom.catalog import project as projects
from transom.catalog import shards
from transom.cli import wiring
from transom.cli.output import output_option, print_json, problem_record, source_option, strict_option
from transom.errors import InvalidDocuments, counted, mistakes
from transom.exitcodes import ExitCode


@click.command("validate")
@click.argument("environments", nargs=-1)
@source_option
@strict_option
@output_option("text", "json")
def command(environments: tuple[str, ...], overrides: dict[str, Path], form: str, *, strict: bool) -> int:
    """Check every document of ENVIRONMENTS (all when none is named), offline."""
    project = wiring.project(overrides)
    names = wiring.names(project, environments)
    wiring.refuse_unknown_sources(project, names)
    catalogs, problems = projects.catalogs(project, names)
    for catalog in catalogs.values():
        try:
            shards.cut(catalog)
        except InvalidDocuments as error:
            problems += error.problems
    problems = tuple(sorted(set(problems)))
    if form == "json":
        print_json({"environments": list(names), "problems": [problem_record(problem) for problem in problems]})
    else:
        for problem in problems:
            click.echo(str(problem))
    if problems:
        click.echo(counted(problems), err=True)
    if mistakes(problems) or (strict and problems):
        return ExitCode.INVALID
    if form == "text":
        for catalog in catalogs.values():
            objects = sum(map(len, catalog.manifests.values()))
            click.echo(f"{catalog.name}: {len(catalog.entries)} documents and {objects} Kubernetes objects are valid")
    return ExitCode.DONE
