"""`transom recover`: puts in order what a run that was killed has left."""

from __future__ import annotations

from collections.abc import Iterable

import click

from transom.cli import deploying, wiring
from transom.cli.output import lock_timeout_option, progress
from transom.engine import urns
from transom.errors import PermanentError
from transom.history import actor


@click.command("recover")
@click.argument("environment")
@click.option(
    "--adopt", metavar="NAME=ID", multiple=True, help="What was being made is there, and has this id. May be given several times."
)
@click.option("--forget", metavar="NAME", multiple=True, help="What was being made is not there. May be given several times.")
@lock_timeout_option
def command(environment: str, adopt: tuple[str, ...], forget: tuple[str, ...], lock_wait: float) -> None:
    """Put in order what a killed run has left in ENVIRONMENT. Changes the state, and nothing that lives.

    Every apply does this by itself. It is needed by hand only where something was being made whose id AWS gives, e.g. a VPC: look for
    it, and say what you found. NAME is the name in the state, or the whole URN where several have it.
    """
    said = {**dict(_pair(word) for word in adopt), **dict.fromkeys(forget, "")}
    project = wiring.project()
    engine = wiring.engine(project)
    kept = deploying.journal(engine, project)
    members = wiring.members(wiring.catalogs(project, [environment]), lock_wait=lock_wait)
    there = engine.stacks(next(iter(members.values())).request)
    requests = [member.request for stack, member in members.items() if stack in there]
    unfinished = {request.stack: engine.unfinished(request) for request in requests}
    told = {urn: said[name] for name in said for urn in _urns(name, [urn for found in unfinished.values() for urn in found])}
    with progress("recovering") as listen:
        leased = deploying.Leased(engine, kept.leases(actor.here()), listen)
        for request in requests:
            leased.recover(request, {urn: told[urn] for urn in unfinished[request.stack] if urn in told}, leased.hear)
    if not any(unfinished.values()):
        click.echo(f"{environment}: no run has left anything unfinished")


def _pair(word: str) -> tuple[str, str]:
    name, equals, identity = word.rpartition("=")
    if not equals or not name or not identity:
        raise click.BadParameter(f"{word} is not NAME=ID", param_hint="--adopt")
    return name, identity


def _urns(name: str, unfinished: Iterable[str]) -> list[str]:
    """The one unfinished operation that `name` means."""
    found = sorted({urn for urn in unfinished if urn == name or ((parsed := urns.parse(urn)) is not None and parsed.name == name)})
    if len(found) == 1:
        return found
    hint = f"write the whole URN: {', '.join(found)}" if found else "transom recover ENVIRONMENT without options says what there is"
    raise PermanentError(f"{len(found) or 'no'} unfinished operations are named {name}", reason="UnknownReference", hint=hint)
