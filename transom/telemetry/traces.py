"""Runs as traces of OpenTelemetry, for who has the extra `telemetry`: made of the record of a run when it has ended.

The record has the times of every step already, so the loop is not touched, a run that moved to another process is one trace, and nothing is
lost that the record has. Where to send is said by the variables of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/protocol/exporter).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from transom.controller.model import Run, RunState
from transom.controller.seam import View
from transom.errors import ToolMissing
from transom.redaction import redact
from transom.telemetry.ended import Ended

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Without one of these nothing is sent."""


def tracer(environ: Mapping[str, str] = os.environ, exporter: Any = None) -> Tracer | None:
    """What spans are written with; None where no collector is named and no `exporter` is given.

    Raises:
        ToolMissing: a collector is named, and the packages are not there.
    """
    if exporter is None and not any(environ.get(name) for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            processor: Any = BatchSpanProcessor(OTLPSpanExporter())
        else:
            processor = SimpleSpanProcessor(exporter)
    except ImportError:
        hint = "pip install 'transom[telemetry]', or unset the variable"
        raise ToolMissing("traces are asked for, and OpenTelemetry is not installed", hint=hint) from None
    provider = TracerProvider(resource=Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME", "transom")}))
    provider.add_span_processor(processor)
    return provider.get_tracer("transom")


def record(tracer: Tracer, run: Run) -> None:
    """The run as one trace: a span for it, with one inside for each step. A run that did not begin or end is none."""
    from opentelemetry import trace
    from opentelemetry.context import Context

    if run.begun is None or run.ended is None:
        return
    attributes = {
        "transom.run": run.id,
        "transom.environment": run.environment,
        "transom.trigger": run.trigger.value,
        "transom.state": run.state.value,
        "transom.revision": run.revision,
        "transom.attempt": run.attempt,
        "transom.queued_seconds": (run.begun - run.queued).total_seconds(),
        **{f"transom.resources.{operation}": count for operation, count in run.counts.items()},
    }
    name = f"{run.purpose.value} {run.environment}"
    whole = tracer.start_span(name, Context(), start_time=_nanoseconds(run.begun), attributes=attributes)
    inside = trace.set_span_in_context(whole, Context())
    for step in run.steps:
        span = tracer.start_span(step.name, inside, start_time=_nanoseconds(step.begun))
        if step.message:
            span.set_attribute("transom.message", redact(step.message))
        span.end(_nanoseconds(step.ended or run.ended))
    if run.state is not RunState.SUCCEEDED:
        whole.set_status(trace.Status(trace.StatusCode.ERROR, redact(run.message)))
    whole.end(_nanoseconds(run.ended))


@dataclass(slots=True)
class Follower:
    """Writes the runs that end from now on; one of it runs at a time, or a run is written twice."""

    view: View
    tracer: Tracer
    _ended: Ended = field(init=False)

    def __post_init__(self) -> None:
        self._ended = Ended(self.view)

    def step(self) -> int:
        """Look at what happened since; how many runs were written."""
        written = 0
        for run in self._ended.runs():
            record(self.tracer, run)
            written += 1
        return written


def _nanoseconds(time: datetime) -> int:
    return int(time.timestamp() * 1_000_000) * 1000
