"""The line and column of a character inside a text of a document, however the text was written: plain, in quotes or as a block."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from transom.catalog.model import Entry
from transom.errors import Location
from transom.rendering.yamltext import Path_

_LONGEST_SIGHT = 24
"""Characters around the place that are looked for in the file."""


def inside(entry: Entry[Any], path: Path_, offset: int) -> Location:
    """Where the character at `offset` of the text at `path` stands; where the text begins when the file writes it otherwise (escapes)."""
    begins = entry.at(*path)
    text = value(entry.data, path)
    file = entry.trace.snapshot.root / begins.path.removeprefix(entry.trace.snapshot.path_of(entry.trace.snapshot.root).rstrip("/") + "/")
    lines = _lines(file) if file.is_file() else ()
    if not isinstance(text, str) or begins.line > len(lines):
        return begins
    before, at = text[:offset], text[offset:]
    row = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    whole = text.split("\n")[row]
    for number in range(begins.line, len(lines) + 1):
        line = lines[number - 1]
        start = begins.column - 1 if number == begins.line else 0
        found = line.find(whole, start) if whole else -1
        if found >= 0:
            return Location(begins.path, number, found + column + 1)
        sight = at.split("\n")[0][:_LONGEST_SIGHT]
        if sight and number == begins.line and (found := line.find(sight, start)) >= 0:
            return Location(begins.path, number, found + 1)  # quotes doubled somewhere else in the line
        if number > begins.line + text.count("\n") + 1:
            break
    return begins


def value(data: Any, path: Path_) -> Any:
    """The value at `path` of a document; None when there is none."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


@lru_cache(maxsize=64)
def _lines(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8-sig", errors="replace").splitlines())
