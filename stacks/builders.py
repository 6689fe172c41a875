"""The only translator: specs with plain values become component arguments with inputs.

Physical names are made here, from the environment, the tenant and the document: `dev-team-a-shop`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pulumi

from components import partitions
from components.application import ApplicationArgs, Binding, Owned
from components.bucket import Bucket, BucketArgs, NotificationArgs
from components.cache import Cache, CacheArgs
from components.cluster import ClusterArgs, ClusterConnection, ClusterConnectionArgs
from components.database import Database
from components.incluster import InClusterDatabase
from components.network import Network
from components.objects import MANAGED_BY, ObjectArgs
from components.policies import Sender
from components.queue import Queue, QueueArgs
from components.table import IndexArgs, KeyArgs, Table, TableArgs
from components.tenant import DeployerArgs, Opening, Peers, TenantArgs
from components.topic import SubscriptionArgs, Topic, TopicArgs
from stacks import databases, outputs
from transom.catalog import adapt, deployers, names, rollouts
from transom.catalog.model import Catalog, Entry, Manifest
from transom.engine import kubeconfig, paths
from transom.specs import resources as specs
from transom.specs.application import Application, BindingSpec
from transom.specs.cache import Cache as CacheDocument
from transom.specs.cluster import Cluster
from transom.specs.composite import Claim
from transom.specs.table import Table as TableDocument
from transom.specs.tenant import OpeningSpec, PeersSpec, Tenant
from transom.specs.topic import SubscriptionSpec
from transom.specs.topic import Topic as TopicDocument


def physical_name(catalog: Catalog, entry: Entry[Any]) -> str:
    """Name of a cloud resource: environment, tenant and document."""
    return names.physical(catalog.name, catalog.owners[entry.identity], entry.name)


def tags(catalog: Catalog, entry: Entry[Any]) -> dict[str, str]:
    """Tags of one document's resources, beside those that the environment's provider gives to all."""
    tenant = catalog.owners[entry.identity]
    return {**catalog.tenants[tenant].document.spec.tags, "transom:document": entry.identity, "transom:tenant": tenant}


def existing(entry: Entry[Cluster]) -> ClusterConnectionArgs | None:
    """How to reach a cluster that somebody else made; None for one that Transom makes."""
    found = entry.document.spec.existing
    return ClusterConnectionArgs(context=found.context) if found else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an environment's resources are, for ARNs that are needed before what they name."""

    region: str
    account_id: pulumi.Input[str]

    def arn(self, service: str, name: pulumi.Input[str]) -> pulumi.Output[str]:
        """ARN of something of a service whose ARNs are its names: `sqs`, `sns`."""
        return pulumi.Output.format("arn:{}:{}:{}:{}:{}", partitions.of(self.region), service, self.region, self.account_id, name)

    def bucket(self, catalog: Catalog, entry: Entry[Any]) -> pulumi.Output[str]:
        """Physical name of a bucket, which no other account can have taken."""
        if adopted := entry.document.spec.adopted:
            return pulumi.Output.from_input(adopted)
        return pulumi.Output.concat(physical_name(catalog, entry), "-", self.account_id)


def cluster(catalog: Catalog, entry: Entry[Cluster], connection: ClusterConnection) -> ClusterArgs:
    """What a cluster gets."""
    labels = {**MANAGED_BY, "transom.dev/environment": catalog.name}
    manifests = catalog.manifests.get(entry.identity, ())
    return ClusterArgs(connection, [ObjectArgs(manifest.data, manifest.namespace, labels) for manifest in manifests])


