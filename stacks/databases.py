"""The same translation as `builders`, for databases: on RDS or in the cluster, and what a binding of one gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

import pulumi

from components.cluster import ClusterConnection
from components.database import Database, DatabaseArgs, EngineArgs, OriginArgs, ParameterArgs, VolumeArgs
from components.incluster import InClusterDatabase, InClusterDatabaseArgs
from components.network import Network
from transom.catalog import databases, names
from transom.catalog.databases import Home
from transom.catalog.model import Catalog, Entry
from transom.specs import database as specs
from transom.specs.application import BindingSpec
from transom.specs.parameters import PARAMETERS

_MIDNIGHT = "0 2 * * *"
"""When a database in the cluster is dumped whose document says nothing of it; UTC."""
_OF_LOGS: Mapping[str, Mapping[str, str]] = {
    "slowquery": {"slow_query_log": "1", "log_output": "FILE"},
    "general": {"general_log": "1", "log_output": "FILE"},
}
"""Parameters without which a log of MySQL and MariaDB stays empty (RDS: publishing MySQL logs)."""


def home(catalog: Catalog, entry: Entry[specs.Database]) -> Home | None:
    """Where it runs in a cluster; None for one on RDS."""
    if databases.place(catalog.environment, entry.document.spec) == databases.RDS:
        return None
    return databases.home(catalog.entries, catalog.placements, catalog.owners[entry.identity], entry)


def on_rds(catalog: Catalog, entry: Entry[specs.Database], network: Network, today: date) -> DatabaseArgs:
    """An instance of the environment's class for the document's size."""
    spec = entry.document.spec
    size = catalog.environment.document.spec.database_size(spec.size)
    storage = (spec.storage or size.storage).gibibytes
    limit = size.max_storage.gibibytes if size.max_storage else None
    identifier = names.physical(catalog.name, catalog.owners[entry.identity], entry.name)
    return DatabaseArgs(
        identifier=identifier,
        database=_inside(entry),
        engine=_engine(spec),
        version=spec.version,
        pinned=not spec.of_engine.is_line(spec.version),
        instance_class=str(size.instance_class),
        volume=VolumeArgs(
            storage,
            limit if limit != storage else None,  # a limit that is reached is none to RDS
            spec.storage_type,
            spec.iops,
            spec.throughput,
            spec.encryption_key,
        ),
        multi_az=spec.high_availability,
        backup_retention=spec.backups.retention.days,
        backup_window=spec.backups.window,
        maintenance_window=spec.maintenance_window,
        network=network,
        protected=spec.protected(today),
        final_snapshot=final_snapshot(identifier, spec.allow_deletion_until),
        parameters=_parameters(spec),
        replicas=spec.replicas,
        at_once=spec.changes == "now",
        major=spec.allow_major_upgrade,
        rotation=str(spec.password.rotation) if spec.password.rotation is not None else "",
        origin=_origin(catalog, entry),
        logs=spec.log_exports,
        log_retention=int(spec.logs.retention[:-1]) if spec.logs.retention else None,
        insights=databases.insights(spec, size),
        tags={"transom:document": entry.identity, "transom:tenant": catalog.owners[entry.identity]},
    )


def final_snapshot(identifier: str, released: date | None) -> str:
    """Name of the snapshot that a deletion takes: the database, and the day until which its document releases it.

    The engine deletes by what the state says, and a plan must be the same whenever it is made, so the time of the deletion itself cannot be
    in it; the release's day is in the document and belongs to one deletion. Two databases of one name that are released until the same day
    collide, which RDS then refuses before it deletes anything.
    """
    return f"{identifier}-final-{released:%Y%m%d}" if released else f"{identifier}-final"


def _inside(entry: Entry[specs.Database]) -> str:
    return entry.name.replace("-", "_")


def _engine(spec: specs.DatabaseSpec) -> EngineArgs:
    engine = spec.of_engine
    return EngineArgs(engine.name, engine.word, engine.family(spec.version), engine.depth, engine.port, engine.scheme, engine.demand)


def _parameters(spec: specs.DatabaseSpec) -> dict[str, ParameterArgs]:
    known = PARAMETERS[spec.engine]
    written: dict[str, str] = {spec.of_engine.tls: "1"}
    if spec.engine != "postgres":
        for log in spec.log_exports:
            written |= _OF_LOGS.get(log, {})
    written |= {name: known[name].rds(value) for name, value in spec.parameters.items()}
    return {name: ParameterArgs(value, known[name].static) for name, value in written.items()}


def _origin(catalog: Catalog, entry: Entry[specs.Database]) -> OriginArgs | None:
    restore = entry.document.spec.restore_from
    if restore is None:
        return None
    if restore.snapshot:
        return OriginArgs(snapshot=restore.snapshot)
    source = catalog.entries[f"Database/{restore.database}"]
    instance = names.physical(catalog.name, catalog.owners[source.identity], source.name)
    return OriginArgs(instance=instance, moment=restore.moment)


def in_cluster(
    catalog: Catalog, entry: Entry[specs.Database], at: Home, connection: ClusterConnection, after: Sequence[pulumi.Resource]
) -> InClusterDatabaseArgs:
    """A pod of the environment's class for the document's size."""
    spec = entry.document.spec
    size = catalog.environment.document.spec.database_size(spec.size)
    made = size.in_cluster
    if made is None:
        raise LookupError(f"size {spec.size} says nothing of a database in the cluster")
    known = PARAMETERS[spec.engine]
    window = spec.backups.window
    return InClusterDatabaseArgs(
        environment=catalog.name,
        tenant=catalog.owners[entry.identity],
        cluster=at.cluster,
        connection=connection,
        namespace=at.namespace,
        database=_inside(entry),
        image=f"{made.image}:{spec.version}",
        cpu=str(made.cpu),
        memory=str(made.memory),
        storage=(spec.storage or size.storage).gibibytes,
        storage_class=made.storage_class,
        backup_retention=spec.backups.retention.days,
        backup_schedule=f"{int(window[3:5])} {int(window[:2])} * * *" if window else _MIDNIGHT,
        parameters={name: known[name].rds(value) for name, value in spec.parameters.items()},
        after=after,
    )


def connection(spec: BindingSpec, bound: Database | InClusterDatabase, ca: str | None, folder: str) -> dict[str, pulumi.Input[str]]:
    """What a binding of a database gives, by the last part of a variable's name.

    Args:
        spec: the binding.
        bound: the database.
        ca: certificates of its authorities, PEM; None where the environment names none.
        folder: where a binding's files are, in the containers.
    """
    values: dict[str, pulumi.Input[str]] = {
        "HOST": bound.host,
        "PORT": bound.port.apply(str),
        "NAME": bound.name,
        "USER": bound.user,
        "PASSWORD": bound.password,
        "URL": bound.url,
    }
    if isinstance(bound, InClusterDatabase):
        return values
    if bound.replica_hosts:
        values["REPLICA_HOST"] = bound.replica_hosts[0]
        values["REPLICA_HOSTS"] = pulumi.Output.all(*bound.replica_hosts).apply(lambda hosts: ",".join(cast("list[str]", hosts)))
    if ca:
        values["CA"] = ca
        if spec.form == "files":
            values["URL"] = pulumi.Output.secret(bound.url.apply(lambda url: _verified(url, bound.type, f"{folder}/ca")))
    return values


def _verified(url: str, type_: str, file: str) -> str:
    """An address that asks for the server's certificate to be checked, with its name, against a file (libpq: sslmode; MySQL: ssl-mode)."""
    asks = f"sslmode=verify-full&sslrootcert={file}" if type_ == "postgresql" else f"ssl-mode=VERIFY_IDENTITY&ssl-ca={file}"
    return f"{url.partition('?')[0]}?{asks}"
