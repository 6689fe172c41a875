"""Tenant: namespaces that one team owns, bounded, closed and labelled.

Follows the Kubernetes multi-tenancy guide (namespaces, quotas, network policies per tenant), the Pod Security Standards (namespace labels)
and the recommended default-deny policies of the network policy guide. The deploy account is what the RBAC good practices call least
privilege: permissions in namespaces alone, and no token in any pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

import pulumi

from components.cluster import ClusterConnection
from components.objects import MANAGED_BY, KubernetesObject, ObjectArgs, register

TENANT = "transom.dev/tenant"
_RBAC = "rbac.authorization.k8s.io/v1"
_METADATA_SERVICES = (ip_network("169.254.169.254/32"), ip_network("fd00:ec2::254/128"))
"""The cloud's credentials for the node, which no pod needs (EC2: instance metadata service)."""


@dataclass(frozen=True, slots=True)
class DeployerArgs:
    """The service account that the tenant's objects are applied as, and what it may do."""

    name: str
    """Its own name, and that of its Role and RoleBinding."""
    namespace: str
    rules: Sequence[Mapping[str, Any]]
    """Rules of a Role in each namespace of the tenant."""
    unscoped: Sequence[Mapping[str, Any]] = field(default=())
    """Rules of a ClusterRole; none when empty."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Who is at the other end of an opening."""

    tenants: Sequence[str] = field(default=())
    namespaces: Sequence[str] = field(default=())
    cidrs: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening for some pods: whom they may connect to, who may connect to them, and the ports with their protocols; all when empty."""

    pods: Mapping[str, str]
    egress: Peers | None
    ingress: Peers | None
    ports: Sequence[tuple[int, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class TenantArgs:
    """Plain values: everything about a tenant is known before anything runs."""

    environment: str
    connections: Mapping[str, ClusterConnection]
    """By cluster name; the tenant's namespaces are on each."""
    namespaces: Sequence[str]
    roles: Mapping[str, tuple[str, str]]
    """Group of people and their ClusterRole (view, edit, admin), by the name of the RoleBinding."""
    quota: Mapping[str, str]
    """`hard` of a ResourceQuota; none when empty."""
    container_requests: Mapping[str, str]
    container_limits: Mapping[str, str]
    pod_security: str
    allow_from_tenants: Sequence[str] = field(default=())
    allow_from_namespaces: Sequence[str] = field(default=())
    allow_egress: Sequence[str] = field(default=())
    """Address ranges."""
    openings: Mapping[str, Opening] = field(default_factory=dict)
    """By the name of the NetworkPolicy."""
    deployer: DeployerArgs | None = None
    """None where its objects are applied by whoever runs this."""


