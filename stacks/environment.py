"""One stack of an environment becomes components, in dependency order.

`run` is the Pulumi program: the stack's name says which environment, and for a shard which tenant. The walk is a table from kind to a
method; what a method needs of earlier ones it finds in the records they filled.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pulumi

from components import network
from components.account import Account, AccountArgs
from components.application import Application, Binding, ServiceAccount
from components.bucket import Bucket
from components.cache import Cache
from components.cluster import Cluster, ClusterConnection, ClusterConnectionArgs
from components.database import Database
from components.eks import Eks
from components.environment import Environment
from components.identity import Identity
from components.incluster import InClusterDatabase
from components.network import Network
from components.objects import KubernetesObject
from components.queue import Queue
from components.table import Table
from components.tenant import Tenant
from components.topic import Topic
from components.vpc import Vpc
from stacks import builders, databases, deliveries, guarded, layout, lifetimes, platform, unbuilt
from transom.catalog import deployers, digests, shards
from transom.catalog.model import Catalog, Entry
from transom.catalog.project import Project
from transom.catalog.shards import Shard
from transom.engine import program
from transom.errors import PermanentError, TransomError
from transom.specs.application import BindingSpec
from transom.specs.composite import Claim


def run() -> None:
    """The program behind every stack: reads the environment that the stack is named after and declares what it asks for."""
    try:
        project = Project.here()
        catalog, shard = _of_stack(pulumi.get_stack(), project)
        guarded.refuse(catalog, project)
        build(catalog, shard, today=datetime.now(UTC).date())
    except TransomError as error:
        raise program.failure(error) from None


def _of_stack(stack: str, project: Project) -> tuple[Catalog, Shard]:
    environment, tenant = shards.split(stack)
    catalog = project.catalog(environment)
    cut = shards.cut(catalog)
    found = next((shard for shard in cut if shard.stack == stack), None)
    if found is None:
        names = ", ".join(shard.stack for shard in cut)
        hint = f"its stacks are {names}; to take {tenant} out of a stack of its own, run transom reshard {environment}"
        raise PermanentError(f"environment {environment} has no stack {stack}", reason="UnknownStack", hint=hint)
    return catalog, found


def build(catalog: Catalog, shard: Shard, *, today: date) -> None:
    """Declares everything that `shard` holds; `today` decides which deletions are released."""
    unbuilt.refuse(catalog, shard.documents)
    layout.refuse_unmoved(catalog, shard)
    walk = _Walk(catalog, shard, today)
    walk.everything()
    if shard.is_part and not shard.tenant:
        _export_links(catalog, walk)
    pulumi.export("environment", catalog.name)
    pulumi.export("layout", layout.of(shard))
    pulumi.export("revisions", {snapshot.source: snapshot.revision for snapshot in catalog.snapshots})
    pulumi.export("documents", digests.documents(catalog, shard.documents))


def _export_links(catalog: Catalog, walk: _Walk) -> None:
    """What tenants' stacks need of the foundation."""
    if catalog.databases or catalog.caches:
        pulumi.export(layout.NETWORK, walk.network.exported())
    if walk.made:
        pulumi.export(layout.CLUSTERS, {name: cluster.kubeconfig for name, cluster in walk.made.items()})


