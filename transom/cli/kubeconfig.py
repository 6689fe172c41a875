"""`transom kubeconfig`: the contexts with which tenants are acted as, for a `pulumi up` that runs without `transom`."""

from __future__ import annotations

import click

from transom.cli import wiring
from transom.exitcodes import ExitCode


@click.command("kubeconfig")
@click.argument("environment")
def command(*, environment: str) -> int:
    """Print a kubeconfig with a context for each tenant of ENVIRONMENT that is deployed as itself.

    It belongs in front of the others in KUBECONFIG, and holds the credentials of the users that it is derived from.
    """
    import yaml

    catalogs = wiring.catalogs(wiring.project(), [environment])
    click.echo(yaml.safe_dump(wiring.kubeconfigs(catalogs.values()), sort_keys=False), nl=False)
    return ExitCode.DONE
