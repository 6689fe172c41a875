"""The measures as Prometheus reads them, by its own client library, with each definition as the metric's help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from transom.metrics.measure import DEFINITIONS, SOURCE, Measures

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

_LABELS = ("environment", "application")


def prometheus(found: Iterable[Measures]) -> str:
    """The text format; application is empty for the environment as a whole. What there is nothing of has no sample."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    told = tuple(found)

    class Measured(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            yield from _families(told)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measured())
    return generate_latest(registry).decode()


def _families(found: tuple[Measures, ...]) -> Iterator[GaugeMetricFamily]:
    from prometheus_client.core import GaugeMetricFamily

    table = (
        ("transom_deployments", "deployments that ended and changed something, in the time looked at", "deployments"),
        ("transom_deployment_failures", "deployments that failed, were lost, or were taken back, in the time looked at", "failures"),
        ("transom_deployment_frequency_per_day", _said("deployment frequency"), "per_day"),
        ("transom_lead_time_seconds", _said("lead time for changes"), "lead_time"),
        ("transom_change_failure_ratio", _said("change failure rate"), "failure_rate"),
        ("transom_time_to_restore_seconds", _said("time to restore"), "time_to_restore"),
        ("transom_unrestored_failures", "failures that nothing has restored yet", "unrestored"),
    )
    for name, told, field in table:
        family = GaugeMetricFamily(name, told, labels=_LABELS)
        for one in found:
            value = getattr(one, field)
            if value is not None:
                family.add_metric([one.subject.environment, one.subject.application], float(value))
        yield family


def _said(measure: str) -> str:
    return f"{DEFINITIONS[measure]} ({SOURCE})"