def tenant(catalog: Catalog, entry: Entry[Tenant], connections: Mapping[str, ClusterConnection]) -> TenantArgs:
    """A tenant's namespaces on the clusters that it may use."""
    spec = entry.document.spec
    found = deployers.of(catalog, entry)
    deployer = DeployerArgs(names.DEPLOYER, found.namespace, found.rules, found.unscoped) if found else None
    hard = {
        "requests.cpu": spec.quota.cpu,
        "requests.memory": spec.quota.memory,
        "requests.storage": spec.quota.storage,
        "pods": None if spec.quota.pods is None else str(spec.quota.pods),
    }
    return TenantArgs(
        environment=catalog.name,
        connections={
            name: connection
            for name, connection in connections.items()
            if spec.allowed.uses(name, catalog.clusters[name].document.metadata.labels)
        },
        namespaces=spec.namespaces,
        roles={names.role_binding(owner.group, owner.role): (owner.group, owner.role) for owner in spec.owners},
        quota={name: str(value) for name, value in hard.items() if value is not None},
        container_requests={"cpu": str(spec.defaults.cpu), "memory": str(spec.defaults.memory)},
        container_limits={"memory": str(spec.defaults.memory_limit)},
        pod_security=spec.pod_security,
        allow_from_tenants=spec.network.allow_from_tenants,
        allow_from_namespaces=spec.network.allow_from_namespaces,
        allow_egress=spec.network.allow_egress,
        openings={names.opening(name): _opening(one) for name, one in spec.network.openings.items()},
        deployer=deployer,
    )


def _opening(spec: OpeningSpec) -> Opening:
    ports = [(one, "TCP") if isinstance(one, int) else (int(one.partition("/")[0]), one.partition("/")[2]) for one in spec.ports]
    return Opening(spec.pods, _peers(spec.egress), _peers(spec.ingress), ports)


def _peers(spec: PeersSpec | None) -> Peers | None:
    return Peers(spec.tenants, spec.namespaces, spec.cidrs) if spec else None


def acting(args: ClusterConnectionArgs, user: str) -> ClusterConnectionArgs:
    """How to reach the same cluster as another user, by impersonation (kubernetes.io: authenticating, user impersonation)."""
    if args.context is not None:
        return replace(args, context=kubeconfig.acting(args.context, user))
    return replace(args, kubeconfig=pulumi.Output.from_input(args.kubeconfig).apply(lambda text: _as(str(text), user)))


def _as(text: str, user: str) -> str:
    document = json.loads(text)
    users = [{**one, "user": {**one["user"], "as": user}} for one in document["users"]]
    return json.dumps({**document, "users": users})


def bucket(catalog: Catalog, entry: Entry[specs.Bucket], place: Place, heard: Mapping[str, pulumi.ComponentResource]) -> BucketArgs:
    """A bucket; `heard` are the components of those who hear of it, by identity."""
    spec = entry.document.spec
    return BucketArgs(
        bucket=place.bucket(catalog, entry),
        versioning=spec.versioning,
        expire_after=spec.lifecycle.expire_after.days if spec.lifecycle.expire_after else None,
        expire_old_versions_after=spec.lifecycle.expire_old_versions_after.days,
        archive_after=spec.lifecycle.archive_after.days if spec.lifecycle.archive_after else None,
        notifications=[_notification(index, one, heard) for index, one in enumerate(spec.notifications, 1)],
        tags=tags(catalog, entry),
        imported=spec.adopted,
    )


def _notification(index: int, spec: specs.NotificationSpec, heard: Mapping[str, pulumi.ComponentResource]) -> NotificationArgs:
    receiver: Any = heard["/".join(spec.target)]
    name = f"{spec.target[1]}-{index}"
    is_topic = isinstance(receiver, Topic)
    return NotificationArgs(name, receiver.arn, is_topic, spec.events, spec.prefix, spec.suffix, [receiver.policy])


def queue(catalog: Catalog, entry: Entry[specs.Queue], place: Place, dead: pulumi.ComponentResource | None) -> QueueArgs:
    """A queue and its dead-letter queue: one of its own, or `dead`, that of another document."""
    spec = entry.document.spec
    return QueueArgs(
        queue=physical_name(catalog, entry),
        fifo=spec.fifo,
        visibility_timeout=spec.visibility_timeout.seconds,
        retention=spec.retention.seconds,
        delay=spec.delay.seconds,
        max_receives=spec.dead_letter.max_receives,
        dead_letter_retention=spec.dead_letter.retention.seconds,
        dead_letter_arn=dead.arn if isinstance(dead, Queue) else None,
        sources=[
            place.arn("sqs", _ending(physical_name(catalog, other), other.document.spec.fifo))
            for other in catalog.queues.values()
            if other.document.spec.dead_letter.queue == entry.name
        ],
        senders=[*_topics_to(catalog, entry, place), *_buckets_to(catalog, entry, place)],
        account_id=place.account_id,
        tags=tags(catalog, entry),
    )


