"""The records of the catalog."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from transom.errors import Location, Problem
from transom.rendering.trace import Trace
from transom.rendering.units import Unit
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.cache import Cache
from transom.specs.cluster import Cluster
from transom.specs.database import Database
from transom.specs.environment import Environment
from transom.specs.network import Network
from transom.specs.owned import Owned
from transom.specs.resources import Bucket, Queue
from transom.specs.table import Table
from transom.specs.tenant import Tenant
from transom.specs.topic import Topic

D_co = TypeVar("D_co", bound=Document, covariant=True)

Identity = str
"""Kind and name of a document, `Database/shop`: unique in an environment, and all that names in state are made of."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[D_co]):
    """A valid document and where it comes from."""

    document: D_co
    data: Mapping[str, Any] = field(repr=False)
    trace: Trace = field(repr=False)
    unit: Unit | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """E.g. `Database`."""
        return str(self.data["kind"])

    @property
    def name(self) -> str:
        """E.g. `shop`."""
        return self.document.metadata.name

    @property
    def identity(self) -> Identity:
        """E.g. `Database/shop`."""
        return f"{self.kind}/{self.name}"

    @property
    def generated_by(self) -> Identity:
        """The document that generated it, e.g. `ApplicationSet/web`; empty for what a person wrote."""
        return self.trace.generated_by

    def at(self, *path: str | int, of_key: bool = False) -> Location:
        """The line a person wrote for the value at `path`."""
        return self.trace.locate(self.data, tuple(path), of_key=of_key)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A Kubernetes object as it would be applied: `namespace` is filled in, empty for cluster-scoped kinds."""

    data: Mapping[str, Any]
    namespace: str
    trace: Trace = field(repr=False)

    @property
    def kind(self) -> str:
        """E.g. `Deployment`."""
        return str(self.data["kind"])

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return str(self.data["metadata"]["name"])

    @property
    def group(self) -> str:
        """API group, empty for core."""
        return str(self.data["apiVersion"]).rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same object on a cluster: group, kind, namespace, name."""
        return self.group, self.kind, self.namespace, self.name

    def at(self, *path: str | int) -> Location:
        """The line a person wrote for the value at `path`."""
        path_: Path_ = tuple(path)
        return self.trace.locate(self.data, path_)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All documents of one environment, validated, linked and ordered.

    Attributes:
        environment: its document.
        snapshots: the sources' files, in the order of the environment's sources.
        entries: every document that is part of the environment, in dependency order, by identity.
        needs: for each identity what must be there before it.
        owners: the tenant of each resource and application, by identity.
        placements: the cluster of each application, by the application's name.
        manifests: Kubernetes objects by the identity they belong to: an Application, or a Cluster for what every cluster gets.
        warnings: what was told about the documents and passed over.
    """

    environment: Entry[Environment]
    snapshots: tuple[Snapshot, ...]
    entries: Mapping[Identity, Entry[Document]]
    needs: Mapping[Identity, tuple[Identity, ...]]
    owners: Mapping[Identity, str]
    placements: Mapping[str, str]
    manifests: Mapping[Identity, tuple[Manifest, ...]]
    warnings: tuple[Problem, ...] = ()

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def clusters(self) -> Mapping[str, Entry[Cluster]]:
        """The environment's clusters by name."""
        return cast("Mapping[str, Entry[Cluster]]", self._of(Cluster))

    @property
    def tenants(self) -> Mapping[str, Entry[Tenant]]:
        """Tenants by name."""
        return cast("Mapping[str, Entry[Tenant]]", self._of(Tenant))

    @property
    def applications(self) -> Mapping[str, Entry[Application]]:
        """Applications by name."""
        return cast("Mapping[str, Entry[Application]]", self._of(Application))

    @property
    def databases(self) -> Mapping[str, Entry[Database]]:
        """Databases by name."""
        return cast("Mapping[str, Entry[Database]]", self._of(Database))

    @property
    def buckets(self) -> Mapping[str, Entry[Bucket]]:
        """Buckets by name."""
        return cast("Mapping[str, Entry[Bucket]]", self._of(Bucket))

    @property
    def queues(self) -> Mapping[str, Entry[Queue]]:
        """Queues by name."""
        return cast("Mapping[str, Entry[Queue]]", self._of(Queue))

    @property
    def networks(self) -> Mapping[str, Entry[Network]]:
        """Networks by name."""
        return cast("Mapping[str, Entry[Network]]", self._of(Network))

    @property
    def topics(self) -> Mapping[str, Entry[Topic]]:
        """Topics by name."""
        return cast("Mapping[str, Entry[Topic]]", self._of(Topic))

    @property
    def caches(self) -> Mapping[str, Entry[Cache]]:
        """Caches by name."""
        return cast("Mapping[str, Entry[Cache]]", self._of(Cache))

    @property
    def tables(self) -> Mapping[str, Entry[Table]]:
        """Tables by name."""
        return cast("Mapping[str, Entry[Table]]", self._of(Table))

    def _of(self, kind: type[Document]) -> Mapping[str, Entry[Document]]:
        return {entry.name: entry for entry in self.entries.values() if isinstance(entry.document, kind)}

    @property
    def digest(self) -> str:
        """SHA-256 of everything that would be applied, the same for the same documents in any order of files."""
        content: dict[str, Any] = {"environment": self.environment.data}
        content |= {identity: entry.data for identity, entry in self.entries.items()}
        content["manifests"] = {owner: sorted((list(m.key), m.data) for m in manifests) for owner, manifests in self.manifests.items()}
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()

    def everything(self) -> Iterator[tuple[str, Location]]:
        """Identity and place of every document and object, for the index of documents."""
        for identity, entry in self.entries.items():
            yield identity, entry.at()
        for owner, manifests in self.manifests.items():
            for manifest in manifests:
                yield f"{owner}:{manifest.kind}/{manifest.namespace}/{manifest.name}", manifest.at()


def tenant_of(spec: Any) -> str | None:
    """The tenant that a resource's spec names itself."""
    return spec.tenant if isinstance(spec, Owned) else None
