"""The four measures, counted by hand once."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from transom.changes import Operation
from transom.history.records import Act, Actor, Deployment, Result, StackResult
from transom.metrics import export, measure, picture, words
from transom.metrics.measure import Measures, Subject

START = datetime(2026, 3, 1, tzinfo=UTC)
END = START + timedelta(days=10)
DEV = Subject("dev")


def deployment(number: int, hours: float, *, result: Result = Result.SUCCEEDED, **more: object) -> Deployment:
    """A deployment that ended so many hours after the start and changed something of the shop."""
    about = {
        "number": number,
        "environment": "dev",
        "act": Act.APPLY,
        "result": result,
        "started": START + timedelta(hours=hours) - timedelta(seconds=60),
        "duration": 60.0,
        "actor": Actor(name="ada"),
        "digest": str(number),
        "stacks": (StackResult(stack="dev", succeeded=True, counts={Operation.UPDATE: 1}),),
        "changed": {"Application/shop": 1},
    }
    return Deployment.model_validate(about | more)


PAST = (
    deployment(1, -30),  # before the time looked at
    deployment(2, 10),
    deployment(3, 20, result=Result.FAILED),
    deployment(4, 22),  # restores 3, after two hours
    deployment(5, 30, changed={"Application/site": 1}),
    deployment(6, 40),  # taken back by 7
    deployment(7, 44, act=Act.ROLLBACK, to=5),
    deployment(8, 50, stacks=(StackResult(stack="dev", succeeded=True),)),  # changed nothing
    deployment(9, 60, act=Act.HEAL),
    deployment(10, 70, result=Result.RUNNING),
    deployment(11, 80, result=Result.LOST),  # nothing has restored it
)


def of(subject: Subject = DEV, past: tuple[Deployment, ...] = PAST, **commits: tuple[datetime, ...]) -> Measures:
    """The measures of ten days."""
    return measure.measure(subject, past, {int(number[1:]): made for number, made in commits.items()}, START, END)


def test_counted_by_hand() -> None:
    """Seven deployments: 2 to 7 and 11; what changed nothing, heals, what still runs and what was before are none."""
    found = of()
    assert found.deployments == 7
    assert found.failures == 3  # failed, taken back, lost
    assert found.failure_rate == pytest.approx(3 / 7)
    assert found.per_day == pytest.approx(5 / 10)
    assert found.time_to_restore == timedelta(hours=3).total_seconds()  # the median of two and four
    assert found.unrestored == 1
    assert found.lead_time is None
    assert [day for day, _, _ in found.by_day] == ["2026-03-01", "2026-03-02", "2026-03-04"]
    assert [(good, bad) for _, good, bad in found.by_day] == [(2, 1), (2, 1), (0, 1)]


def test_lead_time_is_from_commit_to_applied() -> None:
    """The median over commits, not over deployments; a commit from the future is a clock that is wrong."""
    ended = START + timedelta(hours=10)
    found = of(_2=tuple(ended - timedelta(hours=hours) for hours in (1, 2, 9, -5)))
    assert found.lead_time == timedelta(hours=2).total_seconds()


def test_an_application_alone() -> None:
    """Deployments that changed it; a rollback of another application takes nothing of it back."""
    found = of(Subject("dev", "site"))
    assert (found.deployments, found.failures) == (1, 0)
    past = (deployment(2, 10), deployment(3, 20, act=Act.ROLLBACK, to=1, only=("site",), changed={"Application/site": 1}))
    assert of(Subject("dev", "shop"), past).failures == 0
    assert of(DEV, (*past[:1], deployment(3, 20, act=Act.ROLLBACK, to=1, only=("shop",)))).failures == 1


def test_nothing_is_nothing() -> None:
    """Without deployments there is no rate and no time, and the frequency is none."""
    found = of(past=())
    assert (found.per_day, found.failure_rate, found.lead_time, found.time_to_restore) == (0.0, None, None, None)
    assert words.span(found) == ("0.0", "-", "-", "-")


def test_prometheus_reads_it() -> None:
    """Prometheus's own parser finds every sample, with its labels; what there is nothing of has none."""
    families = {family.name: family for family in text_string_to_metric_families(export.prometheus([of(), of(Subject("dev", "site"))]))}
    samples = families["transom_deployments"].samples
    assert [(sample.labels, sample.value) for sample in samples] == [
        ({"environment": "dev", "application": ""}, 7.0),
        ({"environment": "dev", "application": "site"}, 1.0),
    ]
    assert families["transom_time_to_restore_seconds"].samples[0].value == 10800.0
    assert not families["transom_lead_time_seconds"].samples
    assert "dora.dev" in families["transom_change_failure_ratio"].documentation


def test_the_picture_is_one() -> None:
    """It is well-formed, names what it shows in words that are escaped, and has a bar per day with deployments."""
    found = [of(), of(Subject("dev", "a<b")), of(past=())]
    root = ET.fromstring(picture.svg(found))  # noqa: S314 - our own
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "dev / a<b" in texts
    assert "43%" in texts
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "2026-03-01: 2 succeeded, 1 failed or taken back" in titles
    assert ET.fromstring(picture.svg([])) is not None  # noqa: S314 - our own
