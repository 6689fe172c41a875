"""Network: where an environment's databases are placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class Network:
    """An existing VPC, its private subnets and its address range."""

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    cidr: pulumi.Input[str]

    def exported(self) -> pulumi.Output[dict[str, Any]]:
        """The network as a stack output; `linked` reads it back in another stack."""
        return pulumi.Output.all(vpcId=self.vpc_id, subnetIds=self.subnet_ids, cidr=self.cidr)


def existing(vpc_id: str, subnet_ids: Sequence[str], provider: pulumi.ProviderResource) -> Network:
    """The network with these ids; its address range is looked up."""
    vpc = aws.ec2.get_vpc_output(id=vpc_id, opts=pulumi.InvokeOutputOptions(provider=provider))
    return Network(vpc_id, list(subnet_ids), vpc.cidr_block)


def default(provider: pulumi.ProviderResource) -> Network:
    """The account's default VPC with its subnets, sorted."""
    opts = pulumi.InvokeOutputOptions(provider=provider)
    vpc = aws.ec2.get_vpc_output(default=True, opts=opts)
    subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}], opts=opts)
    return Network(vpc.id, subnets.ids.apply(sorted), vpc.cidr_block)


def linked(exported: Mapping[str, Any]) -> Network:
    """The network that another stack exported."""
    return Network(exported["vpcId"], exported["subnetIds"], exported["cidr"])
