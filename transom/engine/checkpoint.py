"""State files of a `file://` backend that a killed run, or a machine that lost its power, left half written.

The engine writes a state to a file beside it and renames that, which cannot be seen half done; but with every file goes a sidecar
(`dev.json.attrs`, what gocloud's fileblob would tell of a content type), which is written in place. Killed in between, an empty sidecar
stays, and the engine cannot load the stack any more (`failed to load checkpoint: EOF`), nor list those beside it (`EOF`). Without a sidecar
it can. Where the power went, the state itself may be cut off; the engine keeps the one before it (`dev.json.bak`).

Other backends write an object whole or not at all. Source: gocloud.dev/blob/fileblob, pulumi/pkg/backend/diy/state.go.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from transom.engine import locks
from transom.errors import LockOwner

_AGAIN = 0.5
"""Seconds after which a file that could not be read is looked at again: a run at work writes its own in less."""


def mend(backend: str, project: str) -> tuple[str, ...]:
    """Puts the state files of a project in order, but for those of a stack that a living run holds; what was done, one sentence each.

    A state that cannot be read is kept beside the one that takes its place, as `dev.json.unreadable`.
    """
    url = urlsplit(backend)
    if url.scheme != "file":
        return ()
    root = Path(unquote(f"{url.netloc}{url.path}")).expanduser() / ".pulumi"
    broken = tuple(_broken(root / "stacks" / project))
    if not broken:
        return ()
    time.sleep(_AGAIN)
    still = set(broken) & set(_broken(root / "stacks" / project))
    return tuple(said for file in broken if file in still and not _held(root, project, _stack(file)) and (said := _mended(file)))


def _broken(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.glob("*")):
        state = file.name.removesuffix(".attrs").removesuffix(".bak")
        if state.endswith((".json", ".json.gz")) and not _is_readable(file):
            yield file


def _is_readable(file: Path) -> bool:
    """Also true of what is gone in the meantime."""
    try:
        raw = file.read_bytes()
        json.loads(gzip.decompress(raw) if file.name.removesuffix(".bak").endswith(".gz") else raw)
    except FileNotFoundError:
        return True
    except (OSError, EOFError, ValueError):
        return False
    return True


def _stack(file: Path) -> str:
    return file.name.partition(".json")[0]


def _held(root: Path, project: str, stack: str) -> bool:
    """Whether somebody who is not known to be dead has the stack's lock."""
    for file in root.glob(f"locks/*/{project}/{stack}/*.json"):
        try:
            said = json.loads(file.read_bytes())
            owner = LockOwner(str(said["username"]), str(said["hostname"]), int(said["pid"]), str(said["timestamp"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not locks.dead(owner):
            return True
    return False


def _mended(file: Path) -> str:
    if file.suffix in (".attrs", ".bak"):
        file.unlink(missing_ok=True)
        return f"a killed run had left {file.name} half written: removed, nothing that it says is needed"
    before = file.with_name(f"{file.name}.bak")
    if not before.is_file() or not _is_readable(before):
        return ""
    shutil.copy2(file, file.with_name(f"{file.name}.unreadable"))
    copy = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    shutil.copy2(before, copy)
    copy.replace(file)
    return f"the state file {file.name} could not be read: the one before it was put in its place"