def _topics_to(catalog: Catalog, entry: Entry[specs.Queue], place: Place) -> list[Sender]:
    """The topics that a queue is subscribed to."""
    return [
        Sender("sns.amazonaws.com", place.arn("sns", _ending(physical_name(catalog, topic), topic.document.spec.fifo)))
        for topic in catalog.topics.values()
        if any(one.queue == entry.name for one in topic.document.spec.subscriptions)
    ]


def _buckets_to(catalog: Catalog, entry: Entry[Any], place: Place) -> list[Sender]:
    """The buckets that a queue or a topic hears of."""
    return [
        Sender("s3.amazonaws.com", pulumi.Output.concat(f"arn:{partitions.of(place.region)}:s3:::", place.bucket(catalog, bucket)))
        for bucket in catalog.buckets.values()
        if any("/".join(one.target) == entry.identity for one in bucket.document.spec.notifications)
    ]


def _ending(name: str, fifo: bool) -> str:  # noqa: FBT001 - as the document has it
    return f"{name}.fifo" if fifo else name


def topic(catalog: Catalog, entry: Entry[TopicDocument], place: Place, queues: Mapping[str, pulumi.ComponentResource]) -> TopicArgs:
    """A topic and its subscriptions; `queues` are the components of those who get its messages, by identity."""
    spec = entry.document.spec
    return TopicArgs(
        topic=physical_name(catalog, entry),
        account_id=place.account_id,
        region=place.region,
        fifo=spec.fifo,
        senders=_buckets_to(catalog, entry, place),
        subscriptions=[_subscription(one, queues[f"Queue/{one.queue}"]) for one in spec.subscriptions],
        tags=tags(catalog, entry),
    )


def _subscription(spec: SubscriptionSpec, queue: Any) -> SubscriptionArgs:
    chosen = {name: list(values) for name, values in spec.filter.items()} or None
    return SubscriptionArgs(spec.queue, queue.arn, spec.raw, chosen, spec.filter_on == "body", [queue.policy])


def cache(catalog: Catalog, entry: Entry[CacheDocument], network: Network, today: date) -> CacheArgs:
    """A replication group of the environment's class for the document's size."""
    spec = entry.document.spec
    return CacheArgs(
        identifier=physical_name(catalog, entry),
        engine=spec.engine,
        engine_version=spec.version,
        node_type=catalog.environment.document.spec.cache_size(spec.size).node_type,
        replicas=spec.replicas,
        shards=spec.shards,
        network=network,
        protected=spec.protected(today),
        snapshot_retention=spec.backup_retention.days,
        maintenance_window=spec.maintenance_window,
        parameters=spec.parameters,
        tags=tags(catalog, entry),
    )


_ATTRIBUTES: Mapping[str, str] = {"string": "S", "number": "N", "binary": "B"}
_STREAMS: Mapping[str, str] = {"keys": "KEYS_ONLY", "new": "NEW_IMAGE", "old": "OLD_IMAGE", "both": "NEW_AND_OLD_IMAGES"}
_CLASSES: Mapping[str, str] = {"standard": "STANDARD", "infrequent-access": "STANDARD_INFREQUENT_ACCESS"}
"""Words of documents as DynamoDB has them."""


def table(catalog: Catalog, entry: Entry[TableDocument], today: date) -> TableArgs:
    """A table with its indexes."""
    spec = entry.document.spec
    by_sort = KeyArgs(spec.partition_key.name, spec.sort_key.name if spec.sort_key else None)
    indexes = [
        IndexArgs(name, KeyArgs(one.partition_key.name, one.sort_key.name if one.sort_key else None), one.attributes)
        for name, one in spec.indexes.items()
    ]
    indexes += [
        IndexArgs(name, KeyArgs(spec.partition_key.name, one.sort_key.name), one.attributes, local=True)
        for name, one in spec.local_indexes.items()
    ]
    return TableArgs(
        table=spec.adopted or physical_name(catalog, entry),
        key=by_sort,
        attributes={key.name: _ATTRIBUTES[key.type] for _, key in spec.keys()},  # noqa: SIM118 - no mapping's
        indexes=indexes,
        capacity=(spec.capacity.read, spec.capacity.write) if spec.capacity else None,
        ttl=spec.expiry_attribute,
        stream=_STREAMS[spec.stream] if spec.stream else None,
        storage_class=_CLASSES[spec.storage_class],
        protected=spec.protected(today),
        tags=tags(catalog, entry),
        imported=spec.adopted,
    )


