"""Drift reports: real apart from noise, unreadable by itself, what cannot be healed said so."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import recordings
from hypothesis import given
from hypothesis import strategies as st

from transom import drift
from transom.changes import Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange
from transom.drift import Cause, Rule, State, rules

GOLDEN = Path(__file__).parents[2] / "testdata" / "review"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
DATABASE = "aws:rds/instance:Instance"


def change(type_token: str, *told: PropertyChange, operation: Operation = Operation.UPDATE, **more) -> Change:
    """A found change."""
    return Change(
        urn=f"urn:pulumi:dev::p::{type_token}::n",
        type=type_token,
        name="n",
        operation=operation,
        document="Application/shop",
        properties=told,
        **more,
    )


def update(path: str, applied: Any, live: Any) -> PropertyChange:
    """A changed property."""
    return PropertyChange(path=path, kind=DiffKind.UPDATE, before=applied, after=live)


def found(*changes: Change, **more) -> ChangeSet:
    """What a look for drift found."""
    return ChangeSet(purpose="drift", environment="dev", stack="dev", changes=changes, **more)


def cause(type_token: str, told: PropertyChange, *extra: Rule) -> Cause:
    """The cause that the report gives the property."""
    report = drift.report([found(change(type_token, told))], extra)
    (finding,) = (*report.findings, *report.noise)
    return finding.properties[0].cause


@pytest.mark.parametrize("name", ["drift", "drift-after-refused-heal"])
def test_recordings(name: str):
    """The report on what the real engine found, whole, as text and as JSON."""
    report = drift.report([recordings.changeset(name)])
    for suffix, text in (("txt", drift.text(report)), ("json", drift.as_json(report))):
        file = GOLDEN / f"report-{name}.{suffix}"
        if os.environ.get("TRANSOM_GOLDEN") == "write":
            file.write_text(text)
        assert text == file.read_text()


def test_counts():
    """Drifted and unreadable are counted apart, and neither hides the other."""
    report = drift.report([recordings.changeset("drift")])
    assert (report.drifted, report.unreadable, report.clean) == (3, 1, False)
    assert [finding.state for finding in report.findings] == [State.MISSING, State.CHANGED, State.CHANGED, State.UNREADABLE]


@pytest.mark.parametrize(
    "type_token, told, expected",
    [
        (DEPLOYMENT, update("spec.replicas", 2, 5), Cause.REAL),
        (DEPLOYMENT, update("status.replicas", 2, 5), Cause.NOISE),
        (DEPLOYMENT, update("statusPage", 2, 5), Cause.REAL),
        (DEPLOYMENT, update("metadata.generation", 1, 2), Cause.NOISE),
        (DEPLOYMENT, update('metadata.annotations["deployment.kubernetes.io/revision"]', "1", "2"), Cause.NOISE),
        (DEPLOYMENT, update('metadata.annotations["example.com/owner"]', "a", "b"), Cause.REAL),
        (DEPLOYMENT, PropertyChange(path="spec.strategy", kind=DiffKind.ADD, after="x"), Cause.NOISE),
        (DEPLOYMENT, update("spec.template.spec.containers[0].resources.limits.cpu", "2000m", "2"), Cause.NOISE),
        (DEPLOYMENT, update("spec.template.spec.containers[0].resources.limits.cpu", 2, "2000m"), Cause.NOISE),
        (DEPLOYMENT, update("spec.template.spec.containers[0].resources.limits.memory", "1Gi", "1G"), Cause.REAL),
        (DEPLOYMENT, update("spec.template.spec.containers[0].image", "shop:1.10", "shop:1.1"), Cause.REAL),
        (
            "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
            update("webhooks[0].clientConfig.caBundle", "a", "b"),
            Cause.EXTERNAL,
        ),
        (
            "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
            update("webhooks[0].failurePolicy", "Fail", "Ignore"),
            Cause.REAL,
        ),
        (DATABASE, update("latestRestorableTime", "a", "b"), Cause.NOISE),
        (DATABASE, update("engineVersion", "16.10", "16.1"), Cause.REAL),
        (DATABASE, PropertyChange(path="tags.byHand", kind=DiffKind.ADD, after="x"), Cause.REAL),
        (DATABASE, update("tagsAll.byHand", None, "x"), Cause.NOISE),
        (DATABASE, update("port", 5432, "5432"), Cause.NOISE),
        ("aws:sqs/queue:Queue", update("redrivePolicy", '{"a": 1, "b": 2}', '{"b":2,"a":1}'), Cause.NOISE),
        ("aws:sqs/queue:Queue", update("redrivePolicy", '{"a": 1}', '{"a": 2}'), Cause.REAL),
        (DATABASE, update("password", "***", "***"), Cause.REAL),
    ],
)
def test_rules(type_token: str, told: PropertyChange, expected: Cause):
    """Each rule leaves out what it names and nothing beside it."""
    assert cause(type_token, told) is expected


def test_extra_rules():
    """The program says that an autoscaler owns a Deployment's replicas: of that one, and only those."""
    owned = Rule(type=DEPLOYMENT, name="n", path=r"spec\.replicas", reason="owned by a HorizontalPodAutoscaler", cause=Cause.EXTERNAL)
    assert cause(DEPLOYMENT, update("spec.replicas", 2, 5), owned) is Cause.EXTERNAL
    assert cause(DEPLOYMENT, update("spec.paused", 2, 5), owned) is Cause.REAL


