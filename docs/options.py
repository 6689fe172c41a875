"""Tables of a verb's options, made from the command line itself."""

from __future__ import annotations

import importlib
import keyword

import click


def command(verb: str) -> click.Command:
    """The click command of a verb, e.g. `plan` or `sandbox.up`."""
    name, _, inner = verb.partition(".")
    found: click.Command = importlib.import_module(f"transom.cli.{name}{'_' * keyword.iskeyword(name)}").command
    return found.commands[inner] if inner and isinstance(found, click.Group) else found


def table(verb: str) -> str:
    """Usage line and options of one verb."""
    found = command(verb)
    context = click.Context(found, info_name=f"transom {verb.replace('.', ' ')}")
    words = " ".join(found.collect_usage_pieces(context))
    rows = [row for parameter in found.params if isinstance(parameter, click.Option) and (row := parameter.get_help_record(context))]
    cells = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    lines = ["```text", f"transom {verb.replace('.', ' ')} {words}", "```"]
    if rows:
        lines += ["", "| option | meaning |", "|---|---|"]
        lines += [f"| `{names}` | {meaning.replace('  [default:', ' [default:')} |" for names, meaning in cells]
    return "\n".join(lines) + "\n"
