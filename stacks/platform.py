"""Translates what belongs to the platform: networks, clusters that Transom makes, and the identities of applications on any cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Network
from typing import Any

import pulumi

from components import access, partitions
from components.application import ServiceAccount
from components.bucket import Bucket
from components.eks import AccessArgs, AddonArgs, Eks, EksArgs, EndpointAccess, Issuer
from components.identity import IdentityArgs, PodIdentity
from components.network import Network
from components.nodes import NodeGroupArgs, Taint
from components.queue import Queue
from components.table import Table
from components.topic import Topic
from components.vpc import SubnetArgs, VpcArgs
from transom.catalog import addons, identities, names
from transom.catalog.model import Catalog, Entry
from transom.specs import cluster as specs
from transom.specs import ranges
from transom.specs.application import Application
from transom.specs.network import Network as NetworkDocument

_POLICIES: Mapping[str, str] = {
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}
"""Access policies of EKS by the words of documents (EKS user guide: Review access policy permissions)."""

_IMAGES: Mapping[tuple[str, bool], str] = {
    ("al2023", False): "AL2023_x86_64_STANDARD",
    ("al2023", True): "AL2023_ARM_64_STANDARD",
    ("bottlerocket", False): "BOTTLEROCKET_x86_64",
    ("bottlerocket", True): "BOTTLEROCKET_ARM_64",
}
"""AMI types by operating system and whether the processors are Arm (EKS API: Nodegroup amiType)."""


def cluster_name(catalog: Catalog, entry: Entry[Any]) -> str:
    """Physical name of a cluster that Transom makes."""
    return names.of_platform(catalog.name, entry.name)


def tags(entry: Entry[Any]) -> dict[str, str]:
    """Tags of the platform's resources, beside those that the environment's provider gives to all."""
    return {"transom:document": entry.identity}


def network(catalog: Catalog, entry: Entry[NetworkDocument]) -> VpcArgs:
    """A VPC with computed ranges; its subnets are tagged for the clusters that lie in it."""
    spec, aws = entry.document.spec, catalog.environment.document.spec.aws
    physical = names.of_platform(catalog.name, entry.name)
    found = ranges.of_zones(IPv4Network(spec.cidr), spec.zones)
    environments = aws.network.name if aws.network else None
    clusters = [
        cluster_name(catalog, cluster)
        for cluster in catalog.clusters.values()
        if (eks := cluster.document.spec.eks) and (eks.network or environments) == entry.name
    ]
    return VpcArgs(
        name=physical,
        cidr=spec.cidr,
        subnets=[SubnetArgs(str(zone.private), str(zone.public) if spec.public_subnets else None) for zone in found],
        region=aws.region,
        role=names.role(physical, "flow-logs"),
        nat=spec.nat,
        endpoints=spec.endpoints,
        traffic=spec.flow_logs.traffic,
        log_retention=spec.flow_logs.retention.days,
        clusters=clusters,
        tags=tags(entry),
    )


def eks(catalog: Catalog, entry: Entry[specs.Cluster], placed: Network, today: date) -> EksArgs:
    """A cluster on EKS in the private subnets of a network."""
    spec = entry.document.spec.eks
    if spec is None:
        raise TypeError(f"cluster {entry.name} is not one that Transom makes")
    name = cluster_name(catalog, entry)
    purposes = ["cluster", "nodes", *(addon for addon in spec.addons if addon in addons.PERMISSIONS)]
    return EksArgs(
        cluster=name,
        version=spec.version,
        region=catalog.environment.document.spec.aws.region,
        subnet_ids=placed.subnet_ids,
        endpoint=EndpointAccess(spec.endpoint.private, bool(spec.endpoint.public_cidrs), spec.endpoint.public_cidrs),
        logs=sorted(spec.logs),
        log_retention=spec.log_retention.days,
        service_range=spec.service_cidr,
        kms_key=spec.kms_key,
        roles={purpose: names.role(name, purpose) for purpose in purposes},
        access=[_access(one) for one in spec.access],
        node_groups=[_nodes(called, group) for called, group in spec.node_groups.items()],
        addons=[_addon(called, addon) for called, addon in spec.addons.items()],
        protected=spec.protected(today),
        tags=tags(entry),
    )


def _access(spec: specs.AccessSpec) -> AccessArgs:
    """An entry, named after the end of its principal's ARN: `role/platform`."""
    return AccessArgs(
        name=spec.principal.rpartition(":")[2],
        principal_arn=str(spec.principal),
        policy=_POLICIES[spec.policy] if spec.policy else None,
        namespaces=spec.namespaces,
        groups=spec.groups,
    )


