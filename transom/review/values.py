"""One property's line or lines: `path: before → after`, long values folded. Pure."""

from __future__ import annotations

import difflib
import json
from typing import Any

from transom.changes import DiffKind, PropertyChange

WIDTH = 72
"""Characters of one value that are shown."""

FOLD = 8
"""Lines of a difference between two texts that are shown."""


def show(value: Any, width: int = WIDTH) -> str:
    """A value on one line: texts bare where that is clear, everything else as JSON; longer than `width` cut, with its length."""
    bare = isinstance(value, str) and value != "" and value.strip() == value and value.isprintable()
    text = value if bare else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= width else f"{text[: width - 1]}… ({len(text)} characters)"


def property_lines(change: PropertyChange) -> list[str]:
    """The property's lines, without indentation. Two long texts are told as the lines that differ."""
    note = "  (forces replacement)" if change.forces_replacement else ""
    match change.kind:
        case DiffKind.ADD:
            return [f"+ {change.path}: {show(change.after)}{note}"]
        case DiffKind.DELETE:
            return [f"- {change.path}: {show(change.before)}{note}"]
    if isinstance(change.before, str) and isinstance(change.after, str) and "\n" in change.before + change.after:
        return [f"~ {change.path}:{note}", *(f"    {line}" for line in _difference(change.before, change.after))]
    return [f"~ {change.path}: {show(change.before)} → {show(change.after)}{note}"]


def _difference(before: str, after: str) -> list[str]:
    told = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    shown = [f"{line[:2]}{show(line[2:])}" if line[2:].strip() else line[:2].rstrip() for line in told[:FOLD]]
    return [*shown, f"… {len(told) - FOLD} more lines"] if len(told) > FOLD else shown
