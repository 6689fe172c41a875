"""A run is killed, with everything it has started, at each step of each operation; the next run puts it in order."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from ground import Ground

from transom.cli.deploying import Leased
from transom.engine import Progress, Request, Step
from transom.engine.real import PulumiEngine
from transom.errors import EngineError, StackLocked
from transom.history import actor, opening
from transom.history.leases import Lease, Leases, Pace
from transom.history.records import Actor

SHOP = "Database/shop"
NEW = "thing"


@dataclass(frozen=True)
class Case:
    """Where a run is killed.

    Attributes:
        hook: what the cloud waits in: before it does something (`slow`), or after, before it has answered (`late`).
        before: the thing as it was applied, None for not there.
        after: the thing as the killed run was to make it.
        found: what the recovery says of it.
        done: what the next run still has to do; empty for nothing.
    """

    hook: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    found: str
    done: str = ""


ONE = {"name": NEW, "size": 1}
TWO = {"name": NEW, "size": 2}
OTHER = {"name": "other", "size": 1, "options": {"urn": NEW}}

CASES = {
    "create, not begun": Case("slow-create-thing", None, ONE, "had not made", "create"),
    "create, done and not heard of": Case("late-create-thing", None, ONE, "taken into the state as thing-"),
    "update, not begun": Case("slow-update-thing", ONE, TWO, "brought to what lives", "update"),
    "update, done and not heard of": Case("late-update-thing", ONE, TWO, "brought to what lives"),
    "replace, old not deleted": Case("slow-delete-thing", ONE, OTHER, "brought to what lives", "replace"),
    "replace, old deleted and not heard of": Case("late-delete-thing", ONE, OTHER, "it is gone", "create"),
    "replace, new not made": Case("slow-create-other", ONE, OTHER, "had not made", "replace"),
    "replace, new made and not heard of": Case("late-create-other", ONE, OTHER, "taken into the state as other-"),
    "delete, not begun": Case("slow-delete-thing", ONE, None, "brought to what lives", "delete"),
    "delete, done and not heard of": Case("late-delete-thing", ONE, None, "it is gone"),
}


def declared(thing: dict[str, Any] | None) -> dict[str, list[dict[str, Any]]]:
    """A component with a thing that stays and, where there is one, the thing at hand."""
    return {SHOP: [{"name": "first"}, *([thing] if thing else [])]}


def finder(ground: Ground):
    """How the double's things are found again: its cloud knows each by the name it was asked for, and gives the id."""

    def identify(_type: str, inputs: Any) -> str | None:
        found = list((ground.folder / "things").glob(f"{inputs['name']}-??????.json"))
        return found[0].stem if found else ""

    return identify


def living(ground: Ground) -> dict[str, list[dict[str, Any]]]:
    """Everything in the cloud, by name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for file in sorted((ground.folder / "things").glob("*-??????.json")):
        found.setdefault(file.stem[:-7], []).append(json.loads(file.read_text()))
    return found


def kill_in(ground: Ground, request: Request, hook: str) -> None:
    """A bare `pulumi up` that is killed, with its plugins, while the cloud waits in that hook."""
    things = ground.folder / "things"
    (things / f".{hook}").write_text("600")
    with subprocess.Popen(
        ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--stack", request.stack],
        cwd=ground.folder / "project",
        env={**os.environ, **ground.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        until = time.monotonic() + 240
        while not (things / f".waiting-{hook}").exists() or not _is_written_down(ground, request.stack):
            assert process.poll() is None, "the run ended before it came to the hook"
            assert time.monotonic() < until
            time.sleep(0.05)
        engine = psutil.Process(process.pid)  # dies first: of a plugin that is gone it would write down that it is
        family = [engine, *engine.children(recursive=True)]
        for one in family:
            one.kill()
        psutil.wait_procs(family, timeout=60)
    (things / f".{hook}").unlink()


def _is_written_down(ground: Ground, stack: str) -> bool:
    """Whether the state says what has begun, and nothing else is on its way: the engine writes beside the operations, a moment later."""
    try:
        state = state_of(ground, stack)
        first = any(resource["urn"].endswith("::first") for resource in state.get("resources") or ())
        return first and len(state.get("pending_operations") or ()) == 1
    except (OSError, ValueError, KeyError, AttributeError):
        return False  # not there yet, or being written


def state_of(ground: Ground, stack: str) -> dict[str, Any]:
    """The state as the backend keeps it."""
    file: Path = ground.folder / "state" / ".pulumi" / "stacks" / "double" / f"{stack}.json"
    latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
    return latest


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_killed(ground: Ground, case: Case):
    """Whatever step a run is killed at, the next one ends in order: each thing lives once, and the state knows it."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(case.before))
    engine.create(request)
    assert engine.apply(request).succeeded
    ground.declare("dev", declared(case.after))
    kill_in(ground, request, case.hook)
    assert engine.unfinished(request)

    heard: list[Progress] = []
    made = engine.apply(request, heard.append)

    told = [progress.message for progress in heard if progress.step is Step.RECOVERED]
    assert "broke the lock of a dead run" in told[0]
    assert case.found in told[1]
    assert len(told) == 2
    assert made.succeeded
    assert [change.operation.value for change in made.changes] == ([case.done] if case.done else [])
    assert not engine.unfinished(request)
    wanted = {"first": 1} | ({case.after["name"]: 1} if case.after else {})
    assert {name: len(those) for name, those in living(ground).items()} == wanted
    known = {resource["id"] for resource in state_of(ground, "dev")["resources"] if resource["type"].startswith("test:")}
    assert known == {file.stem for file in (ground.folder / "things").glob("*-??????.json")}
    if case.after:
        assert ground.thing(case.after["name"])["size"] == case.after["size"]
    assert engine.plan(request).empty
    assert engine.drift(request).empty


