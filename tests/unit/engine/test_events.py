"""Recordings of the real engine become change sets."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import recordings
from hypothesis import given
from hypothesis import strategies as st

from transom.changes import SECRET_AFTER, SECRET_BEFORE, Operation
from transom.engine import Progress, Step
from transom.engine.events import INTERRUPTED
from transom.guards import only_protection

BY_NAME = {"a": "Thing", "b": "Thing", "c": "Thing", "p": "Plain"}


def operations(name: str) -> dict[str, str]:
    """Operation by resource name."""
    return {change.name: change.operation.value for change in recordings.changeset(name).changes}


@pytest.mark.parametrize(
    "name, expected, unchanged",
    [
        ("create-plan", {"a": "create", "b": "create", "p": "create", "gone": "create", "kept": "create"}, 0),
        ("create", {"a": "create", "b": "create", "p": "create", "gone": "create", "kept": "create"}, 0),
        ("change-plan", {"a": "update", "b": "replace", "p": "update", "c": "create", "gone": "delete", "kept": "forget"}, 0),
        ("unchanged", {}, 4),
        ("drift", {"a": "update", "p": "update", "c": "delete", "b": "read"}, 0),
        ("drift-after-refused-heal", {}, 4),
        ("destroy", {"a": "delete"}, 0),
    ],
)
def test_operations(name: str, expected: dict[str, str], unchanged: int):
    """One operation per resource.

    The steps of a replacement are one, components, providers and the stack none, what is kept alive is forgotten.
    """
    assert operations(name) == expected
    assert recordings.changeset(name).unchanged == unchanged


def test_documents_and_ids():
    """Every resource knows its document; what exists has its id, in a plan too."""
    for change in recordings.changeset("change-plan").changes:
        assert change.document == "Database/shop"
        assert bool(change.id) is (change.operation is not Operation.CREATE)
    assert all(change.id for change in recordings.changeset("create").changes)


def test_properties():
    """Values by path, with quoted keys, from a detailed difference and from ours, inputs of a creation; what forces a replacement."""
    told = {
        (change.name, found.path): (found.before, found.after, found.forces_replacement)
        for change in recordings.changeset("change-plan").changes
        for found in change.properties
    }
    assert told == {
        ("c", "name"): (None, "c", False),
        ("a", 'labels["a.b/c"]'): ("x", "y", False),
        ("a", "labels.n"): (None, 1, False),
        ("a", "size"): (1, 2, False),
        ("a", "token"): (SECRET_BEFORE, SECRET_AFTER, False),
        ("b", "name"): ("b", "b2", True),
        ("p", "list[1]"): (2, 3, False),
        ("p", "token"): (SECRET_BEFORE, SECRET_AFTER, False),
    }


def test_drift_is_read_resource_by_resource():
    """A resource that cannot be read is told by itself; the others are still told, applied before and live after."""
    found = {change.name: change for change in recordings.changeset("drift").changes}
    assert found["b"].failed
    assert found["b"].messages == ("access denied for ***",)
    assert [(told.path, told.before, told.after) for told in found["p"].properties] == [("list[0]", 1, 7)]
    assert ("size", 2, 9) in [(told.path, told.before, told.after) for told in found["a"].properties]
    assert not recordings.changeset("drift").error


def test_failures_are_tied_to_their_resource():
    """A failed operation carries its message, redacted, and the run's own words are left out."""
    whole = recordings.changeset("change-refused")
    (failed,) = whole.failures
    assert (failed.name, failed.operation) == ("c", Operation.CREATE)
    assert failed.messages == ("the cloud is full: password=***",)
    assert not whole.succeeded
    assert whole.error == ""


def test_refused_plan():
    """A protected resource that would go is a failed deletion; an invalid input is an error about its resource, before any operation."""
    (protected,) = recordings.changeset("delete-protected-plan").changes
    assert (protected.operation, protected.failed, protected.protected) == (Operation.DELETE, True, True)
    assert "protect" in protected.messages[0]
    invalid = recordings.changeset("invalid-plan")
    (told,) = [diagnostic for diagnostic in invalid.diagnostics if diagnostic.severity == "error"]
    assert told.urn.endswith("::x")
    assert "is not a property of a thing" in told.message
    assert not invalid.error


def test_program_error_is_the_run_s():
    """What the program says belongs to no resource, and is told once."""
    whole = recordings.changeset("program-invalid")
    assert whole.error.count('size "huge" is not a class') == 1


@pytest.mark.parametrize("name", sorted(recordings.PURPOSES))
def test_no_secret_gets_through(name: str):
    """Nowhere in a change set is a secret of the recorded programs, nor what a plugin wrote into a message."""
    whole = recordings.changeset(name).model_dump_json()
    assert not [secret for secret in ("hunter", "stolen", "AKIA") if secret in whole]


@given(st.data())
def test_a_run_cut_off_anywhere(data):
    """However a run was killed, its events make a change set, and in an apply what had started and not ended is a failure that says so."""
    name = data.draw(st.sampled_from(sorted(recordings.PURPOSES)))
    told = recordings.raw(name)
    cut = told[: data.draw(st.integers(min_value=0, max_value=len(told)))]
    whole = recordings.recorder(name, cut).changeset(succeeded=False, error="killed")
    for change in whole.changes:
        assert not change.failed or change.messages or recordings.PURPOSES[name] != "apply"
    assert whole.error or whole.failures or any(diagnostic.severity == "error" for diagnostic in whole.diagnostics)


