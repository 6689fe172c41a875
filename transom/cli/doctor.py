"""`transom doctor`: which programs are found where, what is missing and how to get it."""

from __future__ import annotations

import dataclasses

import click

from sandbox import doctor
from transom.cli.output import output_option, print_json, table
from transom.exitcodes import ExitCode


@click.command("doctor")
@output_option("text", "json")
def command(form: str) -> int:
    """Say which programs are found where, what is missing and how to get it."""
    parts = doctor.examine()
    if form == "json":
        print_json([dataclasses.asdict(part) for part in parts])
    else:
        rows = [(part.name, part.state, part.version, part.origin, str(part.path or ""), part.why) for part in parts]
        click.echo(table(("PART", "STATE", "VERSION", "FROM", "PATH", "NEEDED FOR"), rows))
        for part in parts:
            if part.remedy:
                click.echo(f"{part.name}: {part.remedy}", err=True)
    return ExitCode.DONE if all(part.state in ("found", "optional") for part in parts) else ExitCode.FAILED
