"""What two catalogs differ in, document by document. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from transom.catalog.model import Catalog

CONTEXT = 3
"""Unchanged lines shown around a change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One document or object: its name, what happened to it, and the lines of a unified diff of its YAML, without file headers."""

    name: str
    change: Literal["added", "removed", "changed"]
    lines: tuple[str, ...]


def catalogs(before: Catalog, after: Catalog) -> tuple[Difference, ...]:
    """Everything that differs: removed first, then added, then changed, each by name."""
    old, new = dict(_named(before)), dict(_named(after))
    found = [Difference(name, "removed", _diff(old[name], None)) for name in sorted(old.keys() - new.keys())]
    found += [Difference(name, "added", _diff(None, new[name])) for name in sorted(new.keys() - old.keys())]
    found += [
        Difference(name, "changed", _diff(old[name], new[name])) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]
    ]
    return tuple(found)


def _named(catalog: Catalog) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every document and object by a name that says whose it is; the environment's own document is one of them."""
    yield f"Environment/{catalog.name}", catalog.environment.data
    for identity, entry in catalog.entries.items():
        yield identity, entry.data
    for owner, manifests in catalog.manifests.items():
        for manifest in manifests:
            place = f"{manifest.namespace}/" if manifest.namespace else ""
            yield f"{owner}: {manifest.kind} {place}{manifest.name}", manifest.data


def _diff(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[str, ...]:
    from transom.rendering.kustomization import dump

    old, new = (dump(data).splitlines() if data is not None else [] for data in (before, after))
    return tuple(list(difflib.unified_diff(old, new, lineterm="", n=CONTEXT))[2:])
