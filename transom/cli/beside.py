"""What is in the namespaces of an environment beside what its documents declare: listed while the engine still looks at what they do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from transom.catalog.model import Catalog
from transom.changes import ChangeSet
from transom.cli import clusters
from transom.drift import Report, State, Unmanaged, unmanaged
from transom.engine import Engine
from transom.errors import TransomError
from transom.live import objects
from transom.live.objects import Listed

_NAMESPACE = "kubernetes:core/v1:Namespace"
_AT_ONCE = 8
"""Clusters that are listed at the same time."""


@dataclass(slots=True)
class Scope:
    """Stacks and clusters of an environment: those that were looked at to the end, and all there are."""

    looked: set[str]
    existing: set[str]


@dataclass(frozen=True, slots=True)
class _Listing:
    """A cluster that is being listed; which of its namespaces are meant is known when the engine has looked."""

    namespaces: Future[Collection[str]]
    listed: Future[Listed]


class Listings:
    """What is being listed, by environment and cluster."""

    def __init__(self, begun: Mapping[tuple[str, str], _Listing]) -> None:
        self._begun = begun

    def beside(self, catalog: Catalog, changesets: list[ChangeSet], report: Report, scope: Scope) -> Report:
        """The report with the objects in managed namespaces that no document declares; nothing where it was not asked for."""
        if not any(environment == catalog.name for environment, _ in self._begun):
            return report
        scope.existing.update(f"cluster {name}" for name in catalog.clusters)
        if not {one for one in scope.existing if not one.startswith("cluster ")} <= scope.looked:
            why = f"{catalog.name}: what no document declares was not looked for, because not every stack could be looked at"
            return replace(report, warnings=(*report.warnings, why))
        sightings = [sighting for changes in changesets for sighting in changes.sightings if sighting.type.startswith("kubernetes:")]
        managed = {unmanaged.managed(one.type, one.name, one.id) for one in sightings}
        managed |= {
            unmanaged.managed(one.type, one.name, one.id or one.name.partition("/")[2])
            for one in report.findings
            if one.state is State.UNREADABLE and one.type.startswith("kubernetes:")
        }
        found: list[Unmanaged] = []
        warnings: list[str] = []
        for name in catalog.clusters:
            namespaces = {one.id for one in sightings if one.type == _NAMESPACE and one.name.partition("/")[0] == name}
            if not namespaces:
                continue
            listing = self._begun[catalog.name, name]
            listing.namespaces.set_result(namespaces)
            try:
                listed = listing.listed.result()
            except TransomError as error:
                warnings.append(f"{catalog.name}: what no document declares is not known: {error}")
                continue
            warnings += [f"{catalog.name}: objects of a kind cannot be listed: {why}" for why in listed.unseen]
            things = (
                unmanaged.Thing(name, one.namespace, one.kind.type, one.name, one.made, one.maker, one.metadata) for one in listed.present
            )
            scope.looked.update({f"cluster {name}"} if not listed.unseen else ())
            found += unmanaged.unmanaged(catalog.name, things, managed)
        ordered = sorted(found, key=lambda one: (one.cluster, one.namespace, one.type, one.name))
        return replace(report, unmanaged=tuple(ordered), warnings=(*report.warnings, *warnings))


@contextmanager
def listing(engine: Engine, catalogs: Iterable[Catalog]) -> Iterator[Listings]:
    """Begins to list the clusters of these environments; at the end nobody waits for what was not asked for."""
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="listing")
    begun: dict[tuple[str, str], _Listing] = {}
    for catalog in catalogs:
        for name in catalog.clusters:
            namespaces: Future[Collection[str]] = Future()
            begun[catalog.name, name] = _Listing(namespaces, pool.submit(_listed, engine, catalog, name, namespaces))
    try:
        yield Listings(begun)
    finally:
        for one in begun.values():
            if not one.namespaces.done():
                one.namespaces.set_result(())
        pool.shutdown(wait=False, cancel_futures=True)


def _listed(engine: Engine, catalog: Catalog, name: str, namespaces: Future[Collection[str]]) -> Listed:
    return objects.listed(clusters.connect(catalog, name, engine), namespaces.result, unmanaged.SKIPPED)
