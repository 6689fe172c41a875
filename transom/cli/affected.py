"""`transom affected`: the claims that become something else since a revision, in every environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transom.catalog import base
from transom.catalog.immutable import State
from transom.cli import wiring
from transom.cli.output import output_option, print_json, source_option

if TYPE_CHECKING:
    from transom.catalog.composites.affected import Difference, Touched


@click.command("affected")
@click.argument("environments", nargs=-1)
@click.option("--base", "revision", metavar="REV", required=True, help="What to compare with: a branch, tag or commit of the sources.")
@click.option("--kind", "kinds", multiple=True, help="Only claims of this kind; may be given several times.")
@source_option
@output_option("text", "json")
def command(environments: tuple[str, ...], revision: str, kinds: tuple[str, ...], overrides: dict[str, Path], form: str) -> None:
    """List the claims of ENVIRONMENTS (all when none is named) that become something else than at REV, and every value that changes."""
    from transom.catalog.composites import affected

    project = wiring.project(overrides)
    names = wiring.names(project, environments)
    wiring.refuse_unknown_sources(project, names)
    catalogs = wiring.catalogs(project, names)
    found: dict[str, list[Touched]] = {}
    for name, catalog in catalogs.items():
        before = base.state(project, catalog.environment, revision)
        touched = affected.claims(before, State(catalog.entries, catalog.owners, catalog.manifests))
        found[name] = [one for one in touched if not kinds or one.claim.partition("/")[0] in kinds]
    if form == "json":
        print_json({name: [_record(one) for one in listed] for name, listed in found.items()})
        return
    for name, listed in found.items():
        for one in listed:
            click.echo(_text(name, one))
    count, places = sum(map(len, found.values())), sum(map(bool, found.values()))
    click.echo(f"{count} claim{'s' * (count != 1)} in {places} environment{'s' * (places != 1)}")


def _text(environment: str, one: Touched) -> str:
    was, now = one.revisions
    revision = f", revision {was} → {now}" if one.sign == "~" and was != now else ""
    lines = [f"{one.sign} {one.claim} in {environment}{revision}  ({one.at})"]
    for document in one.documents:
        if document.document != one.claim:
            lines.append(f"    {document.sign} {document.document}")
        lines += [f"        {_value(difference)}" for difference in document.differences]
    return "\n".join(lines)


def _value(one: Difference) -> str:
    from transom.catalog.composites.affected import told
    from transom.rendering import yamltext

    return f"{yamltext.dotted(one.path)}: {told(one.before)} → {told(one.after)}"


def _record(one: Touched) -> dict[str, Any]:
    was, now = one.revisions
    return {
        "claim": one.claim,
        "sign": one.sign,
        "path": one.at.path,
        "line": one.at.line,
        "column": one.at.column,
        "revisions": {"before": was or None, "after": now or None},
        "documents": [
            {"document": document.document, "sign": document.sign, "differences": [_difference(each) for each in document.differences]}
            for document in one.documents
        ],
    }


def _difference(one: Difference) -> dict[str, Any]:
    from transom.rendering.yamltext import NOTHING

    values = {"before": one.before, "after": one.after}
    return {"path": list(one.path)} | {name: value for name, value in values.items() if value is not NOTHING}