class _Walk:
    """Walks a shard's documents in dependency order and keeps what later ones need."""

    def __init__(self, catalog: Catalog, shard: Shard, today: date) -> None:
        self.catalog = catalog
        self.shard = shard
        self.today = today
        self.root = Environment(catalog.name)
        self.child = pulumi.ResourceOptions(parent=self.root)
        self.connections: dict[str, ClusterConnection] = {}
        self.reached: dict[str, ClusterConnectionArgs] = {}
        self.clusters: dict[str, Cluster] = {}
        self.tenants: dict[str, Tenant] = {}
        self.applications: dict[str, Application] = {}
        self.resources: dict[str, pulumi.ComponentResource] = {}
        self.networks: dict[str, Network] = {}
        self.made: dict[str, Eks] = {}
        self._account: Account | None = None
        self._placed: Network | None = None

    def everything(self) -> None:
        """All documents of the shard."""
        for name, cluster in self.catalog.clusters.items():
            connected = builders.existing(cluster) or (self._linked_cluster(name) if self.shard.tenant else None)
            if connected:
                self.reached[name] = connected
                self.connections[name] = ClusterConnection(name, connected, self.child)
        kinds: Mapping[str, Callable[[Entry[Any]], None]] = {
            "Network": self._network,
            "Cluster": self._cluster,
            "Tenant": self._tenant,
            "Database": self._database,
            "Bucket": self._bucket,
            "Queue": self._queue,
            "Topic": self._topic,
            "Cache": self._cache,
            "Table": self._table,
            "Application": self._application,
        }
        for identity in self.shard.documents:
            entry = self.catalog.entries[identity]
            if not isinstance(entry.document, Claim):  # what a claim is made of is declared, and no more
                kinds[entry.kind](entry)

    def _network(self, entry: Entry[Any]) -> None:
        self.networks[entry.name] = Vpc(entry.name, platform.network(self.catalog, entry), self._cloud(entry)).network

    def _cluster(self, entry: Entry[Any]) -> None:
        eks = entry.document.spec.eks
        if eks is not None:
            placed = self.networks[eks.network] if eks.network else self.network
            options = self._cloud(entry, eks)
            made = self.made[entry.name] = Eks(entry.name, platform.eks(self.catalog, entry, placed, self.today), options)
            connected = ClusterConnectionArgs(kubeconfig=made.kubeconfig, after=made.ready)
            self.reached[entry.name] = connected
            self.connections[entry.name] = ClusterConnection(entry.name, connected, self.child)
        self.clusters[entry.name] = Cluster(entry.name, builders.cluster(self.catalog, entry, self.connections[entry.name]), self.child)

    def _tenant(self, entry: Entry[Any]) -> None:
        self.tenants[entry.name] = Tenant(entry.name, builders.tenant(self.catalog, entry, self.connections), self.child)

    def _database(self, entry: Entry[Any]) -> None:
        home = databases.home(self.catalog, entry)
        if home is None:
            args = databases.on_rds(self.catalog, entry, self.network, self.today)
            self.resources[entry.identity] = Database(entry.name, args, self._cloud(entry))
            return
        owner = self.catalog.owners[entry.identity]
        after = self._foundations(owner, home.cluster, home.namespace) if owner in self.tenants else []
        inside = databases.in_cluster(self.catalog, entry, home, self.connections[home.cluster], after)
        kept = lifetimes.options(entry.document.spec, self.today)
        options = pulumi.ResourceOptions.merge(self.child, kept)
        self.resources[entry.identity] = InClusterDatabase(entry.name, inside, options)

    def _bucket(self, entry: Entry[Any]) -> None:
        args = builders.bucket(self.catalog, entry, self.place, self.resources)
        self.resources[entry.identity] = Bucket(entry.name, args, self._cloud(entry))

    def _queue(self, entry: Entry[Any]) -> None:
        dead = self.resources.get(f"Queue/{entry.document.spec.dead_letter.queue}")
        self.resources[entry.identity] = Queue(entry.name, builders.queue(self.catalog, entry, self.place, dead), self._cloud(entry))

    def _topic(self, entry: Entry[Any]) -> None:
        args = builders.topic(self.catalog, entry, self.place, self.resources)
        self.resources[entry.identity] = Topic(entry.name, args, self._cloud(entry))

    def _cache(self, entry: Entry[Any]) -> None:
        args = builders.cache(self.catalog, entry, self.network, self.today)
        self.resources[entry.identity] = Cache(entry.name, args, self._cloud(entry))

    def _table(self, entry: Entry[Any]) -> None:
        self.resources[entry.identity] = Table(entry.name, builders.table(self.catalog, entry, self.today), self._cloud(entry))

    def _application(self, entry: Entry[Any]) -> None:
        spec = entry.document.spec
        cluster = self.catalog.placements[entry.name]
        after: list[pulumi.Resource] = []
        if spec.tenant in self.tenants:  # in a tenant's own stack the foundation was up before
            after += self._foundations(spec.tenant, cluster, spec.destination.namespace)
        for one in spec.depends_on:  # what is in another shard was up before
            if one.kind == "Application" and one.name in self.applications:
                after += self.applications[one.name].objects
            elif one.identity in self.resources:
                after.append(self.resources[one.identity])
            elif isinstance(claim := self.catalog.entries[one.identity].document, Claim):
                after += self._made_of(claim)
            elif one.kind == "Tenant" and one.name in self.tenants:
                after.append(self.tenants[one.name])
        bindings = [*(self._binding(one, entry) for one in spec.bindings), *deliveries.of_application(entry)]
        account = self._identity(entry, after)
        args = builders.application(self.catalog, entry, self._connection(spec.tenant, cluster), bindings, after, self.resources)
        self.applications[entry.name] = Application(entry.name, replace(args, account=account), self.child)

    def _connection(self, tenant: str, cluster: str) -> ClusterConnection:
        """The connection to a cluster through which a tenant's objects are applied: as the tenant's own account, where it has one."""
        found = deployers.of(self.catalog, self.catalog.tenants[tenant])
        if found is None:
            return self.connections[cluster]
        name = f"{cluster}-{tenant}"
        if name not in self.connections:
            self.connections[name] = ClusterConnection(name, builders.acting(self.reached[cluster], found.user), self.child)
        return self.connections[name]

    def _foundations(self, tenant: str, cluster: str, namespace: str) -> list[KubernetesObject]:
        """What must be there before an object of a tenant: its namespace, or for one that is not confined what the cluster itself gets."""
        own = self.tenants[tenant].foundations.get((cluster, namespace))
        if own is not None:
            return own
        return self.clusters[cluster].objects if cluster in self.clusters else []

    def _identity(self, entry: Entry[Any], after: list[pulumi.Resource]) -> ServiceAccount | None:
        """The role of an application's pods, where they have one; they wait for what it allows."""
        granted = [
            platform.Granted("-".join(one.target).lower(), one.granted, self.resources["/".join(one.target)])
            for one in entry.document.spec.bindings
            if one.granted
        ]
        made = self.made.get(self.catalog.placements[entry.name])
        found = platform.identity(self.catalog, entry, granted, self.account.account_id, made) if granted else None
        if found is None:
            return None
        args, account = found
        after += Identity(entry.name, args, self._cloud(entry)).settled
        return account

    def _made_of(self, claim: Claim) -> list[pulumi.Resource]:
        """What a claim is made of: its components, and the application that its objects belong to."""
        found: list[pulumi.Resource] = [self.resources[identity] for identity in claim.composed.documents if identity in self.resources]
        holder = claim.composed.application
        return [*found, *(self.applications[holder].objects if holder in self.applications else ())]

    def _binding(self, spec: BindingSpec, entry: Entry[Any]) -> Binding:
        identity = "/".join(spec.target)
        bound = self.catalog.entries[identity].document
        if isinstance(bound, Claim):
            return builders.claimed(spec, entry.name, bound, self.resources)
        written = builders.binding(spec, entry.name, self.resources[identity], self.catalog.environment.document.spec.aws.database_ca)
        return deliveries.binding(self.catalog, entry, written, self.resources[identity])

    def _cloud(self, entry: Entry[Any], guarded: Any = None) -> pulumi.ResourceOptions:
        """Options of a cloud component: its provider, and protection where the document holds data or what others stand in."""
        kept = lifetimes.options(guarded or entry.document.spec, self.today)
        placed = pulumi.ResourceOptions(parent=self.root, providers=[self.account.provider])
        return pulumi.ResourceOptions.merge(placed, kept)

    @property
    def account(self) -> Account:
        """The AWS account, declared once something needs it."""
        if self._account is None:
            spec = self.catalog.environment.document.spec
            local = bool(os.environ.get("AWS_ENDPOINT_URL"))
            args = AccountArgs(spec.aws.region, spec.aws.account_id, local, {"transom:environment": self.catalog.name, **spec.tags})
            self._account = Account(self.catalog.name, args, self.child)
        return self._account

    @property
    def place(self) -> builders.Place:
        """Where resources are, for ARNs that are needed before what they name."""
        return builders.Place(self.catalog.environment.document.spec.aws.region, self.account.account_id)

    @property
    def network(self) -> Network:
        """Where databases are placed."""
        if self._placed is None:
            self._placed = self._linked_network() if self.shard.tenant else self._own_network()
        return self._placed

    def _own_network(self) -> Network:
        given = self.catalog.environment.document.spec.aws.network
        if given and given.name and given.name in self.networks:
            return self.networks[given.name]
        provider = self.account.provider
        return network.existing(given.vpc_id, given.subnet_ids, provider) if given and given.vpc_id else network.default(provider)

    def _linked_network(self) -> Network:
        """The foundation's network, as it exported it; looked up while there is no foundation yet, which only a preview ever sees."""
        exported: dict[str, Any] | None = layout.deployed(self.catalog.name).get(layout.NETWORK)
        return network.linked(exported) if exported else self._own_network()

    def _linked_cluster(self, name: str) -> ClusterConnectionArgs:
        """A cluster that the foundation makes, as it exported it; not known while there is no foundation yet, as a preview sees it."""
        exported: dict[str, Any] = layout.deployed(self.catalog.name).get(layout.CLUSTERS) or {}
        return ClusterConnectionArgs(kubeconfig=pulumi.Output.secret(exported.get(name, pulumi.output.UNKNOWN)))
