"""The provider's functions, by token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.aws import instances, policydocument, schema, tagging
from sandbox.plugins.aws.entry import Props, RefusedError
from sandbox.plugins.aws.resources.kms import find_alias
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.settings import nearest
from sandbox.plugins.serving import Failure
from sandbox.plugins.values import Secret


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the provider.

    Attributes:
        token: e.g. `aws:ec2/getVpc:getVpc`.
        inputs: the arguments implemented; every other one is refused.
        required: those that must be given.
        call: gives the result from the arguments.
    """

    token: str
    inputs: tuple[str, ...]
    call: Callable[[Aws, Props], Props]
    required: tuple[str, ...] = ()

    def refusals(self, arguments: Mapping[str, Any]) -> list[Failure]:
        """Give why the arguments are refused."""
        real = schema.invoke(self.token)
        refused = []
        for name in arguments:
            if name not in real:
                refused.append(Failure(f"{self.token} has no argument {name!r}{nearest(name, real)}", name))
            elif name not in self.inputs and name != "region":
                refused.append(
                    Failure(f"the real provider knows the argument {name!r}, the sandbox's stand-in does not implement it", name)
                )
        refused += [Failure(f"missing required argument {name!r}", name) for name in self.required if arguments.get(name) is None]
        return refused


def _caller(aws: Aws, _given: Props) -> Props:
    found = aws.client("sts").get_caller_identity()
    return {"id": found["Account"], "accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"]}


def _region(aws: Aws, given: Props) -> Props:
    name = given.get("name") or given.get("region") or aws.region
    return {"id": name, "name": name, "region": name, "endpoint": f"ec2.{name}.{aws.suffix}", "description": _DESCRIPTIONS.get(name, name)}


def _partition(aws: Aws, _given: Props) -> Props:
    reverse = ".".join(reversed(aws.suffix.split(".")))
    return {"id": aws.partition, "partition": aws.partition, "dnsSuffix": aws.suffix, "reverseDnsPrefix": reverse}


def _zones(aws: Aws, given: Props) -> Props:
    filters = _filters(given.get("filters"))
    if given.get("state"):
        filters.append({"Name": "state", "Values": [given["state"]]})
    found = aws.client("ec2").describe_availability_zones(AllAvailabilityZones=bool(given.get("allAvailabilityZones")), Filters=filters)
    unwanted = {*(given.get("excludeNames") or ()), *(given.get("excludeZoneIds") or ())}
    zones = [each for each in found["AvailabilityZones"] if not unwanted & {each["ZoneName"], each.get("ZoneId")}]
    zones.sort(key=lambda each: str(each["ZoneName"]))
    return {
        **given,
        "id": aws.region,
        "region": aws.region,
        "names": [each["ZoneName"] for each in zones],
        "zoneIds": [each.get("ZoneId", "") for each in zones],
        "groupNames": sorted({each.get("GroupName") or aws.region for each in zones}),
    }


def _filters(given: Iterable[Mapping[str, Any]] | None, tags: Mapping[str, str] | None = None) -> list[Props]:
    named = [{"Name": each["name"], "Values": each["values"]} for each in given or ()]
    return [*named, *({"Name": f"tag:{key}", "Values": [value]} for key, value in (tags or {}).items())]


def _only(found: list[Any], what: str) -> Props:
    if not found:
        raise RefusedError(f"no matching {what} found")
    if len(found) > 1:
        raise RefusedError(f"multiple {what}s matched; use additional constraints to reduce matches to a single {what}")
    only: Props = found[0]
    return only


