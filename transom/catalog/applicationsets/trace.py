"""The trace of a generated Application: back to its set's template, or to the parameter that a value was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transom.catalog.applicationsets import templates
from transom.catalog.applicationsets.templates import Made
from transom.errors import Location
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedTrace(Trace):
    """Where a generated Application comes from.

    Attributes:
        made: the Application as it was generated.
    """

    made: Made = field(repr=False)

    @classmethod
    def of(cls, made: Made) -> GeneratedTrace:
        """The trace of a generated Application."""
        trace = made.template.desk.entry.trace
        return cls(snapshot=trace.snapshot, origin=trace.origin, index=trace.index, layers=trace.layers, made=made)

    @property
    def generated_by(self) -> str:
        """Identity of the set."""
        return self.made.template.desk.entry.identity

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place of the value at `path`: in the template, or where the parameter was written that is the whole of it."""
        del data  # the Application is as it was generated
        return templates.history(self.made, path, of_key=of_key)
