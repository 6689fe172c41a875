"""Managed node groups of an EKS cluster.

Follows the EKS best practices guides: metadata of a node only for those who have a token, one hop away, so that no pod reaches it; volumes
encrypted; images pulled and nothing pushed; a bounded part of a group is replaced at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components import partitions

_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
_DEVICES = {"AL2023": "/dev/xvda", "BOTTLEROCKET": "/dev/xvdb"}
"""Where a node's images and containers lie, by the first word of its AMI type."""


@dataclass(frozen=True, slots=True)
class Taint:
    """What keeps pods away that do not tolerate it. Effects as Kubernetes writes them, e.g. `NoSchedule`."""

    key: str
    effect: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class NodeGroupArgs:
    """Nodes of one kind. Disk in GiB."""

    name: str
    instance_types: Sequence[str]
    smallest: int
    """Also how many there are at first."""
    largest: int
    ami: str = "AL2023_x86_64_STANDARD"
    spot: bool = False
    disk: int = 50
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    max_unavailable: int | None = None
    max_unavailable_percentage: int | None = None
    """How many nodes are replaced at a time; one when neither is given."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What all groups of a cluster share."""

    name: str
    """The cluster's name in state."""
    cluster: str
    """Its physical name."""
    region: str
    role: str
    """Physical name of the nodes' role."""
    version: str
    subnet_ids: Any
    tags: Mapping[str, str]


def groups(
    pool: Pool, cluster: aws.eks.Cluster, wanted: Sequence[NodeGroupArgs], after: Sequence[pulumi.Resource], parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """The groups, with the one role that their nodes have; made once everything of `after` is there."""
    if not wanted:
        return []
    child = pulumi.ResourceOptions(parent=parent, protect=False)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = aws.iam.Role(
        f"{pool.name}-nodes",
        name=pool.role,
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        tags=pool.tags,
        opts=child,
    )
    allowed = [
        aws.iam.RolePolicyAttachment(
            f"{pool.name}-nodes-{policy}", role=role.name, policy_arn=partitions.managed_policy(pool.region, policy), opts=child
        )
        for policy in _POLICIES
    ]
    opts = pulumi.ResourceOptions(parent=parent, depends_on=[*after, *allowed], protect=False)
    return [_group(pool, cluster, role, args, opts) for args in wanted]


def _group(
    pool: Pool, cluster: aws.eks.Cluster, role: aws.iam.Role, args: NodeGroupArgs, opts: pulumi.ResourceOptions
) -> aws.eks.NodeGroup:
    """One group. It is named by the engine: a change that replaces it makes the new nodes before the old ones go.

    How many nodes there are between the least and the most is an autoscaler's business after the group is made.
    """
    template = _template(pool, args, pulumi.ResourceOptions(parent=opts.parent, protect=False))
    taints = [{"key": taint.key, "value": taint.value, "effect": _effect(taint.effect)} for taint in args.taints]
    return aws.eks.NodeGroup(
        f"{pool.name}-{args.name}",
        cluster_name=cluster.name,
        node_role_arn=role.arn,
        subnet_ids=pool.subnet_ids,
        ami_type=args.ami,
        capacity_type="SPOT" if args.spot else "ON_DEMAND",
        instance_types=list(args.instance_types),
        scaling_config={"min_size": args.smallest, "desired_size": args.smallest, "max_size": args.largest},
        update_config=_update(args),
        node_repair_config={"enabled": True},
        labels=dict(args.labels) or None,
        taints=taints or None,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        version=pool.version,
        tags=pool.tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"])),
    )


def _template(pool: Pool, args: NodeGroupArgs, opts: pulumi.ResourceOptions) -> aws.ec2.LaunchTemplate:
    device = _DEVICES.get(args.ami.partition("_")[0], _DEVICES["AL2023"])
    disk = {"volume_size": args.disk, "volume_type": "gp3", "encrypted": "true", "delete_on_termination": "true"}
    called = f"{pool.cluster}-{args.name}"
    return aws.ec2.LaunchTemplate(
        f"{pool.name}-{args.name}",
        name=called,
        description=f"Nodes of group {args.name} of {pool.cluster}",
        update_default_version=True,
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        block_device_mappings=[{"device_name": device, "ebs": disk}],
        monitoring={"enabled": True},
        tag_specifications=[{"resource_type": kind, "tags": {**pool.tags, "Name": called}} for kind in ("instance", "volume")],
        tags=pool.tags,
        opts=opts,
    )


def _update(args: NodeGroupArgs) -> dict[str, int]:
    if args.max_unavailable_percentage is not None:
        return {"max_unavailable_percentage": args.max_unavailable_percentage}
    return {"max_unavailable": args.max_unavailable or 1}


def _effect(effect: str) -> str:
    """`NoSchedule` as EKS writes it, `NO_SCHEDULE`."""
    return "".join(f"_{letter}" if letter.isupper() and index else letter.upper() for index, letter in enumerate(effect))
