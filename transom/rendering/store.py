"""A store on disk for what is dear to make and can be made again: bytes by key, bounded in size, shared by concurrent processes.

One SQLite file. Whatever is wrong with it (damaged, read-only, full, locked for long) costs time and never a run: reading then finds
nothing, and writing keeps nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FORMAT = "3"
"""Part of the file's name: raise it when what is kept changes its shape, or other bytes would be made of the same key."""

_LIMIT = 256 * 1024 * 1024
"""Bytes kept at most; what was not used for longest goes first."""
_FRESH = 24 * 3600
"""Seconds for which an entry that was used is not marked as used again."""
_PATIENCE = 10.0
"""Seconds to wait for another process that writes."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, body BLOB NOT NULL, sum BLOB NOT NULL, used INTEGER NOT NULL)"


@dataclass(slots=True)
class Store:
    """Entries in `folder`; without a folder nothing is kept."""

    folder: Path | None = None
    limit: int = _LIMIT
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _opened: sqlite3.Connection | None = field(default=None, repr=False)
    _used: set[str] = field(default_factory=set, repr=False)

    @property
    def file(self) -> Path | None:
        """The file that holds everything; it may be deleted at any time."""
        return self.folder / f"store-{FORMAT}.sqlite" if self.folder else None

    def get(self, key: str) -> bytes | None:
        """What was kept under `key`; None when nothing was, or when it is not what was written."""

        def read(database: sqlite3.Connection) -> bytes | None:
            row = database.execute("SELECT body, sum, used FROM entries WHERE key = ?", (key,)).fetchone()
            if row is None or _sum(key, row[0]) != row[1]:
                return None
            if row[2] < time.time() - _FRESH:
                self._used.add(key)
            return bytes(row[0])

        return self._try(read)

    def put(self, entries: Mapping[str, bytes]) -> None:
        """Keeps these; what is too much in all is dropped, oldest first."""
        now = int(time.time())

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.executemany("UPDATE entries SET used = ? WHERE key = ?", [(now, key) for key in self._used])
                self._used.clear()
                rows = [(key, body, _sum(key, body), now) for key, body in entries.items()]
                database.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
                self._drop(database)

        if entries or self._used:
            self._try(write)

    def close(self) -> None:
        """Lets go of the file; it is opened again when it is needed."""
        with self._lock:
            self._forget()

    def __del__(self) -> None:
        self._forget()

    def _drop(self, database: sqlite3.Connection) -> None:
        (held,) = database.execute("SELECT coalesce(sum(length(body)), 0) FROM entries").fetchone()
        if held <= self.limit:
            return
        gone = []
        for key, size in database.execute("SELECT key, length(body) FROM entries ORDER BY used"):
            gone.append((key,))
            held -= size
            if held <= self.limit * 3 // 4:  # some room, so that the next one does not have to do this again
                break
        database.executemany("DELETE FROM entries WHERE key = ?", gone)

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """What `work` makes of the database; None where anything is wrong with it. A damaged file is begun anew."""
        if self.file is None:
            return None
        with self._lock:
            try:
                return work(self._open(self.file))
            except sqlite3.OperationalError:  # locked for long, full, read-only: this time without
                self._forget()
            except (sqlite3.DatabaseError, TypeError):  # no database, or a row that is none of ours
                self._forget()
                for name in ("", "-wal", "-shm"):
                    with contextlib.suppress(OSError):
                        Path(f"{self.file}{name}").unlink(missing_ok=True)
            except OSError:
                self._forget()
            return None

    def _open(self, file: Path) -> sqlite3.Connection:
        if self._opened is None:
            file.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(file, timeout=_PATIENCE, check_same_thread=False)
            self._opened = database
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.execute(_SCHEMA)
        return self._opened

    def _forget(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with contextlib.suppress(sqlite3.Error):
                opened.close()


def _sum(key: str, body: bytes) -> bytes:
    """Tells whether a body is what was written under this key."""
    return hashlib.blake2b(body, digest_size=16, key=key.encode()[:64]).digest()
