"""VPC endpoints: ways to services of AWS that leave neither the network nor Amazon's.

Follows the AWS PrivateLink guide: gateway endpoints cost nothing; interface endpoints answer under the service's own name, and their
security group lets HTTPS in from the network alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

_HTTPS = 443


@dataclass(frozen=True, slots=True)
class EndpointArgs:
    """The network that endpoints are put into."""

    vpc_id: pulumi.Input[str]
    region: str
    name: str
    """Physical name of the network."""
    cidr: str
    tags: Mapping[str, str]


def gateways(
    name: str, args: EndpointArgs, services: Sequence[str], tables: Sequence[aws.ec2.RouteTable], opts: pulumi.ResourceOptions
) -> None:
    """Endpoints of S3 or DynamoDB: routes in all these tables."""
    for service in services:
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{args.region}.{service}",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags={**args.tags, "Name": f"{args.name}-{service}"},
            opts=opts,
        )


def interfaces(
    name: str, args: EndpointArgs, services: Sequence[str], subnets: Sequence[pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> None:
    """Endpoints with an address in each of these subnets, all behind one security group."""
    if not services:
        return
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        name=f"{args.name}-endpoints",
        description=f"Connections to the endpoints of {args.name}",
        vpc_id=args.vpc_id,
        tags={**args.tags, "Name": f"{args.name}-endpoints"},
        opts=opts,
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints",
        security_group_id=group.id,
        description="HTTPS from the network",
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        cidr_ipv4=args.cidr,
        tags=args.tags,
        opts=opts,
    )
    for service in services:
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            vpc_id=args.vpc_id,
            service_name=f"com.amazonaws.{args.region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=list(subnets),
            security_group_ids=[group.id],
            private_dns_enabled=True,
            tags={**args.tags, "Name": f"{args.name}-{service}"},
            opts=opts,
        )
