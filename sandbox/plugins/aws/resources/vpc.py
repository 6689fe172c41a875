"""VPCs, subnets and gateways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import ec2tags, tagging
from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.failures import code
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import ipv4_network, ipv6_network, one_of

_SWITCHES: Final = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
_LAUNCH: Final = {"mapPublicIpOnLaunch": "MapPublicIpOnLaunch", "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation"}


def first(found: list[Any]) -> Props | None:
    """Give the first of a list, or None."""
    return found[0] if found else None


def _create_vpc(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    made = ec2.create_vpc(
        CidrBlock=inputs["cidrBlock"],
        InstanceTenancy=inputs["instanceTenancy"],
        AmazonProvidedIpv6CidrBlock=bool(inputs.get("assignGeneratedIpv6CidrBlock")),
        **ec2tags.specification("vpc", inputs),
    )
    id_ = aws.made(str(made["Vpc"]["VpcId"]))
    _switch(ec2, id_, {name: inputs[name] for name in _SWITCHES if inputs.get(name) is not None})
    return id_


def _switch(ec2: Any, id_: str, wanted: Mapping[str, Any]) -> None:
    for name, value in wanted.items():  # one attribute a call is all AWS takes
        ec2.modify_vpc_attribute(VpcId=id_, **{_SWITCHES[name]: {"Value": bool(value)}})


def _read_vpc(aws: Aws, id_: str, _before: Props) -> Props | None:
    ec2 = aws.client("ec2")
    vpc = first(ec2.describe_vpcs(VpcIds=[id_])["Vpcs"])
    if vpc is None:
        return None
    mine = [{"Name": "vpc-id", "Values": [id_]}]
    tables = ec2.describe_route_tables(Filters=[*mine, {"Name": "association.main", "Values": ["true"]}])["RouteTables"]
    group = first(ec2.describe_security_groups(Filters=[*mine, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"])
    acl = first(ec2.describe_network_acls(Filters=[*mine, {"Name": "default", "Values": ["true"]}])["NetworkAcls"])
    ipv6 = first(vpc.get("Ipv6CidrBlockAssociationSet") or []) or {}
    return {
        "arn": aws.arn("ec2", f"vpc/{id_}"),
        "cidrBlock": vpc["CidrBlock"],
        "instanceTenancy": vpc.get("InstanceTenancy"),
        "dhcpOptionsId": vpc.get("DhcpOptionsId"),
        "ownerId": vpc.get("OwnerId") or aws.account,
        "mainRouteTableId": tables[0]["RouteTableId"] if tables else None,
        "defaultRouteTableId": tables[0]["RouteTableId"] if tables else None,
        "defaultSecurityGroupId": group["GroupId"] if group else None,
        "defaultNetworkAclId": acl["NetworkAclId"] if acl else None,
        "assignGeneratedIpv6CidrBlock": bool(ipv6),
        "ipv6CidrBlock": ipv6.get("Ipv6CidrBlock"),
        "ipv6AssociationId": ipv6.get("AssociationId"),
        **{name: _attribute(ec2, id_, name, there) for name, there in _SWITCHES.items()},
        "tags": tagging.mapping(vpc.get("Tags")),
    }


def _attribute(ec2: Any, id_: str, name: str, there: str) -> bool:
    return bool(ec2.describe_vpc_attribute(VpcId=id_, Attribute=name)[there]["Value"])


def _update_vpc(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    _switch(ec2, change.id, {name: value for name, value in change.pick(_SWITCHES).items() if value is not None})
    if "instanceTenancy" in change.keys:
        ec2.modify_vpc_tenancy(VpcId=change.id, InstanceTenancy=change.new["instanceTenancy"])
    ec2tags.retag(ec2, change.id, change)


def _delete_vpc(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("ec2").delete_vpc(VpcId=id_)


def _create_subnet(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    wanted = {
        "availabilityZone": "AvailabilityZone",
        "availabilityZoneId": "AvailabilityZoneId",
        "cidrBlock": "CidrBlock",
        "ipv6CidrBlock": "Ipv6CidrBlock",
    }
    given = {there: inputs[here] for here, there in wanted.items() if inputs.get(here)}
    id_ = str(ec2.create_subnet(VpcId=inputs["vpcId"], **given, **ec2tags.specification("subnet", inputs))["Subnet"]["SubnetId"])
    aws.made(id_)
    aws.wait(lambda: ec2.describe_subnets(SubnetIds=[id_])["Subnets"][0]["State"] in {"available", "pending"}, f"EC2 Subnet ({id_})")
    for name, there in _LAUNCH.items():
        if inputs.get(name):
            ec2.modify_subnet_attribute(SubnetId=id_, **{there: {"Value": True}})
    return id_


def _read_subnet(aws: Aws, id_: str, _before: Props) -> Props | None:
    subnet = first(aws.client("ec2").describe_subnets(SubnetIds=[id_])["Subnets"])
    if subnet is None:
        return None
    ipv6 = first(subnet.get("Ipv6CidrBlockAssociationSet") or []) or {}
    return {
        "arn": subnet.get("SubnetArn") or aws.arn("ec2", f"subnet/{id_}"),
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId"),
        "cidrBlock": subnet.get("CidrBlock"),
        "ipv6CidrBlock": ipv6.get("Ipv6CidrBlock"),
        "ipv6CidrBlockAssociationId": ipv6.get("AssociationId"),
        "ownerId": subnet.get("OwnerId"),
        "vpcId": subnet["VpcId"],
        **{name: bool(subnet.get(there)) for name, there in _LAUNCH.items()},
        "tags": tagging.mapping(subnet.get("Tags")),
    }


def _update_subnet(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    for name, value in change.pick(_LAUNCH).items():
        ec2.modify_subnet_attribute(SubnetId=change.id, **{_LAUNCH[name]: {"Value": bool(value)}})
    ec2tags.retag(ec2, change.id, change)


def _delete_subnet(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("ec2").delete_subnet(SubnetId=id_)


def _create_internet(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    made = ec2.create_internet_gateway(**ec2tags.specification("internet-gateway", inputs))
    id_ = aws.made(str(made["InternetGateway"]["InternetGatewayId"]))
    if inputs.get("vpcId"):
        ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs["vpcId"])
    return id_


def _read_internet(aws: Aws, id_: str, _before: Props) -> Props | None:
    gateway = first(aws.client("ec2").describe_internet_gateways(InternetGatewayIds=[id_])["InternetGateways"])
    if gateway is None:
        return None
    attached = first(gateway.get("Attachments") or []) or {}
    return {
        "arn": aws.arn("ec2", f"internet-gateway/{id_}"),
        "ownerId": gateway.get("OwnerId") or aws.account,
        "vpcId": attached.get("VpcId"),
        "tags": tagging.mapping(gateway.get("Tags")),
    }


def _update_internet(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    if "vpcId" in change.keys:
        if change.old.get("vpcId"):
            ec2.detach_internet_gateway(InternetGatewayId=change.id, VpcId=change.old["vpcId"])
        if change.new.get("vpcId"):
            ec2.attach_internet_gateway(InternetGatewayId=change.id, VpcId=change.new["vpcId"])
    ec2tags.retag(ec2, change.id, change)


def _delete_internet(aws: Aws, id_: str, state: Props) -> None:
    ec2 = aws.client("ec2")
    if state.get("vpcId"):
        ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=id_)


def _create_address(aws: Aws, inputs: Props) -> str:
    made = aws.client("ec2").allocate_address(Domain=inputs.get("domain") or "vpc", **ec2tags.specification("elastic-ip", inputs))
    return str(made["AllocationId"])


def _read_address(aws: Aws, id_: str, _before: Props) -> Props | None:
    address = first(aws.client("ec2").describe_addresses(AllocationIds=[id_])["Addresses"])
    if address is None:
        return None
    public = address["PublicIp"]
    zone = "compute-1" if aws.region == "us-east-1" else f"{aws.region}.compute"
    return {
        "arn": aws.arn("ec2", f"elastic-ip/{id_}"),
        "allocationId": id_,
        "associationId": address.get("AssociationId") or None,
        "domain": address.get("Domain"),
        "instance": address.get("InstanceId") or None,
        "networkInterface": address.get("NetworkInterfaceId") or None,
        "privateIp": address.get("PrivateIpAddress") or None,
        "publicIp": public,
        "publicDns": f"ec2-{public.replace('.', '-')}.{zone}.{aws.suffix}",
        "tags": tagging.mapping(address.get("Tags")),
    }


def _retag(aws: Aws, change: Change) -> None:
    ec2tags.retag(aws.client("ec2"), change.id, change)


def _delete_address(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("ec2").release_address(AllocationId=id_)


def _create_nat(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    wanted = {"allocationId": "AllocationId", "privateIp": "PrivateIpAddress"}
    made = ec2.create_nat_gateway(
        SubnetId=inputs["subnetId"],
        ConnectivityType=inputs["connectivityType"],
        **{there: inputs[here] for here, there in wanted.items() if inputs.get(here)},
        **ec2tags.specification("natgateway", inputs),
    )
    id_ = aws.made(str(made["NatGateway"]["NatGatewayId"]))
    aws.wait(lambda: (_nat(ec2, id_) or {}).get("State") == "available", f"EC2 NAT Gateway ({id_}) to become available")
    return id_


def _nat(ec2: Any, id_: str) -> Props | None:
    from botocore.exceptions import ClientError

    try:
        return first(ec2.describe_nat_gateways(NatGatewayIds=[id_])["NatGateways"])
    except ClientError as error:
        if code(error) == "NatGatewayNotFound":
            return None
        raise


def _read_nat(aws: Aws, id_: str, _before: Props) -> Props | None:
    gateway = _nat(aws.client("ec2"), id_)
    if gateway is None or gateway["State"] in {"deleted", "deleting", "failed"}:
        return None
    address = first(gateway.get("NatGatewayAddresses") or []) or {}
    return {
        "allocationId": address.get("AllocationId"),
        "associationId": address.get("AssociationId"),
        "connectivityType": gateway.get("ConnectivityType") or "public",
        "networkInterfaceId": address.get("NetworkInterfaceId"),
        "privateIp": address.get("PrivateIp"),
        "publicIp": address.get("PublicIp"),
        "subnetId": gateway["SubnetId"],
        "vpcId": gateway.get("VpcId"),
        "tags": tagging.mapping(gateway.get("Tags")),
    }


def _delete_nat(aws: Aws, id_: str, _state: Props) -> None:
    ec2 = aws.client("ec2")
    ec2.delete_nat_gateway(NatGatewayId=id_)
    aws.wait(lambda: (_nat(ec2, id_) or {"State": "deleted"})["State"] == "deleted", f"EC2 NAT Gateway ({id_}) to be deleted")


def _check_subnet(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if inputs.get("availabilityZone") and inputs.get("availabilityZoneId"):
        yield "availabilityZone", "conflicts with availabilityZoneId"
    if not inputs.get("cidrBlock") and not inputs.get("ipv6CidrBlock"):
        yield "cidrBlock", "is required: the stand-in does not implement address pools"


def _check_nat(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if inputs.get("connectivityType") == "public" and not inputs.get("allocationId"):
        yield "allocationId", "is required for a public NAT gateway"
    if inputs.get("connectivityType") == "private" and inputs.get("allocationId"):
        yield "allocationId", "must not be given for a private NAT gateway"
    if not inputs.get("subnetId"):
        yield "subnetId", "missing required property 'subnetId'"


def _check_vpc(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if not inputs.get("cidrBlock"):
        yield "cidrBlock", "is required: the stand-in does not implement address pools"


VPC: Final = Entry(
    pulumi="aws:ec2/vpc:Vpc",
    terraform="aws_vpc",
    title="EC2 VPC",
    inputs=("cidrBlock", "enableDnsHostnames", "enableDnsSupport", "instanceTenancy", "tags"),
    create=_create_vpc,
    read=_read_vpc,
    update=_update_vpc,
    delete=_delete_vpc,
    replaces=("cidrBlock",),
    replaces_if={"instanceTenancy": lambda old, new: not (old == "dedicated" and new == "default")},
    defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    checks={"cidrBlock": ipv4_network, "instanceTenancy": one_of("default", "dedicated")},
    check=_check_vpc,
    gone=("InvalidVpcID.NotFound",),
)
SUBNET: Final = Entry(
    pulumi="aws:ec2/subnet:Subnet",
    terraform="aws_subnet",
    title="EC2 Subnet",
    inputs=("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6CidrBlock", "tags", "vpcId", *_LAUNCH),
    create=_create_subnet,
    read=_read_subnet,
    update=_update_subnet,
    delete=_delete_subnet,
    replaces=("availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6CidrBlock", "vpcId"),
    defaults=dict.fromkeys(_LAUNCH, False),
    checks={"cidrBlock": ipv4_network, "ipv6CidrBlock": ipv6_network},
    check=_check_subnet,
    gone=("InvalidSubnetID.NotFound",),
)
INTERNET_GATEWAY: Final = Entry(
    pulumi="aws:ec2/internetGateway:InternetGateway",
    terraform="aws_internet_gateway",
    title="EC2 Internet Gateway",
    inputs=("vpcId", "tags"),
    create=_create_internet,
    read=_read_internet,
    update=_update_internet,
    delete=_delete_internet,
    gone=("InvalidInternetGatewayID.NotFound",),
)
ADDRESS: Final = Entry(
    pulumi="aws:ec2/eip:Eip",
    terraform="aws_eip",
    title="EC2 EIP",
    inputs=("domain", "tags"),
    create=_create_address,
    read=_read_address,
    update=_retag,
    delete=_delete_address,
    replaces=("domain",),
    checks={"domain": one_of("vpc", "standard")},
    gone=("InvalidAllocationID.NotFound", "InvalidAddress.NotFound"),
)
NAT_GATEWAY: Final = Entry(
    pulumi="aws:ec2/natGateway:NatGateway",
    terraform="aws_nat_gateway",
    title="EC2 NAT Gateway",
    inputs=("allocationId", "connectivityType", "privateIp", "subnetId", "tags"),
    create=_create_nat,
    read=_read_nat,
    update=_retag,
    delete=_delete_nat,
    replaces=("allocationId", "connectivityType", "privateIp", "subnetId"),
    defaults={"connectivityType": "public"},
    checks={"connectivityType": one_of("public", "private")},
    check=_check_nat,
    gone=("NatGatewayNotFound",),
)
ENTRIES: Final = (VPC, SUBNET, INTERNET_GATEWAY, ADDRESS, NAT_GATEWAY)
