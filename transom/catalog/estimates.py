"""How many resources documents become, from documents alone: an upper bound, which tests hold against what is registered."""

from __future__ import annotations

from typing import Any

from transom.catalog import addons, deployers, identities
from transom.catalog.model import Catalog, Entry
from transom.specs.application import Application
from transom.specs.cluster import Cluster, EksCluster
from transom.specs.database import Database
from transom.specs.network import Network, NetworkSpec
from transom.specs.resources import Bucket, Queue
from transom.specs.tenant import Tenant, TenantSpec
from transom.specs.topic import Topic

_PER_STACK = 4
"""The stack itself, the environment, the AWS account and its provider."""
_PER_NAMESPACE = 5
"""Kubernetes objects in every namespace of a tenant: itself, its limits, three policies."""
_PER_KIND = {"Cluster": 3, "Database": 8, "Bucket": 8, "Queue": 6, "Topic": 3, "Cache": 8, "Table": 2}
"""Resources that a document becomes, the component itself included; every other kind has at least its component."""


def resources(catalog: Catalog) -> int:
    """Upper bound of the number of resources in state."""
    total = _PER_STACK + sum(_of_document(catalog, entry) for entry in catalog.entries.values())
    return total + sum(map(len, catalog.manifests.values()))


def _of_document(catalog: Catalog, entry: Entry[Any]) -> int:
    """What one document becomes, without the manifests of its unit."""
    more = 0
    match entry.document:
        case Cluster(spec=spec):
            more = _of_eks(spec.eks) if spec.eks else 0
        case Network(spec=spec):
            more = _of_network(spec)
        case Tenant(spec=spec):
            deployer = deployers.of(catalog, entry)
            account = 2 * len(spec.namespaces) + 1 + (2 if deployer.unscoped else 0) if deployer else 0
            more = (_of_tenant(spec) + account) * len(catalog.clusters)
        case Database(spec=spec):
            more = spec.replicas + (len(spec.log_exports) if spec.logs.retention else 0)
        case Bucket(spec=spec):
            more = int(bool(spec.notifications))
        case Queue(spec=spec):
            taken = any(other.document.spec.dead_letter.queue == entry.name for other in catalog.queues.values())
            more = taken - (3 if spec.dead_letter.queue else 0)
        case Topic(spec=spec):
            heard = any(one.topic == entry.name for bucket in catalog.buckets.values() for one in bucket.document.spec.notifications)
            more = len(spec.subscriptions) + (2 if heard else 0)
        case Application(spec=spec):
            more = len(spec.bindings) + _of_identity(catalog, entry)
        case _:
            pass
    return _PER_KIND.get(entry.kind, 1) + more


def _of_tenant(spec: TenantSpec) -> int:
    """Its objects on one cluster."""
    openings = (
        bool(spec.network.allow_from_tenants or spec.network.allow_from_namespaces)
        + bool(spec.network.allow_egress)
        + len(spec.network.openings)
    )
    return (_PER_NAMESPACE + 1 + len(spec.owners) + openings) * len(spec.namespaces)


def _of_network(spec: NetworkSpec) -> int:
    """The VPC and its group, flow logs (4) and two gateway endpoints; then subnets, tables, ways out and interface endpoints."""
    zones = spec.zones
    private = 3 * zones
    public = 3 + 2 * zones if spec.public_subnets else 0
    gateways = {"none": 0, "one": 1, "one-per-zone": zones}[spec.nat]
    ways_out = 2 * gateways + (zones if gateways else 0)
    return 2 + 4 + 2 + private + public + ways_out + (len(spec.endpoints) + 2 if spec.endpoints else 0)


def _of_eks(spec: EksCluster) -> int:
    """Itself, cluster, log group, role and issuer; then key, access, nodes with their role, and add-ons with theirs."""
    access = len(spec.access) + sum(one.policy is not None for one in spec.access)
    nodes = 3 + 2 * len(spec.node_groups)
    added = len(spec.addons) + 2 * sum(name in addons.PERMISSIONS for name in spec.addons)
    return 6 + (0 if spec.kms_key else 2) + access + nodes + added


def _of_identity(catalog: Catalog, entry: Entry[Application]) -> int:
    """Component, role, a policy for each binding, associations and service accounts."""
    if entry.name not in catalog.placements:
        return 0
    cluster = catalog.clusters[catalog.placements[entry.name]]
    found = identities.of(entry, cluster, catalog.manifests.get(entry.identity, ()))
    if found is None:
        return 0
    granted = sum(one.granted is not None for one in entry.document.spec.bindings)
    by_agent = 0 if found.issuer else len(found.accounts) + len({namespace for namespace, _ in found.accounts})
    return 2 + granted + len(found.made) + by_agent