def test_noise_is_not_drift():
    """A resource of which only noise was seen counts as applied; one with both counts as drifted and shows only what is real."""
    noise, both = (
        change(DEPLOYMENT, update("status.x", 1, 2)),
        change(DATABASE, update("latestRestorableTime", "a", "b"), update("port", 1, 2)),
    )
    report = drift.report([found(noise, both, unchanged=4)])
    assert (report.drifted, report.as_applied, len(report.noise)) == (1, 5, 1)
    assert [told.path for told in report.findings[0].real] == ["port"]
    assert "left out (noise): 1 property: moves on by itself" in drift.text(report)
    assert drift.report([found(noise)]).clean


@pytest.mark.parametrize(
    "type_token, told, healable",
    [
        (DATABASE, update("allocatedStorage", 20, 40), False),
        (DATABASE, update("allocatedStorage", 40, 20), True),
        (DATABASE, update("engineVersion", "16.9", "16.10"), False),
        (DATABASE, update("engineVersion", "16.10", "16.9"), True),
        (DATABASE, update("engineVersion", "15", "16"), False),
        (DATABASE, update("backupRetentionPeriod", 7, 1), True),
        ("kubernetes:core/v1:PersistentVolumeClaim", update("spec.resources.requests.storage", "900Mi", "1Gi"), False),
        ("aws:s3/bucket:Bucket", update("allocatedStorage", 20, 40), True),
    ],
)
def test_healable(type_token: str, told: PropertyChange, healable: bool):  # noqa: FBT001 - a table
    """What goes one way only is reported as not healable where live is past applied, and the text says so."""
    report = drift.report([found(change(type_token, told))])
    assert report.findings[0].healable is healable
    assert ("cannot be healed" in drift.text(report)) is not healable


def test_unreadable_without_a_step():
    """An error about a resource that the run never came to is an unreadable resource; a run that failed as a whole is not clean."""
    diagnostic = Diagnostic(severity="error", message="denied", urn="urn:pulumi:dev::p::transom:t:X$aws:t::n")
    report = drift.report([found(diagnostics=(diagnostic,), succeeded=False), found(error="no cluster", succeeded=False)])
    assert [(finding.type, finding.name, finding.state) for finding in report.findings] == [("aws:t", "n", State.UNREADABLE)]
    assert report.errors == (("dev", "no cluster"),)
    assert not report.clean
    assert not drift.report([found(error="no cluster", succeeded=False)]).clean


def test_only_drift():
    """A plan is not taken for a look for drift."""
    with pytest.raises(ValueError, match="plan"):
        drift.report([ChangeSet(purpose="plan", environment="dev", stack="dev")])


def test_console():
    """Colour adds nothing to the words."""
    from rich.console import Console

    stream = io.StringIO()
    report = drift.report([recordings.changeset("drift")])
    drift.console(report, Console(file=stream, width=40, no_color=True))
    assert stream.getvalue() == drift.text(report)


@given(st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?([numkMGTPE]|[KMGT]i)?", fullmatch=True))
def test_quantities(text: str):
    """Every quantity is a number, and the same as itself in thousandths where it has no unit."""
    number = rules.quantity(text)
    assert number is not None
    if text.isdigit():
        assert rules.quantity(f"{int(text) * 1000}m") == pytest.approx(number)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
    st.text(),
)
def test_never_fails(value, path: str):
    """Whatever a plugin found, there is a report and it is JSON."""
    json.loads(
        drift.as_json(
            drift.report([found(change(DEPLOYMENT, update(path, value, "x")), change(DATABASE, update("allocatedStorage", value, value)))])
        )
    )
