"""What guards refuse, what they let through, and what they say to write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository import BASIC, ENVIRONMENT, catalog
from transom.catalog.model import Catalog
from transom.changes import Change, ChangeSet, Operation, PropertyChange, Violation
from transom.errors import GuardRefused
from transom.exitcodes import ExitCode
from transom.guards import Refusal, beforehand, judge, minds_the_time, refuse
from transom.source.standing import Standing
from transom.specs.guards import AllowSpec

NOON = datetime(2027, 3, 3, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def environment(tmp_path: Path) -> Any:
    """Makes the basic environment with these guards, and with these fields in its application's spec."""
    attempts = count()

    def make(guards: Mapping[str, Any] | None = None, sync: Mapping[str, Any] | None = None) -> Catalog:
        document = ENVIRONMENT if guards is None else f"{ENVIRONMENT}  guards: {json.dumps(guards, default=str)}\n"
        files = dict(BASIC)
        if sync is not None:
            (name,) = (name for name, text in files.items() if "kind: Application" in text)
            application = yaml.safe_load(files[name])
            application["spec"]["sync"] = sync
            files[name] = yaml.safe_dump(application, sort_keys=False)
        return catalog(tmp_path / str(next(attempts)), files, environment=document)

    return make


def _change(
    operation: Operation, kind: str = "aws:sns/topic:Topic", number: int = 0, document: str = "Application/shop", **more: Any
) -> Change:
    return Change(urn=f"urn:pulumi:dev::p::{kind}::n{number}", type=kind, name=f"n{number}", operation=operation, document=document, **more)


def _judged(found: Catalog, *changes: Change, unchanged: int = 0, now: datetime = NOON) -> list[Refusal]:
    plan = ChangeSet(purpose="plan", environment="dev", stack="dev", changes=changes, unchanged=unchanged)
    return list(judge({"dev": found}, [plan], now))


def _deletions(how_many: int) -> list[Change]:
    return [_change(Operation.DELETE, number=number) for number in range(how_many)]


def test_a_few_deletions_are_everyday(environment: Any) -> None:
    """Three of five may go without a word; replacements and updates are no deletions."""
    assert _judged(environment(), *_deletions(3), unchanged=2) == []
    assert _judged(environment(), *[_change(Operation.REPLACE, number=number) for number in range(40)]) == []


@pytest.mark.parametrize("deletions,unchanged,limit", [(21, 1000, "at most 20"), (4, 5, "at most 30 %")])
def test_many_deletions_are_refused(environment: Any, deletions: int, unchanged: int, limit: str) -> None:
    """By number and by share, whichever is passed first; the message counts by document, the hint can be written as it stands."""
    (refusal,) = _judged(environment(), *_deletions(deletions), unchanged=unchanged)
    assert limit in refusal.message
    assert f"Application/shop {deletions}" in refusal.message
    line = refusal.hint.partition(": - ")[2].replace("…", "moved")
    (written,) = yaml.safe_load(f"- {line}")
    assert _judged(environment({"allow": [written]}), *_deletions(deletions), unchanged=unchanged) == []
    assert _judged(environment({"allow": [written]}), *_deletions(deletions + 1), unchanged=unchanged)


def test_a_ceiling_of_ones_own(environment: Any) -> None:
    """The environment's numbers are in force."""
    assert _judged(environment({"deletions": {"count": 1}}), *_deletions(2), unchanged=100)
    assert not _judged(environment({"deletions": {"count": 100, "percent": 100}}), *_deletions(90))


