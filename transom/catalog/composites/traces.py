"""Whose line a mistake in a composed document is told at: the claim's where the value came from it, else the definition's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transom.catalog.composites.notes import FOR
from transom.catalog.composites.parts import Definition, Resource
from transom.catalog.composites.templates import Leaf, Template
from transom.errors import Location
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_


@dataclass(frozen=True, slots=True)
class Origin:
    """The claim that a document was made for.

    Attributes:
        identity: e.g. `PostgreSQLInstance/orders`.
        data, trace: the document as it was written.
    """

    identity: str
    data: Mapping[str, Any]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Composed(Trace):
    """The trace of a composed document."""

    claim: Origin | None = None
    definition: Definition | None = None
    resource: Resource | None = None
    items: Mapping[str, int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The claim's file."""
        return self.claim.trace.file if self.claim else ""

    @property
    def maker(self) -> str:
        """The place of the template."""
        return str(self.definition.entry.at(*self.resource.path)) if self.definition and self.resource else ""

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The claim's line for the document itself and for what came from the claim; else the template's, with the claim as its note."""
        if self.claim is None or self.definition is None or self.resource is None:
            return Location("")
        if not path:
            return self.claim.trace.locate(self.claim.data)
        if path == ("metadata", "name") and self.resource.name is None:
            return self._noted(self.claim.trace.locate(self.claim.data, path), data)
        found, inside = self._template(path)
        for read in sorted(self._claimed(found), key=lambda one: one[:1] != ("spec",)):
            own_name = read[:1] == ("metadata",) and path != ("metadata", "name")  # whatever a claim is called, it fits elsewhere
            if read not in ((), ("spec",), ("metadata",)) and not own_name and _is_written(self.claim.data, read):
                return self._noted(self.claim.trace.locate(self.claim.data, read), data)
        if path == ("spec", "tenant") and inside != path:
            return self.claim.trace.locate(self.claim.data, path)
        place = self.definition.entry.at(*self.resource.path, "template", *inside, of_key=of_key and inside == path)
        return place if place.note else replace(place, note=f"{FOR}{self.claim.identity}")

    def _noted(self, place: Location, data: Mapping[str, Any]) -> Location:
        """A place of the claim, with the document that is meant."""
        metadata = data.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return (
            place
            if place.note or not name
            else replace(place, note=f"in {data.get('kind')}/{name}, of {self.claim.identity if self.claim else ''}")
        )

    def _claimed(self, template: Template) -> Iterator[Path_]:
        """Paths of the claim that a value was made of; through a list that was run over, those of its item."""
        loops = {loop.name: loop.items for loop in self.resource.loops} if self.resource else {}
        for read in template.reads() if isinstance(template, Leaf) else ():
            if read[0] == "claim":
                yield read[1:]
            elif read[0] in loops:
                items = loops[read[0]]
                root = items.expressions[0][0].root
                if root.path[:1] == ("claim",):
                    yield (*root.path[1:], self.items.get(read[0], 0), *read[1:])
                yield from (one[1:] for one in items.reads() if one[0] == "claim")

    def _template(self, path: Path_) -> tuple[Template, Path_]:
        """What stands in the template at the path, or at as much of it as the template has."""
        here: Any = self.resource.template if self.resource else {}
        if path[:2] == ("metadata", "name") and self.resource and self.resource.name is not None:
            return self.resource.name, path[:2]
        for length, part in enumerate(path):
            below = (
                here.get(part)
                if isinstance(here, dict)
                else here[part]
                if isinstance(here, list) and isinstance(part, int) and part < len(here)
                else None
            )
            if below is None or isinstance(here, Leaf):
                return here, path[:length]
            here = below
        return here, path


def _is_written(data: Any, path: Path_) -> bool:
    for part in path:
        if isinstance(part, int):
            if not isinstance(data, list) or part >= len(data):
                return False
        elif not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True
