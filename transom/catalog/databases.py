"""Databases against their engine, their size class and the environment: what a document alone cannot know of itself.

Sources: RDS user guide, "Amazon RDS DB instance storage" (sizes and IOPS of volume types), "Overview of Performance Insights" (instance
classes that have it), "Working with DB instance read replicas".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from transom.catalog import names
from transom.catalog.model import Entry, Identity
from transom.catalog.validate import near
from transom.errors import Problem
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.database import Database, DatabaseSpec
from transom.specs.environment import DatabaseSize, Environment
from transom.specs.parameters import PARAMETERS
from transom.specs.scalars import Storage
from transom.specs.tenant import Tenant

RDS, IN_CLUSTER = "rds", "in-cluster"

_SMALLEST: Mapping[str, int] = {"gp3": 20, "io2": 100}
"""GiB of a volume, by its type."""
_STRIPED = 400
"""GiB from which on a gp3 volume is striped, so that more than its baseline can be had."""
_STRIPED_IOPS = range(12000, 64001)
_PER_GIBIBYTE = {"gp3": 500, "io2": 1000}
"""Most IOPS per GiB."""
_PER_OPERATION = 4
"""Least IOPS per MiB/s of gp3."""
_WITHOUT_INSIGHTS = frozenset(f"db.{family}.{size}" for family in ("t2", "t3", "t4g") for size in ("micro", "small"))
"""Instance classes on which MySQL and MariaDB have no Performance Insights."""
_OF_RDS = (
    "storageType",
    "iops",
    "throughput",
    "encryptionKey",
    "highAvailability",
    "replicas",
    "maintenanceWindow",
    "changes",
    "allowMajorUpgrade",
    "password",
    "restoreFrom",
    "logs",
    "performanceInsights",
)
"""Fields that say something of RDS only."""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a database in the cluster runs."""

    cluster: str
    namespace: str


def place(environment: Entry[Environment], spec: DatabaseSpec) -> str:
    """`rds` or `in-cluster`: what the document says, else what its size class has."""
    if spec.class_:
        return spec.class_
    return RDS if environment.document.spec.database_size(spec.size).instance_class else IN_CLUSTER


def insights(spec: DatabaseSpec, size: DatabaseSize) -> bool:
    """Whether it has Performance Insights: as the document says, else wherever its instance class can."""
    if spec.performance_insights is not None:
        return spec.performance_insights
    return _has_insights(spec, size)


def _has_insights(spec: DatabaseSpec, size: DatabaseSize) -> bool:
    return spec.engine == "postgres" or size.instance_class not in _WITHOUT_INSIGHTS


def home(entries: Mapping[Identity, Entry[Any]], placements: Mapping[str, str], owner: str, entry: Entry[Any]) -> Home | None:
    """Where a database in the cluster runs; None where nothing says so.

    As it says itself, else with the application beside it, else where its tenant has one place only.
    """
    spec = cast("DatabaseSpec", entry.document.spec)
    application = _beside(entries, entry)
    given = spec.destination
    cluster = given.cluster if given and given.cluster else None
    namespace = given.namespace if given else None
    if application is not None:
        cluster = cluster or placements.get(application.name)
        namespace = namespace or application.document.spec.destination.namespace
    tenant = entries.get(f"Tenant/{owner}")
    if tenant is not None:
        usable = clusters(entries, tenant)
        cluster = cluster or (usable[0] if len(usable) == 1 else None)
        own = tenant.document.spec.namespaces
        namespace = namespace or (own[0] if len(own) == 1 else None)
    return Home(cluster, namespace) if cluster and namespace else None


def clusters(entries: Mapping[Identity, Entry[Any]], tenant: Entry[Tenant]) -> list[str]:
    """The clusters that a tenant may use."""
    allowed = tenant.document.spec.allowed
    found = (entry for entry in entries.values() if entry.kind == "Cluster")
    return sorted(entry.name for entry in found if allowed.uses(entry.name, entry.document.metadata.labels))


def _beside(entries: Mapping[Identity, Entry[Any]], entry: Entry[Any]) -> Entry[Application] | None:
    if entry.unit is None or entry.unit.room is not Room.APPLICATION:
        return None
    found = (one for one in entries.values() if isinstance(one.document, Application) and one.unit is not None)
    return next((one for one in found if one.unit is not None and one.unit.key == entry.unit.key), None)


