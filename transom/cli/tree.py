"""`transom tree`: what belongs to what, and what needs what, offline; with `--live` also how each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transom.catalog import drawing, graph
from transom.catalog.drawing import Line
from transom.catalog.graph import Graph
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.catalog.validate import near
from transom.cli import wiring
from transom.cli.output import output_option, print_json, source_option, table

if TYPE_CHECKING:
    from transom.status.report import EnvironmentStatus

_LONGEST = 64
"""Characters of a status, as `crossplane resource trace` cuts it."""


@click.command("tree")
@click.argument("environment", required=False)
@click.argument("document", required=False)
@click.option("--reverse", is_flag=True, help="What needs DOCUMENT, instead of what it needs.")
@click.option("--objects", is_flag=True, help="Show the Kubernetes objects, too.")
@click.option("--live", is_flag=True, help="Show also what is in sync and ready, as of the last apply or refresh.")
@click.option("--no-header", is_flag=True, help="Leave out the line of column names.")
@source_option
@output_option("text", "json", "dot", "mermaid")
def command(  # noqa: PLR0913 - one parameter for each option of the command line
    environment: str | None,
    document: str | None,
    overrides: dict[str, Path],
    form: str,
    *,
    reverse: bool,
    objects: bool,
    live: bool,
    no_header: bool,
) -> None:
    """Show the documents of ENVIRONMENT (all environments when none is named) below what they belong to.

    With DOCUMENT (an application's name, or KIND/NAME) what that one needs, over all steps. Offline, unless --live is given.
    """
    if reverse and not document:
        raise click.UsageError("--reverse is about one document: name it, e.g. transom tree dev Database/shop --reverse")
    project = wiring.project(overrides)
    catalogs = wiring.catalogs(project, [environment] if environment else [])
    if form == "json":
        found = [drawing.data(_part(one, document, reverse=reverse)[0]) for one in catalogs.values()]
        print_json(found[0] if environment else found)
        return
    texts = []
    for catalog in catalogs.values():
        drawn, root = _part(catalog, document, reverse=reverse)
        if form == "text":
            lines = drawing.linked(drawn, root, reverse=reverse, objects=objects) if root else drawing.owned(drawn, objects=objects)
            status = _status(project, catalog) if live else None
            texts.append(table(*_columns(list(lines), status, None if root else drawing.needs(drawn)), with_header=not no_header))
        else:
            texts.append(drawing.dot(drawn) if form == "dot" else drawing.mermaid(drawn))
    click.echo("\n".join(texts), nl=form == "text")


def _part(catalog: Catalog, document: str | None, *, reverse: bool) -> tuple[Graph, str]:
    """The graph that is asked for, and the document that it hangs from; empty for all of it."""
    whole = graph.of(catalog)
    if document is None:
        return whole, ""
    root = document if "/" in document else f"Application/{document}"
    if root not in whole.nodes:
        names = [*whole.nodes, *(name.partition("/")[2] for name in whole.nodes if name.startswith("Application/"))]
        raise click.ClickException(f"environment {catalog.name} has no {document}; {near(document, names)}")
    return graph.around(whole, [root], reverse=reverse), root


def _columns(
    lines: list[Line], status: Mapping[str, tuple[str, str, str]] | None, needs: Mapping[str, str] | None
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Header and rows: how each document is, or where it is written and, unless the tree itself says so, what it needs."""
    if status is not None:
        rows = [(line.text, *(status.get(line.node.identity, ("-", "-", "")) if line.node else ("", "", ""))) for line in lines]
        return ("NAME", "SYNCED", "READY", "STATUS"), rows
    offline = [
        (line.text, str(len(line.node.objects) or ""), (needs or {}).get(line.node.identity, ""), str(line.node.where))
        if line.node
        else (line.text, "", "", str(line.where))
        for line in lines
    ]
    if needs is not None:
        return ("NAME", "OBJECTS", "NEEDS", "WRITTEN"), offline
    return ("NAME", "OBJECTS", "WRITTEN"), [(name, objects, written) for name, objects, _, written in offline]


def _status(project: Project, catalog: Catalog) -> Mapping[str, tuple[str, str, str]]:
    """What `words` says of the state that the stacks were left in."""
    from transom.cli.get import deployments
    from transom.status import report

    return words(report.report(catalog, deployments(wiring.engine(project), catalog)))


def words(status: EnvironmentStatus) -> Mapping[str, tuple[str, str, str]]:
    """Synced, ready and why not, of each document."""
    return {
        one.identity: (str(one.sync == "Synced"), str(one.health.word == "Healthy"), one.message[:_LONGEST]) for one in status.documents
    }