def test_a_stranger_is_not_adopted(ground: Ground):
    """What has the name and not our marks was there before: it is not taken into the state, and nobody's."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=lambda _type, _inputs: "thing-aaaaaa")
    request = ground.declare("dev", declared({**ONE, "tags": {"transom.dev/environment": "dev"}}))
    engine.create(request)
    kill_in(ground, request, "slow-create-thing")
    stranger = ground.folder / "things" / "thing-aaaaaa.json"
    stranger.write_text(json.dumps({"name": NEW, "size": 7, "tags": {"owner": "somebody"}}))
    heard: list[Progress] = []
    found = engine.recover(request, {}, heard.append)
    assert "had not made" in found[0], heard
    assert NEW not in {resource["urn"].rpartition("::")[2] for resource in state_of(ground, "dev")["resources"]}
    assert json.loads(stranger.read_text())["size"] == 7


def test_what_cannot_be_told_stops_the_run(ground: Ground):
    """A create whose id AWS would give is neither forgotten nor made twice: the run stops and says how; a person's word settles it."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=lambda _type, _inputs: None)
    request = ground.declare("dev", declared(ONE))
    engine.create(request)
    kill_in(ground, request, "late-create-thing")
    with pytest.raises(EngineError, match="transom recover dev --adopt thing=ID") as raised:
        engine.apply(request)
    assert raised.value.reason == "UnfinishedCreate"
    (urn,) = engine.unfinished(request)
    assert "taken into the state" in engine.recover(request, {urn: ground.file(NEW).stem})[0]
    assert engine.apply(request).empty
    assert len(living(ground)[NEW]) == 1


def test_a_recovery_that_could_not_look(ground: Ground):
    """The cloud is away when the recovery looks: what it put into the state is not believed, and the next run looks at it first."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(ONE))
    engine.create(request)
    kill_in(ground, request, "late-create-thing")
    made = ground.thing(NEW)
    ground.by_hand(NEW, unreadable="the cloud is away")
    with pytest.raises(EngineError):
        engine.apply(request)
    assert engine.unfinished(request)
    ground.file(NEW).write_text(json.dumps(made))
    heard: list[Progress] = []
    assert engine.apply(request, heard.append).empty
    assert any("an earlier recovery had not looked at" in progress.message for progress in heard)
    assert not engine.unfinished(request)
    assert len(living(ground)[NEW]) == 1


def test_dead_elsewhere(ground: Ground):
    """A run was killed on another machine: nobody here can ask its kernel, so its heartbeat is watched; then both locks are broken."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(ONE))
    engine.create(request)
    store = opening.store(engine.backend())
    dead = Lease(token="t", holder=Actor(name="ada", host="elsewhere", pid=7), machine="another", since=datetime.now(UTC))
    kill_in(ground, request, "late-create-thing")
    (lock,) = (ground.folder / "state" / ".pulumi" / "locks").rglob("*.json")
    lock.write_text(lock.read_text().replace(os.uname().nodename, "elsewhere"))
    unknown = Leased(engine, Leases(store, "double", actor.here()), lambda _: None)
    with pytest.raises(StackLocked, match="elsewhere"):
        unknown.apply(request, unknown.hear)  # no lease: a bare `pulumi up`, of which nobody here knows whether it lives
    assert lock.is_file()

    store.create(".transom/double/leases/dev/0000009.json", dead.model_dump_json().encode())
    leased = Leased(engine, Leases(store, "double", actor.here(), Pace(still=2, look=0.1)), lambda _: None)
    made = leased.apply(replace(request, lock_wait=60), leased.hear)
    assert made.succeeded
    said = leased.recovered["dev"]
    assert "broke the lock of ada@elsewhere (process 7)" in said[0]
    assert "heartbeat has stood still" in said[0]
    assert "broke the lock of a dead run" in said[1]
    assert "taken into the state" in said[2]
    assert len(living(ground)[NEW]) == 1
    assert leased.is_dead(dead.holder, dead.since)


