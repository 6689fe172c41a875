"""How an apply that failed takes applications back by itself: those whose `sync.rollbackOnFailure` says so, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import click

from transom import guards
from transom.catalog.model import Catalog
from transom.cli import running, wiring
from transom.cli.deploying import Deploying, Intent, deploy
from transom.cli.output import progress
from transom.engine import fleet
from transom.errors import TransomError
from transom.history.records import Act
from transom.redaction import redact


def after(deploying: Deploying, catalogs: Mapping[str, Catalog], result: fleet.Result, lock_wait: float) -> None:
    """Takes back what failed and asks for it; tells what it did, and why it did not where it could not."""
    for name, catalog in catalogs.items():
        failed = _failed(catalog, result)
        if not failed:
            continue
        try:
            _back(deploying, catalog, failed, lock_wait)
        except TransomError as error:
            click.echo(redact(f"{name}: {', '.join(failed)} could not be taken back: {error}"), err=True)


def _failed(catalog: Catalog, result: fleet.Result) -> tuple[str, ...]:
    """Applications that something failed of, and that ask to be taken back."""
    changes = [change for changes in result.changesets if changes.environment == catalog.name for change in changes.failures]
    documents = {change.document for change in changes}
    default = catalog.environment.document.spec.sync
    return tuple(
        name
        for name, entry in catalog.applications.items()
        if f"Application/{name}" in documents and entry.document.spec.sync.over(default).rollback_on_failure
    )


def _back(deploying: Deploying, catalog: Catalog, failed: tuple[str, ...], lock_wait: float) -> None:
    kept, name = deploying.kept, catalog.name
    number = next(iter(kept.deployments(name, 1))).number
    last = kept.last_applied(name)
    there = kept.catalog(last) if last is not None else None
    old = tuple(one for one in failed if there is not None and one in there.applications)
    for one in sorted({*failed} - {*old}):
        click.echo(f"{name}: {one} was never deployed well before, so there is nothing to take it back to", err=True)
    if last is None or there is None or not old:
        return
    # All of the last good documents, though only the applications' resources are touched: what else the failed apply asked for was never
    # deployed well, and the history must not say that it was.
    catalogs = {name: there}
    members = wiring.members(catalogs, ordered=False, message=f"{name}/{number} failed", lock_wait=lock_wait)
    planned = running.plan(deploying.engine, members)
    # What else the failed apply did not get done is not begun here: only the applications' own resources are touched.
    documents = {f"Application/{one}" for one in old}
    targets = {
        changes.stack: tuple(sorted(change.urn for change in changes.changes if change.document in documents))
        for changes in planned.changesets
    }
    members = {
        stack: fleet.Member(replace(member.request, targets=targets[stack])) for stack, member in members.items() if targets.get(stack)
    }
    if not members:
        click.echo(f"{name}: {', '.join(old)} is as {name}/{last.number} had it", err=True)
        return
    limited = running.plan(deploying.engine, members)
    guards.refuse(guards.judge(catalogs, limited.changesets))
    intent = Intent(Act.ROLLBACK, f"{name}/{number} failed", {name: last.number}, old, number, {name: last.revisions})
    with progress("rolling back") as listen:
        back = deploy(replace(deploying, intent=intent), catalogs, members, listen)
    running.show(back, "text")
    word = "went back by itself to" if back.succeeded else "could not be taken back to"
    click.echo(f"{name}: {', '.join(old)} {word} {name}/{last.number}", err=True)
