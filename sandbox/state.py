"""What a sandbox remembers between commands: ports, clusters and the processes it started."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.layout import Layout


@dataclass(frozen=True, slots=True)
class Process:
    """A process we started. Pid, start time (seconds since 1970) and command tell it from a later one with the same pid."""

    name: str
    pid: int
    started: float
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Ports by purpose, clusters in the order they were asked for, processes by name, and the controllers that each cluster has."""

    ports: dict[str, int] = field(default_factory=dict)
    clusters: tuple[str, ...] = ()
    processes: dict[str, Process] = field(default_factory=dict)
    controllers: tuple[str, ...] = ()

    def with_process(self, process: Process) -> State:
        """The state with this process in place of an earlier one of its name."""
        return replace(self, processes={**self.processes, process.name: process})


def load(layout: Layout) -> State:
    """The state on disk; an empty one where there is none. A file that cannot be read is an error: guessing would lose processes."""
    try:
        text = layout.state.read_text(encoding="utf-8")
    except FileNotFoundError:
        return State()
    try:
        raw = json.loads(text)
        processes = {name: Process(**{**kept, "command": tuple(kept["command"])}) for name, kept in raw["processes"].items()}
        return State(raw["ports"], tuple(raw["clusters"]), processes, tuple(raw.get("controllers", ())))
    except (ValueError, KeyError, TypeError) as error:
        hint = f"stop its processes and remove {layout.root}: transom sandbox down --purge"
        raise SandboxError("the sandbox's state cannot be read", subject=str(layout.state), hint=hint) from error


def save(layout: Layout, state: State) -> None:
    """Keep the state; whole or not at all."""
    write_private(layout.state, json.dumps(asdict(state), indent=1) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, by way of a rename: nobody ever sees half of it, or sees it with wider permissions."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)
    draft.replace(path)


@contextlib.contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Let one command at a time change the sandbox; the kernel releases the lock with the process, however that ends."""
    while True:
        layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with layout.lock.open("a+", encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # The one who held it may have purged the folder, and with it the file we now hold a lock of.
            if layout.lock.exists() and layout.lock.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return
