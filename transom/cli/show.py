"""`transom show`: one deployment, with the documents that it applied."""

from __future__ import annotations

import click

from transom.cli import deploying, wiring
from transom.cli import history as listing
from transom.cli.output import output_option, print_json, table
from transom.history.records import Deployment


@click.command("show")
@click.argument("deployment")
@click.option("--documents", is_flag=True, help="Print the documents and manifests that were applied, as `render` does.")
@output_option("text", "json")
def command(deployment: str, form: str, *, documents: bool) -> None:
    """Show DEPLOYMENT (ENVIRONMENT/NUMBER, e.g. dev/12). Git is not needed."""
    environment, number = deploying.reference(deployment)
    project = wiring.project()
    kept = deploying.journal(wiring.engine(project), project)
    found = kept.deployment(environment, number)
    if documents:
        from transom.cli.render import print_catalog

        print_catalog(kept.catalog(found), form="json" if form == "json" else "yaml")
    elif form == "json":
        print_json(found.model_dump(mode="json"))
    else:
        click.echo(_block(found))


def _block(found: Deployment) -> str:
    by = ", ".join(part for part in (found.actor.name, found.actor.via) if part)
    lines = [
        ("Deployment", f"{found.environment}/{found.number}"),
        ("Act", listing.act(found) + (f", only {', '.join(found.only)}" if found.only else "")),
        ("Result", str(found.result)),
        ("Started", f"{found.started:%Y-%m-%d %H:%M:%S} UTC, took {found.duration:.0f} s"),
        ("By", by),
        ("Message", found.message or "-"),
        ("Digest", found.digest[:16]),
    ]
    lines += [("Recovered", sentence) for sentence in found.recovered]
    lines += [(f"Source {one.source}", f"{one.url} {one.revision}".strip()) for one in found.revisions]
    if found.only:
        lines += [(f"Taken from {one.source}", f"{one.url} {one.revision}".strip()) for one in found.returned]
    block = "\n".join(f"{name + ':':<20}{value}" for name, value in lines)
    stacks = [
        (one.stack, "succeeded" if one.succeeded else "failed", f"{one.duration:.0f} s", one.error.partition("\n")[0])
        for one in found.stacks
    ]
    changed = [(identity, str(count)) for identity, count in found.changed.items()]
    parts = [block, table(("STACK", "RESULT", "TOOK", "ERROR"), stacks)]
    return "\n\n".join([*parts, table(("DOCUMENT", "RESOURCES CHANGED"), changed)] if changed else parts)
