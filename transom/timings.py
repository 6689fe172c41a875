"""Where the program's time goes, for whoever asks: `TRANSOM_TIMINGS=FILE` gets one JSON line per phase that has ended.

Without the variable nothing is measured and nothing is written. Times are of the machine's monotonic clock in seconds, so that those of
several processes, and of whoever started them, can be set against each other.
"""

from __future__ import annotations

import json
import os
import time

VARIABLE = "TRANSOM_TIMINGS"


def mark(phase: str) -> None:
    """Notes that `phase` has ended just now: `{"phase": "rendered", "at": 12.345, "pid": 678}`."""
    file = os.environ.get(VARIABLE)
    if not file:
        return
    line = json.dumps({"phase": phase, "at": time.monotonic(), "pid": os.getpid()})
    with open(file, "a", encoding="utf-8") as sheet:  # noqa: PTH123 - pathlib would be the dearest import of the module
        sheet.write(line + "\n")
