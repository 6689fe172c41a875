"""Logs of a process that stays: one JSON object per line on standard error, redacted, with what is being worked on in every line.

The standard library's `logging`, because every library that is used writes there already; a formatter is all that is missing.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from transom import redaction

_NOTHING: Mapping[str, str] = MappingProxyType({})
_bound: ContextVar[Mapping[str, str]] = ContextVar("transom-logs", default=_NOTHING)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; anything else was given as `extra`."""


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Every line that is written inside has these fields: `with logs.bound(environment="dev", run="r1"): …`."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)


class JsonFormatter(logging.Formatter):
    """A record as one line: `time`, `level`, `logger`, `message`, then what is bound, what was given as `extra`, and an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON, with everything that looks like a secret replaced."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_bound.get(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["exception"] = record.exc_text
        return json.dumps({name: _safe(name, value) for name, value in line.items()}, ensure_ascii=False)


def _safe(name: str, value: object) -> object:
    """A value that may be written: numbers as they are, anything else as redacted text; nothing under a secret's name."""
    if isinstance(value, bool | int | float) or value is None:
        return value
    return redaction.HIDDEN if redaction.names_secret(name) else redaction.redact(str(value))


def set_up(form: str = "json", level: str = "info", stream: TextIO | None = None) -> None:
    """Let the root logger write to `stream` (standard error when left out): `json`, or `text` for people at a terminal."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    redaction.install(root)
