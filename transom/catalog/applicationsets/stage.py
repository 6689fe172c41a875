"""The stage: ApplicationSets out, Applications in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from transom.errors import Problem
from transom.rendering.render import Rendered, Rendering
from transom.specs.base import API_VERSION

if TYPE_CHECKING:  # that module's table of stages names this one
    from transom.catalog.stages import Ground


def generate(ground: Ground, rendering: Rendering) -> Rendering:
    """`rendering` without its ApplicationSets, each of which is refused: they are not generated yet."""
    del ground
    sets = [document for document in rendering.documents if _is_set(document)]
    refused = tuple(
        Problem(one.trace.locate(one.data, ("kind",)), "UnknownKind", "ApplicationSets are not generated yet", "write its Applications")
        for one in sets
    )
    kept = tuple(document for document in rendering.documents if not _is_set(document))
    return replace(rendering, documents=kept, problems=rendering.problems + refused)


def _is_set(document: Rendered) -> bool:
    return document.data.get("kind") == "ApplicationSet" and document.data.get("apiVersion") == API_VERSION
