"""Drift as the real engine finds it: live against what was last applied."""

from __future__ import annotations

import json

import pytest

from transom import drift
from transom.changes import ChangeSet, Operation
from transom.engine import Request

SHOP = "Database/shop"
HEAL = Request(stack="dev", environment="dev", refresh=True)


@pytest.fixture
def request_(ground, engine) -> Request:
    """Four things, applied."""
    request = ground.declare(
        "dev",
        {
            SHOP: [
                {"name": "a", "size": 2, "token": "hunter2"},
                {"name": "p", "kind": "Plain", "list": [1, 2]},
                {"name": "c"},
                {"name": "d"},
            ]
        },
    )
    engine.create(request)
    assert engine.apply(request).succeeded
    return request


def found(whole: ChangeSet) -> dict[str, object]:
    """What was found by name: the properties as (path, applied, live), or the operation."""
    return {
        change.name: [(told.path, told.before, told.after) for told in change.properties] or change.operation for change in whole.changes
    }


A_DRIFTED = [("size", 2, 9), ("token", "*** (before)", "*** (after)")]


def test_found_and_healed(ground, engine, request_):
    """Changed, missing and unreadable are each found, nothing else; a heal puts back what can be; the next look is clean."""
    ground.by_hand("a", size=9, token="stolen")
    ground.by_hand("p", list=[1, 7])
    ground.file("c").unlink()
    ground.by_hand("d", unreadable="access denied")
    whole = engine.drift(request_)
    assert found(whole) == {"a": A_DRIFTED, "p": [("list[1]", 2, 7)], "c": Operation.DELETE, "d": Operation.READ}
    report = drift.report([whole])
    assert (report.drifted, report.unreadable) == (3, 1)
    assert "hunter2" not in whole.model_dump_json()
    assert "stolen" not in whole.model_dump_json()
    live = ground.thing("d")
    ground.file("d").write_text(json.dumps({key: value for key, value in live.items() if key != "unreadable"}))
    assert engine.apply(HEAL).succeeded
    assert engine.drift(request_).empty
    assert ground.thing("a")["size"] == 2


def test_drift_after_a_refused_heal(ground, engine, request_):
    """A heal that was refused wrote the live values into the state: they are drift all the same, and what was healed is not."""
    ground.by_hand("a", size=9, token="stolen")
    ground.by_hand("p", list=[1, 7])
    ground.file("c").unlink()
    ground.refuse("a", 'conflict with "kubectl"')
    ground.refuse("c", "no room")
    healed = engine.apply(HEAL)
    assert {change.name for change in healed.failures} <= {"a", "c"}
    left = found(engine.drift(request_))
    assert left["a"] == A_DRIFTED
    assert left["c"] is Operation.DELETE
    assert set(left) <= {"a", "c", "p"}
    ground.refuse("a", None)
    ground.refuse("c", None)
    assert engine.apply(HEAL).succeeded
    assert engine.drift(request_).empty


def test_drift_after_a_bare_pulumi_up_that_failed(ground, engine, request_):
    """The record is the backend's own, so a bare `pulumi up --refresh` and a `pulumi refresh` are covered too."""
    ground.by_hand("a", size=9)
    ground.refuse("a", "conflict")
    assert ground.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "dev", check=False).returncode != 0
    assert found(engine.drift(request_)) == {"a": [("size", 2, 9)]}
    ground.refuse("a", None)
    ground.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "dev")
    assert engine.drift(request_).empty
    ground.by_hand("a", size=5)
    ground.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev")
    assert found(engine.drift(request_)) == {"a": [("size", 2, 5)]}


def test_pending_is_no_drift(ground, engine, request_):
    """What Git has and nobody applied is not drift, neither alone nor after a half-failed update that applied a part of it."""
    ground.declare(
        "dev", {SHOP: [{"name": "a", "size": 3, "token": "hunter2"}, {"name": "p", "kind": "Plain", "list": [5]}, {"name": "new"}]}
    )
    assert engine.drift(request_).empty
    ground.refuse("new", "no room")
    ground.refuse("p", "no room")
    made = engine.apply(Request(stack="dev", environment="dev", refresh=True, continue_on_error=True))
    assert not made.succeeded
    assert ground.thing("a")["size"] == 3
    assert engine.drift(request_).empty


def test_back_by_hand(ground, engine, request_):
    """After a refused heal somebody puts it back by hand: no drift, whatever the state says."""
    ground.by_hand("a", size=9)
    ground.refuse("a", "conflict")
    engine.apply(HEAL)
    ground.by_hand("a", size=2)
    assert engine.drift(request_).empty
