"""What the cache keeps: a bound on its size, and who goes first.

What was used within a day stays, since another run may be reading it; of the rest the least recently used goes until the bound holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LIMIT = "TRANSOM_CACHE_LIMIT"
"""Environment variable: MiB that clones and unpacked commits may take."""
_LIMIT = 4096
_IN_USE = 86_400
"""Seconds after its last use in which nothing is removed."""
_ROOMS = ("clones", "commits")
_MARK = ".used"
_LISTING = ".tree"


@contextmanager
def _lock(cache: Path, how: int) -> Iterator[bool]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "keeping.lock").open("w") as lock:
        try:
            fcntl.flock(lock, how)
        except BlockingIOError:
            yield False
        else:
            yield True


def use(cache: Path, folder: Path) -> bool:
    """Whether `folder` is there; if it is, it is marked as used just now, and stays for a day."""
    with _lock(cache, fcntl.LOCK_SH):
        if not folder.is_dir():
            return False
        with contextlib.suppress(OSError):
            os.utime(_mark(folder))
        return True


def made(folder: Path) -> None:
    """Notes the size of a folder that was just made or has grown."""
    _mark(folder).write_text(str(_size(folder)), encoding="utf-8")


def list_beside(folder: Path, listed: str) -> None:
    """Keeps what `git ls-tree -r -z` says of the commit whose files are in `folder`, or soon will be."""
    draft = folder.with_name(f"{folder.name}.{os.getpid()}.half")
    draft.write_text(listed, encoding="utf-8")
    draft.replace(folder.with_name(folder.name + _LISTING))


def listing(folder: Path) -> Path | None:
    """The file with what `list_beside` kept; None where nothing was."""
    file = folder.with_name(folder.name + _LISTING)
    return file if file.is_file() else None


def tidy(cache: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Removes what goes first until the bound holds; names what went. Left to the next run where another one is at it."""
    given = environ.get(LIMIT, "")
    limit = (int(given) if given.isdecimal() else _LIMIT) * 2**20
    gone: list[str] = []
    with _lock(cache, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_ours:
        if not is_ours:
            return ()
        kept = sorted(_kept(cache))
        total = sum(size for _, size, _ in kept)
        for used, size, folder in kept:
            if total <= limit or time.time() - used < _IN_USE:
                break
            shutil.rmtree(folder, ignore_errors=True)
            for mark in (_MARK, _LISTING):
                folder.with_name(folder.name + mark).unlink(missing_ok=True)
            gone.append(folder.name)
            total -= size
    return tuple(gone)


def _kept(cache: Path) -> Iterator[tuple[float, int, Path]]:
    for room in _ROOMS:
        for folder in (cache / room).glob("*"):
            if folder.is_dir() and not folder.name.endswith(".half"):
                mark = _mark(folder)
                try:
                    yield mark.stat().st_mtime, int(mark.read_text(encoding="utf-8")), folder
                except (OSError, ValueError):  # of an older version, or killed in between
                    yield folder.stat().st_mtime, _size(folder), folder


def _mark(folder: Path) -> Path:
    return folder.with_name(folder.name + _MARK)


def _size(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())
