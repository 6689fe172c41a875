"""The four measures, counted from deployments. Pure.

What the words mean here:

- A *deployment* is an apply that ended, well or not, and changed at least one resource; one that found nothing to change moved nothing.
  Heals put back what was there and are not counted; of an application, only those that changed it count.
- A deployment *failed* if it ended as failed or was lost, or if what it applied was taken back: the next deployment that is a rollback goes
  back behind it.
- A failure is *restored* by the next deployment that succeeded; for one that was taken back that is the rollback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from types import MappingProxyType

from transom.changes import Operation
from transom.history.records import Act, Deployment, Result

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "deployment frequency": "deployments that changed something and succeeded, per day of the time looked at",
        "lead time for changes": "median time from a commit to the end of the first deployment that succeeded with it; "
        "commits that the time looked at brought, at most 1000 per deployment",
        "change failure rate": "share of deployments that failed, were lost, or were taken back by a rollback",
        "time to restore": "median time from the end of a deployment that failed or was taken back to the end of the next that succeeded",
    }
)
"""Each measure in words; the names are those of https://dora.dev/guides/dora-metrics-four-keys/."""

SOURCE = "https://dora.dev/guides/dora-metrics-four-keys/"

_ENDED = frozenset({Result.SUCCEEDED, Result.FAILED, Result.LOST})
_COUNTED = frozenset({Act.APPLY, Act.ROLLBACK})
_TOUCHING = frozenset({Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE, Operation.IMPORT})


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured: an environment, or one application in it."""

    environment: str
    application: str = ""


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one subject; None where there is nothing to measure.

    Attributes:
        deployments: that ended and changed something.
        failures: of those, which failed or were taken back.
        per_day: successful deployments per day.
        lead_time: seconds, median.
        failure_rate: 0 to 1.
        time_to_restore: seconds, median.
        unrestored: failures that nothing has restored yet.
        by_day: (day, succeeded, failed) of days with deployments, for the picture.
    """

    subject: Subject
    since: datetime
    until: datetime
    deployments: int
    failures: int
    per_day: float
    lead_time: float | None
    failure_rate: float | None
    time_to_restore: float | None
    unrestored: int
    by_day: tuple[tuple[str, int, int], ...] = field(default=())


Commits = Mapping[int, tuple[datetime, ...]]
"""By number of a deployment, when the commits were made that it brought; without those that no repository at hand knows."""


def measure(subject: Subject, deployments: Iterable[Deployment], commits: Commits, since: datetime, until: datetime) -> Measures:
    """The measures of one subject.

    Args:
        subject: an environment or an application in it.
        deployments: all of the environment, in any order.
        commits: see Commits.
        since: deployments that ended before are not counted.
        until: now.
    """
    ordered = sorted(deployments, key=lambda one: one.number)
    counted = [one for one in ordered if since <= one.ended <= until and counts(subject, one)]
    taken_back = _taken_back(ordered)
    bad = [one for one in counted if one.result is not Result.SUCCEEDED or one.number in taken_back]
    good = [one for one in counted if one.result is Result.SUCCEEDED]
    restores = [_restored(one, ordered, taken_back) for one in bad]
    lead = [
        (one.ended - made).total_seconds()
        for one in good
        if one.act is Act.APPLY
        for made in commits.get(one.number, ())
        if made <= one.ended
    ]
    known = [span.total_seconds() for span in restores if span is not None]
    days = max((until - since).total_seconds() / 86400, 1 / 24)
    return Measures(
        subject=subject,
        since=since,
        until=until,
        deployments=len(counted),
        failures=len(bad),
        per_day=len(good) / days,
        lead_time=median(lead) if lead else None,
        failure_rate=len(bad) / len(counted) if counted else None,
        time_to_restore=median(known) if known else None,
        unrestored=sum(span is None for span in restores),
        by_day=_by_day(counted, {one.number for one in bad}),
    )


def counts(subject: Subject, deployment: Deployment) -> bool:
    """Whether a deployment is one of the subject's."""
    if deployment.act not in _COUNTED or deployment.result not in _ENDED:
        return False
    if subject.application:
        identity = f"Application/{subject.application}"
        asked = not deployment.only or subject.application in deployment.only
        failed = deployment.result is not Result.SUCCEEDED and asked and not deployment.changed
        return identity in deployment.changed or failed
    return deployment.result is not Result.SUCCEEDED or any(deployment.counts.get(operation) for operation in _TOUCHING)


def _taken_back(ordered: list[Deployment]) -> dict[int, Deployment]:
    """By number, deployments that a rollback has taken back, with that rollback.

    A rollback to 5 takes back everything after 5; one to a revision of Git takes back the last that succeeded before it.
    """
    found: dict[int, Deployment] = {}
    for index, one in enumerate(ordered):
        if one.act is not Act.ROLLBACK or one.result is not Result.SUCCEEDED:
            continue
        before = [other for other in ordered[:index] if other.act is Act.APPLY and other.result is Result.SUCCEEDED]
        behind = [other for other in before if other.number > one.to] if one.to is not None else before[-1:]
        for other in behind:
            if not one.only or any(f"Application/{name}" in other.changed for name in one.only):
                found.setdefault(other.number, one)
    return found


def _restored(bad: Deployment, ordered: list[Deployment], taken_back: Mapping[int, Deployment]) -> timedelta | None:
    if bad.number in taken_back:
        return taken_back[bad.number].ended - bad.ended
    after = (one for one in ordered if one.number > bad.number and one.result is Result.SUCCEEDED and one.act in _COUNTED)
    mended = next(after, None)
    return mended.ended - bad.ended if mended is not None else None


def _by_day(counted: list[Deployment], bad: set[int]) -> tuple[tuple[str, int, int], ...]:
    days: dict[str, list[int]] = {}
    for one in counted:
        days.setdefault(f"{one.ended:%Y-%m-%d}", [0, 0])[one.number in bad] += 1
    return tuple((day, good, failed) for day, (good, failed) in sorted(days.items()))
