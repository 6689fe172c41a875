"""What verbs share about printing: the output option, records of problems, tables, and progress on a terminal."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from transom.errors import Problem
from transom.redaction import redact
from transom.specs.scalars import Duration

if TYPE_CHECKING:
    from transom.engine import Listener

F = TypeVar("F", bound=Callable[..., Any])


def output_option(*formats: str) -> Callable[[F], F]:
    """`-o FORMAT`; the first of `formats` is the default."""
    return click.option(
        "-o", "--output", "form", type=click.Choice(formats), default=formats[0], show_default=True, help="How to print it."
    )


strict_option = click.option("--strict", is_flag=True, help="Let warnings fail, too.")
"""`--strict`, for verbs that tell warnings."""


def _folders(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, Path]:
    out: dict[str, Path] = {}
    for one in given:
        name, equals, folder = one.partition("=")
        if not (name and equals and folder):
            raise click.BadParameter(f"{one} is not NAME=FOLDER", context, parameter)
        if not Path(folder).is_dir():
            raise click.BadParameter(f"{folder} is no folder", context, parameter)
        out[name] = Path(folder).absolute()
    return out


source_option = click.option(
    "--source",
    "overrides",
    metavar="NAME=FOLDER",
    multiple=True,
    callback=_folders,
    help="Read this source from a folder, to try a change out: the root of a checkout, or for a source that is a directory the directory.",
)
"""`--source`, for verbs that change nothing."""


def seconds(given: str, option: str) -> float:
    """The seconds of a duration such as `4h`, or of `0`.

    Raises:
        click.BadParameter: it is none.
    """
    try:
        return 0.0 if given == "0" else float(Duration.check(given).seconds)  # type: ignore[attr-defined]  # a Duration, as its check makes one
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _seconds(_context: click.Context, parameter: click.Parameter, given: str) -> float:
    return seconds(given, parameter.opts[0])


lock_timeout_option = click.option(
    "--lock-timeout",
    "lock_wait",
    default="5m",
    show_default=True,
    callback=_seconds,
    help="How long to wait for another run on the same stack; 0 not at all.",
)
"""`--lock-timeout`, for verbs that change something: seconds."""


def problem_record(problem: Problem) -> dict[str, Any]:
    """A problem as JSON has it."""
    return {
        "path": problem.where.path,
        "line": problem.where.line,
        "column": problem.where.column,
        "severity": problem.severity.value,
        "reason": problem.reason,
        "message": problem.message,
        "hint": problem.hint,
    }


def print_json(data: Any) -> None:
    """Indented JSON on standard output."""
    click.echo(redact(json.dumps(data, indent=2, default=str)))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, with_header: bool = True) -> str:
    """Columns three spaces apart, as kubectl prints them."""
    lines = [list(header)] * with_header + [list(row) for row in rows]
    widths = [max((len(line[i]) for line in lines), default=0) for i in range(len(header))]
    return "\n".join("   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


@contextmanager
def progress(title: str, *, doing: bool = True) -> Iterator[Listener]:
    """A listener for the engine, on standard error: a live line on a terminal, one plain line per finished operation elsewhere.

    Only what is `doing` something says what it has done: a plan or a look has deleted nothing, whatever step of it is finished. Whose
    lock a run waits for is always told, once.
    """
    live = sys.stderr.isatty()
    lock = threading.Lock()
    done = 0
    said: set[str] = set()

    def listen(event: Any) -> None:
        nonlocal done
        from transom.changes import Operation
        from transom.engine import Step

        if event.step in (Step.WAITING, Step.RECOVERED):
            with lock:
                if (told := redact(f"{event.stack}: {event.message}")) not in said:
                    said.add(told)
                    click.echo(f"\r\x1b[2K{told}" if live else told, err=True)
            return
        nothing = event.step is Step.FINISHED and event.operation in (Operation.SAME, Operation.READ)
        if nothing or event.step not in (Step.FINISHED, Step.FAILED):
            return
        with lock:
            done += 1
            what = f"{event.operation.value} {event.document or event.type} {event.name}"
            line = f"{event.stack}: {what} {event.step.value} after {event.seconds:.0f} s"
            if live:
                what = f"{done} done, {line[:100]}" if doing else f"{done} found"
                click.echo(f"\r\x1b[2K{title}: {what}", nl=False, err=True)
            elif doing:
                click.echo(line, err=True)

    try:
        yield listen
    finally:
        if live and done:
            click.echo("\r\x1b[2K", nl=False, err=True)
