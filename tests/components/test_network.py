"""Network: what a VPC is made of, its ways out, and what lets nothing through."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
import pytest

from components.vpc import SubnetArgs, Vpc, VpcArgs
from tests.recording import ACCOUNT, Recorder, run

SUBNETS = [SubnetArgs(f"10.20.{32 * zone}.0/19", f"10.20.{224 + 4 * zone}.0/22") for zone in range(3)]
ARGS = VpcArgs(
    name="dev-main",
    cidr="10.20.0.0/16",
    subnets=SUBNETS,
    endpoints=("ecr.api", "sts"),
    region="eu-central-1",
    role="dev-main-flow-logs",
    clusters=("dev-shop",),
    tags={"transom:document": "Network/main"},
)


def made(args: VpcArgs = ARGS, **options: Any) -> Recorder:
    """A network under the recorder."""

    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        Vpc("main", args, pulumi.ResourceOptions(providers=[provider], **options))

    return run(program)


def test_every_part_is_a_tagged_child_made_by_its_provider() -> None:
    """What belongs to a network is found by its tags, goes through the environment's provider, and is its child."""
    recorder = made()
    top, provider = recorder.one("transom:aws:Network"), recorder.one("pulumi:providers:aws").urn
    parts = [one for one in recorder.registered if one.type.startswith("aws:")]
    assert {(part.parent, part.provider) for part in parts} == {(top.urn, provider)}
    untagged = {part.type for part in parts if part.inputs.get("tags", {}).get("transom:document") != "Network/main"}
    assert untagged == {"aws:ec2/route:Route", "aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:iam/rolePolicy:RolePolicy"}


def test_what_others_stand_in_is_protected() -> None:
    """The VPC, its subnets, their tables and the way to the internet are; what comes and goes with a field is not."""
    parts = [one for one in made(protect=True).registered if one.type.startswith("aws:")]
    kept = {one.type.rpartition(":")[2] for one in parts if one.protected}
    loose = {one.type.rpartition(":")[2] for one in parts if not one.protected}
    assert kept == {"DefaultSecurityGroup", "InternetGateway", "Route", "RouteTable", "RouteTableAssociation", "Subnet", "Vpc"}
    assert {"Eip", "FlowLog", "NatGateway", "VpcEndpoint"} <= loose


def test_subnets_lie_in_the_zones_in_their_order() -> None:
    """The first range is that of the first zone by name, whatever order AWS tells the zones in; nothing gets a public address by itself."""
    subnets = {one.name: one.inputs for one in made().of_type("aws:ec2/subnet:Subnet")}
    where = {name: (inputs["availabilityZone"], inputs["cidrBlock"]) for name, inputs in subnets.items()}
    assert where == {
        "main-public-1": ("eu-central-1a", "10.20.224.0/22"), "main-private-1": ("eu-central-1a", "10.20.0.0/19"),
        "main-public-2": ("eu-central-1b", "10.20.228.0/22"), "main-private-2": ("eu-central-1b", "10.20.32.0/19"),
        "main-public-3": ("eu-central-1c", "10.20.232.0/22"), "main-private-3": ("eu-central-1c", "10.20.64.0/19"),
    }  # fmt: skip
    assert not any(inputs["mapPublicIpOnLaunch"] for inputs in subnets.values())


def test_load_balancers_find_their_subnets() -> None:
    """Public subnets carry the tag of internet-facing load balancers, private ones that of internal ones, both those of their clusters."""
    for subnet in made().of_type("aws:ec2/subnet:Subnet"):
        tags = subnet.inputs["tags"]
        public = "-public-" in subnet.name
        assert tags.get("kubernetes.io/role/elb") == ("1" if public else None)
        assert tags.get("kubernetes.io/role/internal-elb") == (None if public else "1")
        assert tags["kubernetes.io/cluster/dev-shop"] == "shared"