def problems(environment: Entry[Environment], entry: Entry[Database], name: str) -> Iterator[Problem]:
    """What is wrong with a database whose size class says what one is; `name` is its physical name, empty where it has none."""
    spec, size = entry.document.spec, environment.document.spec.database_size(entry.document.spec.size)
    yield from _version(entry, spec)
    yield from _parameters(entry, spec)
    where = place(environment, spec)
    if where == IN_CLUSTER:
        yield from _in_cluster(entry, spec, size)
        return
    if size.instance_class is None:
        message = f'class is rds, and size "{spec.size}" of environment "{environment.name}" has no instanceClass'
        yield Problem(entry.at("spec", "class"), "UnknownSize", message, "name another size, or leave class out")
        return
    if spec.destination:
        message = "destination is for databases in the cluster, and this one is on RDS"
        yield Problem(entry.at("spec", "destination"), "InvalidValue", message, "leave it out, or write class: in-cluster")
    if spec.storage and size.max_storage and spec.storage.gibibytes > size.max_storage.gibibytes:
        message = f'storage {spec.storage} is more than size "{spec.size}" allows ({size.max_storage})'
        yield Problem(entry.at("spec", "storage"), "TooLarge", message, "ask for less, or for a larger size")
    yield from _volume(entry, spec, spec.storage or size.storage)
    yield from _logs(entry, spec)
    if spec.performance_insights and not _has_insights(spec, size):
        message = f"{spec.of_engine.word} on {size.instance_class} has no Performance Insights"
        yield Problem(entry.at("spec", "performanceInsights"), "InvalidValue", message, "leave it out, or name a larger size")
    longest, what = names.LONGEST[entry.kind]
    if spec.replicas and len(last := f"{name}-replica-{spec.replicas}") > longest >= len(name):
        message = f'its last replica comes to "{last}", which has {len(last)} characters, and {what} has at most {longest}'
        yield Problem(entry.at("metadata", "name"), "NameTooLong", message, f"shorten metadata.name by {len(last) - longest}")


def _version(entry: Entry[Database], spec: DatabaseSpec) -> Iterator[Problem]:
    if wrong := spec.of_engine.wrong(spec.version):
        latest = ".".join(map(str, spec.of_engine.lines[-1]))
        yield Problem(entry.at("spec", "version"), "UnknownVersion", wrong, f'write e.g. "{latest}"')


def _parameters(entry: Entry[Database], spec: DatabaseSpec) -> Iterator[Problem]:
    known = PARAMETERS[spec.engine]
    for name, value in spec.parameters.items():
        if (parameter := known.get(name)) is None:
            message = f"{name} is not among the parameters of {spec.of_engine.word} that a document may set"
            hint = near(name, known) or "take it out; docs/kinds/database.md lists those that there are"
            yield Problem(entry.at("spec", "parameters", name, of_key=True), "UnknownParameter", message, hint)
        elif expected := parameter.wrong(value):
            message = f'{name} of {spec.of_engine.word} is {expected}, and not "{value}"'
            yield Problem(entry.at("spec", "parameters", name), "InvalidValue", message, "correct it, or take it out")
        elif name == spec.of_engine.tls and parameter.rds(value) != "1":
            message = f"parameters.{name}: connections without TLS are not offered"
            yield Problem(entry.at("spec", "parameters", name), "InvalidValue", message, "take it out")


def _volume(entry: Entry[Database], spec: DatabaseSpec, storage: Storage) -> Iterator[Problem]:
    type_ = spec.storage_type
    if storage.gibibytes < _SMALLEST[type_]:
        message = f"storage {storage} is less than the {_SMALLEST[type_]}Gi that RDS asks for with {type_}"
        where = entry.at("spec", "storage" if spec.storage else "size")
        yield Problem(where, "InvalidValue", message, f"write storage: {_SMALLEST[type_]}Gi or more")
    most = storage.gibibytes * _PER_GIBIBYTE[type_]
    if spec.iops and spec.iops > most and (type_ == "io2" or storage.gibibytes >= _STRIPED):
        message = f"iops {spec.iops} is more than {type_} has with {storage}: {most}"
        yield Problem(entry.at("spec", "iops"), "InvalidValue", message, "ask for less, or for more storage")
    yield from _general(entry, spec, storage) if type_ == "gp3" else _provisioned(entry, spec)


def _provisioned(entry: Entry[Database], spec: DatabaseSpec) -> Iterator[Problem]:
    if spec.iops is None:
        yield Problem(
            entry.at("spec", "storageType"), "InvalidValue", "io2 is paid for by its iops, which are missing", "add e.g. iops: 3000"
        )
    if spec.throughput:
        message = "throughput is for gp3: io2 has as much as its iops allow"
        yield Problem(entry.at("spec", "throughput"), "InvalidValue", message, "take it out")


