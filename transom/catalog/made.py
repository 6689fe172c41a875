"""Objects that nobody wrote: made of an application's document, and told at the field that asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transom.catalog.model import Entry, Manifest
from transom.catalog.stored import Place
from transom.specs.application import Application


@dataclass(frozen=True, slots=True)
class Made(Place):
    """The place of the field that asked for the object; no value in it was written by itself."""

    field: str = ""

    @property
    def maker(self) -> str:
        """See Trace."""
        return self.field


def made(entry: Entry[Application], field: tuple[str | int, ...], data: Mapping[str, Any], namespace: str) -> Manifest:
    """An object that a field of the application's spec asks for."""
    snapshot, origin = entry.trace.snapshot, entry.trace.origin
    trace = Made(snapshot, origin, at=entry.at("spec", *field), by=entry.generated_by, field=f"its {field[0]}")
    return Manifest(data, namespace, trace)
