"""Cluster of kind `eks`: control plane, nodes, add-ons, and who may do what.

Follows the EKS best practices guides and the AWS Foundational Security Best Practices: secrets encrypted by a key of the cluster's own that
rotates (control EKS.3), control plane logs on and kept for a time (EKS.8), access by access entries instead of the aws-auth ConfigMap
(Identity and access management: cluster access manager), nodes in private subnets (`components/nodes.py`), permissions of add-ons by Pod
Identity instead of the nodes' role.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components import nodes, partitions
from components.nodes import NodeGroupArgs

_AGENT = "eks-pod-identity-agent"
_BEFORE_NODES = ("vpc-cni", "kube-proxy", _AGENT)
"""Add-ons without which a node does not become ready, and the one that the others get their permissions from."""


@dataclass(frozen=True, slots=True)
class EndpointAccess:
    """From where the API server is reached."""

    private: bool = True
    public: bool = True
    cidrs: Sequence[str] = ()
    """Who reaches the public endpoint; everybody when empty."""


@dataclass(frozen=True, slots=True)
class AccessArgs:
    """What one role or user may do on the cluster."""

    name: str
    """Short name, unique among the cluster's."""
    principal_arn: str
    policy: str | None = None
    """Name of an EKS access policy, e.g. `AmazonEKSAdminPolicy`; none when only groups are given."""
    namespaces: Sequence[str] = ()
    """Where the policy holds; everywhere when empty."""
    groups: Sequence[str] = ()
    """Groups of Kubernetes that RBAC gives rights to."""


@dataclass(frozen=True, slots=True)
class AddonArgs:
    """An add-on at one version."""

    name: str
    version: str
    configuration: Mapping[str, object] = field(default_factory=dict)
    service_account: str = ""
    """Its service account in kube-system; none of its own when empty."""
    policy: str = ""
    """The managed policy of AWS that its service account gets by Pod Identity, e.g. `AmazonEKS_CNI_Policy`."""


@dataclass(frozen=True, slots=True)
class EksArgs:
    """What a cluster is made of."""

    cluster: str
    """Physical name, unique in account and region."""
    version: str
    region: str
    subnet_ids: Sequence[pulumi.Input[str]] | pulumi.Input[Sequence[pulumi.Input[str]]]
    """Private subnets in at least two zones: of the control plane's interfaces and of the nodes."""
    endpoint: EndpointAccess = EndpointAccess()
    logs: Sequence[str] = ("api", "audit", "authenticator", "controllerManager", "scheduler")
    log_retention: int = 90
    """Days."""
    service_range: str | None = None
    kms_key: str | None = None
    """ARN of the key that encrypts secrets; one of its own is made when None."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Physical names of its roles where they differ from `CLUSTER-PURPOSE`, by purpose: `cluster`, `nodes` or an add-on's name."""
    access: Sequence[AccessArgs] = ()
    node_groups: Sequence[NodeGroupArgs] = ()
    addons: Sequence[AddonArgs] = ()
    protected: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)

    def role(self, purpose: str) -> str:
        """Physical name of one of its roles."""
        return self.roles.get(purpose, f"{self.cluster}-{purpose}")


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who vouches for the cluster's service accounts: the OpenID provider in IAM and its address without scheme."""

    provider_arn: pulumi.Input[str]
    host: pulumi.Input[str]


