"""Network: a VPC with public and private subnets over zones, its ways out, and what is watched of it.

Follows the VPC security best practices and the AWS Foundational Security Best Practices: subnets in several zones, nothing gets a public
address by itself, the default security group lets nothing through (control EC2.2), flow logs are on (EC2.6), services of AWS are
reached without the internet. Subnets carry the tags by which load balancers of Kubernetes find them (EKS user guide, Network load
balancing).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components import endpoints, flowlogs
from components.network import Network

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class SubnetArgs:
    """Address ranges of one zone's two subnets."""

    public: str
    private: str


@dataclass(frozen=True, slots=True)
class VpcArgs:
    """What a network is made of."""

    name: str
    """Physical name, which everything's Name tag begins with."""
    cidr: str
    subnets: Sequence[SubnetArgs]
    """One for each zone, in the order of the zones' names."""
    zones: Sequence[str] = ()
    """Names of the zones; the region's first ones when empty."""
    nat: Literal["none", "one", "per-zone"] = "one"
    """Way out of private subnets: none, one NAT gateway for all, or one in each zone, so that a zone's failure is its own."""
    gateway_endpoints: Sequence[str] = ()
    """Of `s3` and `dynamodb`."""
    interface_endpoints: Sequence[str] = ()
    """Names of services as endpoints have them, e.g. `ecr.api`."""
    flow_logs: int | None = 90
    """Days that flow logs are kept; none are written when None."""
    region: str = ""
    clusters: Sequence[str] = ()
    """Physical names of the EKS clusters whose load balancers may lie in it."""
    tags: Mapping[str, str] = field(default_factory=dict)


class Vpc(pulumi.ComponentResource):
    """A VPC of its own.

    Attributes:
        network: where databases and caches are placed: the private subnets.
        vpc_id: its id.
        public_subnet_ids, private_subnet_ids: one for each zone, in their order.
    """

    network: Network
    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]

    def __init__(self, name: str, args: VpcArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Network", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            name, cidr_block=args.cidr, enable_dns_hostnames=True, enable_dns_support=True, tags=self._tags(args.name), opts=self._child
        )
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=vpc.id, ingress=[], egress=[], tags=self._tags(f"{args.name}-default-closed"), opts=self._child
        )
        zones = self._zones()
        public = [self._subnet("public", index, vpc, zone) for index, zone in enumerate(zones)]
        private = [self._subnet("private", index, vpc, zone) for index, zone in enumerate(zones)]
        tables = self._routes(vpc, public, private)
        attached = endpoints.EndpointArgs(vpc.id, args.region, args.name, args.cidr, args.tags)
        endpoints.gateways(name, attached, args.gateway_endpoints, tables, self._child)
        endpoints.interfaces(name, attached, args.interface_endpoints, [subnet.id for subnet in private], self._child)
        if args.flow_logs is not None:
            flowlogs.watch(name, flowlogs.FlowLogArgs(vpc.id, args.name, args.flow_logs, args.tags), self._child)
        self.vpc_id = vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.network = Network(vpc.id, self.private_subnet_ids, args.cidr)
        self.register_outputs({"vpcId": vpc.id, "publicSubnetIds": self.public_subnet_ids, "privateSubnetIds": self.private_subnet_ids})

    def _zones(self) -> list[pulumi.Input[str]]:
        """Names of the zones that have subnets.

        A zone that is out of order is not left out: the others would move up, and their subnets be replaced. Local zones are, since they
        have no NAT gateways (VPC user guide, Subnets in AWS Local Zones).
        """
        if self._args.zones:
            return list(self._args.zones)
        found = aws.get_availability_zones_output(
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return [found.names.apply(lambda names, index=index: _zone(names, index)) for index in range(len(self._args.subnets))]

    def _subnet(self, kind: Literal["public", "private"], index: int, vpc: aws.ec2.Vpc, zone: pulumi.Input[str]) -> aws.ec2.Subnet:
        """One subnet. Its name in state has its number, since the zone's name is not known before the run."""
        role = "elb" if kind == "public" else "internal-elb"
        shared = {f"kubernetes.io/cluster/{cluster}": "shared" for cluster in self._args.clusters}
        tags = {**self._tags(pulumi.Output.concat(self._args.name, f"-{kind}-", zone)), f"kubernetes.io/role/{role}": "1", **shared}
        ranges = self._args.subnets[index]
        return aws.ec2.Subnet(
            f"{self._name}-{kind}-{index + 1}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=ranges.public if kind == "public" else ranges.private,
            map_public_ip_on_launch=False,
            tags=tags,
            opts=self._child,
        )

    def _routes(self, vpc: aws.ec2.Vpc, public: Sequence[aws.ec2.Subnet], private: Sequence[aws.ec2.Subnet]) -> list[aws.ec2.RouteTable]:
        """One table for the public subnets, one for each private subnet: so that a change of `nat` changes routes and replaces nothing."""
        name, physical, child = self._name, self._args.name, self._child
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags=self._tags(physical), opts=child)
        outside = aws.ec2.RouteTable(f"{name}-public", vpc_id=vpc.id, tags=self._tags(f"{physical}-public"), opts=child)
        aws.ec2.Route(f"{name}-public", route_table_id=outside.id, destination_cidr_block=ANYWHERE, gateway_id=gateway.id, opts=child)
        for index, subnet in enumerate(public, 1):
            aws.ec2.RouteTableAssociation(f"{name}-public-{index}", route_table_id=outside.id, subnet_id=subnet.id, opts=child)
        gateways = self._gateways(public, gateway)
        tables = [outside]
        for index, subnet in enumerate(private, 1):
            table = aws.ec2.RouteTable(f"{name}-private-{index}", vpc_id=vpc.id, tags=self._tags(f"{physical}-private-{index}"), opts=child)
            if gateways:
                way_out = gateways[min(index, len(gateways)) - 1]
                aws.ec2.Route(
                    f"{name}-private-{index}",
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=way_out.id,
                    opts=child,
                )
            aws.ec2.RouteTableAssociation(f"{name}-private-{index}", route_table_id=table.id, subnet_id=subnet.id, opts=child)
            tables.append(table)
        return tables

    def _gateways(self, public: Sequence[aws.ec2.Subnet], internet: aws.ec2.InternetGateway) -> list[aws.ec2.NatGateway]:
        """NAT gateways, each with an address that stays, in as many zones as asked for."""
        count = {"none": 0, "one": 1, "per-zone": len(public)}[self._args.nat]
        made = []
        for index, subnet in enumerate(public[:count], 1):
            tags = self._tags(f"{self._args.name}-nat-{index}")
            address = aws.ec2.Eip(f"{self._name}-nat-{index}", domain="vpc", tags=tags, opts=self._child)
            # A NAT gateway works only once its network has a way to the internet (VPC user guide, NAT gateway basics).
            opts = pulumi.ResourceOptions(parent=self, depends_on=[internet])
            made.append(
                aws.ec2.NatGateway(f"{self._name}-nat-{index}", allocation_id=address.id, subnet_id=subnet.id, tags=tags, opts=opts)
            )
        return made

    def _tags(self, called: pulumi.Input[str]) -> dict[str, Any]:
        return {**self._args.tags, "Name": called}


def _zone(names: Sequence[str], index: int) -> str:
    if index >= len(names):
        raise ValueError(f"the region has {len(names)} zones: {', '.join(sorted(names))}; ask for no more")
    return sorted(names)[index]
