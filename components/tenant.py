"""Tenant: namespaces that one team owns, bounded, closed and labelled.

Follows the Kubernetes multi-tenancy guide (namespaces, quotas, network policies per tenant), the Pod Security Standards (namespace labels)
and the recommended default-deny policies of the network policy guide.
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
_METADATA_SERVICES = (ip_network("169.254.169.254/32"), ip_network("fd00:ec2::254/128"))
"""The cloud's credentials for the node, which no pod needs (EC2: instance metadata service)."""


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
    for name, spec in _policies(tenant, args):
        yield _namespaced("networking.k8s.io/v1", "NetworkPolicy", name, {"spec": {"podSelector": {}, **spec}}), namespace


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


def _without_metadata_service(cidr: str) -> dict[str, list[str]]:
    """`except` of a range that holds a metadata service; a range that is nothing else was asked for by name."""
    network = ip_network(cidr)
    inside = [str(one) for one in _METADATA_SERVICES if one.version == network.version and one != network and one.subnet_of(network)]  # type: ignore[arg-type]  # of one version
    return {"except": inside} if inside else {}
