"""Another run holds the stack, is killed, takes too long, or is asked to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from transom.changes import Operation
from transom.engine import Progress, Request, Step
from transom.errors import EngineError, RunTimedOut, StackLocked

SHOP = "Database/shop"


def held(ground, request, seconds: float) -> subprocess.Popen:
    """A bare `pulumi up` in the middle of creating something slow: its state is written, its lock in its hand."""
    ground.slow("slow", seconds)
    process = subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", request.stack],
        cwd=ground.folder / "project",
        env={**os.environ, **ground.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    state = ground.folder / "state" / ".pulumi" / "stacks" / "double" / f"{request.stack}.json"
    wait_until(lambda: _is_in_the_middle(state))
    return process


def _is_in_the_middle(state: Path) -> bool:
    """Whether the first thing is made and written down, and the slow one begun."""
    try:
        latest = json.loads(state.read_text())["checkpoint"]["latest"]
    except (OSError, ValueError, KeyError):
        return False
    made = [resource["urn"] for resource in (latest or {}).get("resources") or ()]
    begun = [operation["resource"]["urn"] for operation in (latest or {}).get("pending_operations") or ()]
    return any(urn.endswith("::first") for urn in made) and any(urn.endswith("::slow") for urn in begun)


def forgotten(engine, request) -> dict[str, str]:
    """What a person says who has looked, and found nothing of what a killed run had begun."""
    return dict.fromkeys(engine.unfinished(request), "")


def wait_until(condition) -> None:
    """Until the condition holds; some minutes at most, for the machine may be busy."""
    until = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def request_(ground, engine) -> Request:
    """A stack whose second thing takes its time."""
    request = ground.declare("dev", {SHOP: [{"name": "first"}, {"name": "slow", "options": {"depends": ["first"]}}]})
    engine.create(request)
    return request


def test_locked_and_waited_for(ground, engine, request_):
    """A lock that is held is told with its owner, at once; with patience the run comes after it, and a plan needs no lock."""
    other = held(ground, request_, 120)
    with pytest.raises(StackLocked, match=f"process {other.pid}") as raised:
        engine.apply(request_)
    assert raised.value.exit_code == 5
    engine.plan(request_)
    waited: list[str] = []

    def listen(progress: Progress) -> None:
        if progress.step is Step.WAITING and progress.message.startswith("waiting: "):
            waited.append(progress.message)
            ground.quick("slow")

    made = engine.apply(Request(stack="dev", environment="dev", lock_wait=60), listen)
    assert waited
    assert made.succeeded
    assert made.empty
    assert other.wait(60) == 0


def test_killed_run(ground, engine, request_):
    """A run that was killed leaves a lock: it is broken because its owner is dead, and what it had made is known."""
    other = held(ground, request_, 60)
    os.killpg(other.pid, signal.SIGKILL)
    other.wait(60)
    ground.quick("slow")
    heard: list[Progress] = []
    with pytest.raises(EngineError, match="cannot be told from here") as caught:  # its kind is found under no name
        engine.apply(request_, heard.append)
    assert caught.value.reason == "UnfinishedCreate"
    assert any("dead run" in progress.message for progress in heard)
    engine.recover(request_, forgotten(engine, request_))
    made = engine.apply(request_, heard.append)
    assert made.succeeded
    assert {change.name: change.operation for change in made.changes} == {"slow": Operation.CREATE}


def test_foreign_lock_is_not_broken(ground, engine, request_):
    """A lock of another machine is never taken for a dead one, whatever its process number."""
    other = held(ground, request_, 60)
    os.killpg(other.pid, signal.SIGKILL)
    other.wait(60)
    (lock,) = (ground.folder / "state" / ".pulumi" / "locks").rglob("*.json")
    lock.write_text(lock.read_text().replace(os.uname().nodename, "elsewhere"))
    with pytest.raises(StackLocked, match="elsewhere"):
        engine.apply(request_)
    engine.cancel(request_)
    ground.quick("slow")
    engine.recover(request_, forgotten(engine, request_))
    assert engine.apply(request_).succeeded


def test_timeout(ground, engine, request_):
    """A run that takes too long is asked to stop, ends in order, tells what it did, and leaves no lock."""
    ground.slow("slow", 600)
    made = engine.apply(Request(stack="dev", environment="dev", timeout=30))
    assert "longer than 30 s" in made.error
    assert "in order" in made.error
    assert {change.name: change.failed for change in made.changes} == {"first": False, "slow": True}
    ground.quick("slow")
    assert engine.apply(request_).succeeded


@pytest.mark.usefixtures("request_")
def test_timeout_before_the_start(engine):
    """A run that had not begun when its time was over is no run."""
    with pytest.raises(RunTimedOut):
        engine.apply(Request(stack="dev", environment="dev", timeout=0.001))


def test_interrupt(ground, engine, request_):
    """A run that is asked to stop ends as cancelled, keeps what it made and leaves no lock."""
    ground.slow("first", 600)

    def listen(progress: Progress) -> None:
        if progress.name == "first" and progress.step is Step.STARTED:
            threading.Thread(target=engine.interrupt).start()

    made = engine.apply(request_, listen)
    assert not made.succeeded
    assert "cancelled" in made.error
    ground.quick("first")
    assert engine.apply(request_).succeeded
