"""Names that documents come to outside: of cloud resources, and of the Kubernetes objects that components make by themselves."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

from transom.specs.application import Application, BindingSpec
from transom.specs.tenant import Tenant

LONGEST: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "Database": (63, "an RDS identifier"),
        "Bucket": (63 - len("-123456789012"), "an S3 bucket, the account's id included,"),
        "Queue": (80 - len("-dead-letter.fifo"), "an SQS queue, the ending of its dead-letter queue included,"),
        "Topic": (256 - len(".fifo"), "an SNS topic, its ending included,"),
        "Cache": (40, "an ElastiCache replication group"),
        "Table": (255, "a DynamoDB table"),
        "Cluster": (100, "an EKS cluster"),
    }
)
"""Characters that are left for the physical name, and of what (RDS: CreateDBInstance DBInstanceIdentifier; S3: bucket naming rules; SQS:
queue quotas; SNS: CreateTopic Name; ElastiCache: CreateReplicationGroup ReplicationGroupId; DynamoDB: CreateTable TableName; EKS:
CreateCluster name)."""

WITHOUT_DOUBLE_HYPHENS: Mapping[str, str] = MappingProxyType({"Database": "an RDS identifier", "Cache": "an ElastiCache replication group"})
"""Kinds whose physical name may not have two hyphens in a row, and what it is (the same pages)."""


def physical(environment: str, tenant: str, name: str) -> str:
    """Name of a cloud resource: `dev-team-a-shop`."""
    return f"{environment}-{tenant}-{name}"


def of_platform(environment: str, name: str) -> str:
    """Name of a cloud resource that belongs to no tenant, a network or a cluster: `dev-main`."""
    return f"{environment}-{name}"


_LONGEST_ROLE = 64
"""Characters of a role's name (IAM quotas: names)."""
_HASH = 8


def role(name: str, purpose: str) -> str:
    """Name of a role: that of its resource and its purpose, cut and told apart by a hash where IAM has no room: `dev-team-a-shop-pods`."""
    full = f"{name}-{purpose}"
    if len(full) <= _LONGEST_ROLE:
        return full
    digest = hashlib.sha256(full.encode()).hexdigest()[:_HASH]
    return f"{name[: _LONGEST_ROLE - len(purpose) - _HASH - 2]}-{digest}-{purpose}"


def carrier(application: str, binding: BindingSpec) -> str:
    """Name of the Secret or ConfigMap that carries a binding's variables."""
    kind, name = binding.target
    return f"{application}-{kind.lower()}-{name}"


QUOTA = "tenant"
LIMITS = "tenant"
DEPLOYER = "transom-deploy"
"""Name of the service account that a tenant's objects are applied as, of its Role and of the RoleBinding between them."""
POLICIES = ("default-deny", "allow-own-tenant", "allow-dns", "allow-from-others", "allow-egress")


def opening(name: str) -> str:
    """Name of the NetworkPolicy of an opening."""
    return f"opening-{name}"


def role_binding(group: str, role: str) -> str:
    """Name of a group's RoleBinding: the group's own where it can stand in a path (Kubernetes: path segment names), else with a hash."""
    if not re.search(r"[/%]", group):
        return f"{group}-{role}"
    return f"{re.sub(r'[/%]+', '-', group).strip('-')}-{hashlib.sha256(group.encode()).hexdigest()[:8]}-{role}"


def made_by_tenant(tenant: Tenant) -> frozenset[tuple[str, str, str]]:
    """Group, kind and name of what a tenant's component may put into each of its namespaces."""
    made = {("", "ResourceQuota", QUOTA), ("", "LimitRange", LIMITS)}
    made |= {("networking.k8s.io", "NetworkPolicy", name) for name in POLICIES}
    made |= {("networking.k8s.io", "NetworkPolicy", opening(name)) for name in tenant.spec.network.openings}
    made |= {("", "ServiceAccount", DEPLOYER)} | {("rbac.authorization.k8s.io", kind, DEPLOYER) for kind in ("Role", "RoleBinding")}
    return frozenset(
        made | {("rbac.authorization.k8s.io", "RoleBinding", role_binding(owner.group, owner.role)) for owner in tenant.spec.owners}
    )


def way_to_agent(application: str) -> str:
    """Name of the network policy that lets an application's pods reach the agent of EKS Pod Identity."""
    return f"{application}-pod-identity"


WITH_PASSWORD = frozenset({"Database", "Cache"})
"""Kinds whose binding carries a password, and is therefore a Secret."""


def made_by_application(application: Application) -> frozenset[tuple[str, str, str]]:
    """Group, kind and name of what an application's component adds to its manifests."""
    granted = any(binding.granted for binding in application.spec.bindings)
    opened = {("networking.k8s.io", "NetworkPolicy", way_to_agent(application.metadata.name))} if granted else set()
    return frozenset(opened) | frozenset(
        ("", "Secret" if binding.claim or binding.target[0] in WITH_PASSWORD else "ConfigMap", carrier(application.metadata.name, binding))
        for binding in application.spec.bindings
    )
