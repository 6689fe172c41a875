"""Watches one command: how long it took, what its processes needed, and when the program inside it was through with which phase."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_EVERY = 0.2
"""Seconds between two looks at the processes: each costs some milliseconds. Peaks are the kernel's own (VmHWM), so a look may miss only
what grows after the last one."""
_LIMIT = 3600
"""Seconds after which a command is taken for stuck."""
_GRACE = 120
"""Seconds that a command gets to stop in order."""
_ROLES = (
    ("sandbox.plugins.language", "language host"),
    ("pulumi-language-python", "language host"),
    ("transom.engine.forkserver", "language host"),
    ("pulumi-resource-", "plugin"),
    ("sandbox.plugins.", "plugin"),
    ("benchmarks.render", "transom"),
    ("kustomize", "kustomize"),
    ("transom", "transom"),
    ("pulumi", "engine"),
)
"""A piece of a command line and what the process is, the first that fits. A language host of the real engine has the word too."""

PHASES = ("start", "import", "load", "render", "register", "engine")
"""What a run's time is divided into: until the program's first line; its imports; documents; Kustomize; declaring; all the rest, which is
the engine's, its plugin's and the API server's."""


class CommandFailedError(Exception):
    """The command did not end well: the figure would be worth nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run.

    Attributes:
        seconds: from start to end.
        peak: bytes of resident memory at the most, the largest process of each role.
        together: bytes of resident memory of all processes at one time, at the most.
        processor: seconds of processor time of all processes that ended before the command did, as the kernel counts them.
        cpu: seconds of processor time by role, as last seen.
        phases: seconds by phase, of the program that ended last; empty where the program tells none.
    """

    seconds: float
    peak: Mapping[str, int]
    together: int
    processor: float
    cpu: Mapping[str, float]
    phases: Mapping[str, float]


@dataclass(slots=True)
class _Watch:
    """What was seen of a command's processes."""

    peak: dict[int, int] = field(default_factory=dict)
    cpu: dict[int, float] = field(default_factory=dict)
    role: dict[int, str] = field(default_factory=dict)
    together: int = 0

    def look(self, root: psutil.Process) -> None:
        """Once at all processes there are."""
        total = 0
        with suppress(psutil.Error):
            for process in [root, *root.children(recursive=True)]:
                total += self._one(process)
        self.together = max(self.together, total)

    def _one(self, process: psutil.Process) -> int:
        with suppress(psutil.Error, OSError, ValueError):
            role = _role(process.cmdline())
            if role is None:
                return 0
            times = process.cpu_times()
            self.role[process.pid] = role
            self.cpu[process.pid] = times.user + times.system
            memory = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines())
            if "VmHWM" not in memory:  # it has just ended and was not waited for yet
                return 0
            self.peak[process.pid] = max(self.peak.get(process.pid, 0), _bytes(memory["VmHWM"]))
            return _bytes(memory["VmRSS"])
        return 0

    def by_role(self, of: Mapping[int, Any], how: Any) -> dict[str, Any]:
        """Figures of processes as figures of roles."""
        return {role: how(of[pid] for pid in of if self.role[pid] == role) for role in sorted(set(self.role.values()))}


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Measured:
    """Run `command` in `folder` and measure it.

    Raises:
        CommandFailedError: it ended with another code than 0, or not at all; with the end of what it said.
    """
    with tempfile.TemporaryDirectory() as place:
        sheet, said = Path(place, "timings"), Path(place, "output")
        env = {**os.environ, **environment, "TRANSOM_TIMINGS": str(sheet)}
        watch, ended = _Watch(), threading.Event()
        with said.open("wb") as output:
            used, begin = _children(), time.monotonic()
            process = subprocess.Popen(
                list(command), cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
            watcher = threading.Thread(target=_watching, args=(watch, process.pid, ended), daemon=True)
            watcher.start()
            try:
                code = process.wait(_LIMIT)
                seconds = time.monotonic() - begin
            except BaseException:  # Ctrl-C: the engine must be gone before its stack can be destroyed
                process.send_signal(signal.SIGINT)
                process.wait(_GRACE)
                raise
            finally:
                ended.set()
                watcher.join()
        if code != 0:
            raise CommandFailedError(
                f"{' '.join(command)} ended with {code}:\n{said.read_text(encoding='utf-8', errors='replace')[-4000:]}"
            )
        phases = _phases(sheet, begin, begin + seconds)
    peak, cpu = watch.by_role(watch.peak, max), watch.by_role(watch.cpu, sum)
    return Measured(seconds, peak, watch.together, _children() - used, cpu, phases)


def _children() -> float:
    """Seconds of processor time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watching(watch: _Watch, pid: int, ended: threading.Event) -> None:
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        while not ended.wait(_EVERY):
            watch.look(root)


def _role(words: Sequence[str]) -> str | None:
    line = " ".join(words[:5])
    return next((role for piece, role in _ROLES if piece in line), None)


def _bytes(text: str) -> int:
    """Of a figure of `/proc/PID/status`, e.g. `  1234 kB`."""
    return int(text.split(maxsplit=1)[0]) * 1024


def _phases(sheet: Path, begin: float, end: float) -> dict[str, float]:
    """Marks become lengths. A command with several programs tells those of the last one that ended."""
    if not sheet.exists():
        return {}
    marks = [json.loads(line) for line in sheet.read_text(encoding="utf-8").splitlines()]
    finished = [mark["pid"] for mark in marks if mark["phase"] == "registered"]
    at = {mark["phase"]: mark["at"] for mark in marks if finished and mark["pid"] == finished[-1]}
    if not {"started", "imported", "registered"} <= at.keys():
        return {}
    resolved, rendered, loaded = (at.get(name, at["imported"]) for name in ("resolved", "rendered", "loaded"))
    lengths = (
        at["started"] - begin,
        at["imported"] - at["started"],
        (resolved - at["imported"]) + (loaded - rendered),
        rendered - resolved,
        at["registered"] - loaded,
        end - at["registered"],
    )
    return dict(zip(PHASES, lengths, strict=True))
