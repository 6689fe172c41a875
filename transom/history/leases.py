"""Leases: who is at work on a stack, with a heartbeat, kept beside the state.

The engine's own lock says host and process and nothing more: on another machine nobody can tell a run that works from one that was
killed. So every run of ours holds a lease beside it, and writes a higher number into it every few seconds. Whoever waits watches that
number, by his own clock: clocks of two machines are not compared. When it has stood still long enough the run is dead, and its lease
is broken; the engine's lock that it has left is then broken, too.

A lease is never removed by somebody else. Whoever breaks one creates the next of the stack: of two who try, one succeeds. The highest
number is the one that counts.

`.transom/PROJECT/leases/STACK/0000003.json`
"""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from transom.engine import locks
from transom.engine.seam import DeadRun
from transom.errors import LockOwner, StackLocked, TransomError
from transom.history.records import FORMAT, Actor, Kept
from transom.history.store import Store

Say = Callable[[str], None]


class Lease(Kept):
    """One run's hold on a stack.

    Attributes:
        token: tells this run from every other.
        machine: where it runs, told apart where two machines have one name: boot, and the room that processes are numbered in.
        since: when it began.
        beat: counts up while the run is alive.
        released: the run has ended and said so.
        dead: earlier runs that were found dead, whose locks the engine may still hold.
    """

    format: Literal[1] = FORMAT
    token: str
    holder: Actor
    machine: str
    since: AwareDatetime
    beat: int = Field(default=0, ge=0)
    released: bool = False
    dead: tuple[tuple[str, AwareDatetime], ...] = ()

    @property
    def whose(self) -> str:
        """Who it is, for messages."""
        via = f", {self.holder.via}" if self.holder.via else ""
        return f"{self.holder.name}@{self.holder.host} (process {self.holder.pid}{via}) since {self.since:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what happens, in seconds.

    Attributes:
        beat: between two beats of a run at work.
        still: after which a heartbeat that stands still is taken for the end of its run; many beats, for a backend may be away a while.
        look: between two looks at somebody else's lease.
    """

    beat: float = 15.0
    still: float = 120.0
    look: float = 2.0


class Leases:
    """The leases of one project."""

    def __init__(self, store: Store, project: str, holder: Actor, pace: Pace = Pace()) -> None:
        self._store = store
        self._root = f".transom/{project}/leases"
        self._holder = holder
        self._pace = pace

    @contextmanager
    def held(self, stack: str, patience: float, wait: Say, broke: Say) -> Iterator[tuple[DeadRun, ...]]:
        """Holds the stack for the length of the block; gives the runs that were found dead.

        Args:
            stack: its name.
            patience: seconds to wait for another run; 0 fails at once, unless that run is known to be dead.
            wait: told whom is waited for.
            broke: told whose lease was broken, and how its death was known.

        Raises:
            StackLocked: another run holds it still.
        """
        number, lease = self._taken(stack, patience, wait, broke)
        ended = threading.Event()
        beating = threading.Thread(target=self._beat, args=(stack, number, lease, ended), name=f"lease-{stack}", daemon=True)
        beating.start()
        failed = True
        try:
            yield tuple(DeadRun(host, since) for host, since in lease.dead)
            failed = False
        finally:
            ended.set()
            beating.join()
            # The dead are forgotten once a run has gone through: the engine's locks that they left are broken by then.
            left = lease.model_copy(update={"released": True, "dead": lease.dead if failed else ()})
            if self._is_ours(stack, number, lease):
                self._store.replace(self._key(stack, number), _bytes(left))

    def holder(self, stack: str) -> Lease | None:
        """Whose lease it is; None where nobody has it."""
        newest = self._newest(stack)
        return None if newest is None or newest[1].released else newest[1]

    def _taken(self, stack: str, patience: float, wait: Say, broke: Say) -> tuple[int, Lease]:
        deadline = time.monotonic() + patience
        seen: tuple[str, int] = ("", -1)
        moved = time.monotonic()
        while True:
            newest = self._newest(stack)
            number, other = newest if newest is not None else (0, None)
            dead = other.dead if other is not None else ()
            why = ""
            if other is not None and not other.released:
                if (other.token, other.beat) != seen:
                    seen, moved = (other.token, other.beat), time.monotonic()
                why = _death(other, time.monotonic() - moved, self._pace.still)
                dead = (*dead, (other.holder.host, other.since))
                if not why:
                    self._wait(stack, other, deadline, wait)
                    continue
            mine = Lease(token=uuid.uuid4().hex, holder=self._holder, machine=machine(), since=datetime.now(UTC), dead=dead)
            if self._store.create(self._key(stack, number + 1), _bytes(mine)):
                if other is not None and why:
                    broke(f"broke the lock of {other.whose}: {why}")
                for old in self._store.keys(f"{self._root}/{stack}"):
                    if old < self._key(stack, number + 1):
                        self._store.remove(old)
                return number + 1, mine

    def _wait(self, stack: str, other: Lease, deadline: float, wait: Say) -> None:
        if time.monotonic() >= deadline:
            raise StackLocked(
                f'stack "{stack}" is locked by {other.whose}',
                hint="wait for that run to end (--lock-timeout); if it was killed on another machine, "
                f"wait {self._pace.still:g} s: its lock is broken once its heartbeat has stood still for so long",
                owners=[LockOwner(other.holder.name, other.holder.host, other.holder.pid, f"{other.since:%Y-%m-%dT%H:%M:%SZ}")],
            )
        wait(f'stack "{stack}" is locked by {other.whose}')
        time.sleep(min(self._pace.look, max(0.01, deadline - time.monotonic())))

    def _beat(self, stack: str, number: int, lease: Lease, ended: threading.Event) -> None:
        beat = 0
        while not ended.wait(self._pace.beat):
            beat += 1
            try:
                if not self._is_ours(stack, number, lease):
                    return
                self._store.replace(self._key(stack, number), _bytes(lease.model_copy(update={"beat": beat})))
            except TransomError:
                continue  # the backend is away: the next beat may reach it

    def _is_ours(self, stack: str, number: int, lease: Lease) -> bool:
        found = self._read(self._key(stack, number))
        return found is not None and found.token == lease.token and self._newest_key(stack) == self._key(stack, number)

    def _newest_key(self, stack: str) -> str:
        return max(self._store.keys(f"{self._root}/{stack}"), default="")

    def _newest(self, stack: str) -> tuple[int, Lease] | None:
        key = self._newest_key(stack)
        found = self._read(key) if key else None
        return None if found is None else (int(key.rpartition("/")[2].removesuffix(".json")), found)

    def _read(self, key: str) -> Lease | None:
        content = self._store.read(key)
        if content is None:
            return None
        try:
            return Lease.model_validate_json(content)
        except ValidationError as error:
            raise StackLocked(f"the lease {key} cannot be read: {error}", hint="remove it once no run is at work") from error

    def _key(self, stack: str, number: int) -> str:
        return f"{self._root}/{stack}/{number:07}.json"


def machine() -> str:
    """What tells this machine from every other, also from one of the same name: its boot, and the room its processes are numbered in."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        room = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return socket.gethostname()
    return f"{boot} {room}"


def _death(other: Lease, still: float, limit: float) -> str:
    """How it is known that a lease's run is dead; empty where it is not."""
    if other.machine == machine():
        # Here the kernel knows, and a heartbeat that stands still proves nothing: the process may have been stopped, and go on.
        return "its process is no more" if locks.gone(other.holder.pid, other.since) else ""
    return f"its heartbeat has stood still for {still:.0f} s" if still >= limit else ""


def _bytes(lease: Lease) -> bytes:
    return lease.model_dump_json(indent=1).encode()
