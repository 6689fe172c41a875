"""Leases: one holder at a time on every kind of store, the dead make way, the living never."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from transom.errors import StackLocked
from transom.history import actor
from transom.history.journal import Journal
from transom.history.leases import Lease, Leases, Pace, machine
from transom.history.records import Actor
from transom.history.store import MemoryStore, Store

QUICK = Pace(beat=0.02, still=1.0, look=0.02)


def leases(store: Store, pace: Pace = QUICK) -> Leases:
    """This process's."""
    return Leases(store, "platform", actor.here(), pace)


def left_behind(store: Store, **about: object) -> Lease:
    """A lease whose run does not release it."""
    lease = Lease.model_validate(
        {"token": "t", "holder": Actor(name="ada", host="elsewhere", pid=7), "machine": "another", "since": datetime.now(UTC)} | about
    )
    store.create(".transom/platform/leases/dev/0000004.json", lease.model_dump_json().encode())
    return lease


def test_one_at_a_time(store: Store) -> None:
    """Of many who want a stack at once one has it, then the next; in the end nobody has."""
    inside, most, guard = 0, 0, threading.Lock()

    def work(_number: int) -> None:
        nonlocal inside, most
        with leases(store).held("dev", 120, lambda _: None, lambda _: None):
            with guard:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.05)
            with guard:
                inside -= 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert most == 1
    assert leases(store).holder("dev") is None
    assert len(store.keys(".transom/platform/leases/dev")) == 1


def test_whom_is_waited_for_is_told() -> None:
    """Without patience the message names user, host and process; with patience whoever waits is told the same."""
    store = MemoryStore()
    heard: list[str] = []
    with leases(store).held("dev", 0, heard.append, heard.append):
        with pytest.raises(StackLocked, match=f"process {actor.here().pid}") as raised, leases(store).held("dev", 0, print, print):
            pass
        assert raised.value.exit_code == 5
        with pytest.raises(StackLocked), leases(store).held("dev", 0.1, heard.append, print):
            pass
    assert f"{actor.here().name}@{actor.here().host}" in heard[0]


def test_a_dead_process_of_this_machine_makes_way_at_once() -> None:
    """The kernel knows that it is no more: nobody waits, the record says whose lock was broken and how that was known."""
    store = MemoryStore()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lease = left_behind(store, holder=Actor(name="ada", host=actor.here().host, pid=gone.pid), machine=machine())
    said: list[str] = []
    with leases(store, Pace(beat=10, still=1000)).held("dev", 0, print, said.append) as dead:
        assert [(one.host, one.since) for one in dead] == [(actor.here().host, lease.since)]
    assert said[0].startswith("broke the lock of ada@")
    assert said[0].endswith("its process is no more")


def test_a_number_that_was_given_again_is_not_the_owner() -> None:
    """A process of the same number that began later is another one."""
    store = MemoryStore()
    holder = Actor(name="ada", host=actor.here().host, pid=actor.here().pid)
    left_behind(store, holder=holder, machine=machine(), since=datetime.now(UTC) - timedelta(days=400))
    said: list[str] = []
    with leases(store).held("dev", 0, print, said.append):
        assert "its process is no more" in said[0]


def test_a_heartbeat_that_stands_still_is_death_elsewhere() -> None:
    """Of another machine only the heartbeat tells; it has to stand still for the whole limit while somebody watches."""
    store = MemoryStore()
    left_behind(store, since=datetime.now(UTC) - timedelta(days=400))
    with pytest.raises(StackLocked, match="elsewhere"), leases(store).held("dev", 0.2, lambda _: None, print):
        pass
    said: list[str] = []
    with leases(store).held("dev", 60, lambda _: None, said.append):
        assert "heartbeat has stood still" in said[0]


def test_a_living_owner_is_never_broken() -> None:
    """A heartbeat that goes on, however old its lease, holds against any patience; so does a process of this machine that was stopped."""
    store = MemoryStore()
    ended = threading.Event()
    lease = left_behind(store, since=datetime.now(UTC) - timedelta(days=400))

    def beat() -> None:
        number = 0
        while not ended.wait(0.05):
            number += 1
            body = lease.model_copy(update={"beat": number}).model_dump_json().encode()
            store.replace(".transom/platform/leases/dev/0000004.json", body)

    beating = threading.Thread(target=beat)
    beating.start()
    with pytest.raises(StackLocked), leases(store).held("dev", 3, lambda _: None, print):
        pass
    ended.set()
    beating.join()
    other = MemoryStore()
    left_behind(other, holder=actor.here(), machine=machine())  # alive, and its heartbeat stands still
    with pytest.raises(StackLocked), leases(other).held("dev", 3, lambda _: None, print):
        pass


def test_the_heartbeat_goes_on_while_a_run_works() -> None:
    """What is kept beside the state counts up."""
    store = MemoryStore()
    with leases(store).held("dev", 0, print, print):
        (key,) = store.keys(".transom/platform/leases/dev")
        until = datetime.now(UTC) + timedelta(seconds=60)
        while json.loads(store.read(key) or b"{}")["beat"] < 3:
            assert datetime.now(UTC) < until
            threading.Event().wait(0.02)


def test_the_dead_are_remembered_until_a_run_goes_through() -> None:
    """The engine's lock of a dead run may outlive the first attempt after it: whoever comes next still knows that it is nobody's."""
    store = MemoryStore()
    left_behind(store)
    with pytest.raises(RuntimeError), leases(store).held("dev", 60, lambda _: None, lambda _: None) as first:
        raise RuntimeError("the attempt failed")
    with leases(store).held("dev", 0, print, print) as second:
        assert second == first
    with leases(store).held("dev", 0, print, print) as third:
        assert third == ()


def test_a_broken_lease_stays_broken() -> None:
    """A run that was taken for dead and goes on does not write over its successor's lease."""
    store = MemoryStore()
    with leases(store).held("dev", 0, print, print):
        (key,) = store.keys(".transom/platform/leases/dev")
        successor = left_behind(store)
        threading.Event().wait(0.2)
    assert store.read(".transom/platform/leases/dev/0000004.json") == successor.model_dump_json().encode()
    assert json.loads(store.read(key) or b"{}")["released"] is False


def test_a_journal_gives_its_leases() -> None:
    """They lie beside the history of the same project."""
    store = MemoryStore()
    with Journal(store, "platform").leases(actor.here()).held("dev", 0, print, print):
        assert store.keys(".transom/platform/leases/dev")
