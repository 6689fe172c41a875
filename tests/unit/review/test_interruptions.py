"""What a change interrupts, after RDS's own table of settings."""

from __future__ import annotations

from typing import Any

import pytest

from transom.changes import Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.review import interruptions
from transom.review.interruptions import Effect
from transom.review.text import text

RDS, GROUP, SET = "aws:rds/instance:Instance", "aws:rds/parameterGroup:ParameterGroup", "kubernetes:apps/v1:StatefulSet"


def change(type_: str, *properties: tuple[str, Any, Any], operation: Operation = Operation.UPDATE, replaces: bool = False) -> Change:
    """A change of some properties."""
    changed = tuple(
        PropertyChange(path=path, kind=DiffKind.UPDATE, before=before, after=after, forces_replacement=replaces)
        for path, before, after in properties
    )
    return Change(
        urn="urn:pulumi:dev::transom::x::shop", type=type_, name="shop", operation=operation, document="Database/shop", properties=changed
    )


@pytest.mark.parametrize(
    "type_, changed, effect, why",
    [
        (RDS, ("instanceClass", "db.t4g.micro", "db.t4g.small"), Effect.OUTAGE, "another machine"),
        (RDS, ("engineVersion", "16.4", "16.6"), Effect.OUTAGE, "a minor upgrade restarts"),
        (RDS, ("engineVersion", "16", "17"), Effect.OUTAGE, "a major upgrade stops for long"),
        (RDS, ("port", 5432, 5433), Effect.OUTAGE, "the port restarts at once"),
        (RDS, ("backupRetentionPeriod", 0, 7), Effect.OUTAGE, "turning backups on restarts"),
        (RDS, ("backupRetentionPeriod", 7, 35), None, "a longer keeping does not"),
        (RDS, ("storageType", "standard", "gp3"), Effect.OUTAGE, "from a magnetic volume"),
        (RDS, ("storageType", "gp3", "io2"), None, "between solid state volumes nothing stops"),
        (RDS, ("parameterGroupName", "a", "b"), Effect.RESTART, "a new group holds from the next restart on"),
        (GROUP, ("parameters[0].value", "200", "300"), Effect.RESTART, "static parameters wait"),
        (SET, ("spec.template.spec.containers[0].image", "a", "b"), Effect.OUTAGE, "a pod of its own"),
        (SET, ("metadata.labels.a", "a", "b"), None, "labels touch no pod"),
        (RDS, ("allocatedStorage", 20, 50), None, "storage grows while it runs"),
        (RDS, ("multiAz", False, True), None, "a standby is added while it runs"),
        (RDS, ("password", "*", "*"), None, "so is a password"),
        (RDS, ("deletionProtection", True, False), None, "and protection"),
        ("aws:sqs/queue:Queue", ("port", 1, 2), None, "another type has rules of its own"),
    ],
)
def test_rules(type_: str, changed: tuple[str, object, object], effect: Effect | None, why: str) -> None:
    """Each setting is as the table has it."""
    found = interruptions.of(change(type_, changed))
    assert [one.effect for one in found] == ([effect] if effect else []), why


def test_a_major_upgrade_is_told_apart() -> None:
    """Who reads the plan sees that there is no way back."""
    [minor] = interruptions.told(change(RDS, ("engineVersion", "16.4", "16.6")))
    [major] = interruptions.told(change(RDS, ("engineVersion", "16.4", "17")))
    assert "no way back" in major
    assert "no way back" not in minor


def test_what_is_new_interrupts_nothing() -> None:
    """Only what runs can be interrupted; a replacement of what holds data always does."""
    assert interruptions.of(change(RDS, ("instanceClass", None, "x"), operation=Operation.CREATE)) == ()
    [replaced] = interruptions.of(change(RDS, ("dbName", "a", "b"), operation=Operation.REPLACE, replaces=True))
    assert (replaced.property, replaced.effect) == ("dbName", Effect.OUTAGE)
    assert interruptions.of(change(GROUP, ("family", "a", "b"), operation=Operation.REPLACE, replaces=True)) == ()


def test_a_window_is_said() -> None:
    """A plan that leaves its changes to the window says so."""
    [told] = interruptions.told(change(RDS, ("instanceClass", "a", "b"), ("applyImmediately", True, False)))
    assert told.endswith("in the maintenance window")


def test_each_property_is_told_once() -> None:
    """Ten parameters of a group are one interruption."""
    found = interruptions.of(change(GROUP, ("parameters[0].value", "1", "2"), ("parameters[1].value", "1", "2")))
    assert len(found) == 1


def test_plans_tell_it_and_applies_do_not() -> None:
    """Before a run the interruption is news; afterwards it has been."""
    one = change(RDS, ("instanceClass", "db.t4g.micro", "db.t4g.small"))
    planned = ChangeSet(purpose="plan", environment="dev", stack="dev", changes=(one,))
    assert "      ! instanceClass: it is down for some minutes" in text([planned])
    assert "it is down" not in text([planned.model_copy(update={"purpose": "apply"})])