@pytest.mark.parametrize("nat, gateways", [("none", []), ("one", ["1", "1", "1"]), ("one-per-zone", ["1", "2", "3"])])
def test_ways_out(nat: Literal["none", "one", "one-per-zone"], gateways: list[str]) -> None:
    """Private subnets go out through no NAT gateway, one for all, or their own zone's; each has an address that stays."""
    recorder = made(replace(ARGS, nat=nat))
    routes = {one.name: one.inputs for one in recorder.of_type("aws:ec2/route:Route")}
    assert routes["main-public"]["gatewayId"] == "id-main"
    ways = [routes[name]["natGatewayId"] for name in sorted(routes) if "-private-" in name]
    assert ways == [f"id-main-nat-{index}" for index in gateways]
    placed = [one.inputs["subnetId"] for one in recorder.of_type("aws:ec2/natGateway:NatGateway")]
    assert sorted(placed) == [f"id-main-public-{index}" for index in sorted(set(gateways))]
    assert len(recorder.of_type("aws:ec2/eip:Eip")) == len(placed)


def test_a_change_of_nat_replaces_no_subnet_and_no_table() -> None:
    """What differs between one gateway and one in each zone are gateways, addresses and routes."""
    one, each = made(replace(ARGS, nat="one")), made(replace(ARGS, nat="one-per-zone"))
    gone = set(one.urns) - set(each.urns)
    come = {urn.split("::")[2].rpartition("$")[2] for urn in set(each.urns) - set(one.urns)}
    assert not gone
    assert come == {"aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway"}


def test_the_default_group_is_closed() -> None:
    """What names no security group reaches nothing and is reached by nothing, and a rule that somebody adds is drift."""
    group = made().one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert (group["ingress"], group["egress"], group["vpcId"]) == ([], [], "id-main")


def test_endpoints() -> None:
    """Gateway endpoints are routes in every table, interface endpoints answer HTTPS from the network in every private subnet."""
    recorder = made()
    found = {one.inputs["serviceName"]: one.inputs for one in recorder.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")}
    tables = {"id-main-public", "id-main-private-1", "id-main-private-2", "id-main-private-3"}
    assert set(found["com.amazonaws.eu-central-1.s3"]["routeTableIds"]) == tables
    assert found["com.amazonaws.eu-central-1.dynamodb"]["vpcEndpointType"] == "Gateway"
    inside = found["com.amazonaws.eu-central-1.ecr.api"]
    assert (inside["vpcEndpointType"], inside["privateDnsEnabled"]) == ("Interface", True)
    assert inside["subnetIds"] == ["id-main-private-1", "id-main-private-2", "id-main-private-3"]
    assert inside["securityGroupIds"] == ["id-main-endpoints"]
    rule = recorder.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == ("10.20.0.0/16", 443, 443, "tcp")


def test_flow_logs_go_to_one_group_and_nowhere_else() -> None:
    """All traffic is logged and kept as long as asked, by a role that only flow logs of this account may take, writing there alone."""
    recorder = made()
    flow = recorder.one("aws:ec2/flowLog:FlowLog").inputs
    assert (flow["trafficType"], flow["logDestination"], flow["iamRoleArn"]) == ("ALL", "arn:main-flow-logs", "arn:main-flow-logs")
    assert recorder.one("aws:cloudwatch/logGroup:LogGroup").inputs["retentionInDays"] == 30
    [trust] = json.loads(recorder.one("aws:iam/role:Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    [allowed] = json.loads(recorder.one("aws:iam/rolePolicy:RolePolicy").inputs["policy"])["Statement"]
    assert allowed["Resource"] == ["arn:main-flow-logs", "arn:main-flow-logs:*"]


def test_a_closed_network() -> None:
    """Without public subnets there is no way to the internet at all; the ways to S3 and DynamoDB stay."""
    closed = [replace(subnet, public=None) for subnet in SUBNETS]
    recorder = made(replace(ARGS, subnets=closed, nat="none", endpoints=()))
    assert {one.name for one in recorder.of_type("aws:ec2/subnet:Subnet")} == {f"main-private-{index}" for index in (1, 2, 3)}
    assert not {one.type.rpartition(":")[2] for one in recorder.registered} & {"InternetGateway", "NatGateway", "Route", "SecurityGroup"}
    assert len(recorder.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")) == 2


def test_more_zones_than_the_region_has() -> None:
    """The run ends and says how many there are."""
    with pytest.raises(Exception, match="the region has 3 zones: eu-central-1a, eu-central-1b, eu-central-1c"):
        made(replace(ARGS, subnets=[*SUBNETS, SubnetArgs("10.20.96.0/19", "10.20.236.0/22")]))
