"""`transom schema`: JSON Schemas for editors, one per kind."""

from __future__ import annotations

import json
from pathlib import Path

import click

from transom.specs import schema
from transom.specs.kinds import KINDS


@click.command("schema")
@click.argument("kinds", nargs=-1)
@click.option("--write", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write one file per kind into this folder.")
def command(kinds: tuple[str, ...], folder: Path | None) -> None:
    """Print the JSON Schema of KINDS (all when none is named), or write them."""
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise click.ClickException(f"there is no kind {unknown[0]}; there are {', '.join(KINDS)}")
    wanted = kinds or tuple(KINDS)
    if folder is None:
        found = {kind: schema.of(kind) for kind in wanted}
        click.echo(json.dumps(found[wanted[0]] if len(wanted) == 1 else found, indent=2))
        return
    for name, text in schema.files().items():
        if Path(name).stem in wanted:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
