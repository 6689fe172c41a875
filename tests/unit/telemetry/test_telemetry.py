"""How the controller is watched: metrics that Prometheus reads, health, readiness, traces and logs."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from transom import logs
from transom.controller.model import Application, Environment, Event, Refused, Run
from transom.controller.seam import Page, View, Wanted
from transom.errors import TemporaryError
from transom.telemetry import traces
from transom.telemetry.health import Pulse, alive, ready, routes
from transom.telemetry.metrics import Watch
from transom.telemetry.traces import Follower

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    """A time before now."""
    return NOW - timedelta(seconds=seconds)


def run(id_: str, state: str = "succeeded", seconds: float = 30.0, **more: Any) -> Run:
    """A run that began a minute ago."""
    times = {"queued": ago(65), "begun": ago(60), "ended": ago(60 - seconds)} if state != "queued" else {"queued": ago(5)}
    return Run.model_validate({"id": id_, "environment": "dev", "purpose": "sync", "trigger": "interval", "state": state, **times, **more})


@dataclass
class Seen:
    """A view of what a test puts there."""

    runs_: dict[str, Run] = field(default_factory=dict)
    happened: list[Event] = field(default_factory=list)
    applications_: list[Application] = field(default_factory=list)
    environments_: tuple[Environment, ...] = ()
    down: bool = False

    def end(self, one: Run) -> None:
        """A run ends."""
        self.runs_[one.id] = one
        self.happened.append(Event(number=len(self.happened) + 1, time=NOW, type="run.ended", environment=one.environment, run=one.id))

    def _asked(self) -> None:
        if self.down:
            raise TemporaryError("the database at db.example.com did not answer", reason="BackendUnreachable")

    def newest_event(self) -> int:
        """As View has it."""
        self._asked()
        return len(self.happened)

    def events(self, after: int, limit: int = 100) -> tuple[Event, ...]:
        """As View has it."""
        self._asked()
        return tuple(self.happened[after : after + limit])

    def run(self, id_: str) -> Run:
        """As View has it."""
        return self.runs_[id_]

    def runs(self, environment: str = "", limit: int = 50, after: str = "") -> Page[Run]:  # noqa: ARG002 - View's
        """As View has it."""
        return Page(tuple(self.runs_.values()))

    def environments(self) -> tuple[Environment, ...]:
        """As View has it."""
        self._asked()
        return self.environments_

    def applications(self, wanted: Wanted, limit: int = 100, after: str = "") -> Page[Application]:
        """As View has it: pages of at most `limit`."""
        mine = [one for one in self.applications_ if one.environment == wanted.environment]
        start = int(after or 0)
        rest = len(mine) > start + limit
        return Page(tuple(mine[start : start + limit]), str(start + limit) if rest else "", len(mine))

    def refusals(self, environment: str = "") -> tuple[Refused, ...]:  # noqa: ARG002 - View's
        """As View has it."""
        given = {"id": "x", "environment": "dev", "rule": "DeletionCeiling", "message": "m", "hint": "h", "run": "r", "since": NOW}
        return (Refused.model_validate(given),)

    def view(self) -> View:
        """As its users take it."""
        return cast("View", self)


@pytest.fixture(name="seen")
def _seen() -> Seen:
    condition = {"type": "Stalled", "status": "True", "reason": "X", "last_transition_time": NOW}
    dev = {"name": "dev", "drifted": 3, "last_success": ago(90), "next_try": ago(40), "conditions": [condition]}
    paused = {"name": "staging", "next_try": ago(999), "paused": {"by": "ada", "since": ago(999)}}
    seen = Seen(environments_=(Environment.model_validate(dev), Environment.model_validate(paused)))
    seen.applications_ = [
        Application(environment="dev", name=f"a{index}", sync="Synced" if index else "OutOfSync", health="Healthy", resources=4)
        for index in range(1001)
    ]
    return seen


def samples(watch: Watch) -> dict[str, float]:
    """What Prometheus' own parser reads."""
    found = {}
    for family in text_string_to_metric_families(watch.text().decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_prometheus_reads_what_there_is(seen: Seen) -> None:
    """Ages, drift, the queue, resources by state, conditions, what waits; an environment that is paused is not late."""
    watch = Watch(seen.view(), "1.0", lambda: NOW)
    seen.runs_["r9"] = run("r9", "queued")
    found = samples(watch)
    assert found["transom_build_info{version=1.0}"] == 1
    assert found["transom_last_success_age_seconds{environment=dev}"] == 90
    assert found["transom_overdue_seconds{environment=dev}"] == 40
    assert found["transom_overdue_seconds{environment=staging}"] == 0
    assert found["transom_drift_open{environment=dev}"] == 3
    assert found["transom_runs{environment=dev,state=queued}"] == 1
    assert found["transom_runs{environment=dev,state=running}"] == 0
    assert found["transom_applications{environment=dev,health=Healthy,sync=Synced}"] == 1000
    assert found["transom_resources{environment=dev,health=Healthy,sync=Synced}"] == 4000
    assert found["transom_resources{environment=dev,health=Healthy,sync=OutOfSync}"] == 4
    assert found["transom_condition{environment=dev,type=Stalled}"] == 1
    assert found["transom_guards_waiting{environment=dev}"] == 1


def test_durations_are_counted_once(seen: Seen) -> None:
    """Each run that ended since the process began, with its purpose and what came of it."""
    seen.end(run("before"))
    watch = Watch(seen.view(), clock=lambda: NOW)
    samples(watch)
    seen.end(run("r1", seconds=3))
    seen.end(run("r2", "failed", seconds=50))
    samples(watch)
    found = samples(watch)
    assert found["transom_reconcile_duration_seconds_count{environment=dev,purpose=sync,result=succeeded}"] == 1
    assert found["transom_reconcile_duration_seconds_sum{environment=dev,purpose=sync,result=failed}"] == 50
    assert found["transom_reconcile_duration_seconds_bucket{environment=dev,le=5.0,purpose=sync,result=succeeded}"] == 1


def test_a_state_that_does_not_answer_looks_like_nothing(seen: Seen) -> None:
    """No gauge keeps its last value, so that an alert sees the silence; and when it is back nothing is lost."""
    watch = Watch(seen.view(), clock=lambda: NOW)
    samples(watch)
    seen.down = True
    found = samples(watch)
    assert found["transom_view_up{}"] == 0
    assert not [name for name in found if name.startswith(("transom_drift", "transom_runs"))]
    seen.end(run("r1"))
    seen.down = False
    assert samples(watch)["transom_reconcile_duration_seconds_count{environment=dev,purpose=sync,result=succeeded}"] == 1


def test_a_loop_that_hangs_is_seen() -> None:
    """Alive as long as every loop turns; one that ended as it should is not missed."""
    now = [NOW]
    pulse = Pulse(timedelta(minutes=1), lambda: now[0])
    pulse.beat("reconcile")
    pulse.beat("notify")
    now[0] += timedelta(seconds=59)
    pulse.beat("notify")
    assert alive(pulse) == (200, "ok")
    now[0] += timedelta(seconds=2)
    status, words = alive(pulse)
    assert (status, words) == (503, "reconcile is silent since 61 s")
    pulse.stop("reconcile")
    assert alive(pulse)[0] == 200


def test_readiness_is_the_state_s(seen: Seen) -> None:
    """Not ready while the state does not answer; the answer names no host."""
    assert ready(seen.view()) == (200, "ok")
    seen.down = True
    assert ready(seen.view()) == (503, "BackendUnreachable")


def test_the_routes_answer(seen: Seen) -> None:
    """Each with its own status."""
    app = Starlette(routes=routes(seen.view(), Pulse(), Watch(seen.view(), clock=lambda: NOW)))

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://controller") as client:
            return [await client.get(path) for path in ("/healthz", "/readyz", "/metrics")]

    health, readiness, metrics = asyncio.run(ask())
    assert (health.status_code, readiness.status_code, metrics.status_code) == (200, 200, 200)
    assert "transom_drift_open" in metrics.text
    seen.down = True
    health, readiness, metrics = asyncio.run(ask())
    assert (health.status_code, readiness.status_code, metrics.status_code) == (200, 503, 200)


def test_a_run_is_a_trace(seen: Seen) -> None:
    """With the times of its record, a span for each step inside, and its failure; written once."""
    exporter = InMemorySpanExporter()
    tracer = traces.tracer({}, exporter)
    assert tracer is not None
    follower = Follower(seen.view(), tracer)
    follower.step()
    steps = [
        {"name": "plan", "begun": ago(60), "ended": ago(40)},
        {"name": "apply", "begun": ago(40), "ended": ago(10), "message": "token=hunter2hunter2"},
    ]
    seen.end(run("r1", "failed", seconds=50, steps=steps, counts={"create": 2}, message="it failed"))
    assert (follower.step(), follower.step()) == (1, 0)
    plan, apply, whole = exporter.get_finished_spans()
    assert (whole.name, whole.start_time, whole.end_time) == ("sync dev", ago(60).timestamp() * 1e9, ago(10).timestamp() * 1e9)
    assert (plan.name, apply.name) == ("plan", "apply")
    assert plan.parent is not None
    assert plan.parent.span_id == whole.context.span_id
    assert whole.attributes is not None
    assert whole.attributes["transom.resources.create"] == 2
    assert whole.attributes["transom.queued_seconds"] == 5
    assert whole.status.description == "it failed"
    assert "hunter2" not in str(apply.attributes)


def test_without_a_collector_nothing_is_sent() -> None:
    """Traces are an option."""
    assert traces.tracer({}) is None


@pytest.fixture(name="written")
def _written() -> Iterator[io.StringIO]:
    """What the root logger writes; afterwards it is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.set_up(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_logs_are_lines_of_json(written: io.StringIO) -> None:
    """What is worked on stands in every line, whoever writes it; line breaks in a message do not make another line."""
    log = logging.getLogger("transom.test")
    with logs.bound(environment="dev"), logs.bound(run="r1"):
        log.info("applied\n%s", "twice", extra={"resources": 4})
    log.warning("outside")
    first, second = [json.loads(line) for line in written.getvalue().splitlines()]
    assert {key: first[key] for key in ("level", "message", "environment", "run", "resources")} == {
        "level": "info",
        "message": "applied\ntwice",
        "environment": "dev",
        "run": "r1",
        "resources": 4,
    }
    assert "environment" not in second


def test_logs_hold_no_secret(written: io.StringIO) -> None:
    """Neither in the message, nor in what is given beside it, nor in an exception."""
    log = logging.getLogger("transom.test")

    def fail() -> None:
        raise RuntimeError("password=hunter2hunter2")

    try:
        fail()
    except RuntimeError:
        log.exception("could not log in with token=%s", "hunter2hunter2", extra={"client_secret": "hunter2", "url": "https://u:hunter2@h"})
    (line,) = written.getvalue().splitlines()
    assert "hunter2" not in line
    assert "RuntimeError" in json.loads(line)["exception"]