def application(  # noqa: PLR0913, PLR0917 - what the walk has gathered
    catalog: Catalog,
    entry: Entry[Application],
    connection: ClusterConnection,
    bindings: list[Binding],
    after: list[pulumi.Resource],
    components: outputs.Components,
) -> ApplicationArgs:
    """An application's objects, with outputs of `components` where they refer to them, and the service accounts that they have."""
    manifests = catalog.manifests.get(entry.identity, ())
    taken_over = rollouts.taken_over(manifests)
    sync = entry.document.spec.sync.over(catalog.environment.document.spec.sync)
    return ApplicationArgs(
        environment=catalog.name,
        tenant=entry.document.spec.tenant,
        cluster=catalog.placements[entry.name],
        connection=connection,
        namespace=entry.document.spec.destination.namespace,
        objects=[
            Owned(
                outputs.resolved(_resting(manifest, taken_over), components),
                manifest.namespace,
                _ignored(entry, manifest, manifests, everything=sync.update is False),
            )
            for manifest in manifests
        ],
        kept=sync.prune is False,
        timeout=entry.document.spec.health.timeout.seconds if entry.document.spec.health.timeout else 0,
        bindings=bindings,
        after=after,
    )


def _resting(manifest: Manifest, taken_over: Mapping[tuple[str, str], str]) -> Mapping[str, Any]:
    """A manifest; of a Deployment that a Rollout has taken over the one that is made where there is none yet."""
    rollout = taken_over.get((manifest.namespace, manifest.name)) if (manifest.group, manifest.kind) == ("apps", "Deployment") else None
    return rollouts.resting(manifest.data, rollout) if rollout else manifest.data


def _ignored(entry: Entry[Application], manifest: Manifest, among: Sequence[Manifest], *, everything: bool) -> list[str]:
    """Property paths of an object that are left as they are once it is there; `*` stands for all of it."""
    if everything:
        return ["*"]
    others = ["spec.replicas"] if rollouts.scaled_by_others(manifest, among) else []
    return list(dict.fromkeys([*(paths.show(path) for path in adapt.ignored_fields(entry, manifest, among)), *others]))


def claimed(spec: BindingSpec, application: str, claim: Claim, components: outputs.Components) -> Binding:
    """What a bound claim gives: that which its definition's connection has."""
    values = {name: outputs.text(value, components) for name, value in claim.composed.connection.items()}
    return _bound(spec, application, values, secret=True)


def binding(spec: BindingSpec, application: str, bound: pulumi.ComponentResource, ca: str | None = None) -> Binding:
    """What a bound resource gives: `PREFIX_HOST` and so on, or files. `ca` are the certificates of the authorities of RDS."""
    kind, name = spec.target
    match bound:
        case Database() | InClusterDatabase():
            values = databases.connection(spec, bound, ca, spec.folder)
        case Bucket():
            values = {"NAME": bound.name, "ARN": bound.arn, "REGION": bound.region}
        case Queue():
            values = {"URL": bound.url, "ARN": bound.arn, "REGION": bound.region}
        case Topic():
            values = {"ARN": bound.arn, "REGION": bound.region}
        case Table():
            values = {"NAME": bound.name, "ARN": bound.arn, "REGION": bound.region}
        case Cache():
            values = {"HOST": bound.host, "PORT": bound.port.apply(str), "PASSWORD": bound.token, "URL": bound.url}
        case _:
            raise TypeError(f"{kind} {name} cannot be bound to {application}: its component gives no connection")
    return _bound(spec, application, values, secret=isinstance(bound, Database | InClusterDatabase | Cache))


def _bound(spec: BindingSpec, application: str, values: Mapping[str, pulumi.Input[str]], *, secret: bool) -> Binding:
    name = names.carrier(application, spec)
    if spec.form == "files":
        return Binding(name, {key.lower().replace("_", "-"): value for key, value in values.items()}, secret, spec.folder)
    return Binding(name, {f"{spec.variable_prefix}_{key}": value for key, value in values.items()}, secret)