def _vpc(aws: Aws, given: Props) -> Props:
    ec2 = aws.client("ec2")
    filters = _filters(given.get("filters"), given.get("tags"))
    for name, there in {"cidrBlock": "cidr", "dhcpOptionsId": "dhcp-options-id", "state": "state"}.items():
        if given.get(name):
            filters.append({"Name": there, "Values": [given[name]]})
    if given.get("default") is not None:
        filters.append({"Name": "isDefault", "Values": [str(given["default"]).lower()]})
    ids = {"VpcIds": [given["id"]]} if given.get("id") else {}
    vpc = _only(ec2.describe_vpcs(Filters=filters, **ids)["Vpcs"], "EC2 VPC")
    id_ = vpc["VpcId"]
    main = [{"Name": "vpc-id", "Values": [id_]}, {"Name": "association.main", "Values": ["true"]}]
    tables = ec2.describe_route_tables(Filters=main)["RouteTables"]
    return {
        "id": id_,
        "arn": aws.arn("ec2", f"vpc/{id_}"),
        "cidrBlock": vpc["CidrBlock"],
        "cidrBlockAssociations": [
            {"associationId": each["AssociationId"], "cidrBlock": each["CidrBlock"], "state": each["CidrBlockState"]["State"]}
            for each in vpc.get("CidrBlockAssociationSet") or ()
        ],
        "default": bool(vpc.get("IsDefault")),
        "dhcpOptionsId": vpc.get("DhcpOptionsId"),
        "enableDnsHostnames": ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"],
        "enableDnsSupport": ec2.describe_vpc_attribute(VpcId=id_, Attribute="enableDnsSupport")["EnableDnsSupport"]["Value"],
        "instanceTenancy": vpc.get("InstanceTenancy"),
        "mainRouteTableId": tables[0]["RouteTableId"] if tables else "",
        "ownerId": vpc.get("OwnerId") or aws.account,
        "region": aws.region,
        "state": vpc["State"],
        "tags": tagging.mapping(vpc.get("Tags")),
    }


def _subnets(aws: Aws, given: Props) -> Props:
    pages = aws.client("ec2").get_paginator("describe_subnets").paginate(Filters=_filters(given.get("filters"), given.get("tags")))
    ids = [subnet["SubnetId"] for page in pages for subnet in page["Subnets"]]
    return {**given, "id": aws.region, "region": aws.region, "ids": ids, "tags": given.get("tags") or {}}


def _subnet(aws: Aws, given: Props) -> Props:
    filters = _filters(given.get("filters"), given.get("tags"))
    names = {
        "availabilityZone": "availabilityZone",
        "availabilityZoneId": "availabilityZoneId",
        "cidrBlock": "cidrBlock",
        "state": "state",
        "vpcId": "vpc-id",
    }
    for name, there in names.items():
        if given.get(name):
            filters.append({"Name": there, "Values": [given[name]]})
    if given.get("defaultForAz") is not None:
        filters.append({"Name": "defaultForAz", "Values": [str(given["defaultForAz"]).lower()]})
    ids = {"SubnetIds": [given["id"]]} if given.get("id") else {}
    subnet = _only(aws.client("ec2").describe_subnets(Filters=filters, **ids)["Subnets"], "EC2 Subnet")
    return {
        "id": subnet["SubnetId"],
        "arn": subnet.get("SubnetArn"),
        "assignIpv6AddressOnCreation": bool(subnet.get("AssignIpv6AddressOnCreation")),
        "availabilityZone": subnet["AvailabilityZone"],
        "availabilityZoneId": subnet.get("AvailabilityZoneId"),
        "availableIpAddressCount": subnet.get("AvailableIpAddressCount"),
        "cidrBlock": subnet.get("CidrBlock"),
        "defaultForAz": bool(subnet.get("DefaultForAz")),
        "mapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch")),
        "ownerId": subnet.get("OwnerId"),
        "region": aws.region,
        "state": subnet["State"],
        "tags": tagging.mapping(subnet.get("Tags")),
        "vpcId": subnet["VpcId"],
    }


def _password(aws: Aws, given: Props) -> Props:
    names = {
        "excludeCharacters": "ExcludeCharacters",
        "excludeLowercase": "ExcludeLowercase",
        "excludeNumbers": "ExcludeNumbers",
        "excludePunctuation": "ExcludePunctuation",
        "excludeUppercase": "ExcludeUppercase",
        "includeSpace": "IncludeSpace",
        "passwordLength": "PasswordLength",
        "requireEachIncludedType": "RequireEachIncludedType",
    }
    wanted = {there: given[here] for here, there in names.items() if given.get(here) is not None}
    made = aws.client("secretsmanager").get_random_password(**wanted)["RandomPassword"]
    return {**given, "id": aws.region, "region": aws.region, "randomPassword": Secret(made)}


def _secret_version(aws: Aws, given: Props) -> Props:
    import base64

    stage = given.get("versionStage") or "AWSCURRENT"
    which = {"VersionId": given["versionId"]} if given.get("versionId") else {"VersionStage": stage}
    found = aws.client("secretsmanager").get_secret_value(SecretId=given["secretId"], **which)
    binary = found.get("SecretBinary")
    return {
        "id": f"{given['secretId']}|{found['VersionId']}",
        "arn": found["ARN"],
        "createdDate": found["CreatedDate"].strftime("%Y-%m-%dT%H:%M:%SZ") if found.get("CreatedDate") else "",
        "region": aws.region,
        "secretId": given["secretId"],
        "secretString": Secret(found.get("SecretString") or ""),
        "secretBinary": Secret(base64.b64encode(binary).decode() if binary else ""),
        "versionId": found["VersionId"],
        "versionStage": stage,
        "versionStages": found.get("VersionStages") or [],
    }


