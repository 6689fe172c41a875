"""`transom history`: what was deployed when, by whom, and what came of it."""

from __future__ import annotations

import click

from transom.catalog.validate import near
from transom.changes import Operation
from transom.cli import deploying, wiring
from transom.cli.output import output_option, print_json, table
from transom.history.records import Deployment

_SIGNS = {
    Operation.CREATE: "+", Operation.UPDATE: "~", Operation.REPLACE: "±",
    Operation.DELETE: "-", Operation.IMPORT: "<", Operation.FORGET: "?",
}  # fmt: skip


@click.command("history")
@click.argument("environment")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="How many, from the newest.")
@click.option("--app", "application", help="Only deployments that changed this application.")
@click.option("--no-header", is_flag=True, help="Leave out the line of column names.")
@output_option("text", "json")
def command(environment: str, limit: int, application: str | None, form: str, *, no_header: bool) -> None:
    """List the deployments of ENVIRONMENT, newest first. The state's backend keeps them: Git is not needed."""
    project = wiring.project()
    kept = deploying.journal(wiring.engine(project), project)
    if environment not in (known := sorted({*kept.environments(), *project.environments()})):
        raise click.ClickException(f"there is no environment {environment}; {near(environment, known)}")
    wanted = f"Application/{application}" if application else None
    found: list[Deployment] = []
    for deployment in kept.deployments(environment):
        if wanted is None or wanted in deployment.changed:
            found.append(deployment)
        if len(found) == limit:
            break
    if form == "json":
        print_json([deployment.model_dump(mode="json") for deployment in found])
        return
    if hold := kept.held(environment):
        click.echo(f"held at {environment}/{hold.to} by {hold.by.name} since {hold.since:%Y-%m-%d %H:%M}: transom release {environment}")
    columns = ("DEPLOYMENT", "WHEN (UTC)", "ACT", "RESULT", "BY", "CHANGES", "REVISIONS", "MESSAGE")
    click.echo(table(columns, [_row(deployment) for deployment in found], with_header=not no_header))


def counts(deployment: Deployment) -> str:
    """`+3 ~1 -2`, or `none`."""
    return " ".join(f"{_SIGNS[operation]}{count}" for operation, count in deployment.counts.items() if operation in _SIGNS) or "none"


def act(deployment: Deployment) -> str:
    """`apply`, `rollback to 4`, `rollback to 4 after 6` of one that the failed deployment 6 made by itself."""
    if deployment.cause:
        return f"{deployment.act} to {deployment.to} after {deployment.cause}"
    return f"{deployment.act} to {deployment.to}" if deployment.to else str(deployment.act)


def _short(revision: str) -> str:
    """A commit's first seven characters, with what is said behind it; other words as they are."""
    commit, dash, more = revision.partition("-")
    return f"{commit[:7]}{dash}{more}" if len(commit) == len("0" * 40) else revision


def _row(deployment: Deployment) -> tuple[str, ...]:
    # Of a rollback of single applications: what they went back to; everything else stayed where the line before it says.
    shown = deployment.returned or deployment.revisions
    revisions = " ".join(f"{one.source}@{_short(one.revision)}" for one in shown)
    first_line = deployment.message.partition("\n")[0]
    return (
        f"{deployment.environment}/{deployment.number}",
        f"{deployment.started:%Y-%m-%d %H:%M:%S}",
        act(deployment),
        str(deployment.result),
        deployment.actor.name,
        counts(deployment),
        revisions,
        first_line,
    )
