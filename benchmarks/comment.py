"""How long the comment on a pull request takes from a stored review of many changes: `python -m benchmarks.comment`.

Environments with applications, each a Deployment with three changed properties and a ConfigMap; of every twentieth something is deleted
or replaced. *Told* is the pure function from the record to the text; *read* is the stored JSON becoming the record before. No sandbox is
needed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import table
from transom.changes import Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.review import comment
from transom.review.comment import Frame
from transom.review.parts import Links
from transom.review.pullrequest import EnvironmentReview, PullRequestReview

SIZES = (500, 5_000)
GOAL = 1.0
"""Seconds for 5,000 changes on two cores."""
_ENVIRONMENTS = ("dev", "staging", "production")
_LINKS = Links("https://git.example.com/team/platform/blob/4f2c91d0")
_GRAVE = 20
"""Of so many changes one is a deletion and one a replacement."""


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds of each run, for a number of changes and a host's limit."""

    changes: int
    host: str
    characters: int
    read: Sequence[float]
    told: Sequence[float]
    processor: Sequence[float]


def review(changes: int) -> PullRequestReview:
    """A record with exactly so many changes."""
    found = tuple(_changes(changes))
    share = -(-changes // len(_ENVIRONMENTS))
    parts = [found[start : start + share] for start in range(0, changes, share)]
    return PullRequestReview(
        base="b" * 40,
        head="c" * 40,
        environments=tuple(
            EnvironmentReview(environment=name, change=(ChangeSet(purpose="plan", environment=name, stack=name, changes=part),))
            for name, part in zip(_ENVIRONMENTS, parts, strict=False)
        ),
    )


def _changes(count: int) -> Iterator[Change]:
    for number in range(count):
        application = f"app-{number // 2}"
        operation = {0: Operation.DELETE, 1: Operation.REPLACE}.get(number % _GRAVE, Operation.UPDATE)
        kind = "kubernetes:apps/v1:Deployment" if number % 2 else "kubernetes:core/v1:ConfigMap"
        told = (
            PropertyChange(path="spec.replicas", kind=DiffKind.UPDATE, before=2, after=3),
            PropertyChange(
                path="spec.template.spec.containers[0].image",
                kind=DiffKind.UPDATE,
                before=f"registry.example.com/{application}:1.{number}.0",
                after=f"registry.example.com/{application}:1.{number}.1",
            ),
            PropertyChange(path="data.settings", kind=DiffKind.UPDATE, before="a: 1\nb: 2\n" * 5, after="a: 1\nb: 3\n" * 5),
        )
        yield Change(
            urn=f"urn:pulumi:dev::transom::{kind}::{application}-{number}",
            type=kind,
            name=f"dev/team/{application}-{number}",
            operation=operation,
            document=f"Application/{application}",
            application=application,
            location=f"applications/{application}/base/application.yaml:{1 + number % 40}:1",
            properties=() if operation is Operation.DELETE else told,
        )


def run(changes: int, host: str, limit: int, repeat: int) -> Row:
    """Reads and tells one record so many times."""
    stored = review(changes).model_dump_json()
    frame = Frame(comment.marker("default"), _LINKS, limit)
    read, told, processor = [], [], []
    text = ""
    for _ in range(repeat):
        seconds, record = _timed(lambda: PullRequestReview.model_validate_json(stored))
        read.append(seconds)
        before = time.process_time()
        seconds, text = _timed(lambda record=record: comment.comment(record, frame))
        told.append(seconds)
        processor.append(time.process_time() - before)
    return Row(changes, host, len(text), read, told, processor)


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    before = time.perf_counter()
    out = work()
    return time.perf_counter() - before, out


def markdown(rows: Sequence[Row], repeat: int) -> str:
    """The table, with the machine that it was measured on."""
    machine = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    lines = [
        f"{machine}; medians of {repeat}, goal {GOAL:g} s for 5,000 changes.",
        "",
        "| changes | host | characters | read, seconds | told, seconds | told, processor seconds |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        read, told, processor = (statistics.median(one) for one in (row.read, row.told, row.processor))
        lines.append(f"| {row.changes:,} | {row.host} | {row.characters:,} | {read:.2f} | {told:.2f} | {processor:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.comment", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="changes (default 500 5000)")
    parser.add_argument("--repeat", type=int, default=5, help="rounds (default 5)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    given = parser.parse_args()
    limits = {"GitHub": comment.GITHUB_LIMIT, "GitLab": comment.GITLAB_LIMIT}
    rows = [run(size, host, limit, given.repeat) for size in given.sizes for host, limit in limits.items()]
    print(markdown(rows, given.repeat), end="")
    if given.write:
        table.write(Path(__file__).with_name("README.md"), markdown(rows, given.repeat), "comment")
    return 0


if __name__ == "__main__":
    sys.exit(main())
