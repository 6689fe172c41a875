"""Builds parts from their pinned modules, one at a time per part on the whole machine, and leaves nothing half-made."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain import golang, located, pins
from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.golang import Go
from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import Part
from sandbox.toolchain.progress import Progress

_TAIL = 15
"""Lines of the compiler's output shown when it fails."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where building happens and whom to tell."""

    layout: Layout
    progress: Progress


def build(parts: Sequence[Part], site: Site) -> None:
    """Bring every part up to date, in this order: those on PATH and those whose pin has not changed cost nothing.

    Raises ToolchainError for the first that cannot be built; what was built before stays.
    """
    wanted = [part for part in parts if located.on_path(part, site.layout) is None]
    if not wanted:
        return
    go = golang.ensure(site.layout, site.progress.say)
    stale = [part for part in wanted if not is_current(part, site.layout, go)]
    prefetch = _Prefetch(stale[1:], go)
    prefetch.start()
    try:
        for number, part in enumerate(stale, start=1):
            _build_one(part, f"{number}/{len(stale)}", site, go)
    finally:
        prefetch.stop()


def is_current(part: Part, layout: Layout, go: Go) -> bool:
    """Whether the built program is there and its pin is today's."""
    stamp = pins.read(layout, part)
    return stamp is not None and stamp.pin == pins.digest(part, go.version)


def _build_one(part: Part, position: str, site: Site, go: Go) -> None:
    with _alone(part, site):
        if is_current(part, site.layout, go):
            return  # another process built it while we waited
        with site.progress.building(part, position):
            started = time.monotonic()
            _compile(part, site.layout, go)
            pins.write(site.layout, part, pins.Stamp(pins.digest(part, go.version), part.version, round(time.monotonic() - started, 1)))


def _compile(part: Part, layout: Layout, go: Go) -> None:
    """Compile beside the target and rename: the program in `bin` is always a whole one."""
    target, log = layout.program(part.name), layout.log(part.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f".{part.name}.*.tmp"):  # of a build that was killed; we hold the lock
        leftover.unlink(missing_ok=True)
    draft = target.parent / f".{part.name}.{os.getpid()}.tmp"
    command = [str(go.path), "build", "-mod=readonly", "-trimpath", "-ldflags", part.ldflags, "-o", str(draft), part.package]
    try:
        with log.open("w", encoding="utf-8") as output:
            code = _run(command, part.module, output.fileno(), go)
        if code != 0:
            tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-_TAIL:])
            raise ToolchainError(
                f"{part.name} {part.version} does not build (go build ended with {code}):\n{tail}", f"the whole output is in {log}"
            )
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _run(command: list[str], folder: Path, output: int, go: Go) -> int:
    """Run the compiler in a process group of its own and end all of it when we are interrupted: it starts many children."""
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment(go), start_new_session=True
    )
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def environment(go: Go) -> dict[str, str]:
    """The user's environment, caches and GOFLAGS included, but none of what would build something else than the pinned module."""
    kept = {name: value for name, value in os.environ.items() if name not in ("GOROOT", "GOOS", "GOARCH", "GOBIN")}
    if go.on_path and "GOROOT" in os.environ:
        kept["GOROOT"] = os.environ["GOROOT"]
    # CGO off: the same program on a machine with and without a C compiler.
    return {**kept, "GOWORK": "off", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}


@contextlib.contextmanager
def _alone(part: Part, site: Site) -> Iterator[None]:
    """Hold the part's lock; the kernel releases it with the process, however that ends."""
    path = site.layout.lock(part.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            site.progress.say(f"waiting for another process that builds {part.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class _Prefetch:
    """Downloads the next parts' modules while the compiler works on this one. What fails here fails again, and is told, in the build."""

    def __init__(self, parts: Sequence[Part], go: Go) -> None:
        self._parts, self._go = parts, go
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        process = self._process
        if process is not None and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        self._thread.join()

    def _work(self) -> None:
        for part in self._parts:
            if self._stopped.is_set():
                return
            self._process = subprocess.Popen(
                [str(self._go.path), "list", "-mod=readonly", "-deps", part.package],
                cwd=part.module,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(self._go),
                start_new_session=True,
            )
            if self._stopped.is_set():  # asked to stop between the check above and the start
                self._process.terminate()
            self._process.wait()
