"""The measures in words, for the table and the picture."""

from __future__ import annotations

from transom.metrics.measure import Measures

WORDS = ("per week", "lead time", "failure rate", "time to restore")


def span(one: Measures) -> tuple[str, str, str, str]:
    """Frequency, lead time, failure rate, time to restore; `-` where there is nothing to measure."""
    rate = "-" if one.failure_rate is None else f"{one.failure_rate:.0%}"
    restore = seconds(one.time_to_restore)
    return f"{one.per_day * 7:.1f}", seconds(one.lead_time), rate, restore


def seconds(value: float | None) -> str:
    """`3d4h`, `12m`, `40s`: the two largest units."""
    if value is None:
        return "-"
    left = int(value)
    parts: list[str] = []
    for word, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if left >= size or (word == "s" and not parts):
            parts.append(f"{left // size}{word}")
            left %= size
    return "".join(parts[:2])
