"""What a conversion looks at and what it writes down: the environment's clusters, tenants and sources; the problems found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transom.catalog.neighbours.folders import Folder
from transom.catalog.neighbours.overlay import Overlay
from transom.catalog.neighbours.places import borrowed
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.repositories import Repositories
from transom.errors import Location, Problem, Severity
from transom.rendering.render import Rendered
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION
from transom.specs.cluster import Cluster
from transom.specs.tenant import Tenant


@dataclass(slots=True)
class Surroundings:
    """The environment around the neighbours' documents.

    Attributes:
        environment: its name.
        clusters: its clusters by name.
        tenants: the declared tenants by name; those that conversions make are added.
        repositories: its sources.
        problems: what is wrong, and what has no effect.
    """

    environment: str
    clusters: Mapping[str, Cluster]
    tenants: dict[str, Tenant]
    repositories: Repositories
    problems: list[Problem] = field(default_factory=list)
    broken: set[tuple[str, str, str]] = field(default_factory=set)
    """Kind, namespace and name of documents that are wrong: pointing at one is not a second mistake."""
    made: dict[str, Rendered] = field(default_factory=dict)
    """Tenants that stand for something of a neighbour's, by name."""

    @property
    def only_cluster(self) -> str:
        """The environment's cluster when it has exactly one; empty otherwise."""
        return next(iter(self.clusters)) if len(self.clusters) == 1 else ""

    def wrong(self, where: Location, reason: str, message: str, hint: str) -> None:
        """Notes a mistake."""
        self.problems.append(Problem(where, reason, message, hint))

    def warn(self, where: Location, reason: str, message: str, hint: str) -> None:
        """Notes what has no effect, or not quite the one that is meant."""
        self.problems.append(Problem(where, reason, message, hint, Severity.WARNING))

    def make_tenant(self, name: str, by: Rendered, ways: Mapping[Path_, Path_]) -> None:
        """A tenant that is not confined, for what a neighbour has in its place; the first one that asks for it makes it."""
        if name in self.tenants or name in self.made:
            return
        data = {"apiVersion": API_VERSION, "kind": "Tenant", "metadata": {"name": name}, "spec": {"confined": False}}
        self.made[name] = Rendered(data, borrowed(by.data, by.trace, ways), _resources(by.unit))


@dataclass(slots=True)
class Converted:
    """An application of a neighbour on its way: what it points at, what is put over it, what became of it.

    Attributes:
        theirs: the document.
        name: of the application.
        tenant: of the application.
        cluster: where it goes; None for the environment's only one.
        namespace: of objects that name none; empty when there is none.
        spec: further fields of the application's spec.
        ways: where they are written in the neighbour's document.
        needs: keys of the neighbour's documents that must be there before, each with the place that says so.
        folders: what it is rendered from.
        objects: what was rendered.
        torn: whether some of it could not be.
    """

    theirs: Theirs
    name: str
    tenant: str
    cluster: str | None
    namespace: str
    unit: Unit
    spec: dict[str, Any] = field(default_factory=dict)
    ways: dict[Path_, Path_] = field(default_factory=dict)
    needs: list[tuple[tuple[str, str, str], Path_]] = field(default_factory=list)
    overlay: Overlay | None = None
    folders: tuple[Folder, ...] = ()
    changed: bool = False
    """Whether its objects are others than those that its folders and overlay give."""
    objects: tuple[Rendered, ...] = ()
    children: list[tuple[str, str, str]] = field(default_factory=list)
    torn: bool = False

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of the application."""
        return dict(self.theirs.model.metadata.labels)


def _resources(unit: Unit) -> Unit:
    return Unit(Room.TENANTS, unit.name, unit.folder, unit.kustomized, unit.snapshot)


def trace_of(theirs: Theirs, ways: Mapping[Path_, Path_]) -> Trace:
    """The trace of what stands for a neighbour's document."""
    return borrowed(theirs.rendered.data, theirs.rendered.trace, ways)


def cluster_unit(unit: Unit, cluster: str) -> Unit:
    """The unit of what belongs to a cluster itself."""
    return Unit(Room.CLUSTER, cluster, unit.folder, unit.kustomized, unit.snapshot)
