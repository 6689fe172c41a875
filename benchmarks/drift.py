"""`python -m benchmarks.drift`: a look for drift against `pulumi refresh --preview-only`, alternately, on one stack of the same objects."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

from benchmarks import generate, measure, shape
from benchmarks.__main__ import _sandbox, _work
from benchmarks.contestants import Ground, Single
from benchmarks.measure import Measured

GOAL = 1.1
"""Times the plain refresh that a look for drift may take."""

_BEGIN, _END = "<!-- drift: begin -->", "<!-- drift: end -->"


def main() -> int:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=main.__doc__)
    parser.add_argument("--size", type=int, default=500, help="Kubernetes objects in the stack (default 500)")
    parser.add_argument("--repeat", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    with _work() as folder, _sandbox(folder) as ground:
        before = os.getloadavg()[0]
        refresh, look = _measure(ground.beside(folder / "transom"), given.size, given.repeat)
        text = table(given.size, refresh, look, (before, os.getloadavg()[0]))
    print(text)
    if given.write:
        _write(Path(__file__).with_name("README.md"), text)
    return 0


def table(size: int, refresh: list[Measured], look: list[Measured], load: tuple[float, float]) -> str:
    """Medians, and their ratio against the goal."""
    plain, ours = (statistics.median(one.seconds for one in each) for each in (refresh, look))
    return "\n".join(
        (
            f"{len(look)} rounds, {os.cpu_count()} cores, load average {load[0]:.0f} before and {load[1]:.0f} after; medians.",
            "",
            "| objects | `pulumi refresh --preview-only` | `transom drift` | ratio | goal |",
            "|---|---|---|---|---|",
            f"| {size} | {plain:.1f} s | {ours:.1f} s | {ours / plain:.2f} | {GOAL} |",
        )
    )


def _measure(ground: Ground, size: int, repeat: int) -> tuple[list[Measured], list[Measured]]:
    """Both, alternately; who begins changes from round to round.

    Raises:
        CommandFailedError: a program failed, or found drift where there is none.
    """
    stack = Single("Transom", ground)
    stack.prepare()
    stack.write(shape.of(size, max(1, size // 100), "t-"))
    _say("create", measure.run(["transom", "apply", generate.ENVIRONMENT], ground.folder, ground.environment))
    refresh: list[Measured] = []
    look: list[Measured] = []
    try:
        for number in range(repeat):
            for which in ("refresh", "look")[:: -1 if number % 2 else 1]:
                if which == "refresh":
                    refresh.append(stack.run("refresh"))
                    _say(which, refresh[-1])
                else:
                    command = ["transom", "drift", generate.ENVIRONMENT, "--detailed-exitcode"]
                    look.append(measure.run(command, ground.folder, ground.environment))
                    _say(which, look[-1])
    finally:
        stack.remove()
    return refresh, look


def _say(what: str, measured: Measured) -> None:
    print(f"{what:10} {measured.seconds:7.2f} s", file=sys.stderr, flush=True)


def _write(page: Path, text: str) -> None:
    whole = page.read_text(encoding="utf-8")
    head, _, rest = whole.partition(_BEGIN)
    page.write_text(f"{head}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
