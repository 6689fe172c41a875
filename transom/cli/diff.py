"""`transom diff`: what two deployments, or Git and the last one, differ in."""

from __future__ import annotations

import dataclasses

import click

from transom.catalog.model import Catalog
from transom.cli import deploying, wiring
from transom.cli.output import output_option, print_json
from transom.exitcodes import ExitCode
from transom.history import compare
from transom.redaction import redact

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@click.command("diff")
@click.argument("before")
@click.argument("after", required=False)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when they differ.")
@output_option("text", "json")
def command(before: str, after: str | None, form: str, *, detailed_exitcode: bool) -> int:
    """Show what the documents of AFTER have over those of BEFORE.

    Each is a deployment (ENVIRONMENT/NUMBER) or an environment, which as BEFORE means its last applied documents and as AFTER what Git has
    now. `transom diff dev` shows what Git has over what was last applied. Git is not needed between two deployments.
    """
    found = compare.catalogs(_catalog(before, git=False), _catalog(after or before.partition("/")[0], git=True))
    if form == "json":
        print_json([dataclasses.asdict(one) for one in found])
    else:
        for one in found:
            click.echo(redact("\n".join([f"{_SIGNS[one.change]} {one.name} ({one.change})", *(f"    {line}" for line in one.lines)])))
        if not found:
            click.echo("no difference")
    return ExitCode.CHANGES if found and detailed_exitcode else ExitCode.DONE


def _catalog(word: str, *, git: bool) -> Catalog:
    project = wiring.project()
    if "/" not in word and git:
        return wiring.catalogs(project, [word])[word]
    kept = deploying.journal(wiring.engine(project), project)
    if "/" in word:
        return kept.catalog(kept.deployment(*deploying.reference(word)))
    last = kept.last_applied(word)
    if last is None:
        raise click.ClickException(f"nothing was applied to {word} yet, so there is nothing to compare with")
    return kept.catalog(last)