def test_a_state_file_that_was_half_written(ground: Ground):
    """A kill can leave an empty note beside the state, and a lost power half a state: the next run puts both in order, and says so."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(ONE))
    engine.create(request)
    assert engine.apply(request).succeeded
    states = ground.folder / "state" / ".pulumi" / "stacks" / "double"
    (states / "dev.json.attrs").write_text("")
    heard: list[Progress] = []
    assert engine.stacks(request) == {"dev"}
    assert engine.apply(request, heard.append).empty
    assert [progress.message for progress in heard if progress.step is Step.RECOVERED] == [
        "a killed run had left dev.json.attrs half written: removed, nothing that it says is needed"
    ]
    whole = (states / "dev.json").read_text()
    (states / "dev.json").write_text(whole[: len(whole) // 2])
    ground.declare("dev", declared(TWO))
    heard.clear()
    made = engine.apply(request, heard.append)
    assert made.succeeded
    assert any("the state file dev.json could not be read" in progress.message for progress in heard)
    assert (states / "dev.json.unreadable").read_text() == whole[: len(whole) // 2]
    assert ground.thing(NEW)["size"] == TWO["size"]
    assert len(living(ground)[NEW]) == 1


def test_a_note_that_was_lost_with_its_state(ground: Ground):
    """The copy is older than the note of a create, which was done: nothing is made a second time before a person has looked."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(None))
    engine.create(request)
    assert engine.apply(request).succeeded
    state = ground.folder / "state" / ".pulumi" / "stacks" / "double" / "dev.json"
    before = state.read_bytes()
    ground.declare("dev", declared(ONE))
    kill_in(ground, request, "late-create-thing")
    state.write_bytes(state.read_bytes()[:200])
    state.with_name("dev.json.bak").write_bytes(before)
    heard: list[Progress] = []
    with pytest.raises(EngineError, match="pulumi import TYPE NAME ID") as raised:
        engine.apply(request, heard.append)
    assert raised.value.reason == "UnfinishedCreate"
    assert "thing" in raised.value.message
    assert any("dev.json.bak" in progress.message for progress in heard if progress.step is Step.RECOVERED)
    assert len(living(ground)[NEW]) == 1
    ground.file(NEW).unlink()  # somebody has looked, and taken it away
    assert engine.apply(request).succeeded
    assert len(living(ground)[NEW]) == 1


def test_the_note_is_in_the_copy(ground: Ground):
    """What was lost is how a create ended: the note that it had begun is looked into as after any kill."""
    engine = PulumiEngine(ground.folder / "project", ground.env, identify=finder(ground))
    request = ground.declare("dev", declared(ONE))
    engine.create(request)
    kill_in(ground, request, "late-create-thing")
    state = ground.folder / "state" / ".pulumi" / "stacks" / "double" / "dev.json"
    state.with_name("dev.json.bak").write_bytes(state.read_bytes())
    state.write_bytes(b"")
    assert engine.plan(request).succeeded, "a plan reads the copy, too, and changes nothing that lives"
    heard: list[Progress] = []
    assert engine.apply(request, heard.append).empty
    told = [progress.message for progress in heard if progress.step is Step.RECOVERED]
    assert any("dev.json.bak" in sentence for sentence in told)
    assert any("taken into the state as thing-" in sentence for sentence in told)
    assert {name: len(those) for name, those in living(ground).items()} == {"first": 1, NEW: 1}