class Eks(pulumi.ComponentResource):
    """An EKS cluster.

    Where it is protected, the control plane and what it stands on are. What changes from day to day is not: nodes, add-ons and access.

    Attributes:
        name, arn: what it is called.
        kubeconfig: how to reach it: a secret, though it holds no credential. Whoever uses it is asked for by `aws eks get-token`, with the
            credentials that are in force when it is used.
        issuer: for roles that a service account may assume (IRSA).
        ready: nodes and add-ons, which what goes into the cluster waits for.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    issuer: Issuer
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: EksArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Cluster", name, None, opts)
        self._name, self._args = name, args
        cluster = self._cluster()
        oidc = cluster.identities.apply(lambda found: str(found[0]["oidcs"][0]["issuer"]))
        provider = aws.iam.OpenIdConnectProvider(
            name, url=oidc, client_id_lists=["sts.amazonaws.com"], tags=args.tags, opts=pulumi.ResourceOptions(parent=self)
        )
        self.issuer = Issuer(provider.arn, oidc.apply(lambda url: url.removeprefix("https://")))
        entries = self._access(cluster)
        early = [self._addon(cluster, addon, []) for addon in args.addons if addon.name in _BEFORE_NODES]
        groups = nodes.groups(
            nodes.Pool(name, args.cluster, args.region, args.role("nodes"), args.version, args.subnet_ids, args.tags),
            cluster,
            args.node_groups,
            [*early, *entries],
            self,
        )
        late = [self._addon(cluster, addon, groups) for addon in args.addons if addon.name not in _BEFORE_NODES]
        self.name, self.arn = cluster.name, cluster.arn
        self.ready = [*entries, *early, *groups, *late]
        self.kubeconfig = pulumi.Output.secret(
            pulumi.Output.json_dumps(kubeconfig(cluster.name, args.region, cluster.endpoint, cluster.certificate_authority.data))
        )
        self.register_outputs({"name": self.name, "endpoint": cluster.endpoint, "kubeconfig": self.kubeconfig})

    def _cluster(self) -> aws.eks.Cluster:
        name, args = self._name, self._args
        child = pulumi.ResourceOptions(parent=self)
        key = args.kms_key or self._key()
        role = service_role(f"{name}-cluster", args.role("cluster"), "eks.amazonaws.com", args.tags, child)
        allowed = attach(f"{name}-cluster", role, partitions.managed_policy(args.region, "AmazonEKSClusterPolicy"), child)
        # Made here so that it has a retention and goes with the cluster; EKS would make one that keeps logs for ever.
        group = aws.cloudwatch.LogGroup(
            f"{name}-control-plane",
            name=f"/aws/eks/{args.cluster}/cluster",
            retention_in_days=args.log_retention,
            tags=args.tags,
            opts=child,
        )
        reached: dict[str, object] = {"endpoint_private_access": args.endpoint.private, "endpoint_public_access": args.endpoint.public}
        if args.endpoint.public and args.endpoint.cidrs:
            reached["public_access_cidrs"] = list(args.endpoint.cidrs)
        return aws.eks.Cluster(
            name,
            name=args.cluster,
            version=args.version,
            role_arn=role.arn,
            access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": True},
            bootstrap_self_managed_addons=False,
            deletion_protection=args.protected,
            enabled_cluster_log_types=list(args.logs),
            encryption_config={"resources": ["secrets"], "provider": {"key_arn": key}},
            kubernetes_network_config={"service_ipv4_cidr": args.service_range} if args.service_range else None,
            vpc_config={"subnet_ids": args.subnet_ids, **reached},
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[allowed, group]),
        )

    def _key(self) -> pulumi.Output[str]:
        """A key of the cluster's own, which rotates."""
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            self._name,
            description=f"Secrets of cluster {self._args.cluster}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags=self._args.tags,
            opts=child,
        )
        aws.kms.Alias(self._name, name=f"alias/eks/{self._args.cluster}", target_key_id=key.key_id, opts=child)
        arn: pulumi.Output[str] = key.arn
        return arn

    def _access(self, cluster: aws.eks.Cluster) -> list[pulumi.Resource]:
        """Access entries with their policies, which whatever uses them waits for."""
        made: list[pulumi.Resource] = []
        child = pulumi.ResourceOptions(parent=self, protect=False)
        for access in self._args.access:
            entry = aws.eks.AccessEntry(
                f"{self._name}-{access.name}",
                cluster_name=cluster.name,
                principal_arn=access.principal_arn,
                kubernetes_groups=list(access.groups) or None,
                tags=self._args.tags,
                opts=child,
            )
            made.append(entry)
            if access.policy is None:
                continue
            scope = {"type": "namespace", "namespaces": list(access.namespaces)} if access.namespaces else {"type": "cluster"}
            made.append(
                aws.eks.AccessPolicyAssociation(
                    f"{self._name}-{access.name}",
                    cluster_name=cluster.name,
                    principal_arn=entry.principal_arn,
                    policy_arn=f"arn:{partitions.of(self._args.region)}:eks::aws:cluster-access-policy/{access.policy}",
                    access_scope=scope,
                    opts=child,
                )
            )
        return made

    def _addon(self, cluster: aws.eks.Cluster, addon: AddonArgs, after: Sequence[pulumi.Resource]) -> aws.eks.Addon:
        associations = None
        before = list(after)
        if addon.policy:
            child = pulumi.ResourceOptions(parent=self, protect=False)
            called = f"{self._name}-{addon.name}"
            role = service_role(called, self._args.role(addon.name), "pods.eks.amazonaws.com", self._args.tags, child)
            before.append(attach(called, role, partitions.managed_policy(self._args.region, addon.policy), child))
            associations = [{"service_account": addon.service_account, "role_arn": role.arn}]
        return aws.eks.Addon(
            f"{self._name}-{addon.name}",
            cluster_name=cluster.name,
            addon_name=addon.name,
            addon_version=addon.version,
            configuration_values=json.dumps(addon.configuration, sort_keys=True) if addon.configuration else None,
            pod_identity_associations=associations,
            # What EKS put there itself is taken over; what somebody set on purpose afterwards stays over an upgrade.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="PRESERVE",
            tags=self._args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=before, protect=False),
        )


def service_role(name: str, physical: str, service: str, tags: Mapping[str, str], opts: pulumi.ResourceOptions) -> aws.iam.Role:
    """A role that one service of AWS may assume; Pod Identity tags its sessions (EKS user guide, Pod Identity role trust policy)."""
    actions = ["sts:AssumeRole", "sts:TagSession"] if service == "pods.eks.amazonaws.com" else "sts:AssumeRole"
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}
    return aws.iam.Role(
        name,
        name=physical,
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        tags=tags,
        opts=opts,
    )


def attach(name: str, role: aws.iam.Role, policy_arn: str, opts: pulumi.ResourceOptions) -> aws.iam.RolePolicyAttachment:
    """One of AWS's own policies on a role."""
    return aws.iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy_arn, opts=opts)


def kubeconfig(
    name: pulumi.Input[str], region: str, endpoint: pulumi.Input[str], authority: pulumi.Input[str]
) -> dict[str, pulumi.Input[object]]:
    """A kubeconfig that asks the AWS command line for a token each time, as `aws eks update-kubeconfig` writes it."""
    command = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
        "interactiveMode": "Never",
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "eks",
        "clusters": [{"name": "eks", "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "users": [{"name": "eks", "user": {"exec": command}}],
        "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "eks"}}],
    }
