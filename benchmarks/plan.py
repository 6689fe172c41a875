"""How long `transom plan` takes over many environments, and `plan --base` for a change of one of them: `python -m benchmarks.plan`.

Twenty environments of about 100 Kubernetes objects each, one stack per environment, none of them applied: every object is to be created.
The change is one image of one environment. A sandbox of its own is started and removed; with TRANSOM_SANDBOX that one is used and stays.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from benchmarks import generate, measure, shape
from benchmarks.generate import Target
from benchmarks.measure import Measured
from sandbox import lifecycle
from sandbox.environment import environment
from sandbox.layout import CHECKOUT

GOAL = 60
"""Seconds for all environments on two cores."""
_CLUSTER = "bench"
_WHO = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Row:
    """One situation, with the runs of it."""

    situation: str
    planned: int
    runs: tuple[Measured, ...]

    def cells(self) -> tuple[str, ...]:
        """Columns of the table."""
        seconds = statistics.median(one.seconds for one in self.runs)
        processor = statistics.median(one.processor for one in self.runs)
        memory = max(one.together for one in self.runs) / 2**20
        return (self.situation, str(self.planned), f"{seconds:.1f}", f"{processor:.1f}", f"{memory:.0f}")


def write(folder: Path, context: str, environments: int, objects: int) -> int:
    """Writes the project, and commits it; how many objects each environment has."""
    what = shape.of(objects, 2)
    generate.write(Target(folder, context), what)
    declared = folder / "environments" / f"{generate.ENVIRONMENT}.yaml"
    document = yaml.safe_load(declared.read_text(encoding="utf-8"))
    for number in range(1, environments + 1):
        name = _name(number)
        document["metadata"]["name"] = name
        declared.with_name(f"{name}.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        for application in (folder / "repository" / "applications").iterdir():
            shutil.copytree(application / "overlays" / generate.ENVIRONMENT, application / "overlays" / name)
    declared.unlink()
    (folder / ".gitignore").write_text(".transom\n", encoding="utf-8")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "the beginning")):
        subprocess.run(["git", *_WHO, *words], cwd=folder, check=True, capture_output=True)
    return what.objects


def change(folder: Path) -> None:
    """Another image in the first environment's overlay of one application."""
    application = min((folder / "repository" / "applications").iterdir())
    file = application / "overlays" / _name(1) / "kustomization.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("newTag: 1.", "newTag: 2."), encoding="utf-8")


def rows(folder: Path, variables: Mapping[str, str], environments: int, repeat: int) -> list[Row]:
    """Every situation, measured `repeat` times.

    Raises:
        CommandFailedError: a plan failed.
    """
    plan = (str(CHECKOUT / ".venv" / "bin" / "transom"), "plan", "-o", "json")
    everything = Row("all environments", environments, tuple(measure.run(plan, folder, variables) for _ in range(repeat)))
    change(folder)
    based = tuple(measure.run((*plan, "--base", "HEAD"), folder, variables) for _ in range(repeat))
    return [everything, Row("`--base`, a change of one environment", 1, based)]


def markdown(found: list[Row], environments: int, objects: int) -> str:
    """The table, with the load of the machine that it was measured on."""
    machine = f"{datetime.now(UTC).date()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    lines = [
        f"{machine}; {environments} environments of {objects} objects, goal {GOAL} s for all.",
        "",
        "| situation | environments planned | seconds | processor seconds | MB together |",
        "|---|---|---|---|---|",
        *(f"| {' | '.join(row.cells())} |" for row in found),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=main.__doc__)
    parser.add_argument("--environments", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--objects", type=int, default=100, help="Kubernetes objects in each (default 100)")
    parser.add_argument("--repeat", type=int, default=1, help="rounds (default 1)")
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="transom-bench-"))
    named = os.environ.get("TRANSOM_SANDBOX")
    home = Path(named) if named else work / "sandbox"
    lifecycle.up(home, (_CLUSTER,), say=lambda line: print(line, file=sys.stderr, flush=True))
    try:
        state = work / "state"
        state.mkdir()
        variables = {**os.environ, **environment(home), "PYTHONPATH": str(CHECKOUT), "PULUMI_BACKEND_URL": f"file://{state}"}
        objects = write(work / "project", f"sandbox-{_CLUSTER}", given.environments, given.objects)
        print(markdown(rows(work / "project", variables, given.environments, given.repeat), given.environments, objects), end="")
    finally:
        if not named:
            lifecycle.down(home, purge=True)
        shutil.rmtree(work, ignore_errors=True)
    return 0


def _name(number: int) -> str:
    return f"env-{number:02}"


if __name__ == "__main__":
    sys.exit(main())
