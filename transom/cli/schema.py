"""`transom schema`: JSON Schemas for editors, one per kind, those that the repository defines included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from transom.catalog.validate import near
from transom.cli import wiring
from transom.errors import TransomError
from transom.rendering import units
from transom.specs import schema
from transom.specs.kinds import KINDS

if TYPE_CHECKING:
    from transom.catalog.composites.definitions import Kind


@click.command("schema")
@click.argument("kinds", nargs=-1)
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write one file per kind into this folder.")
@click.option("--crd", is_flag=True, help="Print defined kinds as CustomResourceDefinitions instead.")
def command(kinds: tuple[str, ...], folder: Path | None, *, crd: bool) -> None:
    """Print the JSON Schema of KINDS (all when none is named, those that composite definitions define included), or write them."""
    defined = _defined() if crd or not kinds or not set(kinds) <= set(KINDS) else {}
    known = {kind for _, kind in defined} if crd else {*KINDS, *(kind for _, kind in defined)}
    unknown = [kind for kind in kinds if kind not in known]
    if unknown:
        raise click.ClickException(f"there is no {'defined ' * crd}kind {unknown[0]}; {near(unknown[0], known) or 'there is none'}")
    wanted = kinds or tuple(sorted(known, key=lambda kind: (kind not in KINDS, [*KINDS, kind].index(kind), kind)))
    if crd:
        _print_crds(wanted, defined)
        return
    found = {kind: schema.of(kind) if kind in KINDS else _of_defined(kind, defined) for kind in wanted}
    if folder is None:
        click.echo(json.dumps(found[wanted[0]] if len(wanted) == 1 else found, indent=2))
        return
    for name, text in schema.files().items():
        if Path(name).stem in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    for kind, body in found.items():
        if kind not in KINDS:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{kind}.json").write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _defined() -> Mapping[tuple[str, str], Kind]:
    """What the project's sources define, in the first environment that has it; nothing where there is no project, or none can be read."""
    project = wiring.project()
    found: dict[tuple[str, str], Kind] = {}
    for name in project.environments():
        try:
            snapshots = project.snapshots(project.environment(name))
        except TransomError:
            continue
        if not any(units.compositions(snapshot, name) for snapshot in snapshots):
            continue
        from transom.catalog.composites import definitions

        for key, kind in definitions.of_sources(name, snapshots, project.renderer()).kinds.items():
            found.setdefault(key, kind)
    return found


def _of_defined(wanted: str, defined: Mapping[tuple[str, str], Kind]) -> dict[str, Any]:
    """The schema of a defined kind; of one with several versions, of either."""
    from transom.catalog.composites import export

    found = [export.schema(kind) for (_, name), kind in sorted(defined.items()) if name == wanted]
    if len(found) == 1:
        return found[0]
    return {"$schema": found[0]["$schema"], "title": wanted, "anyOf": [{k: v for k, v in one.items() if k != "$schema"} for one in found]}


def _print_crds(wanted: tuple[str, ...], defined: Mapping[tuple[str, str], Kind]) -> None:
    from transom.catalog.composites import export
    from transom.rendering.kustomization import dump

    for kind in wanted:
        versions = {api_version.partition("/")[2]: one for (api_version, name), one in defined.items() if name == kind}
        click.echo(f"---\n{dump(export.definition(versions))}", nl=False)
