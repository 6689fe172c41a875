"""`transom release`: ends a hold, so that new commits are applied again."""

from __future__ import annotations

import click

from transom.cli import deploying, wiring


@click.command("release")
@click.argument("environment")
def command(environment: str) -> None:
    """Let ENVIRONMENT take new commits again after a rollback. Applies nothing itself."""
    project = wiring.project()
    kept = deploying.journal(wiring.engine(project), project)
    hold = kept.held(environment)
    if hold is None:
        click.echo(f"environment {environment} is not held")
        return
    kept.release(environment)
    click.echo(f"environment {environment} was held at {environment}/{hold.to}; transom apply {environment} takes new commits again")
