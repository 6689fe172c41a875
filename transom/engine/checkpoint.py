"""State files of a `file://` backend that a killed run, or a machine that lost its power, left half written.

The engine writes a state to a file beside it and renames that, which cannot be seen half done; but with every file goes a sidecar
(`dev.json.attrs`, what gocloud's fileblob would tell of a content type), which is written in place. Killed in between, an empty sidecar
stays, and the engine cannot load the stack any more (`failed to load checkpoint: EOF`), nor list those beside it (`EOF`). Without a sidecar
it can. Where the power went, the state itself may be cut off; the engine keeps the one before it (`dev.json.bak`), and
one after each run (`backups/`, `history/`). The newest that can be read takes its place.

What the lost writing would have told is not known then. Where it was how an operation ended, the copy has the note that it had begun,
and `recovery` goes on from there. Where it was that note, what the first run on the copy would create may be there already:
`refuse_creates`.

Other backends write an object whole or not at all. Source: gocloud.dev/blob/fileblob, pulumi/pkg/backend/diy/state.go.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transom.changes import ChangeSet, Operation
from transom.engine import backends, locks
from transom.errors import EngineError, LockOwner

_NAMED = 10
"""Resources that a refusal names."""

_AGAIN = 0.5
"""Seconds after which a file that could not be read is looked at again: a run at work writes its own in less."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done: of which stack, as a sentence, and whether its state is an older one now."""

    stack: str
    sentence: str
    older: bool


def mend(backend: str, project: str) -> tuple[Mended, ...]:
    """Puts the state files of a project in order, but for those of a stack that a living run holds; what was done.

    A state that cannot be read is kept beside the one that takes its place, as `dev.json.unreadable`.
    """
    folder = backends.folder(backend)
    if folder is None:
        return ()
    root = folder / ".pulumi"
    broken = tuple(_broken(root / "stacks" / project))
    if not broken:
        return ()
    time.sleep(_AGAIN)
    still = set(broken) & set(_broken(root / "stacks" / project))
    return tuple(done for file in broken if file in still and not _held(root, project, _stack(file)) and (done := _mended(root, file)))


def refuse_creates(planned: ChangeSet) -> None:
    """Stops the first run on a state that was put back, where it would create something: the lost writing may have told that it is there.

    Raises:
        EngineError: it would. What is there has to be imported before; the run after this one goes on.
    """
    creates = [f"{one.type} {one.name}" for one in planned.changes if one.operation is Operation.CREATE]
    if not creates:
        return
    listed = ", ".join(creates[:_NAMED]) + (f" and {len(creates) - _NAMED} more" if len(creates) > _NAMED else "")
    raise EngineError(
        f"the state was put back from a copy, and this run would create {listed}; the copy may lack that it is there already",
        subject=f"stack {planned.stack}",
        reason="UnfinishedCreate",
        hint="look for it; take what is there into the state with `pulumi import TYPE NAME ID`, then apply again: that run goes on",
    )


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


def _mended(root: Path, file: Path) -> Mended | None:
    if file.suffix in (".attrs", ".bak"):
        file.unlink(missing_ok=True)
        return Mended(_stack(file), f"a killed run had left {file.name} half written: removed, nothing that it says is needed", older=False)
    before = next((copy for copy in _copies(root, file) if _is_readable(copy)), None)
    if before is None:
        return None
    shutil.copy2(file, file.with_name(f"{file.name}.unreadable"))
    copy = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    shutil.copy2(before, copy)
    copy.replace(file)
    what = f"the state file {file.name} could not be read: the one before it ({before.name}) was put in its place"
    return Mended(_stack(file), what, older=True)


def _copies(root: Path, file: Path) -> list[Path]:
    """Earlier states of the stack in the same form, newest first."""
    project, stack, form = file.parent.name, _stack(file), file.name.partition(".json")[2]
    kept = [*(root / "backups" / project / stack).glob("*.json*"), *(root / "history" / project / stack).glob("*.checkpoint.json*")]
    there = [one for one in (file.with_name(f"{file.name}.bak"), *kept) if one.is_file()]
    alike = [one for one in there if one.suffix != ".attrs" and (one.name.removesuffix(".bak").endswith(".gz")) == (form == ".gz")]
    return sorted(alike, key=lambda one: one.stat().st_mtime_ns, reverse=True)
