"""Where a new document belongs in a repository, by its kind and by whose it is: the layout that `transom.rendering.units` reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transom.specs.kinds import RESOURCE_KINDS

OF_APPLICATIONS = frozenset({*RESOURCE_KINDS})
"""Kinds that may lie beside an application."""

OF_PLATFORM = frozenset({"Cluster", "Network", "Tenant", "Environment", "CompositeDefinition"})
"""Kinds that belong to no tenant."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: the document, and whose it is; empty where it was not said."""

    kind: str
    name: str
    application: str = ""
    tenant: str = ""
    environment: str = ""


def file(root: Path, wanted: Wanted) -> Path:
    """The file for a document that there is not yet; `root` is where `applications/`, `tenants/` and the others lie.

    A resource beside an application is named after its kind, after kind and name once there is one of the kind.
    """
    clusters = root / "infrastructure" / "clusters" / wanted.name
    places = {
        "Cluster": clusters / "cluster.yaml",
        "Network": clusters / "network.yaml" if clusters.is_dir() else root / "resources" / f"{wanted.name}.yaml",
        "Tenant": root / "tenants" / f"{wanted.name}.yaml",
        "CompositeDefinition": root / "infrastructure" / "compositions" / f"{wanted.name}.yaml",
        "Application": _of_application(root, wanted.name) / "application.yaml",
    }
    if wanted.kind in places:
        return places[wanted.kind]
    if not wanted.application:
        return root / ("databases" if wanted.kind == "Database" else "resources") / f"{wanted.name}.yaml"
    folder = folder_of(root, wanted.application, wanted.environment)
    first = folder / f"{wanted.kind.lower()}.yaml"
    return first if not first.exists() else folder / f"{wanted.kind.lower()}-{wanted.name}.yaml"


def _of_application(root: Path, name: str) -> Path:
    top = root / "applications" / name
    return folder_of(root, name) if top.is_dir() else top / "base"


def folder_of(root: Path, application: str, environment: str = "") -> Path:
    """Where an application's documents lie: its base, or the overlay of one environment."""
    top = root / "applications" / application
    if environment:
        return top / "overlays" / environment
    return top / "base" if (top / "base").is_dir() else top
