"""The only translator: specs with plain values become component arguments with inputs.

Physical names are made here, from the environment, the tenant and the document: `dev-team-a-shop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pulumi

from components.application import ApplicationArgs, Binding, Owned
from components.bucket import Bucket, BucketArgs
from components.cluster import ClusterArgs, ClusterConnection, ClusterConnectionArgs
from components.database import Database, DatabaseArgs
from components.network import Network
from components.objects import MANAGED_BY, ObjectArgs
from components.queue import Queue, QueueArgs
from components.tenant import TenantArgs
from transom.catalog import adapt, names
from transom.catalog.model import Catalog, Entry, Manifest
from transom.engine import paths
from transom.specs import resources as specs
from transom.specs.application import Application, BindingSpec
from transom.specs.cluster import Cluster
from transom.specs.tenant import Tenant


def physical_name(catalog: Catalog, entry: Entry[Any]) -> str:
    """Name of a cloud resource: environment, tenant and document."""
    return names.physical(catalog.name, catalog.owners[entry.identity], entry.name)


def tags(catalog: Catalog, entry: Entry[Any]) -> dict[str, str]:
    """Tags of one document's resources, beside those that the environment's provider gives to all."""
    return {"transom:document": entry.identity, "transom:tenant": catalog.owners[entry.identity]}


def connection(entry: Entry[Cluster]) -> ClusterConnectionArgs:
    """How to reach a cluster."""
    existing = entry.document.spec.existing
    if existing is None:
        raise TypeError(f"cluster {entry.name} has no connection before it is made")
    return ClusterConnectionArgs(context=existing.context)


def cluster(catalog: Catalog, entry: Entry[Cluster], connection: ClusterConnection) -> ClusterArgs:
    """What a cluster gets."""
    labels = {**MANAGED_BY, "transom.dev/environment": catalog.name}
    manifests = catalog.manifests.get(entry.identity, ())
    return ClusterArgs(connection, [ObjectArgs(manifest.data, manifest.namespace, labels) for manifest in manifests])


def tenant(catalog: Catalog, entry: Entry[Tenant], connections: Mapping[str, ClusterConnection]) -> TenantArgs:
    """A tenant's namespaces on the clusters that it may use."""
    spec = entry.document.spec
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
    )


def database(catalog: Catalog, entry: Entry[specs.Database], network: Network, today: date) -> DatabaseArgs:
    """An instance of the environment's class for the document's size."""
    spec = entry.document.spec
    size = catalog.environment.document.spec.database_size(spec.size)
    return DatabaseArgs(
        identifier=physical_name(catalog, entry),
        database=entry.name.replace("-", "_"),
        engine_version=spec.version,
        instance_class=size.instance_class,
        storage=(spec.storage or size.storage).gibibytes,
        max_storage=size.max_storage.gibibytes if size.max_storage else None,
        multi_az=spec.high_availability,
        backup_retention=spec.backups.retention.days,
        backup_window=spec.backups.window,
        maintenance_window=spec.maintenance_window,
        network=network,
        protected=spec.protected(today),
        parameters=spec.parameters,
        tags=tags(catalog, entry),
    )


def bucket(catalog: Catalog, entry: Entry[specs.Bucket], account_id: pulumi.Input[str]) -> BucketArgs:
    """A bucket whose name no other account can have taken."""
    spec = entry.document.spec
    return BucketArgs(
        bucket=pulumi.Output.concat(physical_name(catalog, entry), "-", account_id),
        versioning=spec.versioning,
        expire_after=spec.lifecycle.expire_after.days if spec.lifecycle.expire_after else None,
        expire_old_versions_after=spec.lifecycle.expire_old_versions_after.days,
        archive_after=spec.lifecycle.archive_after.days if spec.lifecycle.archive_after else None,
        tags=tags(catalog, entry),
    )


def queue(catalog: Catalog, entry: Entry[specs.Queue]) -> QueueArgs:
    """A queue and its dead-letter queue."""
    spec = entry.document.spec
    return QueueArgs(
        queue=physical_name(catalog, entry),
        fifo=spec.fifo,
        visibility_timeout=spec.visibility_timeout.seconds,
        retention=spec.retention.seconds,
        delay=spec.delay.seconds,
        max_receives=spec.dead_letter.max_receives,
        dead_letter_retention=spec.dead_letter.retention.seconds,
        tags=tags(catalog, entry),
    )


def application(
    catalog: Catalog, entry: Entry[Application], connection: ClusterConnection, bindings: list[Binding], after: list[pulumi.Resource]
) -> ApplicationArgs:
    """An application's objects on its cluster."""
    manifests = catalog.manifests.get(entry.identity, ())
    sync = entry.document.spec.sync.over(catalog.environment.document.spec.sync)
    return ApplicationArgs(
        environment=catalog.name,
        tenant=entry.document.spec.tenant,
        cluster=catalog.placements[entry.name],
        connection=connection,
        namespace=entry.document.spec.destination.namespace,
        objects=[
            Owned(manifest.data, manifest.namespace, _ignored(entry, manifest, everything=sync.update is False)) for manifest in manifests
        ],
        kept=sync.prune is False,
        bindings=bindings,
        after=after,
    )


def _ignored(entry: Entry[Application], manifest: Manifest, *, everything: bool) -> list[str]:
    """Property paths of an object that are left as they are once it is there; `*` stands for all of it."""
    return ["*"] if everything else [paths.show(path) for path in adapt.ignored_fields(entry, manifest)]


def binding(spec: BindingSpec, application: str, bound: pulumi.ComponentResource) -> Binding:
    """The environment variables that a bound resource gives: `PREFIX_HOST` and so on."""
    kind, name = spec.target
    match bound:
        case Database():
            values: dict[str, pulumi.Input[str]] = {
                "HOST": bound.host,
                "PORT": bound.port.apply(str),
                "NAME": bound.name,
                "USER": bound.user,
                "PASSWORD": bound.password,
                "URL": bound.url,
            }
        case Bucket():
            values = {"NAME": bound.name, "ARN": bound.arn, "REGION": bound.region}
        case Queue():
            values = {"URL": bound.url, "ARN": bound.arn, "REGION": bound.region}
        case _:
            raise TypeError(f"{kind} {name} cannot be bound to {application}: its component gives no connection")
    variables = {f"{spec.variable_prefix}_{field}": value for field, value in values.items()}
    return Binding(names.carrier(application, spec), variables, secret=isinstance(bound, Database))
