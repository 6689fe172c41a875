"""`transom get`: what is deployed, in sync and healthy."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import click

from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.catalog.validate import near
from transom.cli import wiring
from transom.cli.output import output_option, print_json, table
from transom.engine import Engine, Request
from transom.status import report
from transom.status.report import DocumentStatus, EnvironmentStatus


@click.command("get")
@click.argument("environment")
@click.argument("document", required=False)
@click.option("--no-header", is_flag=True, help="Leave out the line of column names.")
@output_option("text", "wide", "json", "yaml")
def command(environment: str, document: str | None, form: str, *, no_header: bool) -> None:
    """Show all documents of ENVIRONMENT, or one DOCUMENT (an application's name, or KIND/NAME) with its resources.

    Sync is Git against what was last applied; health is as of the last apply or refresh.
    """
    project = wiring.project()
    catalog = wiring.catalogs(project, [environment])[environment]
    status = report.report(catalog, deployments(wiring.engine(project), catalog))
    found = _one(status, document) if document else None
    if form in ("json", "yaml"):
        _print_data(dataclasses.asdict(found or status), form)
    elif found:
        click.echo(_block(catalog, status, found))
    else:
        click.echo(_listing(status, wide=form == "wide", header=not no_header))


def deployments(engine: Engine, catalog: Catalog) -> Mapping[str, Any]:
    """The state of each stack of the environment that was applied before."""
    requests = [Request(stack=shard.stack, environment=catalog.name) for shard in shards.cut(catalog)]
    return {request.stack: engine.export(request) for request in requests if engine.exists(request)}


def _one(status: EnvironmentStatus, word: str) -> DocumentStatus:
    found = status.document(word if "/" in word else f"Application/{word}")
    if found is None:
        names = [document.identity for document in status.documents]
        names += [name.partition("/")[2] for name in names if name.startswith("Application/")]
        raise click.ClickException(f"environment {status.environment} has no {word}; {near(word, names)}")
    return found


def _listing(status: EnvironmentStatus, *, wide: bool, header: bool) -> str:
    columns = ("NAME", "TENANT", "SYNC", "HEALTH", "RESOURCES", "MESSAGE") + (("STACK",) if wide else ())
    rows = [
        (one.identity, one.tenant, one.sync, one.health.word, str(len(one.resources)), one.message) + ((one.stack,) if wide else ())
        for one in status.documents
    ]
    return table(columns, rows, with_header=header)


def _block(catalog: Catalog, status: EnvironmentStatus, one: DocumentStatus) -> str:
    """The block that `argocd app get` prints."""
    lines = [("Name", one.identity.partition("/")[2]), ("Kind", one.identity.partition("/")[0]), ("Project", one.tenant)]
    entry = catalog.entries.get(one.identity)
    application = catalog.applications.get(one.identity.partition("/")[2]) if one.identity.startswith("Application/") else None
    if application:
        lines += [("Server", catalog.placements[application.name]), ("Namespace", application.document.spec.destination.namespace)]
    source = entry.trace.snapshot.source if entry else ""
    lines += [
        ("Source", str(entry.at()) if entry else "left Git"),
        ("Revision", status.revisions.get(source, "")),
        ("Stack", f"{one.stack}, last applied {status.stacks.get(one.stack) or 'never'}"),
        ("Sync Status", one.sync),
        ("Health Status", f"{one.health.word}{f' ({one.message})' if one.message else ''}"),
    ]
    block = "\n".join(f"{name + ':':<20}{value}" for name, value in lines)
    rows = [(r.group, r.kind, r.namespace, r.name, one.sync, r.health.word, r.health.message) for r in one.resources]
    return f"{block}\n\n{table(('GROUP', 'KIND', 'NAMESPACE', 'NAME', 'STATUS', 'HEALTH', 'MESSAGE'), rows)}"


def _print_data(data: Any, form: str) -> None:
    if form == "json":
        print_json(data)
        return
    import json

    from transom.rendering.kustomization import dump

    click.echo(dump(json.loads(json.dumps(data, default=str))), nl=False)
