"""The engine in memory keeps the contract."""

from __future__ import annotations

import pytest

from transom.changes import SECRET_AFTER, SECRET_BEFORE, Operation
from transom.engine import Move, Request, values
from transom.engine.memory import Declared, MemoryEngine, urn_of
from transom.errors import EngineError, InvalidDocuments, Location, Problem, StackLocked, StackNotFound

DEV = Request(stack="dev", environment="dev")
BUCKET = Declared(
    type="aws:s3/bucket:Bucket",
    name="assets",
    document="Bucket/assets",
    inputs={"versioning": True, "region": "a"},
    replace_on=frozenset({"region"}),
)


def secret(value: str) -> dict[str, str]:
    """A secret input."""
    return {values.SIGNATURE: values.SECRET, "value": value}


@pytest.fixture
def engine() -> MemoryEngine:
    """An engine with one stack and a bucket in it."""
    made = MemoryEngine()
    made.create(DEV)
    made.declare("dev", [BUCKET])
    made.apply(DEV)
    return made


def only(changeset):
    """The one change."""
    (change,) = changeset.changes
    return change


def test_create_then_nothing(engine: MemoryEngine):
    """What was applied is neither pending nor drifted."""
    assert engine.plan(DEV).empty
    assert engine.drift(DEV).empty
    assert engine.plan(DEV).unchanged == 1


def test_update_replace_delete(engine: MemoryEngine):
    """The operation follows from the inputs; planning changes nothing."""
    engine.declare(
        "dev", [Declared(type=BUCKET.type, name="assets", document="Bucket/assets", inputs={"versioning": False, "region": "a"})]
    )
    assert only(engine.plan(DEV)).operation is Operation.UPDATE
    engine.declare(
        "dev",
        [
            Declared(
                type=BUCKET.type,
                name="assets",
                document="Bucket/assets",
                inputs={"versioning": True, "region": "b"},
                replace_on=frozenset({"region"}),
            )
        ],
    )
    change = only(engine.plan(DEV))
    assert (change.operation, change.properties[0].forces_replacement) == (Operation.REPLACE, True)
    engine.declare("dev", [])
    assert only(engine.plan(DEV)).operation is Operation.DELETE
    assert engine.drift(DEV).empty


def test_drift(engine: MemoryEngine):
    """Changed, missing and unreadable by hand."""
    urn = urn_of("dev", BUCKET)
    engine.cloud[urn] = {"versioning": False, "region": "a"}
    (found,) = only(engine.drift(DEV)).properties
    assert (found.path, found.before, found.after) == ("versioning", True, False)
    assert only(engine.plan(Request(stack="dev", environment="dev", refresh=True))).operation is Operation.UPDATE
    engine.unreadable[urn] = "denied"
    assert only(engine.drift(DEV)).messages == ("denied",)
    engine.unreadable.clear()
    del engine.cloud[urn]
    assert only(engine.drift(DEV)).operation is Operation.DELETE


def test_failed_heal_is_still_drift_free_of_state(engine: MemoryEngine):
    """A refused operation is a failed change with its message, and the run has failed."""
    engine.refuse[urn_of("dev", BUCKET)] = "conflict"
    engine.declare("dev", [])
    result = engine.apply(DEV)
    assert (result.succeeded, only(result).failed, only(result).messages) == (False, True, ("conflict",))


def test_secrets(engine: MemoryEngine):
    """Masked as the real one masks them, in plans, outputs and exports."""
    engine.declare("dev", [Declared(type="t", name="n", inputs={"key": secret("one")})])
    engine.outputs_of["dev"] = {"key": secret("one"), "plain": 1}
    engine.apply(DEV)
    engine.declare("dev", [Declared(type="t", name="n", inputs={"key": secret("two")})])
    (found,) = only(engine.plan(DEV)).properties
    assert (found.before, found.after) == (SECRET_BEFORE, SECRET_AFTER)
    assert engine.outputs(DEV) == {"key": "[secret]", "plain": 1}
    assert "one" not in str(engine.export(DEV))


def test_what_prevents_a_run(engine: MemoryEngine):
    """A missing stack, a lock, and a program that says no are raised; a lock can be broken."""
    with pytest.raises(StackNotFound):
        engine.plan(Request(stack="nowhere", environment="dev"))
    engine.lock("dev")
    with pytest.raises(StackLocked):
        engine.apply(DEV)
    assert engine.plan(DEV).empty
    engine.cancel(DEV)
    engine.apply(DEV)
    engine.says["dev"] = InvalidDocuments([Problem(Location("a.yaml"), "Invalid", "no")])
    with pytest.raises(InvalidDocuments):
        engine.plan(DEV)


def test_protected(engine: MemoryEngine):
    """Destroying stops at what is protected, unless that is left out."""
    engine.declare("dev", [Declared(type="t", name="db", protect=True), BUCKET])
    engine.apply(DEV)
    assert [change.name for change in engine.destroy(DEV).failures] == ["db"]
    assert engine.destroy(Request(stack="dev", environment="dev", exclude_protected=True)).succeeded
    with pytest.raises(EngineError, match="still has resources"):
        engine.remove(DEV)


def test_move(engine: MemoryEngine):
    """A resource changes stacks and stays alive."""
    urn = urn_of("dev", BUCKET)
    (moved,) = engine.move(Move(environment="dev", source="dev", targets={urn: "dev.shop"}))
    engine.declare("dev.shop", [BUCKET])
    engine.declare("dev", [])
    assert moved == urn_of("dev.shop", BUCKET)
    assert engine.plan(DEV).empty
    assert engine.plan(Request(stack="dev.shop", environment="dev")).empty
    with pytest.raises(EngineError, match="not in the stack"):
        engine.move(Move(environment="dev", source="dev", targets={urn: "dev.shop"}))
