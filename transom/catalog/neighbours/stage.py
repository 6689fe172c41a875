"""The stage: documents of Argo CD and Flux out, documents of ours and the objects of their applications in.

What a neighbour's document leads to may hold further ones, so they are taken in rounds: read, render, put under overlays, fill in, look
for more. Waves, dependencies and tenants are settled once all are known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from transom.catalog.neighbours import reading
from transom.rendering.render import Rendering
from transom.specs.source import EntrySpec, SourceSpec

if TYPE_CHECKING:  # that module's table of stages names this one
    from transom.catalog.stages import Ground


def convert(ground: Ground, rendering: Rendering) -> Rendering:
    """`rendering` without the neighbours' documents, with what they stand for."""
    theirs = [document for document in rendering.documents if reading.is_theirs(document.data)]
    entries = list(_entries(ground.environment.document.spec.sources))
    if not theirs and not entries:
        return rendering
    from transom.catalog.neighbours.rounds import Rounds  # the models are not free

    ours = tuple(document for document in rendering.documents if not reading.is_theirs(document.data))
    return Rounds(ground, replace(rendering, documents=ours)).all(theirs, entries)


def _entries(sources: Iterable[SourceSpec]) -> Iterable[tuple[SourceSpec, EntrySpec]]:
    return ((source, entry) for source in sources for entry in source.entries)
