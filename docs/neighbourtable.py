"""Tables of the neighbours' fields, made from the models that read them, so that they cannot say anything else than what happens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from transom.catalog.neighbours import marks, objects
from transom.catalog.neighbours.marks import Level, Mark
from transom.catalog.neighbours.reading import KINDS

_WORDS: Mapping[Level, str] = {Level.DONE: "done", Level.NOTED: "not needed", Level.WARNING: "**warning**", Level.ERROR: "**error**"}


def fields(kind: str) -> str:
    """Every field of a neighbour's kind, e.g. `AppProject`, with what becomes of it."""
    model = next(model for (_, name), model in KINDS.items() if name == kind)
    found = (
        (row.path, row.mark)
        for row in marks.rows(model)
        if row.path.startswith(("spec.", "operation")) and not row.path.startswith("spec.sources[].")
    )
    return _table("field", found)


def metadata(kind: str) -> str:
    """What is read of a kind's metadata."""
    model = next(model for (_, name), model in KINDS.items() if name == kind)
    return _table("field", ((row.path, row.mark) for row in marks.rows(model) if row.path.startswith("metadata.")))


def options() -> str:
    """Every sync option of Argo CD."""
    found = ((f"{name}={value}", mark) for name, values in objects.SYNC_OPTIONS.items() for value, mark in values.items())
    return _table("sync option", found)


def hooks() -> str:
    """Every hook of Argo CD."""
    return _table("hook", objects.HOOKS.items())


def annotations() -> str:
    """What Flux reads from objects."""
    return _table("annotation or label", ((f"{key}: {value}", mark) for (key, value), mark in objects.FLUX_ANNOTATIONS.items()))


def _table(what: str, rows: Iterable[tuple[str, Mark]]) -> str:
    lines = [f"| {what} | | meaning, or why not |", "|---|---|---|"]
    lines += [f"| `{name}` | {_WORDS[mark.level]} | {mark.text} |" for name, mark in rows]
    return "\n".join(lines) + "\n"
