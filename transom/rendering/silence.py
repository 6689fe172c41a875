"""What Kustomize passes over in silence: patches aimed at nothing. Nothing changes then, and nobody is told; here it is a mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transom.errors import Location, Problem
from transom.rendering.kustomization import Reading
from transom.rendering.trace import hits
from transom.rendering.units import Unit


def problems(unit: Unit, reading: Reading, documents: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Patches aimed at a name that nothing has: Kustomize passes over them in silence, and nothing changes."""
    patches = [patch for layer in reading.layers for patch in layer.patches()]
    if any(isinstance(patch.written.data, dict) and "$patch" in patch.written.data for patch in patches):
        return  # what a patch was aimed at may have been deleted since
    for patch in patches:
        if patch.target and patch.target.get("name") and not any(hits(patch, data, reading.layers) for data in documents):
            place = patch.place or (1, 1)
            wanted = " ".join(str(patch.target[key]) for key in ("kind", "name", "labelSelector") if patch.target.get(key))
            hint = "correct kind and name; Kustomize would pass over this patch in silence"
            where = Location(unit.snapshot.path_of(patch.named_in or patch.file), *place)
            yield Problem(where, "PatchWithoutTarget", f"there is no {wanted} to patch", hint)
