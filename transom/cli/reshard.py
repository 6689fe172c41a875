"""`transom reshard`: an environment's resources go to the stacks that its document asks for now, and nothing else happens to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.cli import running, wiring
from transom.cli.output import progress
from transom.engine import Engine, Move, Request, fleet, urns


@click.command("reshard")
@click.argument("environment")
@click.option("--dry-run", is_flag=True, help="Only say what would move.")
def command(environment: str, *, dry_run: bool) -> int:
    """Move the resources of ENVIRONMENT between stacks after `shards` in its document changed; then apply.

    No resource is created, changed or deleted by the move, and their names stay the same. Safe to repeat after an interruption.
    """
    project = wiring.project()
    catalog = wiring.catalogs(project, [environment])[environment]
    engine = wiring.engine(project)
    members = wiring.members({environment: catalog})
    wiring.create_missing(engine, members)
    moves = [move for stack in _stacks(catalog) if (move := _move(engine, catalog, stack))]
    for move in moves:
        for target, count in sorted(_count(move).items()):
            click.echo(f"{count} components with their resources move from {move.source} to {target}")
        if not dry_run:
            engine.move(move)
    if not moves:
        click.echo(f"{environment}: every resource is in its stack already")
    if dry_run:
        return 0
    acknowledged = {stack: fleet.Member(_acknowledging(member.request), member.needs) for stack, member in members.items()}
    with progress("applying") as listen:
        result = fleet.run(engine.apply, acknowledged, at_once=running.at_once(), listen=listen)
    running.show(result, "text")
    if result.succeeded:
        for stack in sorted(set(_stacks(catalog)) - set(members)):
            request = Request(stack=stack, environment=environment)
            if engine.exists(request):
                engine.destroy(request)
                engine.remove(request)
                click.echo(f"removed the empty stack {stack}")
    return result.exit_code


def _stacks(catalog: Catalog) -> list[str]:
    """Every stack that may hold something of the environment: its own, and one per tenant."""
    return [catalog.name, *(shards.stack_of(catalog.name, tenant) for tenant in catalog.tenants)]


def _move(engine: Engine, catalog: Catalog, stack: str) -> Move | None:
    """What `stack` holds that belongs into another one; None when there is nothing."""
    request = Request(stack=stack, environment=catalog.name)
    if not engine.exists(request):
        return None
    homes = {identity: shard.stack for shard in shards.cut(catalog) for identity in shard.documents}
    resources: list[dict[str, Any]] = (engine.export(request).get("deployment") or {}).get("resources") or []
    parents = {resource["urn"]: resource.get("parent", "") for resource in resources}
    targets = {}
    for resource in resources:
        document = urns.document(resource["urn"], parents)
        is_component = not resource.get("custom") and resource["urn"].endswith(f"::{document.partition('/')[2]}")
        home = homes.get(document)
        if is_component and home not in (None, stack):
            targets[resource["urn"]] = str(home)
    return Move(environment=catalog.name, source=stack, targets=targets) if targets else None


def _count(move: Move) -> Mapping[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for target in move.targets.values():
        counts[target] += 1
    return counts


def _acknowledging(request: Request) -> Request:
    """The request whose program accepts that the cut has changed, because the resources have just been moved."""
    return replace(request, env={**request.env, shards.MOVED: "1"})
