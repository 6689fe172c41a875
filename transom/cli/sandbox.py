"""`transom sandbox`: the local cloud for trying things out."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import click

from sandbox import environment, lifecycle
from transom.cli.output import output_option, print_json, table
from transom.exitcodes import ExitCode


@click.group("sandbox")
def command() -> None:
    """Start, stop and look at the local cloud: API servers, simulated nodes, moto and a state backend, all on loopback."""


@command.command("up")
@click.option("--cluster", "clusters", multiple=True, default=("dev",), show_default=True, help="A cluster to have; may be given again.")
@click.option("--all", "everything", is_flag=True, help="All of dev, staging and production.")
@click.option("--with", "having", multiple=True, help="A controller that its clusters have: rollouts or sealed-secrets.")
def up(clusters: tuple[str, ...], having: tuple[str, ...], *, everything: bool) -> None:
    """Start what is not running yet."""
    wanted = ("dev", "staging", "production") if everything else clusters
    status = lifecycle.up(clusters=wanted, say=_say, having=having)
    _print(status)
    click.echo('\nTo use it in this shell:  eval "$(.venv/bin/transom sandbox env)"', err=True)


@command.command("down")
@click.option("--purge", is_flag=True, help="Remove all it wrote too, the Pulumi state included.")
def down(*, purge: bool) -> None:
    """Stop it."""
    lifecycle.down(say=_say, purge=purge)


@command.command("status")
@output_option("text", "json")
def status(form: str) -> int:
    """Say what is running."""
    found = lifecycle.status()
    if form == "json":
        print_json(dataclasses.asdict(found))
    else:
        _print(found)
    return ExitCode.DONE if found.state == "running" else ExitCode.FAILED


@command.command("env")
def env() -> None:
    """Print the variables that make a shell use it."""
    click.echo(environment.as_shell(environment.environment()), nl=False)


@command.command("logs")
@click.argument("process", required=False)
@click.option("-f", "--follow", is_flag=True, help="Keep printing what is added.")
@click.option("--tail", default=50, show_default=True, help="How many lines from the end.")
def logs(process: str | None, tail: int, *, follow: bool) -> int:
    """Print the log of PROCESS, or the names of all logs."""
    found = lifecycle.logs()
    if process is None:
        click.echo(table(("PROCESS", "LOG"), [(name, str(path)) for name, path in found.items()]))
        return ExitCode.DONE
    if process not in found:
        raise click.ClickException(
            f"there is no process {process}; there are {', '.join(found) or 'none: start it with transom sandbox up'}"
        )
    return subprocess.run(["tail", "-n", str(tail), *(["-f"] if follow else []), str(found[process])], check=False).returncode


def _say(message: str) -> None:
    click.echo(message, err=True)
    sys.stderr.flush()


def _print(found: lifecycle.Status) -> None:
    click.echo(f"sandbox {_short(found.root)}: {found.state}")
    click.echo(f"AWS      {found.endpoint} (moto)")
    for cluster in found.clusters:
        click.echo(f"cluster  {cluster.server} (context {cluster.context}){'' if cluster.ready else ', not ready'}")
    for process in found.processes:
        if not process.running:
            click.echo(f"not running: {process.name}, log {_short(process.log)}")
    for note in found.notes:
        click.echo(f"note: {note}")


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