@pytest.mark.parametrize(
    "operation,kind,rule",
    [
        (Operation.DELETE, "kubernetes:core/v1:Namespace", "StatefulDeletion"),
        (Operation.DELETE, "kubernetes:core/v1:PersistentVolumeClaim", "StatefulDeletion"),
        (Operation.REPLACE, "kubernetes:core/v1:PersistentVolumeClaim", "StatefulReplacement"),
        (Operation.REPLACE, "aws:rds/instance:Instance", "StatefulReplacement"),
    ],
)
def test_data_is_not_lost_by_the_way(environment: Any, operation: Operation, kind: str, rule: str) -> None:
    """What holds data is neither deleted nor replaced until its document is named, and only until the day that is written."""
    because = (PropertyChange(path="identifier", kind="update", forces_replacement=True),)
    change = _change(operation, kind, document="Tenant/team-a", properties=because if operation is Operation.REPLACE else ())
    (refusal,) = _judged(environment(), change)
    assert (refusal.rule, refusal.document) == (rule, "Tenant/team-a")
    assert ("because identifier" in refusal.message) is (operation is Operation.REPLACE)
    (written,) = yaml.safe_load("- " + refusal.hint.partition(": - ")[2].replace("…", "moved"))
    allowed = environment({"allow": [written]})
    assert _judged(allowed, change) == []
    assert _judged(allowed, change, now=datetime(2027, 3, 18, tzinfo=UTC))
    assert _judged(allowed, change.model_copy(update={"document": "Tenant/team-b"}))


def test_a_released_database_may_go(environment: Any) -> None:
    """A database that is protected no more was released by its document: its deletion was allowed then."""
    assert _judged(environment(), _change(Operation.DELETE, "aws:rds/instance:Instance"), unchanged=20) == []


WINDOW = {"schedule": "0 9 * * mon-fri", "duration": "8h", "timeZone": "Europe/Berlin"}


@pytest.mark.parametrize(
    "windows,now,why",
    [
        ([{"kind": "allow", **WINDOW}], NOON, ""),
        ([{"kind": "allow", **WINDOW}], NOON.replace(hour=20), "the next begins 2027-03-04 09:00 CET"),
        ([{"kind": "deny", **WINDOW}], NOON, "open until 2027-03-03 17:00 CET"),
        ([{"kind": "deny", **WINDOW}], NOON.replace(hour=20), ""),
        ([{"kind": "allow", **WINDOW}, {"kind": "deny", **WINDOW}], NOON, "a deny window"),
        ([{"kind": "allow", **WINDOW}], datetime(2027, 3, 6, 12, tzinfo=UTC), "the next begins 2027-03-08"),
        ([{"kind": "deny", "schedule": "@daily", "duration": "1d"}], NOON, "open until 2027-03-04 00:00 UTC"),
        # Clocks go forward at 2:00 on 28 March 2027: a window of 6 hours from midnight closes at 7:00 summer time.
        ([{"kind": "deny", **WINDOW, "schedule": "0 0 * * *", "duration": "6h"}], datetime(2027, 3, 28, 4, 30, tzinfo=UTC), "07:00 CEST"),
    ],
)
def test_windows(environment: Any, windows: list[Any], now: datetime, why: str) -> None:
    """A deny window beats an allow window; outside of all allow windows nothing changes; a plan without changes is never refused."""
    found = environment({"windows": windows})
    refusals = _judged(found, _change(Operation.UPDATE), now=now)
    assert [refusal.rule for refusal in refusals] == (["OutsideWindow"] if why else [])
    assert all(why in refusal.message for refusal in refusals)
    assert _judged(found, unchanged=5, now=now) == []


def test_an_applications_own_window(environment: Any) -> None:
    """An application's window holds for its own changes only."""
    found = environment(sync={"windows": [{"kind": "deny", **WINDOW}]})
    (refusal,) = _judged(found, _change(Operation.UPDATE))
    assert "application shop" in refusal.message
    assert minds_the_time(found)
    assert not minds_the_time(environment())
    assert _judged(found, _change(Operation.UPDATE, document="Tenant/team-a")) == []


def test_all_refusals_are_one_error(environment: Any) -> None:
    """Everything refused is told at once, and ends with the exit code of guards."""
    refusals = _judged(environment(), *_deletions(30), _change(Operation.DELETE, "kubernetes:core/v1:Namespace"))
    with pytest.raises(GuardRefused) as raised:
        refuse(refusals)
    assert raised.value.exit_code is ExitCode.REFUSED
    assert str(raised.value).count("to allow it") == 2
    refuse([])


UNREVIEWED = Standing("platform", "0" * 40, "is at 000000000000, which is not part of main", "merge it into main first, and apply that")


