"""What a killed run has left becomes a state again: pure functions; tests/acceptance/engine kills real ones."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from transom.engine import identities, locks, recovery
from transom.engine.seam import DeadRun
from transom.errors import EngineError, LockOwner

HERE = os.uname().nodename
PARENT = "urn:pulumi:dev::p::transom:t:Database::shop"


def urn(name: str) -> str:
    """A thing's URN."""
    return f"urn:pulumi:dev::p::transom:t:Database$test:index:Thing::{name}"


def state(*resources: dict[str, Any], pending: tuple[tuple[str, dict[str, Any]], ...] = ()) -> dict[str, Any]:
    """An exported state with a component, these resources and these unfinished operations."""
    parent = {"urn": PARENT, "custom": False, "type": "transom:t:Database"}
    operations = [{"type": kind, "resource": resource} for kind, resource in pending]
    return {"version": 3, "deployment": {"resources": [parent, *resources], "pending_operations": operations}}


def thing(name: str, identity: str = "", **more: Any) -> dict[str, Any]:
    """A resource as a state has it."""
    made = {"urn": urn(name), "custom": True, "type": "test:index:Thing", "parent": PARENT, "inputs": {"name": name}, **more}
    return made | ({"id": identity} if identity else {})


CREATING = (("creating", thing("new")),)

SHAPES = {
    "made, nothing of that name before": (state(pending=CREATING), "new-1", [("new", "new-1", False)]),
    "not made": (state(pending=CREATING), "", []),
    "made before the old one is deleted": (
        state(thing("new", "old-1"), pending=CREATING),
        "new-1",
        [("new", "new-1", False), ("new", "old-1", True)],
    ),
    "made after the old one was deleted": (
        state(thing("new", "old-1", pendingReplacement=True), pending=CREATING),
        "new-1",
        [("new", "new-1", False)],
    ),
    "what it needs stands before it": (
        state(thing("new", "old-1"), thing("late", "late-1"), pending=(("creating", thing("new", dependencies=[urn("late")])),)),
        "new-1",
        [("late", "late-1", False), ("new", "new-1", False), ("new", "old-1", True)],
    ),
}


@pytest.mark.parametrize("before, identity, wanted", SHAPES.values(), ids=SHAPES.keys())
def test_creates_are_put_in(before: dict[str, Any], identity: str, wanted: list[tuple[str, str, bool]]) -> None:
    """What is there is in the state once, in front of what waits for its deletion; nothing is left unfinished."""
    kept = copy.deepcopy(before)
    after = recovery.resolved(before, {urn("new"): identity})
    found = [
        (one["urn"].rpartition("::")[2], one["id"], bool(one.get("delete"))) for one in after["deployment"]["resources"] if one["custom"]
    ]
    assert found == wanted
    assert "pending_operations" not in after["deployment"]
    assert before == kept


def test_updates_and_deletes_stay_to_be_looked_at() -> None:
    """A resource that was being changed is in the state as before, marked until it is read; what waits for its deletion is not."""
    waiting = thing("new", "old-1", delete=True)
    before = state(thing("new", "new-1"), waiting, pending=(("updating", thing("new", "new-1")),))
    after = recovery.resolved(before, {})
    assert after["deployment"]["resources"][1:] == [thing("new", "new-1", initErrors=[recovery.MARK]), waiting]
    assert [one["id"] for one in recovery.unseen(after)] == ["new-1"]
    assert recovery.unseen(before) == ()


def test_what_cannot_be_told_is_named() -> None:
    """Every create whose id nobody knows is in the message; a person's word goes before what the inputs say."""
    found = recovery.pending(state(pending=(("creating", thing("one")), ("creating", thing("two")), ("updating", thing("three")))))
    with pytest.raises(EngineError, match="one, test:index:Thing two"):
        recovery.identified(found, lambda _type, _inputs: None, {})
    told = {urn("one"): "", urn("two"): "id-2"}
    assert recovery.identified(found, lambda _type, _inputs: "guessed", told) == told


NAMES = [
    ("kubernetes:apps/v1:Deployment", {"metadata": {"name": "web", "namespace": "shop"}}, "shop/web"),
    ("kubernetes:core/v1:Namespace", {"metadata": {"name": "shop"}}, "shop"),
    ("kubernetes:batch/v1:Job", {"metadata": {"generateName": "job-", "namespace": "shop"}}, None),
    ("aws:s3/bucket:Bucket", {"bucket": "pictures"}, "pictures"),
    ("aws:rds/instance:Instance", {"identifier": "dev-shop"}, "dev-shop"),
    ("aws:iam/rolePolicy:RolePolicy", {"role": "r", "name": "p"}, "r:p"),
    ("aws:iam/rolePolicy:RolePolicy", {"role": "r"}, None),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, None),
    ("pulumi:providers:aws", {"region": "eu-central-1"}, ""),
]


@pytest.mark.parametrize("kind, inputs, wanted", NAMES, ids=[f"{kind} {wanted}" for kind, _, wanted in NAMES])
def test_ids_follow_from_names(kind: str, inputs: dict[str, Any], wanted: str | None) -> None:
    """The id that the provider gives to a resource that we named; None where it numbers by itself."""
    assert identities.of(kind, inputs) == wanted


def test_marks_tell_ours_from_a_strangers() -> None:
    """Every label and tag that we gave has to be there; more may be."""
    asked = {"metadata": {"labels": {"transom.dev/environment": "dev"}}, "tags": {"a": "1"}}
    assert identities.ours(asked, {"metadata": {"labels": {"transom.dev/environment": "dev", "x": "y"}}, "tags": {"a": "1"}})
    assert not identities.ours(asked, {"metadata": {"labels": {}}, "tags": {"a": "1"}})
    assert not identities.ours(asked, {"tags": {"a": "1"}})
    assert identities.ours({"name": "x"}, {"name": "x"})


def test_who_is_dead() -> None:
    """A process that is no more, one whose number was given again, and a run that somebody has found dead; nobody else."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    now, long_ago = datetime.now(UTC), datetime.now(UTC) - timedelta(days=400)
    assert locks.dead(LockOwner("ada", HERE, gone.pid, now.isoformat()))
    assert not locks.dead(LockOwner("ada", HERE, os.getpid(), now.isoformat()))
    assert locks.dead(LockOwner("ada", HERE, os.getpid(), long_ago.isoformat()))
    assert not locks.dead(LockOwner("ada", "elsewhere", gone.pid, now.isoformat()))
    known = (DeadRun("elsewhere", long_ago),)
    assert locks.dead(LockOwner("ada", "elsewhere", 1, now.isoformat()), known)
    assert not locks.dead(LockOwner("ada", "elsewhere", 1, (long_ago - timedelta(days=1)).isoformat()), known)
    assert not locks.dead(LockOwner("ada", "elsewhere", 1, "no moment"), known)
