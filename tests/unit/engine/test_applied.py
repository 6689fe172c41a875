"""Drift against what was last applied, also where the state has lost it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from transom.changes import SECRET_AFTER, SECRET_BEFORE, Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.engine import applied
from transom.engine.applied import Record, Resource
from transom.errors import SourceError

URN = "urn:pulumi:dev::p::transom:t:Database$aws:Db::db"
PARENT = "urn:pulumi:dev::p::transom:t:Database::shop"
SIGN = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


def resource(**inputs: Any) -> Resource:
    """The database with these inputs."""
    return Resource(urn=URN, type="aws:Db", parent=PARENT, id="db-1", inputs=inputs)


def record(was: Resource | None, now: Resource | None) -> Record:
    """What was applied and what the state says, after a failed run."""
    return Record(settled=False, applied={URN: was} if was else {}, state={URN: now} if now else {}, since=("update failed",))


def changes(purpose: str, *found: Change) -> ChangeSet:
    """A change set."""
    return ChangeSet(purpose=purpose, environment="dev", stack="dev", changes=found)  # type: ignore[arg-type]


def change(operation: Operation, **properties: tuple[Any, Any]) -> Change:
    """A change of the database."""
    told = tuple(PropertyChange(path=path, kind=DiffKind.UPDATE, before=pair[0], after=pair[1]) for path, pair in properties.items())
    return Change(urn=URN, type="aws:Db", name="db", operation=operation, document="Database/shop", properties=told)


def judge(was: Resource | None, now: Resource | None, live: dict[str, Any] | None = None, found=(), planned=()) -> ChangeSet:
    """The verdict."""
    return applied.against(record(was, now), changes("drift", *found), {URN: live} if live else {}, lambda: changes("plan", *planned))


def properties(whole: ChangeSet) -> list[tuple[str, Any, Any]]:
    """The one change's properties."""
    (found,) = whole.changes
    return [(told.path, told.before, told.after) for told in found.properties]


def test_a_failed_heal_left_the_live_value_in_the_state():
    """The refresh finds nothing, the program would change it back: drift, applied against live."""
    whole = judge(resource(size=2), resource(size=9), {"size": 9}, planned=[change(Operation.UPDATE, size=(9, 2))])
    assert properties(whole) == [("size", 2, 9)]
    assert whole.changes[0].document == "Database/shop"


def test_a_half_failed_update_rightly_applied_it():
    """State and record differ, but the program is content: no drift."""
    assert judge(resource(size=2), resource(size=3), {"size": 3}).empty


def test_pending_is_not_drift():
    """The program wants something new of a resource whose state is as applied: pending, not drift."""
    assert judge(resource(size=2), resource(size=2), {"size": 2}, planned=[change(Operation.UPDATE, size=(2, 5))]).empty


def test_gone_from_the_state():
    """A refresh took it out of the state, the creation failed: missing. Taken out of Git and deleted: not missing."""
    (found,) = judge(resource(size=2), None, planned=[change(Operation.CREATE)]).changes
    assert (found.operation, found.id) == (Operation.DELETE, "db-1")
    assert judge(resource(size=2), None).empty


def test_drifted_further():
    """Live has moved on since the failed heal: told against what was applied, not against what the state says in between."""
    found = change(Operation.UPDATE, size=(9, 12))
    whole = judge(resource(size=2), resource(size=9), {"size": 12}, found=[found], planned=[change(Operation.UPDATE, size=(9, 2))])
    assert properties(whole) == [("size", 2, 12)]


def test_back_by_hand():
    """Somebody put it back: live differs from the state, and that is no drift."""
    found = change(Operation.UPDATE, size=(9, 2))
    assert judge(resource(size=2), resource(size=9), {"size": 2}, found=[found], planned=[change(Operation.UPDATE, size=(9, 2))]).empty


