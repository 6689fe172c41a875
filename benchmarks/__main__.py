"""`make bench`: a sandbox of its own, both programs side by side at each size, one table."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import same, shape, table
from benchmarks.contestants import OPERATIONS, Contestant, Ground, Sharded, Single
from benchmarks.table import Figures
from sandbox import lifecycle
from sandbox.environment import environment
from sandbox.layout import CHECKOUT

SIZES = (50, 100, 800)
SHARDED = 800
"""Objects from which Transom runs in shards, against the hand-written program in its one stack."""
TEAMS = {50: 1, 100: 2, 800: 8}
_CLUSTER = "bench"


def main() -> int:
    """Measure both programs side by side, and print the table."""
    given = _arguments()
    figures = Figures()
    for file in given.read:
        table.read(file, figures)
    if not given.read:
        _measure(given, figures)
    print(table.markdown(figures))
    if given.write:
        table.write(Path(__file__).with_name("README.md"), table.markdown(figures))
    return 0


def _measure(given: argparse.Namespace, figures: Figures) -> None:
    """All rounds at all sizes.

    Raises:
        CommandFailedError: a program failed.
        DifferentError: the programs did not declare the same.
    """
    with _work() as folder, _sandbox(folder) as ground:
        for size in given.sizes:
            repeat = given.repeat if size < SHARDED else given.repeat_large
            for number in range(repeat):
                _round(folder, ground, size, number, figures)
                if given.json:  # after each round: a long run that is stopped has not been in vain
                    given.json.parent.mkdir(parents=True, exist_ok=True)
                    given.json.write_text(table.as_json(figures), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="Kubernetes objects (default 50 100 800)")
    parser.add_argument("--repeat", type=int, default=5, help="rounds at sizes below 800 (default 5)")
    parser.add_argument("--repeat-large", type=int, default=1, help="rounds from 800 on (default 1)")
    parser.add_argument("--quick", action="store_true", help="one round at a small size: does it all work, not how fast")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    parser.add_argument("--json", type=Path, help="write every single figure to this file")
    parser.add_argument("--read", type=Path, nargs="+", default=[], help="measure nothing: make the table of what --json wrote")
    given = parser.parse_args()
    if given.quick:
        given.sizes, given.repeat = [shape.FOUNDATION + shape.SERVICE], 1
    return given


def _round(folder: Path, ground: Ground, size: int, number: int, figures: Figures) -> None:
    """Every operation once for each contestant, alternately; who begins changes from one to the next."""
    contestants = _contestants(folder / f"{size}-{number}", ground, size)
    try:
        for one in contestants.values():
            one.prepare()
        for release, step in ((1, OPERATIONS[:2]), (2, OPERATIONS[2:])):
            for prefix, one in contestants.items():
                one.write(shape.of(size, TEAMS.get(size, max(1, size // 100)), prefix, release))
            for index, operation in enumerate(step):
                _operation(contestants, operation, (number + index) % 2, figures.add(size, operation))
            same.check({prefix: one.objects() for prefix, one in contestants.items()})
    finally:
        for one in contestants.values():
            one.remove()


def _operation(contestants: dict[str, Contestant], operation: str, first: int, into: table.Row) -> None:
    ordered = list(contestants.values())[:: -1 if first else 1]
    for one in ordered:
        measured = one.run(operation)
        into.append(one.name, measured)
        print(f"{into.size:4} {operation:18} {one.name:18} {measured.seconds:7.2f} s", file=sys.stderr, flush=True)


def _contestants(folder: Path, ground: Ground, size: int) -> dict[str, Contestant]:
    """By the prefix of what they make: both find room in one cluster."""
    transom, handwritten = ground.beside(folder / "transom"), ground.beside(folder / "handwritten")
    first: Contestant = Sharded("Transom, sharded", transom) if size >= SHARDED else Single("Transom", transom)
    return {"t-": first, "h-": Single("hand-written", handwritten)}


@contextmanager
def _work() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="transom-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _sandbox(folder: Path) -> Iterator[Ground]:
    """The sandbox that TRANSOM_SANDBOX names, which stays; else one of its own, which goes."""
    named = os.environ.get("TRANSOM_SANDBOX")
    root = Path(named) if named else folder / "sandbox"
    lifecycle.up(root, (_CLUSTER,), say=lambda line: print(line, file=sys.stderr, flush=True))
    try:
        # The programs import what stands in this checkout, wherever they are run.
        variables = {**os.environ, **environment(root), "PYTHONPATH": str(CHECKOUT)}
        yield Ground(folder, variables, f"sandbox-{_CLUSTER}")
    finally:
        if not named:
            lifecycle.down(root, purge=True)


if __name__ == "__main__":
    sys.exit(main())
