"""`transom abort`: the short form of `transom rollout abort`, for when it has to be quick."""

from __future__ import annotations

import click

from transom.cli import rollout
from transom.rollouts.acts import Act


@click.command("abort")
@click.argument("environment")
@click.argument("application")
@rollout.one_option
def command(environment: str, application: str, only: str | None) -> None:
    """Take APPLICATION's Rollout in ENVIRONMENT back to its stable version. The same as `transom rollout abort`."""
    rollout.perform(environment, application, only, Act.ABORT)