def _alias(aws: Aws, given: Props) -> Props:
    found = find_alias(aws, given["name"])
    if found is None:
        raise RefusedError(f"reading KMS Alias ({given['name']}): couldn't find resource")
    key = found.get("TargetKeyId") or ""
    arn = f"{found['AliasArn'].rpartition(':')[0]}:key/{key}"
    return {
        "id": found["AliasArn"],
        "arn": found["AliasArn"],
        "name": given["name"],
        "region": aws.region,
        "targetKeyArn": arn,
        "targetKeyId": key,
    }


def _key(aws: Aws, given: Props) -> Props:
    key = aws.client("kms").describe_key(KeyId=given["keyId"])["KeyMetadata"]
    spec = key.get("KeySpec") or key.get("CustomerMasterKeySpec")
    return {
        "id": key["KeyId"],
        "arn": key["Arn"],
        "awsAccountId": key.get("AWSAccountId"),
        "creationDate": key["CreationDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "customerMasterKeySpec": spec,
        "keySpec": spec,
        "description": key.get("Description") or "",
        "enabled": key["Enabled"],
        "keyId": given["keyId"],
        "keyManager": key.get("KeyManager"),
        "keyState": key["KeyState"],
        "keyUsage": key["KeyUsage"],
        "multiRegion": bool(key.get("MultiRegion")),
        "multiRegionConfigurations": [],
        "origin": key.get("Origin"),
        "region": aws.region,
        "xksKeyConfigurations": [],
    }


# The names that botocore's own table gives to regions, for those a sandbox is likely to use.
_DESCRIPTIONS: Final = {
    "eu-central-1": "Europe (Frankfurt)",
    "eu-west-1": "Europe (Ireland)",
    "eu-west-2": "Europe (London)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-2": "US West (Oregon)",
}
_ALL: Final = (
    Function("aws:index/getCallerIdentity:getCallerIdentity", ("id",), _caller),
    Function("aws:index/getRegion:getRegion", ("id", "name"), _region),
    Function("aws:index/getPartition:getPartition", ("id",), _partition),
    Function(
        "aws:index/getAvailabilityZones:getAvailabilityZones",
        ("allAvailabilityZones", "excludeNames", "excludeZoneIds", "filters", "state"),
        _zones,
    ),
    Function("aws:ec2/getVpc:getVpc", ("cidrBlock", "default", "dhcpOptionsId", "filters", "id", "state", "tags"), _vpc),
    Function("aws:ec2/getSubnets:getSubnets", ("filters", "tags"), _subnets),
    Function(
        "aws:ec2/getSubnet:getSubnet",
        ("availabilityZone", "availabilityZoneId", "cidrBlock", "defaultForAz", "filters", "id", "state", "tags", "vpcId"),
        _subnet,
    ),
    Function(
        "aws:secretsmanager/getRandomPassword:getRandomPassword",
        (
            "excludeCharacters",
            "excludeLowercase",
            "excludeNumbers",
            "excludePunctuation",
            "excludeUppercase",
            "includeSpace",
            "passwordLength",
            "requireEachIncludedType",
        ),
        _password,
    ),
    Function(
        "aws:secretsmanager/getSecretVersion:getSecretVersion",
        ("secretId", "versionId", "versionStage"),
        _secret_version,
        required=("secretId",),
    ),
    Function(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        ("overridePolicyDocuments", "policyId", "sourcePolicyDocuments", "statements", "version"),
        lambda _aws, given: policydocument.document(given),
    ),
    Function("aws:kms/getAlias:getAlias", ("name",), _alias, required=("name",)),
    Function("aws:rds/getInstance:getInstance", ("dbInstanceIdentifier",), instances.instance, required=("dbInstanceIdentifier",)),
    Function("aws:rds/getInstances:getInstances", ("filters", "tags"), instances.instances),
    Function("aws:kms/getKey:getKey", ("keyId",), _key, required=("keyId",)),
)
INVOKES: Final[Mapping[str, Function]] = {function.token: function for function in _ALL}
