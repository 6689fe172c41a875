"""What Prometheus reads of the controller, by its own client library, collected from the view when it asks.

Names follow https://prometheus.io/docs/practices/naming. Every label has few values: names of environments, and words of the model;
applications and resources are counted, not named.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from transom.controller.model import Environment, Run, RunState
from transom.controller.seam import View, Wanted
from transom.errors import TransomError
from transom.telemetry.ended import Ended

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Histogram
    from prometheus_client.core import GaugeMetricFamily

_BUCKETS = (1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640, 1280)
"""Seconds of a run."""
_UNDER_WAY = (RunState.QUEUED, RunState.RUNNING, RunState.WAITING)
_PAGE = 500


@dataclass(slots=True)
class Watch:
    """The metrics of one process.

    Attributes:
        view: what there is to see.
        version: of Transom.
        clock: aware.
    """

    view: View
    version: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _ended: Ended = field(init=False)
    _registry: CollectorRegistry | None = None
    _durations: Histogram | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._ended = Ended(self.view)

    def text(self) -> bytes:
        """Prometheus' text format. A view that does not answer gives `transom_view_up 0` and nothing that would only look current."""
        from prometheus_client import generate_latest

        with self._lock:
            return generate_latest(self._made())

    def _made(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry, Histogram
        from prometheus_client.registry import Collector

        if self._registry is None:
            watch = self

            class Seen(Collector):
                def collect(self) -> Iterator[GaugeMetricFamily]:
                    yield from watch.collect()

            self._registry = CollectorRegistry(auto_describe=False)
            self._durations = Histogram(
                "transom_reconcile_duration_seconds",
                "time from a run's beginning to its end",
                ("environment", "purpose", "result"),
                buckets=_BUCKETS,
                registry=self._registry,
            )
            self._registry.register(Seen())
        self._follow()
        return self._registry

    def _follow(self) -> None:
        """Look at the runs that ended since the last time. What ended before this process began is not counted: a counter begins anew."""
        try:
            for run in self._ended.runs():
                self._observe(run)
        except TransomError:
            return

    def _observe(self, run: Run) -> None:
        if self._durations is not None and run.begun and run.ended:
            labels = (run.environment, run.purpose.value, run.state.value)
            self._durations.labels(*labels).observe((run.ended - run.begun).total_seconds())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges, as they are now."""
        from prometheus_client.core import GaugeMetricFamily

        build = GaugeMetricFamily("transom_build_info", "what is running; always 1", labels=("version",))
        build.add_metric([self.version], 1)
        yield build
        try:
            families = [*self._families()]
        except TransomError:
            families = []
        up = GaugeMetricFamily("transom_view_up", "whether the controller's state answered")
        up.add_metric([], float(bool(families)))
        yield up
        yield from families

    def _families(self) -> Iterator[GaugeMetricFamily]:
        from prometheus_client.core import GaugeMetricFamily

        found, now = self.view.environments(), self.clock()
        success = GaugeMetricFamily("transom_last_success_timestamp_seconds", "end of the last run that succeeded", labels=("environment",))
        age = GaugeMetricFamily("transom_last_success_age_seconds", "time since the last run that succeeded", labels=("environment",))
        overdue = GaugeMetricFamily(
            "transom_overdue_seconds", "time since a run should have begun; 0 while none is late", labels=("environment",)
        )
        drift = GaugeMetricFamily("transom_drift_open", "findings of drift that are open", labels=("environment",))
        conditions = GaugeMetricFamily(
            "transom_condition", "conditions of environments: 1 true, 0 false, -1 unknown", labels=("environment", "type")
        )
        for one in found:
            if one.last_success:
                success.add_metric([one.name], one.last_success.timestamp())
                age.add_metric([one.name], (now - one.last_success).total_seconds())
            overdue.add_metric([one.name], _overdue(one, now))
            drift.add_metric([one.name], one.drifted)
            for condition in one.conditions:
                conditions.add_metric([one.name, condition.type], {"True": 1.0, "False": 0.0}.get(condition.status, -1.0))
        yield from (success, age, overdue, drift, conditions)
        yield self._queue(found)
        yield from self._held(found)
        refusals = Counter(one.environment for one in self.view.refusals())
        waiting = GaugeMetricFamily("transom_guards_waiting", "refusals of guards that wait for a decision", labels=("environment",))
        for one in found:
            waiting.add_metric([one.name], refusals[one.name])
        yield waiting

    def _queue(self, found: tuple[Environment, ...]) -> GaugeMetricFamily:
        """Runs that did not end; they are among the newest, for an environment has one at a time and few that wait."""
        from prometheus_client.core import GaugeMetricFamily

        counts = Counter((run.environment, run.state) for run in self.view.runs(limit=_PAGE).items if run.state in _UNDER_WAY)
        family = GaugeMetricFamily("transom_runs", "runs that did not end yet, by state", labels=("environment", "state"))
        for one in found:
            for state in _UNDER_WAY:
                family.add_metric([one.name, state.value], counts[one.name, state])
        return family

    def _held(self, found: tuple[Environment, ...]) -> Iterator[GaugeMetricFamily]:
        """Applications and their resources, by words of sync and health."""
        from prometheus_client.core import GaugeMetricFamily

        labels = ("environment", "sync", "health")
        applications = GaugeMetricFamily("transom_applications", "applications by state", labels=labels)
        resources = GaugeMetricFamily("transom_resources", "resources by the state of their application", labels=labels)
        for one in found:
            counts: Counter[tuple[str, str]] = Counter()
            sums: Counter[tuple[str, str]] = Counter()
            after = ""
            while True:
                page = self.view.applications(Wanted(environment=one.name), _PAGE, after)
                for application in page.items:
                    counts[application.sync, application.health] += 1
                    sums[application.sync, application.health] += application.resources
                after = page.after
                if not after:
                    break
            for (sync, health), count in sorted(counts.items()):
                applications.add_metric([one.name, sync, health], count)
                resources.add_metric([one.name, sync, health], sums[sync, health])
        yield from (applications, resources)


def _overdue(environment: Environment, now: datetime) -> float:
    """Seconds that a run is late; an environment that is paused, held back or under way is not."""
    if environment.next_try is None or environment.running or environment.paused:
        return 0.0
    return max(0.0, (now - environment.next_try).total_seconds())
