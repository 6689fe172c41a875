"""Kustomize in a few processes for many units: each renders one after the other, and all of them side by side.

The program is `kustomize-batch` (sandbox/toolchain/modules/kustomize/batch): the Kustomize library, asked with one JSON object per line.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from transom.errors import ToolMissing

_TIMEOUT = 120
"""Seconds for one unit."""
_LAST_WORDS = 2000
"""Characters of what a process said that ended by itself."""

FOLDER = "/kustomize-wrapper"
"""Where the kustomization around a unit seems to lie."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One kustomization to render: its text, as if it stood in `FOLDER`; it may use what lies below `root`."""

    text: str
    root: Path


@dataclass(slots=True)
class Pool:
    """Up to `workers` processes of `program`; they are started when they are needed, and end with the pool."""

    program: str
    workers: int = field(default_factory=lambda: os.cpu_count() or 2)
    threads: ThreadPoolExecutor = field(init=False)
    _mine: threading.local = field(default_factory=threading.local)
    _all: list[_Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(self.workers, thread_name_prefix="kustomize")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.threads.shutdown(wait=True, cancel_futures=kind is not None)
        for process in self._all:
            process.end()

    def ask(self, asked: Asked) -> tuple[list[dict[str, Any]], str]:
        """Documents in Kustomize's order, or what Kustomize said. To be called in one of the pool's threads: each has its own process.

        Raises:
            ToolMissing: there is no such program.
        """
        process: _Process | None = getattr(self._mine, "process", None)
        if process is None or process.ended:
            process = self._mine.process = _Process(self.program)
            self._all.append(process)
        return process.ask(asked)


class _Process:
    """One running program."""

    def __init__(self, program: str) -> None:
        self.ended = False
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        try:
            self._running = subprocess.Popen(
                [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._words, env={**_GO, **os.environ}
            )
        except OSError:
            self._words.close()
            raise ToolMissing(f"{program} does not run", hint="make toolchain builds it, and transom doctor says where it is") from None

    def ask(self, asked: Asked) -> tuple[list[dict[str, Any]], str]:
        line = json.dumps({"id": 0, "root": str(asked.root), "folder": FOLDER, "text": asked.text})
        try:
            self._stdin.write(line.encode() + b"\n")
            self._stdin.flush()
            ready, _, _ = select.select([self._stdout], [], [], _TIMEOUT)
            if not ready:
                self.end(kill=True)
                return [], f"did not end within {_TIMEOUT} seconds"
            told = json.loads(self._stdout.readline())
        except (OSError, ValueError):
            self.end(kill=True)
            return [], f"ended abnormally: {self._last_words()}"
        return told.get("documents", []), told.get("error", "")

    def end(self, *, kill: bool = False) -> None:
        """Closes its input, upon which it ends; or at once."""
        if self.ended:
            return
        self.ended = True
        if kill:
            self._running.kill()
        for stream in (self._stdin, self._stdout):
            with contextlib.suppress(OSError):
                stream.close()
        self._running.wait()
        if not kill:
            self._words.close()

    def _last_words(self) -> str:
        self._words.seek(0)
        words = self._words.read(_LAST_WORDS).decode(errors="replace")
        self._words.close()
        return " ".join(words.split())

    @property
    def _stdin(self) -> IO[bytes]:
        return cast("IO[bytes]", self._running.stdin)

    @property
    def _stdout(self) -> IO[bytes]:
        return cast("IO[bytes]", self._running.stdout)


_GO = {"GOGC": "400", "GOMEMLIMIT": "256MiB", "GOMAXPROCS": "2"}
"""Memory for time, within bounds; one goroutine works, another collects."""