class Tenant(pulumi.ComponentResource):
    """The namespaces of one team on every cluster of an environment.

    Attributes:
        foundations: by cluster and namespace what must be there before an object is put into it.
    """

    foundations: Mapping[tuple[str, str], list[KubernetesObject]]

    def __init__(self, name: str, args: TenantArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:kubernetes:Tenant", name, None, opts)
        labels = {**MANAGED_BY, TENANT: name, "transom.dev/environment": args.environment}
        foundations: dict[tuple[str, str], list[KubernetesObject]] = {}
        for cluster, connection in args.connections.items():
            for namespace in args.namespaces:
                objects = [ObjectArgs(data, space, labels) for data, space in _objects(name, namespace, args)]
                made = register(cluster, objects, pulumi.ResourceOptions(parent=self, provider=connection.provider))
                foundations[cluster, namespace] = made
            if args.deployer:
                options = pulumi.ResourceOptions(parent=self, provider=connection.provider)
                first = foundations[cluster, args.deployer.namespace]
                objects = [ObjectArgs(data, space, labels) for data, space in _account(name, args.deployer)]
                account = register(cluster, objects, options, first)
                for namespace in args.namespaces:
                    foundations[cluster, namespace] = [*foundations[cluster, namespace], *account]
        self.foundations = foundations
        self.register_outputs({})


def _objects(tenant: str, namespace: str, args: TenantArgs) -> Iterator[tuple[dict[str, Any], str]]:
    """Objects of one namespace, each with the namespace it lies in."""
    security = {f"pod-security.kubernetes.io/{mode}": args.pod_security for mode in ("enforce", "warn", "audit")}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": security}}, ""
    if args.quota:
        yield _namespaced("v1", "ResourceQuota", "tenant", {"spec": {"hard": dict(args.quota)}}), namespace
    limits = {"type": "Container", "defaultRequest": dict(args.container_requests), "default": dict(args.container_limits)}
    yield _namespaced("v1", "LimitRange", "tenant", {"spec": {"limits": [limits]}}), namespace
    for name, (group, role) in args.roles.items():
        body = {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": group}],
        }
        yield _namespaced("rbac.authorization.k8s.io/v1", "RoleBinding", name, body), namespace
    if args.deployer:
        yield from _permissions(args.deployer, namespace)
    for name, spec in _policies(tenant, args):
        yield _namespaced("networking.k8s.io/v1", "NetworkPolicy", name, {"spec": {"podSelector": {}, **spec}}), namespace


def _account(tenant: str, deployer: DeployerArgs) -> Iterator[tuple[dict[str, Any], str]]:
    """The deploy account, and what it may do outside of namespaces."""
    account = _namespaced("v1", "ServiceAccount", deployer.name, {"automountServiceAccountToken": False})
    yield account, deployer.namespace
    if deployer.unscoped:
        name = f"{deployer.name}-{tenant}"
        yield _namespaced(_RBAC, "ClusterRole", name, {"rules": list(deployer.unscoped)}), ""
        yield _namespaced(_RBAC, "ClusterRoleBinding", name, _granted("ClusterRole", name, deployer)), ""


def _permissions(deployer: DeployerArgs, namespace: str) -> Iterator[tuple[dict[str, Any], str]]:
    """What the deploy account may do in one namespace."""
    yield _namespaced(_RBAC, "Role", deployer.name, {"rules": list(deployer.rules)}), namespace
    yield _namespaced(_RBAC, "RoleBinding", deployer.name, _granted("Role", deployer.name, deployer)), namespace


def _granted(kind: str, name: str, deployer: DeployerArgs) -> dict[str, Any]:
    return {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": deployer.name, "namespace": deployer.namespace}],
    }


def _namespaced(version: str, kind: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **body}


def _policies(tenant: str, args: TenantArgs) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything is closed; then the openings."""
    yield "default-deny", {"policyTypes": ["Ingress", "Egress"]}
    own = {"namespaceSelector": {"matchLabels": {TENANT: tenant}}}
    yield "allow-own-tenant", {"policyTypes": ["Ingress", "Egress"], "ingress": [{"from": [own]}], "egress": [{"to": [own]}]}
    dns = {
        "to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }
    yield "allow-dns", {"policyTypes": ["Egress"], "egress": [dns]}
    peers = [{"namespaceSelector": {"matchLabels": {TENANT: other}}} for other in args.allow_from_tenants]
    peers += [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": other}}} for other in args.allow_from_namespaces]
    if peers:
        yield "allow-from-others", {"policyTypes": ["Ingress"], "ingress": [{"from": peers}]}
    if args.allow_egress:
        blocks = [{"ipBlock": {"cidr": cidr, **_without_metadata_service(cidr)}} for cidr in args.allow_egress]
        yield "allow-egress", {"policyTypes": ["Egress"], "egress": [{"to": blocks}]}

    for name, opening in args.openings.items():
        yield name, _opened(opening)


def _opened(opening: Opening) -> dict[str, Any]:
    ports = {"ports": [{"protocol": protocol, "port": port} for port, protocol in opening.ports]} if opening.ports else {}
    out: dict[str, Any] = {"podSelector": {"matchLabels": dict(opening.pods)}} if opening.pods else {}
    ways = (("Ingress", "ingress", "from", opening.ingress), ("Egress", "egress", "to", opening.egress))
    out["policyTypes"] = [word for word, _, _, peers in ways if peers]
    return out | {field_: [{side: _peers(peers), **ports}] for _, field_, side, peers in ways if peers}


def _peers(peers: Peers) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = [{"namespaceSelector": {"matchLabels": {TENANT: other}}} for other in peers.tenants]
    out += [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": other}}} for other in peers.namespaces]
    return out + [{"ipBlock": {"cidr": cidr, **_without_metadata_service(cidr)}} for cidr in peers.cidrs]


def _without_metadata_service(cidr: str) -> dict[str, list[str]]:
    """`except` of a range that holds a metadata service; a range that is nothing else was asked for by name."""
    network = ip_network(cidr)
    inside = [str(one) for one in _METADATA_SERVICES if one.version == network.version and one != network and one.subnet_of(network)]  # type: ignore[arg-type]  # of one version
    return {"except": inside} if inside else {}