def _general(entry: Entry[Database], spec: DatabaseSpec, storage: Storage) -> Iterator[Problem]:
    for field, value in (("iops", spec.iops), ("throughput", spec.throughput)):
        if value and storage.gibibytes < _STRIPED:
            message = f"{field} of gp3 can be chosen from {_STRIPED}Gi on, and storage is {storage}"
            yield Problem(entry.at("spec", field), "InvalidValue", message, f"take it out, or write storage: {_STRIPED}Gi")
    if spec.iops and storage.gibibytes >= _STRIPED and spec.iops not in _STRIPED_IOPS:
        message = f"iops {spec.iops} is not between gp3's {_STRIPED_IOPS[0]} and {_STRIPED_IOPS[-1]}"
        yield Problem(entry.at("spec", "iops"), "InvalidValue", message, f"write {_STRIPED_IOPS[0]} or more, or take it out")
    if spec.throughput and spec.throughput * _PER_OPERATION > (spec.iops or _STRIPED_IOPS[0]):
        message = f"throughput {spec.throughput} needs iops of {spec.throughput * _PER_OPERATION} or more"
        yield Problem(entry.at("spec", "throughput"), "InvalidValue", message, "ask for less, or for more iops")


def _logs(entry: Entry[Database], spec: DatabaseSpec) -> Iterator[Problem]:
    engine = spec.of_engine
    for index, log in enumerate(spec.logs.exports or ()):
        if log not in engine.logs:
            message = f"{engine.word} has no log {log}"
            yield Problem(entry.at("spec", "logs", "exports", index), "UnknownValue", message, f"it has {', '.join(engine.logs)}")
    written = spec.parameters.get("log_output", "FILE")
    if written != "FILE" and {"slowquery", "general"} & set(spec.log_exports):
        message = f"log_output is {written}, and what is sent to CloudWatch is read from files"
        yield Problem(
            entry.at("spec", "parameters", "log_output"), "InvalidValue", message, "take it out, or write logs: {exports: [error]}"
        )


def _in_cluster(entry: Entry[Database], spec: DatabaseSpec, size: DatabaseSize) -> Iterator[Problem]:
    if size.in_cluster is None:
        message = f'class is in-cluster, and size "{spec.size}" has no inCluster'
        yield Problem(entry.at("spec", "class"), "UnknownSize", message, "name another size, or leave class out")
    if spec.engine != "postgres":
        message = f"{spec.of_engine.word} runs on RDS only; in the cluster there is PostgreSQL"
        yield Problem(entry.at("spec", "engine"), "NotSupported", message, "name a size that has an instanceClass")
    for field in _OF_RDS:
        if field in entry.data["spec"]:
            message = f"{field} is for databases on RDS, and this one runs in the cluster"
            yield Problem(
                entry.at("spec", field, of_key=True), "NotSupported", message, "take it out, or name a size that has an instanceClass"
            )
    for name in spec.parameters:
        if name.startswith("rds."):
            message = f"{name} is a parameter of RDS, and this database runs in the cluster"
            yield Problem(entry.at("spec", "parameters", name, of_key=True), "NotSupported", message, "take it out")


def unsettled(entry: Entry[Database], usable: Sequence[str]) -> Problem:
    """That nothing says where a database in the cluster runs."""
    hint = f"add destination: {{cluster: {usable[0]}, namespace: …}}" if usable else "declare a cluster that its tenant may use"
    return Problem(entry.at("spec"), "MissingNamespace", "nothing says in which cluster and namespace this database runs", hint)


def origin(entries: Mapping[Identity, Entry[Document]], owners: Mapping[Identity, str], entry: Entry[Database]) -> Iterator[Problem]:
    """What is wrong with the database that `entry` is restored from, which exists."""
    restore = entry.document.spec.restore_from
    source = entries.get(f"Database/{restore.database}") if restore else None
    if source is None or not isinstance(source.document, Database):
        return
    path = ("spec", "restoreFrom", "database")
    own, theirs = owners.get(entry.identity), owners.get(source.identity)
    if own and theirs and own != theirs:
        message = f"Database {source.name} belongs to tenant {theirs}, not to {own}"
        yield Problem(entry.at(*path), "ForbiddenBinding", message, "name a database of the same tenant")
    if source.document.spec.engine != entry.document.spec.engine:
        word = source.document.spec.of_engine.word
        message = f"Database {source.name} is {word}, and this one {entry.document.spec.of_engine.word}"
        yield Problem(entry.at(*path), "InvalidValue", message, f"write engine: {source.document.spec.engine}")
