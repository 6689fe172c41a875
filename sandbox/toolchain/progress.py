"""What a person sees while parts are built: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

from sandbox.toolchain.parts import Part

_REFRESH = 1.0
_REMIND = 60.0
"""Seconds between signs of life where there is no terminal."""


def span(seconds: float) -> str:
    """A length of time as people say it: `8 s`, `3 min 05 s`."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"  # noqa: PLR2004 - seconds in a minute


class Progress:
    """Tells of one build after the other on `stream`. Use as a context manager around each part: it ends its live line in every case."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def say(self, line: str) -> None:
        """One plain line."""
        self._stream.write(f"toolchain: {line}\n")
        self._stream.flush()

    def building(self, part: Part, position: str) -> _Running:
        """Around the build of one part; `position` is such as `3/8`."""
        return _Running(self, part, position, live=self._live)

    def paint(self, line: str) -> None:
        """Replace the live line."""
        self._stream.write(f"\r\x1b[K{line}")
        self._stream.flush()


class _Running:
    """The signs of life of one build."""

    def __init__(self, progress: Progress, part: Part, position: str, *, live: bool) -> None:
        self._progress = progress
        self._line = f"[{position}] building {part.name} {part.version}, which {part.why}"
        self._minutes = part.minutes
        self._live = live
        self._done = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        if not self._live:
            self._progress.say(f"{self._line} (about {span(self._minutes * 60)} when nothing is cached)")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        if self._live:
            self._progress.paint("")
        if error is None:
            self._progress.say(f"{self._line}: done in {span(time.monotonic() - self._started)}")

    def _beat(self) -> None:
        pause = _REFRESH if self._live else _REMIND
        while not self._done.wait(pause):
            told = f"{self._line}: {span(time.monotonic() - self._started)} of about {span(self._minutes * 60)}"
            if self._live:
                self._progress.paint(f"toolchain: {told}")
            else:
                self._progress.say(told)
