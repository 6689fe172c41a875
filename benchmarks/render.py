"""How long many overlays take to render, and what memory: `python -m benchmarks.render`. No sandbox is needed.

Beside it the same overlays by one `kustomize build` each. A repository is that of `benchmarks.validate`: applications with a base and an
overlay. What is measured is a whole process each time, the start of Python included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks import measure, table, validate
from sandbox.layout import CHECKOUT

_ENVIRONMENT = "bench"
_DOCUMENTS = 5
"""Documents of an application (`benchmarks.validate`)."""
_TOOLS = CHECKOUT / ".tools" / "bin"
_BASELINES = ("kustomize build, one after the other", "kustomize build, one per core at a time")


@dataclass(frozen=True, slots=True)
class Asked:
    """One run: the repository, where results are kept, whether in batch, and the commit to read instead of the folder."""

    repository: Path
    cache: Path
    batch: bool = True
    commit: str = ""

    def command(self) -> list[str]:
        """This program, as a process of its own."""
        words = [sys.executable, "-m", "benchmarks.render", "--child", str(self.repository), "--cache", str(self.cache)]
        return [*words, *([] if self.batch else ["--singly"]), *(["--commit", self.commit] if self.commit else [])]


@dataclass(slots=True)
class Runs:
    """The runs of each situation, in the order of the table."""

    overlays: int
    files: int
    of: dict[str, list[measure.Measured]] = field(default_factory=dict)

    def seconds(self, situation: str) -> float:
        """The median."""
        return statistics.median(one.seconds for one in self.of[situation])


def child(asked: Asked) -> int:
    """Renders every unit of the repository once; prints how many documents that gives."""
    from transom.rendering import units
    from transom.rendering.render import Renderer
    from transom.rendering.store import Store
    from transom.source.directory import DirectorySource
    from transom.source.git import GitSource

    source = DirectorySource("bench", asked.repository)
    git = GitSource("bench", str(asked.repository), asked.commit, ".", asked.cache / "git")
    snapshot = git.snapshot() if asked.commit else source.snapshot()
    batch = str(_TOOLS / "kustomize-batch") if asked.batch else None
    renderer = Renderer(str(_TOOLS / "kustomize"), Store(asked.cache / "rendered"), batch=batch)
    rendering = renderer.render(units.find(snapshot, _ENVIRONMENT))
    print(json.dumps({"documents": len(rendering.documents), "problems": list(map(str, rendering.problems))}))
    return 1 if rendering.problems else 0


def run(folder: Path, overlays: int, repeat: int) -> Runs:
    """Writes a repository of this many overlays and renders it in each situation."""
    teams = -(-overlays // 10)
    validate.write(folder, 1 + teams + overlays * _DOCUMENTS)
    repository = folder / "repository"
    listed = sorted(repository.glob("applications/*/overlays/*"))
    (folder / "overlays").write_text("".join(f"{one}\n" for one in listed), encoding="utf-8")
    runs = Runs(len(listed), sum(1 for file in repository.rglob("*") if file.is_file()))
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    for round_ in range(repeat):
        for situation, command in _situations(folder, repository, round_):
            runs.of.setdefault(situation, []).append(measure.run(command, folder, environment))
            print(f"{situation:45} {runs.of[situation][-1].seconds:8.2f} s", file=sys.stderr, flush=True)
    return runs


def _situations(folder: Path, repository: Path, round_: int) -> Iterator[tuple[str, list[str]]]:
    """Each is made when it is asked for, so that what is to be prepared for it happens then."""
    cores = psutil.cpu_count() or 1
    for name, at_once in zip(_BASELINES, (1, cores), strict=True):
        shell = f"xargs -a overlays -n 1 -P {at_once} {_TOOLS / 'kustomize'} build > /dev/null"
        yield name, ["sh", "-c", shell]
    singly, cache = folder / f"singly-{round_}", folder / f"cache-{round_}"
    yield "Transom, one kustomize build each", Asked(repository, singly, batch=False).command()
    yield "Transom, nothing known", Asked(repository, cache).command()
    _wait(repository)
    _once(Asked(repository, cache))
    yield "Transom, nothing changed", Asked(repository, cache).command()
    base = next(iter(sorted(repository.glob("applications/*/base/kustomization.yaml"))))
    base.write_text(base.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    yield "Transom, one base changed", Asked(repository, cache).command()
    copy = folder / f"copy-{round_}"
    shutil.copytree(repository, copy)
    yield "Transom, another checkout", Asked(copy, cache).command()
    commit = _committed(copy)
    _once(Asked(copy, cache, commit=commit))
    yield "Transom, as a commit", Asked(copy, cache, commit=commit).command()


def _once(asked: Asked) -> None:
    """A run that is not measured."""
    subprocess.run(asked.command(), check=True, capture_output=True, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})


def _wait(repository: Path) -> None:
    """Until no file is so new that its times may not tell of a change."""
    newest = max(file.stat().st_mtime for file in repository.rglob("*"))
    time.sleep(max(0.0, newest + 2.5 - time.time()))


def _committed(folder: Path) -> str:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "bench"]):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def markdown(runs: Sequence[Runs]) -> str:
    """The table."""
    memory = round(psutil.virtual_memory().total / 2**30)
    lines = [
        f"{datetime.now(UTC).date()}, {psutil.cpu_count()} cores, {memory} GiB; medians. *Faster*: than the two ways of `kustomize build`.",
        "",
        "| overlays | files | situation | seconds | faster | processor seconds | Transom MB | Kustomize MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in runs:
        base = [one.seconds(name) for name in _BASELINES]
        for situation, measured in one.of.items():
            seconds = one.seconds(situation)
            faster = "" if situation in _BASELINES else " and ".join(_times(of / seconds) for of in base)
            processor = statistics.median(run.processor for run in measured)
            peaks = [statistics.median(_peak(run.peak, role) for run in measured) / 1e6 for role in ("transom", "kustomize")]
            told = " | ".join(f"{peak:.0f}" if peak else "" for peak in peaks)
            lines.append(f"| {one.overlays:,} | {one.files:,} | {situation} | {seconds:.2f} | {faster} | {processor:.1f} | {told} |")
    return "\n".join(lines) + "\n"


def _times(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio > 10 else f"{ratio:.1f}"  # noqa: PLR2004 - two digits are enough


def _peak(peaks: Mapping[str, int], role: str) -> float:
    return peaks.get(role, 0)


def main() -> int:
    """Write repositories with many overlays, render them in each way, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.render", description=main.__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000], help="overlays (default 1000)")
    parser.add_argument("--repeat", type=int, default=1, help="rounds (default 1; one takes two minutes)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    for name in ("--child", "--cache"):
        parser.add_argument(name, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--singly", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--commit", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return child(Asked(given.child, given.cache, batch=not given.singly, commit=given.commit))
    measured: list[Runs] = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory(prefix="transom-bench-") as name:
            measured.append(run(Path(name), size, given.repeat))
    print(markdown(measured))
    if given.write:
        table.write(Path(__file__).with_name("README.md"), markdown(measured), "render")
    return 0


if __name__ == "__main__":
    sys.exit(main())
