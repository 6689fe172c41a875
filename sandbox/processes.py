"""Starting, recognising and stopping the sandbox's processes. Nothing that we did not start is ever touched."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sandbox.errors import SandboxError
from sandbox.layout import Layout
from sandbox.state import Process

OWNER = "TRANSOM_SANDBOX_OWNER"
"""In the environment of every process we start: the sandbox's folder. By it a process is found whose start was never written down."""
_SAME_START = 2.0
"""Seconds by which a process's start time may seem to move when the clock is set."""
_PATIENCE = 3.0
"""Seconds to end by oneself. An API server would drain its watchers for a minute; what it was told lies in etcd by then."""
_LONGEST = 120.0
"""Seconds for anything to become ready, on a slow and busy machine."""
_POLL = 0.1
_MOMENT = 0.005
_TAIL = 20
"""Lines of a log that an error shows."""


_STARTED: list[subprocess.Popen[bytes]] = []
"""Handles of what this process started, kept only so that Python does not warn of children that are meant to outlive us."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: the process's name in the sandbox, its arguments and what its environment has beside a bare one."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def start(layout: Layout, command: Command) -> Process:
    """Start a process that outlives us, its output appended to its log."""
    log = layout.log(command.name)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A bare environment: the servers must not see the user's credentials, proxies or Kubernetes settings.
    environment = {"PATH": os.defpath, "HOME": str(layout.root), OWNER: str(layout.root), **command.environment}
    with log.open("a", encoding="utf-8") as output:
        popen = subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=layout.root,
            env=environment,
            start_new_session=True,
        )
    _STARTED.append(popen)
    process = Process(command.name, popen.pid, psutil.Process(popen.pid).create_time(), command.arguments)
    _await_identity(process)
    return process


def _await_identity(process: Process) -> None:
    """Wait until the system shows the new process's command line: for a moment it shows none, and the process would not be recognised."""
    deadline = time.monotonic() + _PATIENCE
    while not is_alive(process) and time.monotonic() < deadline:
        with contextlib.suppress(psutil.Error):
            if psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE:
                return  # it ended already; whoever waits for it will say so
        time.sleep(_MOMENT)


def is_alive(process: Process) -> bool:
    """Whether this very process still runs: same pid, same start, same command."""
    try:
        found = psutil.Process(process.pid)
        if found.status() == psutil.STATUS_ZOMBIE or abs(found.create_time() - process.started) > _SAME_START:
            return False
        return tuple(found.cmdline()) == process.command
    except psutil.Error:
        return False


def stop(processes: Iterable[Process]) -> None:
    """Ask all of them to end, wait, and end those that did not."""
    found = [psutil.Process(process.pid) for process in processes if is_alive(process)]
    _end(found)


def strays(layout: Layout, known: Iterable[Process]) -> list[psutil.Process]:
    """Processes of this sandbox that its state does not know: of a command that was killed between starting one and writing it down."""
    pids = {process.pid for process in known}
    found: list[psutil.Process] = []
    for candidate in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if candidate.pid in pids or candidate.uids().real != os.getuid():
                continue
            if candidate.environ().get(OWNER) == str(layout.root) and candidate.status() != psutil.STATUS_ZOMBIE:
                found.append(candidate)
    return found


def stop_strays(layout: Layout, known: Iterable[Process]) -> int:
    """End the strays; how many there were."""
    found = strays(layout, known)
    _end(found)
    return len(found)


def wait_until(ready: Callable[[], bool], what: str, watched: Sequence[Process], layout: Layout) -> None:
    """Wait until `ready` says so. A watched process that dies, or the end of patience, is an error that shows the end of its log."""
    deadline = time.monotonic() + _LONGEST
    while not ready():
        for process in watched:
            if not is_alive(process):
                raise SandboxError(
                    f"{process.name} ended while {what} was awaited:\n{tail(layout.log(process.name))}", hint=_where(layout, process)
                )
        if time.monotonic() > deadline:
            last = watched[-1]
            raise SandboxError(f"{what} was not there after {_LONGEST:.0f} s:\n{tail(layout.log(last.name))}", hint=_where(layout, last))
        time.sleep(_POLL)


def tail(path: Path, lines: int = _TAIL) -> str:
    """The last lines of a log; empty where there is none."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _where(layout: Layout, process: Process) -> str:
    return f"the whole log is in {layout.log(process.name)}"


def _end(found: Sequence[psutil.Process]) -> None:
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(found, timeout=_PATIENCE)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE)
