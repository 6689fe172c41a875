"""Whether the owner of a lock is dead. The rule is one-sided: what is not known to be dead is alive.

Of a process of this machine the kernel tells: it is not there, or the one of its number began after the lock was taken (numbers come
again). Of another machine nobody here can tell; somebody who has watched its heartbeat stand still says so (`DeadRun`).
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from transom.engine.seam import DeadRun
from transom.errors import LockOwner

_SLACK = timedelta(seconds=5)
"""By which two clocks of one machine may differ: the kernel counts ticks since a boot whose time is rounded to seconds."""


def dead(owner: LockOwner, known: Iterable[DeadRun] = ()) -> bool:
    """Whether the owner is known to be dead.

    Args:
        owner: as the engine's lock tells it.
        known: runs that somebody has found dead.
    """
    since = _moment(owner.since)
    if since is not None and any(run.host == owner.host and since + _SLACK >= run.since for run in known):
        return True
    return owner.host == socket.gethostname() and gone(owner.pid, since)


def gone(pid: int, since: datetime | None) -> bool:
    """Whether the process of this machine that had this number at that time is no more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    started = begun(pid)
    return since is not None and started is not None and started > since + _SLACK


def begun(pid: int) -> datetime | None:
    """When a process began, as the kernel tells (proc(5): field 22 of /proc/PID/stat, in ticks since boot); None where it does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        booted = time.time() - float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
        return datetime.fromtimestamp(booted + int(fields[19]) / os.sysconf("SC_CLK_TCK"), UTC)
    except (OSError, ValueError, IndexError):
        return None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
