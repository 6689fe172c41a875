"""Figures of all runs, and the tables made of them."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.measure import PHASES, Measured

_HANDWRITTEN = "hand-written"


@dataclass(slots=True)
class Row:
    """All runs of one operation at one size, by contestant, in the order of the rounds."""

    size: int
    operation: str
    runs: dict[str, list[Measured]] = field(default_factory=dict)

    def append(self, contestant: str, measured: Measured) -> None:
        """One more run."""
        self.runs.setdefault(contestant, []).append(measured)

    @property
    def transom(self) -> str:
        """The contestant that the hand-written one is compared with."""
        return next(name for name in self.runs if name != _HANDWRITTEN)

    def ratio(self, of: Callable[[Measured], float]) -> float:
        """Median of the rounds' ratios: the runs of a round are neighbours in time, so that what else the machine does weighs on both."""
        pairs = zip(self.runs[self.transom], self.runs[_HANDWRITTEN], strict=True)
        return statistics.median(of(ours) / of(theirs) for ours, theirs in pairs)


@dataclass(slots=True)
class Figures:
    """All rows, in the order in which they were begun; when and on how large a machine they were measured."""

    day: str = field(default_factory=lambda: str(datetime.now(UTC).date()))
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    gibibytes: int = field(default_factory=lambda: round(psutil.virtual_memory().total / 2**30))
    rows: dict[tuple[int, str], Row] = field(default_factory=dict)

    def add(self, size: int, operation: str) -> Row:
        """The row of an operation at a size."""
        return self.rows.setdefault((size, operation), Row(size, operation))


def markdown(figures: Figures) -> str:
    """Three tables: time, memory and processor, phases."""
    return "\n".join((_machine(figures), "", *_times(figures), "", *_needs(figures), "", *_phases(figures), ""))


def as_json(figures: Figures) -> str:
    """Every single figure."""
    rows = [asdict(row) for row in figures.rows.values()]
    return json.dumps({"day": figures.day, "cores": figures.cores, "gibibytes": figures.gibibytes, "rows": rows}, indent=1)


def read(file: Path, into: Figures) -> None:
    """Adds the figures that `as_json` wrote to a file; day and machine are those of the last file."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    into.day, into.cores, into.gibibytes = kept["day"], kept["cores"], kept["gibibytes"]
    for row in kept["rows"]:
        for name, runs in row["runs"].items():
            for run in runs:
                into.add(row["size"], row["operation"]).append(name, Measured(**run))


def write(file: Path, text: str, mark: str = "table") -> None:
    """Put the tables between the marks of a file, `<!-- table: begin -->` and `<!-- table: end -->`.

    Raises:
        ValueError: the file has no marks.
    """
    begin, end = f"<!-- {mark}: begin -->", f"<!-- {mark}: end -->"
    head, begun, rest = file.read_text(encoding="utf-8").partition(begin)
    old, ended, tail = rest.partition(end)
    if not (begun and ended):
        raise ValueError(f"{file} has no place for the table")
    del old
    file.write_text(f"{head}{begin}\n{text}{end}{tail}", encoding="utf-8")


def _machine(figures: Figures) -> str:
    rounds = {row.size: len(row.runs[row.transom]) for row in figures.rows.values()}
    told = ", ".join(f"{count} round{'s' if count > 1 else ''} at {size}" for size, count in rounds.items())
    memory = round(psutil.virtual_memory().total / 2**30)
    return (
        f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, {memory} GiB; {told}. Medians; the ratio is the median of the rounds' ratios."
    )


def _times(figures: Figures) -> list[str]:
    lines = [
        "| objects | operation | Transom | hand-written | ratio | CPU Transom | CPU hand-written | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in figures.rows.values():
        note = "" if row.transom == "Transom" else " (shards)"
        cells = []
        for of in (_seconds, _cpu):
            ours, theirs = (statistics.median(map(of, row.runs[name])) for name in (row.transom, _HANDWRITTEN))
            cells.append(f"{ours:.1f} s | {theirs:.1f} s | {row.ratio(of):.2f}")
        lines.append(f"| {row.size}{note} | {row.operation} | {' | '.join(cells)} |")
    return lines


def _seconds(run: Measured) -> float:
    return run.seconds


def _cpu(run: Measured) -> float:
    """Of all processes of the command: what other jobs of the machine leave alone."""
    return run.processor


def _needs(figures: Figures) -> list[str]:
    """Of a run of each operation, the medians: the largest process of a role in MB, and all of its processor seconds."""
    roles = ("language host", "engine", "plugin")
    head = " | ".join(f"{role} MB, CPU s" for role in roles)
    lines = [f"| objects | operation | program | {head} | all at once MB |", "|---" * (len(roles) + 4) + "|"]
    for row in figures.rows.values():
        for name, runs in row.runs.items():
            cells = [
                f"{statistics.median(run.peak.get(role, 0) for run in runs) / 1e6:.0f}, "
                f"{statistics.median(run.cpu.get(role, 0) for run in runs):.1f}"
                for role in roles
            ]
            together = statistics.median(run.together for run in runs) / 1e6
            lines.append(f"| {row.size} | {row.operation} | {name} | {' | '.join(cells)} | {together:.0f} |")
    return lines


def _phases(figures: Figures) -> list[str]:
    """Of one program's run, in shares of the whole command."""
    lines = [f"| objects | operation | program | {' | '.join(PHASES)} |", "|---" * (len(PHASES) + 3) + "|"]
    for row in figures.rows.values():
        for name, runs in row.runs.items():
            told = [run for run in runs if run.phases]
            if not told:
                continue
            cells = [
                f"{statistics.median(run.phases[phase] for run in told):.2f} s, "
                f"{statistics.median(run.phases[phase] / run.seconds for run in told):.0%}"
                for phase in PHASES
            ]
            lines.append(f"| {row.size} | {row.operation} | {name} | {' | '.join(cells)} |")
    return lines
