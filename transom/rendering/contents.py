"""What the files of a snapshot hold, without reading them again: each by the id that Git gives its content.

Of a commit the ids are those of its tree. Of a folder on disk they are made from the contents, and remembered with what the file system
says of the file (size, times, number), so that an untouched file is not read twice. A link has no id here: whoever meets one reads it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from transom.rendering.store import Store
from transom.source import bounds
from transom.source.base import Snapshot

_SETTLED = 2_000_000_000
"""Nanoseconds: a file that was changed as recently as this may change again without its times telling."""

_Stamp = tuple[int, int, int, int]


class Contents:
    """The ids of a snapshot's files, by their paths below its root."""

    def __init__(self, snapshot: Snapshot, store: Store) -> None:
        self.root = os.fspath(snapshot.root)
        self._store = store
        self._tree = _tree(snapshot)
        self._folders = frozenset(_parents(self._tree)) if self._tree is not None else frozenset()
        self._key = f"stamps:{self.root}"
        self._stamps: dict[str, tuple[_Stamp, str]] | None = None
        self._changed = False
        self._kinds: dict[str, str | None] = {}

    def id_of(self, path: str) -> str | None:
        """The id of the file at `path`; None when there is no plain file, or a link leads there."""
        if self._tree is not None:
            return self._tree.get(path)
        if path not in self._kinds:
            self._kinds[path] = self._look(path)
        found = self._kinds[path]
        return found or None

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder at `path`, reached without a link."""
        if path == ".":
            return True
        if self._tree is not None:
            return path in self._folders
        if path not in self._kinds:
            self._kinds[path] = self._look(path)
        return self._kinds[path] == ""

    def below(self, folder: str) -> Iterator[str]:
        """The paths of all files below a folder, in order."""
        if self._tree is not None:
            head = "" if folder == "." else f"{folder}/"
            yield from sorted(path for path in self._tree if path.startswith(head))
            return
        for place, folders, names in os.walk(f"{self.root}/{folder}"):
            folders.sort()
            inside = os.path.relpath(place, self.root)
            yield from (name if inside == "." else f"{inside}/{name}" for name in sorted(names))

    def remember(self) -> dict[str, bytes]:
        """What the store should keep so that the next run reads no untouched file."""
        if not self._changed or self._stamps is None:
            return {}
        return {self._key: json.dumps(self._stamps).encode()}

    def _look(self, path: str) -> str | None:
        """The id of a file, nothing for a folder, None for everything else."""
        parent = path.rpartition("/")[0]
        if parent and not self.is_folder(parent):
            return None
        try:
            status = os.lstat(f"{self.root}/{path}")
        except (OSError, ValueError):
            return None
        if stat.S_ISDIR(status.st_mode):
            return ""
        return self._hashed(path, status) if stat.S_ISREG(status.st_mode) else None

    def _hashed(self, path: str, status: os.stat_result) -> str | None:
        stamps = self._known()
        stamp = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        known = stamps.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        if status.st_size > bounds.LARGEST:
            return None
        try:
            found = blob_id(Path(self.root, path).read_bytes())
        except OSError:
            return None
        if max(stamp[1], stamp[2]) < time.time_ns() - _SETTLED:
            stamps[path] = (stamp, found)
            self._changed = True
        return found

    def _known(self) -> dict[str, tuple[_Stamp, str]]:
        if self._stamps is None:
            try:
                kept = json.loads(self._store.get(self._key) or b"{}")
                self._stamps = {path: (tuple(stamp), found) for path, (stamp, found) in kept.items()}
            except (ValueError, TypeError, AttributeError):
                self._stamps = {}
        return self._stamps


def blob_id(content: bytes) -> str:
    """What Git calls a file of this content."""
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


def _tree(snapshot: Snapshot) -> dict[str, str] | None:
    """Ids by path as `git ls-tree -r -z` listed them; None when there is no list, or links are in it."""
    if snapshot.listing is None:
        return None
    try:
        lines = snapshot.listing.read_bytes().decode().split("\0")
    except (OSError, UnicodeDecodeError):
        return None
    out: dict[str, str] = {}
    head = snapshot.listed_below
    for line in filter(None, lines):
        what, tab, path = line.partition("\t")
        words = what.split()
        if not tab or len(words) != 3:  # noqa: PLR2004 - mode, type, id
            return None
        if path.startswith(head):
            if words[0] not in ("100644", "100755"):
                return None  # a link, or another repository: the disk knows where it leads
            out[path[len(head) :]] = words[2]
    return out


def _parents(paths: dict[str, str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in seen:
            seen.add(parent)
            yield parent
            parent = parent.rpartition("/")[0]
