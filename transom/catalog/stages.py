"""Stages: what stands between rendering and linking. A stage reads documents that stand for other documents and puts those in their place.

They run in the order of `STAGES`; each is one function of what is rendered so far. What a stage makes carries a trace to the file that a
person wrote, and the unit that it belongs to, as if it had been rendered there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transom.catalog import charts, folders
from transom.catalog.applicationsets.stage import generate
from transom.catalog.composites.stage import compose
from transom.catalog.model import Entry
from transom.catalog.neighbours.stage import convert
from transom.rendering.render import Renderer, Rendering
from transom.source.base import Snapshot
from transom.specs.environment import Environment


@dataclass(frozen=True, slots=True)
class Ground:
    """What a stage may look at beside the documents: nothing of it may be changed.

    Attributes:
        environment: the environment that the catalog is for.
        snapshots: its sources' files, in the order of the environment's sources.
        renderer: renders further folders of these snapshots.
    """

    environment: Entry[Environment]
    snapshots: tuple[Snapshot, ...]
    renderer: Renderer


Stage = Callable[[Ground, Rendering], Rendering]
"""Documents, problems and failed units before and after; problems found so far are kept."""

STAGES: tuple[Stage, ...] = (convert, generate, folders.stage, charts.stage, compose)
"""In order: the neighbours' documents become ours, generators become applications, applications' folders and charts are
rendered, composites become the documents they are made of."""