@pytest.mark.parametrize(
    "guards,standings,refused",
    [
        ({"reviewed": {}}, [UNREVIEWED], True),
        ({"reviewed": {}}, [Standing("platform", "0" * 40)], False),
        ({"reviewed": {}}, [], False),
        ({}, [UNREVIEWED], False),
        ({"reviewed": {}, "allow": [{"rule": "UnreviewedCommit", "until": "2027-03-03", "reason": "an outage"}]}, [UNREVIEWED], False),
        ({"reviewed": {}, "allow": [{"rule": "UnreviewedCommit", "until": "2027-03-02", "reason": "an outage"}]}, [UNREVIEWED], True),
    ],
)
def test_what_was_not_reviewed_is_not_applied(
    environment: Any, guards: dict[str, Any], standings: list[Standing], *, refused: bool
) -> None:
    """Where the environment asks for review, whatever the plan says, and before there is one."""
    found = environment(guards)
    told = judge({"dev": found}, [], NOON, {"dev": standings})
    assert bool(told) is refused
    assert bool(beforehand(found, standings, NOON)) is refused
    for refusal in told:
        assert (refusal.rule, refusal.hint.startswith("merge it into main first")) == ("UnreviewedCommit", True)
        assert "rule: UnreviewedCommit, until: 2027-03-17" in refusal.hint


def test_a_window_closes_the_program_too(environment: Any) -> None:
    """What needs no plan is refused before one is made: the environment's own windows, not those of applications."""
    window = {"kind": "deny", **WINDOW}
    (refusal,) = beforehand(environment({"windows": [window]}), [], NOON)
    assert refusal.rule == "OutsideWindow"
    assert beforehand(environment({"windows": [window]}), [], NOON.replace(hour=20)) == ()
    assert beforehand(environment(sync={"windows": [window]}), [], NOON) == ()
    allowed = {"windows": [window], "allow": [{"rule": "OutsideWindow", "until": "2027-03-03", "reason": "an outage"}]}
    assert beforehand(environment(allowed), [], NOON) == ()


OBJECTION = Violation(pack="baseline", policy="no-latest", message="runs web", mandatory=True, urn="u::web", document="Application/shop")


@pytest.mark.parametrize(
    "allow,refused",
    [
        ({}, True),
        ({"policy": "baseline/no-latest"}, False),
        ({"policy": "baseline/no-latest", "document": "Application/shop"}, False),
        ({"policy": "baseline/no-latest", "document": "Application/site"}, True),
        ({"policy": "baseline/encryption"}, True),
        ({"policy": "baseline/no-latest", "until": "2027-03-02"}, True),
    ],
)
def test_a_policy_refuses_until_it_is_named(environment: Any, allow: dict[str, str], *, refused: bool) -> None:
    """A mandatory policy is let through by its name, for one document or for all; the hint can be written. Advice refuses nothing."""
    written = [{"rule": "PolicyViolation", "until": "2027-03-03", "reason": "moved"} | allow] if allow else []
    plan = ChangeSet(purpose="plan", environment="dev", stack="dev", violations=(OBJECTION,))
    told = judge({"dev": environment({"allow": written})}, [plan], NOON)
    assert bool(told) is refused
    for refusal in told:
        assert "policy baseline/no-latest refuses web of Application/shop: runs web" in refusal.message
        (line,) = yaml.safe_load("- " + refusal.hint.partition(": - ")[2].replace("…", "moved"))
        assert judge({"dev": environment({"allow": [line]})}, [plan], NOON) == ()
    advice = plan.model_copy(update={"violations": (OBJECTION.model_copy(update={"mandatory": False}),)})
    assert judge({"dev": environment()}, [advice], NOON) == ()


@pytest.mark.parametrize("rule,more", [("PolicyViolation", {}), ("OutsideWindow", {"policy": "a/b"})])
def test_a_permission_says_what_it_is_for(rule: str, more: dict[str, str]) -> None:
    """A permission for policies names one, and no other does."""
    with pytest.raises(ValueError, match="policy"):
        AllowSpec.model_validate({"rule": rule, "until": "2027-03-03", "reason": "r"} | more)