def _nodes(name: str, spec: specs.NodeGroupSpec) -> NodeGroupArgs:
    return NodeGroupArgs(
        name=name,
        instance_types=spec.instance_types,
        smallest=spec.count.min,
        largest=spec.count.max,
        ami=_IMAGES[spec.image, spec.is_arm],
        spot=spec.capacity == "spot",
        disk=spec.disk.gibibytes,
        labels=spec.labels,
        taints=[Taint(taint.key, taint.effect, taint.value) for taint in spec.taints],
        max_unavailable=spec.update.max_unavailable,
        max_unavailable_percentage=spec.update.max_unavailable_percentage,
    )


def _addon(name: str, spec: specs.AddonSpec) -> AddonArgs:
    permission = addons.PERMISSIONS.get(name)
    if permission is None:
        return AddonArgs(name, spec.version, spec.configuration)
    return AddonArgs(name, spec.version, spec.configuration, permission.account, permission.policy)


@dataclass(frozen=True, slots=True)
class Granted:
    """What an application is bound to, how much of it the binding gives, and what that is called, e.g. `bucket-pictures`."""

    name: str
    level: access.Level
    component: pulumi.ComponentResource


def identity(
    catalog: Catalog, entry: Entry[Application], granted: Sequence[Granted], account_id: pulumi.Input[str], made: Eks | None
) -> tuple[IdentityArgs, ServiceAccount] | None:
    """The role of an application's pods, and the service account that they have it by; None where they have none.

    `made` is their cluster where this stack makes it.
    """
    cluster = catalog.clusters[catalog.placements[entry.name]]
    found = identities.of(entry, cluster, catalog.manifests.get(entry.identity, ()))
    if found is None:
        return None
    region = catalog.environment.document.spec.aws.region
    partition = partitions.of(region)
    tenant = catalog.tenants[entry.document.spec.tenant].document.spec
    role = names.role(names.physical(catalog.name, entry.document.spec.tenant, entry.name), "pods")
    vouched: PodIdentity | Issuer
    annotated: Sequence[tuple[str, str]] = ()
    annotations: dict[str, pulumi.Input[str]] = {}
    if found.issuer:
        host = found.issuer.removeprefix("https://")
        vouched = Issuer(pulumi.Output.format("arn:{}:iam::{}:oidc-provider/{}", partition, account_id, host), host)
        annotated = found.accounts
        annotations = {"eks.amazonaws.com/role-arn": pulumi.Output.format("arn:{}:iam::{}:role/{}", partition, account_id, role)}
    else:
        name = cluster_name(catalog, cluster)
        arn = pulumi.Output.format("arn:{}:eks:{}:{}:cluster/{}", partition, region, account_id, name)
        vouched = PodIdentity(made.name if made else name, arn)
    args = IdentityArgs(
        role=role,
        accounts=found.accounts,
        vouched=vouched,
        policies={one.name: _statements(one) for one in granted},
        boundary=tenant.permissions_boundary,
        tags={**tenant.tags, **tags(entry), "transom:tenant": entry.document.spec.tenant},
    )
    spaces = [] if found.issuer else sorted({namespace for namespace, _ in found.accounts})
    return args, ServiceAccount(entry.name, found.made, annotated, annotations, names.way_to_agent(entry.name), spaces)


def _statements(granted: Granted) -> list[dict[str, Any]]:
    match granted.component:
        case Bucket(arn=arn):
            return access.bucket(arn, granted.level)
        case Queue(arn=arn, dead_letter_arn=dead):
            return access.queue(arn, dead, granted.level)
        case Topic(arn=arn, key_arn=key):
            return access.topic(arn, key, granted.level)
        case Table(arn=arn, index_arns=indexes):
            return access.table(arn, indexes, granted.level)
        case _:
            raise TypeError(f"{granted.name} is nothing that AWS permits")
