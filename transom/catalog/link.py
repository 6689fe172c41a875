"""Resolves what points at what: tenants, clusters, namespaces, bindings, size classes. Every loose end is a problem at its line.

Longer than other modules, since its steps fill one set of needs, owners and placements, in an order that matters; what a step knows of a
single kind (databases, quotas, permissions, claims) lies in a module of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from transom.catalog import adopted, databases, names, order, permissions, quotas
from transom.catalog.composites import links as claiming
from transom.catalog.estates import Estates
from transom.catalog.known import Known
from transom.catalog.model import Entry, Identity, Manifest, tenant_of
from transom.catalog.placing import Placer
from transom.catalog.validate import near
from transom.errors import Location, Problem
from transom.rendering.render import Rendered
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.cache import Cache
from transom.specs.cluster import Cluster
from transom.specs.composite import Claim
from transom.specs.database import Database
from transom.specs.dependency import DependencySpec
from transom.specs.environment import Environment
from transom.specs.kinds import KINDS, RESOURCE_KINDS
from transom.specs.resources import Bucket, Queue, QueueSpec
from transom.specs.tenant import Tenant, neighbours
from transom.specs.topic import Topic, TopicSpec


@dataclass(frozen=True, slots=True)
class Links:
    """What linking found; complete only when there are no problems."""

    needs: Mapping[Identity, tuple[Identity, ...]]
    owners: Mapping[Identity, str]
    placements: Mapping[str, str]
    manifests: Mapping[Identity, tuple[Manifest, ...]]
    problems: tuple[Problem, ...]


def link(environment: Entry[Environment], entries: Mapping[Identity, Entry[Document]], objects: Sequence[Rendered], known: Known) -> Links:
    """Links the documents of an environment.

    Args:
        environment: its document.
        entries: documents that are part of it, by identity.
        objects: Kubernetes objects of its units.
        known: what there is beside them.
    """
    linker = _Linker(environment, entries, known)
    linker.problems += (
        *permissions.of_platform(entries.values(), environment),
        *permissions.of_sources(entries, environment),
        *adopted.problems(entries.values(), environment),
        *permissions.of_objects(objects, environment),
    )
    linker.networks()
    linker.tenants()
    linker.resources()
    linker.receivers()
    linker.claims()
    linker.applications()
    linker.databases()
    linker.cycles()
    placer = Placer(entries, known, linker.clusters, linker.estates, linker.in_unit, linker.placements, environment.document.spec)
    manifests = placer.objects(objects)
    linker.problems += quotas.problems(entries, linker.placements, manifests)
    linker.outputs(manifests)
    needs = {identity: tuple(sorted(linker.needs[identity])) for identity in entries}
    return Links(needs, linker.owners, linker.placements, manifests, (*linker.problems, *placer.problems))


class _Linker:
    def __init__(self, environment: Entry[Environment], entries: Mapping[Identity, Entry[Document]], known: Known) -> None:
        self.environment = environment
        self.entries = entries
        self.known = known
        self.needs: dict[Identity, set[Identity]] = defaultdict(set)
        self.owners: dict[Identity, str] = {}
        self.placements: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.clusters = sorted(self._of(Cluster))
        self.namespaces = {name: set(entry.document.spec.namespaces) for name, entry in self._of(Tenant).items()}
        confined = {name: entry.document.spec.confined for name, entry in self._of(Tenant).items()}
        self.estates = Estates(self.namespaces, frozenset(name for name in confined if not confined[name]))
        self.kinds = {entry.kind for entry in entries.values()} | KINDS.keys()
        self.in_unit: dict[tuple[Path, str], str] = {}
        for key, together in self._by_unit().items():
            # where they are written is looked up only when there are several: it means reading their kustomizations
            first, *others = together if len(together) == 1 else sorted(together, key=lambda entry: entry.at("metadata", "name"))
            self.in_unit[key] = first.name
            for entry in others:
                told = f"Application {entry.name} stands in the folder of Application {first.name}"
                message = f"{told}, and what lies beside them could be of either"
                hint = "give it a folder of its own below applications/"
                self._wrong(entry.at("metadata", "name"), "DuplicateApplication", message, hint)

    def _by_unit(self) -> Mapping[tuple[Path, str], list[Entry[Any]]]:
        """The applications that have a folder, those of one folder together."""
        out: dict[tuple[Path, str], list[Entry[Any]]] = defaultdict(list)
        for entry in self._of(Application).values():
            if entry.unit is not None and entry.unit.room is Room.APPLICATION:
                out[entry.unit.key].append(entry)
        return out

    def _of(self, kind: type[Any]) -> dict[str, Entry[Any]]:
        return {entry.name: entry for entry in self.entries.values() if isinstance(entry.document, kind)}

    def _wrong(self, where: Location, reason: str, message: str, hint: str) -> None:
        self.problems.append(Problem(where, reason, message, hint))

    def _refers(self, entry: Entry[Any], kind: str, name: str, path: tuple[str | int, ...]) -> bool:
        """Notes that `entry` needs the document; a problem at `path` when there is none."""
        identity = f"{kind}/{name}"
        if identity in self.entries:
            self.needs[entry.identity].add(identity)
            return True
        hidden = kind == "Application" and self.known.breaks("ApplicationSet")  # it would have been generated
        if identity not in self.known and not hidden:
            self._wrong(entry.at(*path), "UnknownReference", f'{kind} "{name}" is not declared', self._nearest(kind, name))
        return False

    def networks(self) -> None:
        """What lies in a network comes after it; a cluster that Transom makes has a name that EKS takes."""
        aws = self.environment.document.spec.aws.network
        environments = aws.name if aws else None
        if environments and not self._is_known("Network", environments):
            hint = self._nearest("Network", environments)
            self._wrong(
                self.environment.at("spec", "aws", "network", "name"), "UnknownReference", f'Network "{environments}" is not declared', hint
            )
        for entry in self._of(Cluster).values():
            if (eks := entry.document.spec.eks) is None:
                continue
            self._fits(entry, names.of_platform(self.environment.name, entry.name))
            if eks.network:
                self._refers(entry, "Network", eks.network, ("spec", "eks", "network"))
            elif environments:
                self.needs[entry.identity] |= {f"Network/{environments}"} & self.entries.keys()
        for entry in (*self._of(Database).values(), *self._of(Cache).values()):
            self.needs[entry.identity] |= {f"Network/{environments}"} & self.entries.keys()

    def _is_known(self, kind: str, name: str) -> bool:
        return f"{kind}/{name}" in self.entries or f"{kind}/{name}" in self.known

    def _nearest(self, kind: str, name: str) -> str:
        declared = [other.name for other in self.entries.values() if other.kind == kind]
        return near(name, declared) or f"declare a {kind} {name}, or correct the name"

    def tenants(self) -> None:
        """Namespaces belong to one tenant each; named tenants exist."""
        holders: dict[str, Entry[Any]] = {}
        for entry in sorted(self._of(Tenant).values(), key=lambda entry: entry.name):
            self.needs[entry.identity] |= {f"Cluster/{cluster}" for cluster in self._clusters_of(entry)}
            self._allowed_clusters(entry)
            for index, namespace in enumerate(entry.document.spec.namespaces):
                path: tuple[str | int, ...] = ("spec", "namespaces", index)
                if namespace in holders:
                    other = holders[namespace]
                    message = f'namespace "{namespace}" already belongs to tenant {other.name} ({other.at("spec", "namespaces")})'
                    self._wrong(entry.at(*path), "NamespaceClash", message, "a namespace has one owner: remove it from one of the two")
                elif namespace in {"default", "kube-system", "kube-public", "kube-node-lease"}:
                    message = f'namespace "{namespace}" belongs to the cluster'
                    self._wrong(entry.at(*path), "ForbiddenNamespace", message, "choose another name")
                holders.setdefault(namespace, entry)
            for path, other_tenant in neighbours(entry.document.spec.network):
                if f"Tenant/{other_tenant}" not in self.entries and f"Tenant/{other_tenant}" not in self.known:
                    hint = near(other_tenant, self.namespaces) or "declare it, or correct the name"
                    self._wrong(entry.at(*path), "UnknownReference", f'Tenant "{other_tenant}" is not declared', hint)

    def _clusters_of(self, tenant: Entry[Tenant]) -> list[str]:
        """The environment's clusters that a tenant has namespaces on."""
        allowed = tenant.document.spec.allowed
        return [name for name in self.clusters if allowed.uses(name, self.entries[f"Cluster/{name}"].document.metadata.labels)]

    def _allowed_clusters(self, tenant: Entry[Tenant]) -> None:
        """Clusters that a tenant's document names are declared, in whichever environment."""
        allowed = tenant.document.spec.allowed.clusters
        for index, name in enumerate(allowed.names if allowed else ()):
            if not self._is_known("Cluster", name):
                where = tenant.at("spec", "allowed", "clusters", "names", index)
                self._wrong(where, "UnknownReference", f'Cluster "{name}" is not declared', self._nearest("Cluster", name))

    def _may(self, entry: Entry[Any], tenant: str) -> None:
        """An application or a resource is of a kind, and from sources, that its tenant may use."""
        owner = self.entries.get(f"Tenant/{tenant}")
        if owner is not None:
            self.problems += permissions.of_document(entry, cast("Entry[Tenant]", owner), self.environment)

    def resources(self) -> None:
        """Every resource has an owner; a database's size is a class of the environment."""
        for entry in self.entries.values():
            if entry.kind not in RESOURCE_KINDS:
                continue
            beside = self.in_unit.get(entry.unit.key) if entry.unit else None
            application = self.entries.get(f"Application/{beside}")
            inherited = (
                application.document.spec.tenant if application is not None and isinstance(application.document, Application) else None
            )
            own = tenant_of(entry.document.spec)  # type: ignore[attr-defined]  # every resource kind has a spec
            if own and inherited and own != inherited:
                message = f"tenant {own} is not that of the application {beside} beside it ({inherited})"
                self._wrong(
                    entry.at("spec", "tenant"), "TenantMismatch", message, "leave spec.tenant out, or move the document to resources/"
                )
            elif tenant := own or inherited:
                self.owners[entry.identity] = tenant
                self._named(entry, tenant)
                self._may(entry, tenant)
                if own:
                    self._refers(entry, "Tenant", own, ("spec", "tenant"))
                else:
                    self.needs[entry.identity].add(f"Tenant/{tenant}")
            elif entry.unit is None or entry.unit.folder not in self.known.torn:
                self._wrong(
                    entry.at("spec"),
                    "MissingTenant",
                    "spec.tenant is missing",
                    "outside an application's folder a resource names its tenant",
                )
            if isinstance(entry.document, Cache):
                self._sized(entry, "cache")

    def _named(self, entry: Entry[Any], tenant: str) -> None:
        """The cloud takes the name that the document comes to."""
        self._fits(entry, names.physical(self.environment.name, tenant, entry.name))

    def _fits(self, entry: Entry[Any], name: str) -> None:
        longest, what = names.LONGEST[entry.kind]
        if len(name) > longest:
            message = f'comes to "{name}", which has {len(name)} characters, and {what} has at most {longest}'
            self._wrong(entry.at("metadata", "name"), "NameTooLong", message, f"shorten metadata.name by {len(name) - longest}")
        elif entry.kind in names.WITHOUT_DOUBLE_HYPHENS and "--" in name:
            what = names.WITHOUT_DOUBLE_HYPHENS[entry.kind]
            message = f'comes to "{name}", and {what} has no two hyphens in a row'
            self._wrong(entry.at("metadata", "name"), "InvalidValue", message, "take one out")

    def _sized(self, entry: Entry[Any], word: str) -> bool:
        """Whether the environment says what the document's size means for its kind, which `sizes` calls `word`."""
        size, sizes = entry.document.spec.size, self.environment.document.spec.sizes
        usable = [name for name, one in sizes.items() if getattr(one, word) is not None]
        if size in usable:
            return True
        if size in sizes:
            message = f'size "{size}" of environment "{self.environment.name}" says nothing of a {word}'
            hint = f"add {word} to it in the environment's document" + (f", or write one of {', '.join(usable)}" if usable else "")
        else:
            message = f'size "{size}" is not a class of environment "{self.environment.name}"'
            close = near(size, usable)
            hint = (
                close
                if close.startswith("did")
                else f"it has {', '.join(usable)}"
                if usable
                else f"it has none for a {word}: add sizes to its document"
            )
        self._wrong(entry.at("spec", "size"), "UnknownSize", message, hint)
        return False

    def databases(self) -> None:
        """A database's engine, size and place fit together, and what it is restored from is there."""
        for entry in self._of(Database).values():
            owner = self.owners.get(entry.identity, "")
            restore = entry.document.spec.restore_from
            if restore and restore.database and self._refers(entry, "Database", restore.database, ("spec", "restoreFrom", "database")):
                self.problems += databases.origin(self.entries, self.owners, entry)
            if not self._sized(entry, "database"):
                continue
            name = names.physical(self.environment.name, owner, entry.name) if owner else ""
            self.problems += databases.problems(self.environment, entry, name)
            if owner and databases.place(self.environment, entry.document.spec) == databases.IN_CLUSTER:
                self._housed(entry, owner)

    def _housed(self, entry: Entry[Database], owner: str) -> None:
        """A database in the cluster has a place that its tenant may use."""
        tenant = self.entries.get(f"Tenant/{owner}")
        usable = databases.clusters(self.entries, cast("Entry[Tenant]", tenant)) if tenant is not None else self.clusters
        home = databases.home(self.entries, self.placements, owner, entry)
        if home is None:
            self.problems.append(databases.unsettled(entry, usable))
            return
        if home.cluster not in usable:
            message = f'cluster "{home.cluster}" may not be used by tenant {owner}'
            where = entry.at("spec", "destination", "cluster")
            self._wrong(where, "ForbiddenDestination", message, f"it may use {', '.join(usable) or 'none of this environment'}")
        else:
            self.needs[entry.identity].add(f"Cluster/{home.cluster}")
        if tenant is not None and not self.estates.admit(owner, home.namespace):
            message = f'namespace "{home.namespace}" does not belong to tenant {owner}'
            self._wrong(entry.at("spec", "destination"), "ForbiddenDestination", message, "name a namespace of its own")

    def receivers(self) -> None:
        """Queues that others put messages into are of the same tenant, and their order fits."""
        for entry in self.entries.values():
            match entry.document:
                case Queue(spec=spec) if spec.dead_letter.queue:
                    queue = self._receiver(entry, spec.dead_letter.queue, ("spec", "deadLetter", "queue"))
                    if queue and queue.fifo != spec.fifo:
                        message = f"Queue {spec.dead_letter.queue} is {'' if queue.fifo else 'not '}fifo, unlike this one"
                        self._wrong(entry.at("spec", "deadLetter", "queue"), "InvalidValue", message, "SQS asks for the same order of both")
                case Bucket(spec=spec):
                    for index, one in enumerate(spec.notifications):
                        kind, name = one.target
                        path = ("spec", "notifications", index, kind.lower())
                        if (heard := self._receiver(entry, name, path, kind)) and heard.fifo:
                            message = f"{kind} {name} is fifo, and S3 tells other {kind.lower()}s only"
                            self._wrong(entry.at(*path), "InvalidValue", message, "name another")
                case Topic(spec=spec):
                    for index, subscription in enumerate(spec.subscriptions):
                        path = ("spec", "subscriptions", index, "queue")
                        if (queue := self._receiver(entry, subscription.queue, path)) and queue.fifo and not spec.fifo:
                            message = f"Queue {subscription.queue} is fifo, and a topic that is not tells other queues only"
                            self._wrong(entry.at(*path), "InvalidValue", message, "make the topic fifo, or name another queue")
                case _:
                    pass

    def _receiver(self, entry: Entry[Any], name: str, path: tuple[str | int, ...], kind: str = "Queue") -> QueueSpec | TopicSpec | None:
        """The spec of a queue or topic that `entry` sends to; a problem when it is not there or is another tenant's."""
        if not self._refers(entry, kind, name, path):
            return None
        owner, own = self.owners.get(f"{kind}/{name}"), self.owners.get(entry.identity)
        if owner and own and owner != own:
            message = f"{kind} {name} belongs to tenant {owner}, not to {own}"
            self._wrong(entry.at(*path), "ForbiddenBinding", message, f"name a {kind.lower()} of the same tenant")
            return None
        document = self.entries[f"{kind}/{name}"].document
        return document.spec if isinstance(document, Queue | Topic) else None

    def claims(self) -> None:
        """A claim belongs to its tenant and waits for what it is made of."""
        for entry, documents in claiming.of(self.entries):
            tenant = entry.document.spec.tenant
            self.owners[entry.identity] = tenant
            self._refers(entry, "Tenant", tenant, ("spec", "tenant"))
            self.needs[entry.identity] |= set(documents)

    def outputs(self, manifests: Mapping[Identity, Sequence[Manifest]]) -> None:
        """Objects that refer to outputs wait for whoever gives them."""
        for owner, objects in manifests.items():
            needs, problems = claiming.outputs(self.entries, self.owners, owner, objects)
            problems = [(identity, problem) for identity, problem in problems if identity not in self.known]
            self.needs[owner] |= needs
            self.problems += [problem for _, problem in problems]

    def applications(self) -> None:
        """Tenant, destination, bindings and dependencies of every application."""
        for entry in self._of(Application).values():
            spec = entry.document.spec
            self.owners[entry.identity] = spec.tenant
            known_tenant = self._refers(entry, "Tenant", spec.tenant, ("spec", "tenant"))
            self._may(entry, spec.tenant)
            self._place(entry)
            if known_tenant and not self.estates.admit(spec.tenant, spec.destination.namespace):
                owned = ", ".join(sorted(self.namespaces[spec.tenant]))
                message = f'namespace "{spec.destination.namespace}" does not belong to tenant {spec.tenant}'
                holder = self.estates.holder(spec.destination.namespace)
                hint = f"it owns {owned}" if owned else f"it belongs to tenant {holder}"
                self._wrong(entry.at("spec", "destination", "namespace"), "ForbiddenDestination", message, hint)
            for index, one in enumerate(spec.depends_on):
                self._depends(entry, one, ("spec", "dependsOn", index))
            for index, binding in enumerate(spec.bindings):
                kind, name = binding.target
                path = ("spec", "bindings", index, *binding.field)
                if self._refers(entry, kind, name, path):
                    owner = self.owners.get(f"{kind}/{name}")
                    if owner and owner != spec.tenant:
                        message = f"{kind} {name} belongs to tenant {owner}, not to {spec.tenant}"
                        self._wrong(entry.at(*path), "ForbiddenBinding", message, "bind a resource of the application's own tenant")
                    elif binding.claim:
                        self.problems += claiming.binding(entry, self.entries[f"{kind}/{name}"], path)

    def _depends(self, entry: Entry[Any], one: DependencySpec, path: tuple[str | int, ...]) -> None:
        """The document that an application waits for exists; a tenant's cannot be waited for by kinds that nobody declares."""
        if one.kind not in self.kinds and not self.known.breaks(one.kind):
            self._wrong(entry.at(*path), "UnknownKind", f"kind {one.kind} is not known", near(one.kind, self.kinds))
        elif one.kind == "Environment":
            self._wrong(entry.at(*path), "UnexpectedKind", "an environment cannot be waited for", "name a document inside of it")
        elif self._refers(entry, one.kind, one.name, path):
            awaited = self.entries[one.identity].document
            if isinstance(awaited, Claim) and awaited.composed.application not in (None, entry.name):
                self.needs[entry.identity].add(f"Application/{awaited.composed.application}")  # its objects belong there

    def _place(self, entry: Entry[Any]) -> None:
        wanted = entry.document.spec.destination.cluster
        tenant = self.entries.get(f"Tenant/{entry.document.spec.tenant}")
        usable = self._clusters_of(cast("Entry[Tenant]", tenant)) if tenant is not None else self.clusters
        whose = f"tenant {tenant.name}" if tenant is not None and usable != self.clusters else "the environment"
        if wanted is None and len(usable) == 1:
            wanted = usable[0]
            self.needs[entry.identity].add(f"Cluster/{wanted}")
        elif wanted is None and self.known.breaks("Cluster"):
            pass  # the one cluster may be among what is broken
        elif wanted is None:
            hint = (
                f"name one of {', '.join(usable)}" if usable else "declare a cluster that the environment selects, and the tenant may use"
            )
            message = f"destination.cluster is missing, and {whose} has not exactly one cluster"
            self._wrong(entry.at("spec", "destination"), "MissingCluster", message, hint)
        elif wanted not in self.clusters and f"Cluster/{wanted}" in self.known.elsewhere:
            message = f'cluster "{wanted}" does not belong to environment {self.environment.name}'
            self._wrong(entry.at("spec", "destination", "cluster"), "ForbiddenDestination", message, near(wanted, self.clusters))
        elif wanted in self.clusters and wanted not in usable:
            message = f'cluster "{wanted}" may not be used by {whose}'
            hint = f"it may use {', '.join(usable)}" if usable else "it may use none of this environment"
            self._wrong(entry.at("spec", "destination", "cluster"), "ForbiddenDestination", message, hint)
        else:
            self._refers(entry, "Cluster", wanted, ("spec", "destination", "cluster"))
        if wanted is not None:
            self.placements[entry.name] = wanted

    def cycles(self) -> None:
        """Nothing may wait for itself, however long the way."""
        for cycle in order.cycles({identity: sorted(needs) for identity, needs in self.needs.items()}):
            entry = self.entries[cycle[0]]
            way = " → ".join((*cycle, cycle[0]))
            steps = [(self.entries[one], other) for one, other in zip(cycle, (*cycle[1:], cycle[0]), strict=True)]
            places = [step.at(*_names(step, other)) for step, other in steps]
            rest = f": here, or {', '.join(str(place) for place in places[1:])}" if len(places) > 1 else ""
            self._wrong(
                places[0], "DependencyCycle", f"{entry.identity} waits for itself: {way}", f"remove one of these dependencies{rest}"
            )


def _names(entry: Entry[Any], other: Identity) -> tuple[str | int, ...]:
    """The field by which a document needs another one: one of those that can be part of a cycle."""
    match entry.document:
        case Application(spec=spec):
            waits = [one.identity for one in spec.depends_on]
            return ("spec", "dependsOn", waits.index(other)) if other in waits else ("spec",)
        case Queue():
            return "spec", "deadLetter", "queue"
        case Database():
            return "spec", "restoreFrom", "database"
        case _:
            return ("spec",)
