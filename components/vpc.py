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
    """Address ranges of one zone's subnets; no public one in a closed network."""

    private: str
    public: str | None


@dataclass(frozen=True, slots=True)
class VpcArgs:
    """What a network is made of."""

    name: str
    """Physical name, which everything's Name tag begins with."""
    cidr: str
    subnets: Sequence[SubnetArgs]
    """One for each zone, in the order of the zones' names."""
    region: str
    role: str
    """Physical name of the role that flow logs are written by."""
    nat: Literal["none", "one", "one-per-zone"] = "one"
    """Way out of private subnets: none, one NAT gateway for all, or one in each zone, so that a zone's failure is its own."""
    endpoints: Sequence[str] = ()
    """Names of services as interface endpoints have them, e.g. `ecr.api`."""
    traffic: Literal["all", "reject"] = "all"
    log_retention: int = 30
    """Days."""
    clusters: Sequence[str] = ()
    """Physical names of the EKS clusters whose load balancers may lie in it."""
    tags: Mapping[str, str] = field(default_factory=dict)


class Vpc(pulumi.ComponentResource):
    """A VPC of its own.

    Where it is protected, the VPC, its subnets and their tables are. Ways out and flow logs are not: they come and go with their fields.

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
        self._loose = pulumi.ResourceOptions(parent=self, protect=False)
        vpc = aws.ec2.Vpc(
            name, cidr_block=args.cidr, enable_dns_hostnames=True, enable_dns_support=True, tags=self._tags(args.name), opts=self._child
        )
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=vpc.id, ingress=[], egress=[], tags=self._tags(f"{args.name}-default-closed"), opts=self._child
        )
        zones = self._zones()
        pairs = list(enumerate(zip(zones, args.subnets, strict=True), 1))
        public = [self._subnet("public", index, vpc, zone, ranges.public) for index, (zone, ranges) in pairs if ranges.public]
        private = [self._subnet("private", index, vpc, zone, ranges.private) for index, (zone, ranges) in pairs]
        tables = self._routes(vpc, public, private)
        attached = endpoints.EndpointArgs(vpc.id, args.region, args.name, args.cidr, args.tags)
        endpoints.gateways(name, attached, ("dynamodb", "s3"), tables, self._loose)
        endpoints.interfaces(name, attached, args.endpoints, [subnet.id for subnet in private], self._loose)
        written = flowlogs.FlowLogArgs(vpc.id, args.name, args.role, args.traffic, args.log_retention, args.tags)
        flowlogs.watch(name, written, self._loose)
        self.vpc_id = vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.network = Network(vpc.id, self.private_subnet_ids, args.cidr)
        self.register_outputs({"vpcId": vpc.id, "publicSubnetIds": self.public_subnet_ids, "privateSubnetIds": self.private_subnet_ids})

    def _zones(self) -> list[pulumi.Output[str]]:
        """Names of the zones that have subnets.

        A zone that is out of order is not left out: the others would move up, and their subnets be replaced. Local zones are, since they
        have no NAT gateways (VPC user guide, Subnets in AWS Local Zones).
        """
        found = aws.get_availability_zones_output(
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}], opts=pulumi.InvokeOutputOptions(parent=self)
        )
        return [found.names.apply(lambda names, index=index: _zone(names, index)) for index in range(len(self._args.subnets))]

    def _subnet(
        self, kind: Literal["public", "private"], index: int, vpc: aws.ec2.Vpc, zone: pulumi.Input[str], cidr: str
    ) -> aws.ec2.Subnet:
        """One subnet. Its name in state has its number, since the zone's name is not known before the run."""
        role = "elb" if kind == "public" else "internal-elb"
        shared = {f"kubernetes.io/cluster/{cluster}": "shared" for cluster in self._args.clusters}
        tags = {**self._tags(pulumi.Output.concat(self._args.name, f"-{kind}-", zone)), f"kubernetes.io/role/{role}": "1", **shared}
        return aws.ec2.Subnet(
            f"{self._name}-{kind}-{index}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=cidr,
            map_public_ip_on_launch=False,
            tags=tags,
            opts=self._child,
        )

    def _routes(self, vpc: aws.ec2.Vpc, public: Sequence[aws.ec2.Subnet], private: Sequence[aws.ec2.Subnet]) -> list[aws.ec2.RouteTable]:
        """One table for the public subnets, one for each private subnet: so that a change of `nat` changes routes and replaces nothing."""
        tables, gateways = self._outside(vpc, public) if public else ([], [])
        for index, subnet in enumerate(private, 1):
            name = f"{self._name}-private-{index}"
            table = aws.ec2.RouteTable(name, vpc_id=vpc.id, tags=self._tags(f"{self._args.name}-private-{index}"), opts=self._child)
            if gateways:
                way_out = gateways[min(index, len(gateways)) - 1].id
                aws.ec2.Route(name, route_table_id=table.id, destination_cidr_block=ANYWHERE, nat_gateway_id=way_out, opts=self._loose)
            aws.ec2.RouteTableAssociation(name, route_table_id=table.id, subnet_id=subnet.id, opts=self._child)
            tables.append(table)
        return tables

    def _outside(self, vpc: aws.ec2.Vpc, public: Sequence[aws.ec2.Subnet]) -> tuple[list[aws.ec2.RouteTable], list[aws.ec2.NatGateway]]:
        """The way between public subnets and the internet: their table, and the gateways that stand in them for the private ones."""
        name, physical, child = self._name, self._args.name, self._child
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags=self._tags(physical), opts=child)
        table = aws.ec2.RouteTable(f"{name}-public", vpc_id=vpc.id, tags=self._tags(f"{physical}-public"), opts=child)
        aws.ec2.Route(f"{name}-public", route_table_id=table.id, destination_cidr_block=ANYWHERE, gateway_id=gateway.id, opts=child)
        for index, subnet in enumerate(public, 1):
            aws.ec2.RouteTableAssociation(f"{name}-public-{index}", route_table_id=table.id, subnet_id=subnet.id, opts=child)
        return [table], self._gateways(public, gateway)

    def _gateways(self, public: Sequence[aws.ec2.Subnet], internet: aws.ec2.InternetGateway) -> list[aws.ec2.NatGateway]:
        """NAT gateways, each with an address that stays, in as many zones as asked for."""
        count = {"none": 0, "one": 1, "one-per-zone": len(public)}[self._args.nat]
        made = []
        for index, subnet in enumerate(public[:count], 1):
            tags = self._tags(f"{self._args.name}-nat-{index}")
            address = aws.ec2.Eip(f"{self._name}-nat-{index}", domain="vpc", tags=tags, opts=self._loose)
            # A NAT gateway works only once its network has a way to the internet (VPC user guide, NAT gateway basics).
            opts = pulumi.ResourceOptions(parent=self, depends_on=[internet], protect=False)
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
