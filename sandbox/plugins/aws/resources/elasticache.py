"""ElastiCache subnet groups and parameter groups."""

from __future__ import annotations

from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import matches

_SUBNETS_GONE: Final = ("CacheSubnetGroupNotFoundFault", "CacheSubnetGroupNotFound")
_PARAMETERS_GONE: Final = ("CacheParameterGroupNotFound", "CacheParameterGroupNotFoundFault")
_BATCH: Final = 20
"""Parameters in one call (ModifyCacheParameterGroup)."""


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """Give the tags of something of ElastiCache."""
    return tagging.mapping(aws.client("elasticache").list_tags_for_resource(ResourceName=arn).get("TagList"))


def retag(aws: Aws, change: Change) -> None:
    """Bring the tags of something of ElastiCache to their new values."""
    client, arn = aws.client("elasticache"), change.old["arn"]
    given, removed = tagging.delta(change)
    if removed:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=removed)
    if given:
        client.add_tags_to_resource(ResourceName=arn, Tags=tagging.pairs(given))


def _create_subnets(aws: Aws, inputs: Props) -> str:
    name = str(inputs["name"])
    aws.client("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=name,
        CacheSubnetGroupDescription=inputs["description"],
        SubnetIds=inputs["subnetIds"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
    )
    return name


def _read_subnets(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("elasticache").describe_cache_subnet_groups(CacheSubnetGroupName=id_)["CacheSubnetGroups"][0]
    return {
        "name": found["CacheSubnetGroupName"],
        "arn": found["ARN"],
        "description": found["CacheSubnetGroupDescription"],
        "subnetIds": sorted(each["SubnetIdentifier"] for each in found["Subnets"]),
        "vpcId": found.get("VpcId"),
        "tags": tags_of(aws, found["ARN"]),
    }


def _update_subnets(aws: Aws, change: Change) -> None:
    if change.keys & {"description", "subnetIds"}:
        aws.client("elasticache").modify_cache_subnet_group(
            CacheSubnetGroupName=change.id,
            CacheSubnetGroupDescription=change.new["description"],
            SubnetIds=change.new["subnetIds"],
        )
    retag(aws, change)


def _delete_subnets(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=id_)


def _create_parameters(aws: Aws, inputs: Props) -> str:
    client, name = aws.client("elasticache"), str(inputs["name"])
    client.create_cache_parameter_group(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily=inputs["family"],
        Description=inputs["description"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
    )
    aws.made(name)
    _set(client, name, {each["name"]: each["value"] for each in inputs.get("parameters") or ()})
    return name


def _set(client: Any, name: str, wanted: dict[str, str]) -> None:
    pairs = [{"ParameterName": key, "ParameterValue": value} for key, value in sorted(wanted.items())]
    for start in range(0, len(pairs), _BATCH):
        client.modify_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=pairs[start : start + _BATCH])


def _read_parameters(aws: Aws, id_: str, _before: Props) -> Props:
    client = aws.client("elasticache")
    found = client.describe_cache_parameter_groups(CacheParameterGroupName=id_)["CacheParameterGroups"][0]
    pages = client.get_paginator("describe_cache_parameters").paginate(CacheParameterGroupName=id_, Source="user")
    return {
        "name": found["CacheParameterGroupName"],
        "arn": found["ARN"],
        "description": found["Description"],
        "family": found["CacheParameterGroupFamily"],
        "parameters": [
            {"name": each["ParameterName"], "value": each["ParameterValue"]}
            for page in pages
            for each in page["Parameters"]
            if each.get("ParameterValue")
        ],
        "tags": tags_of(aws, found["ARN"]),
    }


def _update_parameters(aws: Aws, change: Change) -> None:
    client = aws.client("elasticache")
    if "parameters" in change.keys:
        old = {each["name"]: each["value"] for each in change.old.get("parameters") or ()}
        new = {each["name"]: each["value"] for each in change.new.get("parameters") or ()}
        gone = [{"ParameterName": key, "ParameterValue": old[key]} for key in sorted(old.keys() - new.keys())]
        for start in range(0, len(gone), _BATCH):
            client.reset_cache_parameter_group(CacheParameterGroupName=change.id, ParameterNameValues=gone[start : start + _BATCH])
        _set(client, change.id, {key: value for key, value in new.items() if old.get(key) != value})
    retag(aws, change)


def _delete_parameters(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("elasticache").delete_cache_parameter_group(CacheParameterGroupName=id_)


_NAME: Final = matches(r"[a-z][a-z0-9-]{0,254}", "must be 1 to 255 lower-case letters, digits and hyphens, a letter first")
SUBNET_GROUP: Final = Entry(
    pulumi="aws:elasticache/subnetGroup:SubnetGroup",
    terraform="aws_elasticache_subnet_group",
    title="ElastiCache Subnet Group",
    inputs=("name", "description", "subnetIds", "tags"),
    create=_create_subnets,
    read=_read_subnets,
    update=_update_subnets,
    delete=_delete_subnets,
    replaces=("name",),
    defaults={"description": "Managed by Pulumi"},
    checks={"name": _NAME},
    gone=_SUBNETS_GONE,
    autoname=Autoname("name", 255, lower=True),
)
PARAMETER_GROUP: Final = Entry(
    pulumi="aws:elasticache/parameterGroup:ParameterGroup",
    terraform="aws_elasticache_parameter_group",
    title="ElastiCache Parameter Group",
    inputs=("name", "description", "family", "parameters", "tags"),
    create=_create_parameters,
    read=_read_parameters,
    update=_update_parameters,
    delete=_delete_parameters,
    replaces=("name", "description", "family"),
    defaults={"description": "Managed by Pulumi"},
    checks={"name": _NAME},
    gone=_PARAMETERS_GONE,
    autoname=Autoname("name", 255, lower=True),
)
ENTRIES: Final = (SUBNET_GROUP, PARAMETER_GROUP)
