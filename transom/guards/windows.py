"""Whether now is a time for changes. A deny window beats an allow window; with allow windows, any time outside them is no time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from transom.specs.sync import WindowSpec


def closed(windows: Sequence[WindowSpec], now: datetime) -> str:
    """Why nothing may change now, empty when it may.

    Args:
        windows: of one environment or application.
        now: with a time zone.
    """
    for window in windows:
        if window.kind == "deny" and (end := _open_until(window, now)):
            return f"a deny window ({window.schedule} {window.time_zone}, {window.duration}) is open until {_shown(end)}"
    allowing = [window for window in windows if window.kind == "allow"]
    if not allowing or any(_open_until(window, now) for window in allowing):
        return ""
    begins = min(_next(window, now) for window in allowing)
    return f"no allow window is open; the next begins {_shown(begins)}"


def _open_until(window: WindowSpec, now: datetime) -> datetime | None:
    """When a window that is open closes; None when it is not open. Of windows that overlap themselves the last one counts."""
    from cronsim import CronSim

    zone = window.time_zone.zone
    length = timedelta(seconds=window.duration.seconds)  # of real time, also where clocks are changed meanwhile
    end: datetime | None = None
    for begun in CronSim(window.schedule.expression, (now.astimezone(UTC) - length).astimezone(zone)):
        if begun > now:
            return end
        end = (begun.astimezone(UTC) + length).astimezone(zone)
    return end


def _next(window: WindowSpec, now: datetime) -> datetime:
    from cronsim import CronSim

    return next(CronSim(window.schedule.expression, now.astimezone(window.time_zone.zone)))


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}"