def test_secrets():
    """A new ciphertext alone is no drift; with the program wanting its own back it is, masked."""
    was, now = resource(key=SIGN | {"ciphertext": "one"}), resource(key=SIGN | {"ciphertext": "two"})
    live = {"key": SIGN | {"ciphertext": "[secret]"}}
    assert judge(was, now, live).empty
    whole = judge(was, now, live, planned=[change(Operation.UPDATE, key=(SECRET_BEFORE, SECRET_AFTER))])
    assert properties(whole) == [("key", SECRET_BEFORE, SECRET_AFTER)]
    assert "one" not in whole.model_dump_json()


def test_the_program_cannot_say():
    """Where the program fails, the drift against state is reported with a warning that it may not be all."""

    def fails() -> ChangeSet:
        raise SourceError("no answer")

    whole = applied.against(record(resource(size=2), resource(size=9)), changes("drift"), {}, fails)
    assert "update failed" in whole.diagnostics[0].message


def test_no_plan_without_suspicion():
    """Where record and state agree the program is not run."""
    assert applied.against(record(resource(size=2), resource(size=2)), changes("drift"), {}, lambda: pytest.fail("planned")).empty


# -- reading the record


def entry(folder: Path, moment: int, kind: str, result: str, *resources: Resource, suffix: str = "") -> None:
    """Write one update of the history as the backend does."""
    folder.mkdir(parents=True, exist_ok=True)
    write = gzip.compress if suffix else bytes
    (folder / f"dev-{moment}.history.json{suffix}").write_bytes(write(json.dumps({"kind": kind, "result": result}).encode()))
    (folder / f"dev-{moment}.checkpoint.json{suffix}").write_bytes(write(json.dumps(checkpoint(*resources)).encode()))
    (folder / f"dev-{moment}.history.json{suffix}.attrs").write_bytes(b"{}")


def checkpoint(*resources: Resource) -> dict[str, Any]:
    """A checkpoint, with a provider that is none of the resources looked at."""
    told = [{"urn": one.urn, "type": one.type, "custom": True, "id": one.id, "inputs": one.inputs} for one in resources]
    provider = {"urn": "p", "type": "pulumi:providers:aws", "custom": True}
    return {"version": 3, "checkpoint": {"latest": {"resources": [provider, *told]}}}


@pytest.fixture
def backend(tmp_path: Path):
    """A backend's URL, the folder of the stack's history, and the state file."""
    history, state = tmp_path / ".pulumi/history/p/dev", tmp_path / ".pulumi/stacks/p/dev.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps(checkpoint(resource(size=9))))
    return f"file://{tmp_path}", history


def test_settled(backend):
    """After an update that succeeded the state is the record; without any history there is nothing to drift from."""
    url, history = backend
    assert applied.read(url, "p", "dev").settled
    entry(history, 9, "update", "failed", resource(size=9))
    entry(history, 10, "update", "succeeded", resource(size=2))
    assert applied.read(url, "p", "dev").settled


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_after_failures(backend, suffix: str):
    """The record is the last update that succeeded, by moment and not by name, whatever failed or refreshed since; also compressed."""
    url, history = backend
    entry(history, 9, "update", "succeeded", resource(size=1), suffix=suffix)
    entry(history, 10, "update", "succeeded", resource(size=2), suffix=suffix)
    entry(history, 11, "update", "failed", resource(size=9), suffix=suffix)
    entry(history, 12, "refresh", "succeeded", resource(size=9), suffix=suffix)
    read = applied.read(url, "p", "dev")
    assert (read.settled, read.since) == (False, ("update failed", "refresh succeeded"))
    assert read.applied[URN].inputs == {"size": 2}
    assert read.state[URN].inputs == {"size": 9}


def test_destroyed_since(backend):
    """What was destroyed on purpose is not missing."""
    url, history = backend
    entry(history, 10, "update", "succeeded", resource(size=2))
    entry(history, 11, "destroy", "succeeded")
    assert applied.read(url, "p", "dev").applied == {}


def test_other_backends():
    """Elsewhere the copies cannot be read, and the report says so."""
    read = applied.read("s3://bucket", "p", "dev")
    assert not read.readable
    assert "live against state" in applied.against(read, changes("drift"), {}, lambda: changes("plan")).diagnostics[0].message
