"""Scalars of time that repeats: cron expressions and time zones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from transom.specs.scalars import Text

SHORT_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
        "@monthly": "0 0 1 * *",
        "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@hourly": "0 * * * *",
    }
)
"""Words for common schedules (crontab(5); Kubernetes: CronJob schedule syntax)."""

_FIELDS = 5


class Cron(Text):
    """A schedule: minute, hour, day of month, month, day of week, or one word such as `@daily` (crontab(5))."""

    __slots__ = ()
    pattern = r"@(yearly|annually|monthly|weekly|daily|midnight|hourly)|\S+( +\S+){4}"
    example = "0 3 * * mon-fri or @daily"
    meaning = "a cron expression"

    @classmethod
    def check(cls, text: str) -> Text:
        """The schedule; ValueError says which of its fields is wrong."""
        from cronsim import CronSim, CronSimError

        if text.startswith("@"):
            if text not in SHORT_FORMS:
                raise ValueError(f'"{text}" is not a word for a schedule; there are {", ".join(SHORT_FORMS)}')
            return cls(text)
        if (count := len(text.split())) != _FIELDS:
            raise ValueError(f'"{text}" has {count} fields, and a cron expression five: minute hour day month weekday, e.g. {cls.example}')
        try:
            CronSim(text, datetime(2027, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(f'"{text}" is not {cls.meaning}: {str(error).lower()}; e.g. {cls.example}') from None
        return cls(text)

    @property
    def expression(self) -> str:
        """The five fields, whatever was written."""
        return SHORT_FORMS.get(self, str(self))


class TimeZone(Text):
    """A time zone by the name that the IANA database has for it: `UTC`, `Europe/Berlin`."""

    __slots__ = ()
    pattern = r"[A-Za-z0-9_+/-]+"
    example = "UTC or Europe/Berlin"
    meaning = "a time zone"

    @classmethod
    def check(cls, text: str) -> Text:
        """The zone; ValueError names the nearest that there are."""
        if text == "UTC":
            return cls(text)
        try:
            ZoneInfo(text)
        except (ValueError, KeyError, OSError):  # the last for names that are folders of the database
            raise ValueError(f'"{text}" is not {cls.meaning} of the IANA database{_near(text)}') from None
        return cls(text)

    @property
    def zone(self) -> tzinfo:
        """The zone itself."""
        return UTC if self == "UTC" else ZoneInfo(self)


def _near(text: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = available_timezones()
    last = {zone.rpartition("/")[2].lower(): zone for zone in sorted(zones)}
    found = get_close_matches(text, zones, n=1, cutoff=0.7) or [last[one] for one in get_close_matches(text.lower(), last, n=1, cutoff=0.8)]
    return f"; did you mean {found[0]}?" if found else ", e.g. UTC or Europe/Berlin"