def test_interrupted():
    """A creation that was under way is told as not known."""
    told = recordings.raw("create")
    started = next(
        number
        for number, event in enumerate(told)
        if event.get("resourcePreEvent", {}).get("metadata", {}).get("type") == "test:index:Thing"
    )
    (change,) = recordings.recorder("create", told[: started + 1]).changeset(succeeded=False).failures
    assert change.messages == (INTERRUPTED,)


def test_progress():
    """A listener hears each operation start and end, with its document and the seconds since the start."""
    heard: list[Progress] = []
    recordings.recorder("change-refused", listen=heard.append)
    steps = [(progress.step, progress.operation, progress.name) for progress in heard if progress.step is not Step.MESSAGE]
    assert (Step.STARTED, Operation.UPDATE, "a") in steps
    assert (Step.FINISHED, Operation.UPDATE, "a") in steps
    failed = next(progress for progress in heard if progress.step is Step.FAILED)
    assert (failed.name, failed.document, failed.message) == ("c", "Database/shop", "the cloud is full: password=***")
    assert not [secret for secret in ("hunter",) if secret in json.dumps([str(progress) for progress in heard])]


def test_policy():
    """A mandatory policy's violation is the resource's, an advisory one's a warning."""
    base = recordings.raw("create-plan")
    urn = next(
        event["resourcePreEvent"]["metadata"]["urn"] for event in base if "Thing::a" in json.dumps(event) and "resourcePreEvent" in event
    )
    violation = {"policyPackName": "pack", "policyName": "rule", "message": "too open", "color": "never", "resourceUrn": urn}
    events = [
        {"policyEvent": violation | {"enforcementLevel": "mandatory"}},
        {"policyEvent": violation | {"policyName": "hint", "enforcementLevel": "advisory"}},
    ]
    whole = recordings.recorder("create-plan", base + events).changeset(succeeded=False)
    (failed,) = whole.failures
    assert failed.messages == ("policy pack/rule: too open",)
    assert [diagnostic.message for diagnostic in whole.diagnostics] == ["policy pack/hint: too open"]
    assert [(one.pack, one.policy, one.message, one.mandatory, one.document) for one in whole.violations] == [
        ("pack", "rule", "too open", True, failed.document),
        ("pack", "hint", "too open", False, failed.document),
    ]


def test_a_plan_that_only_policies_object_to_is_whole():
    """What they refuse is for a guard to say; anything else that went wrong, in this plan or in an apply, is a failure."""
    base = recordings.raw("create-plan")
    urn = next(event["resourcePreEvent"]["metadata"]["urn"] for event in base if "Thing::a" in json.dumps(event))
    policy = {"policyPackName": "pack", "policyName": "rule", "message": "too open", "color": "never", "enforcementLevel": "mandatory"}
    refused = {"policyEvent": policy | {"resourceUrn": urn}}
    wrong = {"diagnosticEvent": {"urn": urn, "severity": "error", "message": "no such class", "color": "never"}}
    broken = {"diagnosticEvent": {"severity": "error", "message": "the program failed", "color": "never"}}

    def succeeded(*events: dict, **options) -> bool:
        listening = recordings.recorder("create-plan", [*base, *events])
        listening.purpose = options.get("purpose", "plan")
        return listening.changeset(succeeded=False).succeeded

    assert succeeded(refused)
    assert not succeeded(refused, wrong)
    assert not succeeded(refused, broken)
    assert not succeeded(wrong)
    assert not succeeded(refused, purpose="apply")


def test_left_over():
    """The old half of a replacement that was not finished is told apart from the resource of the same name that lives."""
    told = recordings.raw("unchanged")
    same = next(event for event in told if event.get("resourcePreEvent", {}).get("metadata", {}).get("urn", "").endswith("Thing::a"))
    metadata = json.loads(json.dumps(same["resourcePreEvent"]["metadata"]))
    metadata |= {"op": "delete", "new": None, "old": metadata["old"] | {"delete": True}}
    whole = recordings.recorder("unchanged", [*told, {"resourcePreEvent": {"metadata": metadata}}]).changeset(succeeded=True)
    (change,) = whole.changes
    assert change.operation is Operation.DELETE
    assert "left over" in change.messages[0]
    assert whole.unchanged == 3


def test_light_import():
    """Importing the engine's room costs no import of pulumi: validate and help start without it."""
    rooms = "transom.engine.real, transom.engine.memory, transom.engine.fleet, transom.review, transom.drift"
    code = f"import sys, {rooms}; sys.exit('pulumi' in sys.modules or 'rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_protection_alone_is_a_guards_matter():
    """The engine's own plan of such a deletion failed for nothing else, so that it counts as refused."""
    assert only_protection([recordings.changeset("delete-protected-plan")])


@pytest.mark.parametrize("name, left", [("a", "import"), ("b", "replace")])
def test_an_import_and_what_follows_it_are_one(name: str, left: str):
    """What is imported and updated is an import with its differences; what is imported and replaced is a replacement."""
    told = recordings.raw("change-plan")
    first = next(event for event in told if _of(event).get("urn", "").endswith(f"::{name}") and _of(event)["op"] != "same")
    taken = json.loads(json.dumps(first))
    _of(taken)["op"] = "import"
    at = told.index(first)
    changes = {
        one.name: one for one in recordings.recorder("change-plan", [*told[:at], taken, *told[at:]]).changeset(succeeded=True).changes
    }
    as_recorded = {one.name: one for one in recordings.changeset("change-plan").changes}
    assert changes[name].operation.value == left
    assert changes[name].properties == as_recorded[name].properties != ()


def _of(event: dict) -> dict:
    """The step that an event tells of; empty where it tells of none."""
    return event.get("resourcePreEvent", {}).get("metadata", {})
