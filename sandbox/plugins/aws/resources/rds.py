"""RDS subnet groups and parameter groups; instances have a module of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props, RefusedError
from sandbox.plugins.aws.failures import code
from sandbox.plugins.aws.resources import rdsinstance
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import matches, one_of

_MANAGED: Final = "Managed by Pulumi"
_SUBNETS_GONE: Final = ("DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFound")
_PER_CALL: Final = 20  # most parameters one ModifyDBParameterGroup takes


def _create_subnets(aws: Aws, inputs: Props) -> str:
    made = aws.client("rds").create_db_subnet_group(
        DBSubnetGroupName=inputs["name"],
        DBSubnetGroupDescription=inputs["description"],
        SubnetIds=inputs["subnetIds"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
    )
    return str(made["DBSubnetGroup"]["DBSubnetGroupName"])


def _read_subnets(aws: Aws, id_: str, _before: Props) -> Props | None:
    rds = aws.client("rds")
    groups = rds.describe_db_subnet_groups(DBSubnetGroupName=id_)["DBSubnetGroups"]
    if not groups:
        return None
    group = groups[0]
    arn = group["DBSubnetGroupArn"]
    return {
        "name": group["DBSubnetGroupName"],
        "arn": arn,
        "description": group["DBSubnetGroupDescription"],
        "subnetIds": [subnet["SubnetIdentifier"] for subnet in group["Subnets"]],
        "supportedNetworkTypes": group.get("SupportedNetworkTypes"),
        "vpcId": group.get("VpcId"),
        "tags": tags_of(rds, arn),
    }


def _update_subnets(aws: Aws, change: Change) -> None:
    rds = aws.client("rds")
    if change.keys & {"description", "subnetIds"}:
        rds.modify_db_subnet_group(
            DBSubnetGroupName=change.id, DBSubnetGroupDescription=change.new["description"], SubnetIds=change.new["subnetIds"]
        )
        _restore_subnets(aws, change)
    retag(rds, change.old["arn"], change)


def _restore_subnets(aws: Aws, change: Change) -> None:
    """Make the group again where moto 5.2 has lost it: its ModifyDBSubnetGroup takes the group out and never puts it back."""
    from botocore.exceptions import ClientError

    try:
        aws.client("rds").describe_db_subnet_groups(DBSubnetGroupName=change.id)
    except ClientError as error:
        if code(error) not in _SUBNETS_GONE:
            raise
        _create_subnets(aws, {**change.new, "tagsAll": change.old.get("tagsAll")})


def _delete_subnets(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("rds").delete_db_subnet_group(DBSubnetGroupName=id_)


def _create_parameters(aws: Aws, inputs: Props) -> str:
    rds = aws.client("rds")
    made = rds.create_db_parameter_group(
        DBParameterGroupName=inputs["name"],
        DBParameterGroupFamily=inputs["family"],
        Description=inputs["description"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
    )
    name = aws.made(str(made["DBParameterGroup"]["DBParameterGroupName"]))
    _send_parameters(rds, name, inputs.get("parameters") or [])
    return name


def _send_parameters(rds: Any, name: str, parameters: list[Mapping[str, Any]]) -> None:
    sent = [
        {"ParameterName": each["name"], "ParameterValue": each["value"], "ApplyMethod": each.get("applyMethod") or "immediate"}
        for each in parameters
    ]
    for start in range(0, len(sent), _PER_CALL):
        rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=sent[start : start + _PER_CALL])


def _read_parameters(aws: Aws, id_: str, before: Props) -> Props | None:
    rds = aws.client("rds")
    groups = rds.describe_db_parameter_groups(DBParameterGroupName=id_)["DBParameterGroups"]
    if not groups:
        return None
    group = groups[0]
    arn = group["DBParameterGroupArn"]
    return {
        "name": group["DBParameterGroupName"],
        "arn": arn,
        "family": group["DBParameterGroupFamily"],
        "description": group["Description"],
        "parameters": _user_parameters(rds, id_, before),
        "tags": tags_of(rds, arn),
    }


def _user_parameters(rds: Any, name: str, before: Props) -> list[Props]:
    """Give what somebody set, and what the program declares though it is the engine's own default, as the real provider does."""
    declared = {each["name"]: each for each in before.get("parameters") or ()}
    found = []
    for page in rds.get_paginator("describe_db_parameters").paginate(DBParameterGroupName=name):
        for each in page["Parameters"]:
            # moto leaves Source out and lists only what was set.
            if each.get("ParameterValue") is None or not (each.get("Source", "user") == "user" or each["ParameterName"] in declared):
                continue
            method = each.get("ApplyMethod") or declared.get(each["ParameterName"], {}).get("applyMethod") or "immediate"
            found.append({"name": each["ParameterName"].lower(), "value": each["ParameterValue"], "applyMethod": method})
    return found


def _update_parameters(aws: Aws, change: Change) -> None:
    rds = aws.client("rds")
    if "parameters" in change.keys:
        old = {each["name"]: each for each in change.old.get("parameters") or ()}
        new = {each["name"]: each for each in change.new.get("parameters") or ()}
        _send_parameters(rds, change.id, [each for name, each in new.items() if old.get(name) != each])
        gone = [
            {"ParameterName": name, "ApplyMethod": old[name].get("applyMethod") or "immediate"} for name in sorted(old.keys() - new.keys())
        ]
        for start in range(0, len(gone), _PER_CALL):
            rds.reset_db_parameter_group(
                DBParameterGroupName=change.id, ResetAllParameters=False, Parameters=gone[start : start + _PER_CALL]
            )
    retag(rds, change.old["arn"], change)


def _delete_parameters(aws: Aws, id_: str, state: Props) -> None:
    if state.get("skipDestroy"):
        return
    rds = aws.client("rds")
    for page in rds.get_paginator("describe_db_instances").paginate():  # moto lets go what is in use
        for instance in page["DBInstances"]:
            if any(group["DBParameterGroupName"] == id_ for group in instance.get("DBParameterGroups") or ()):
                raise RefusedError(
                    "operation error DeleteDBParameterGroup, https response error StatusCode: 400, InvalidDBParameterGroupState: "
                    f"One or more database instances are still members of this parameter group {id_}, so the group cannot be deleted"
                )
    rds.delete_db_parameter_group(DBParameterGroupName=id_)


def tags_of(rds: Any, arn: str) -> dict[str, str]:
    """Give the tags of an RDS resource."""
    return tagging.mapping(rds.list_tags_for_resource(ResourceName=arn).get("TagList"))


def retag(rds: Any, arn: str, change: Change) -> None:
    """Bring an RDS resource's tags to their new values."""
    given, removed = tagging.delta(change)
    if removed:
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=removed)
    if given:
        rds.add_tags_to_resource(ResourceName=arn, Tags=tagging.pairs(given))


SUBNET_GROUP: Final = Entry(
    pulumi="aws:rds/subnetGroup:SubnetGroup",
    terraform="aws_db_subnet_group",
    title="RDS DB Subnet Group",
    inputs=("name", "description", "subnetIds", "tags"),
    create=_create_subnets,
    read=_read_subnets,
    update=_update_subnets,
    delete=_delete_subnets,
    replaces=("name",),
    defaults={"description": _MANAGED},
    checks={
        "name": matches(
            r"(?!default$)[ .0-9a-z_-]{1,255}", "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces allowed"
        )
    },
    gone=_SUBNETS_GONE,
    autoname=Autoname("name", 255, lower=True),
)
PARAMETER_GROUP: Final = Entry(
    pulumi="aws:rds/parameterGroup:ParameterGroup",
    terraform="aws_db_parameter_group",
    title="RDS DB Parameter Group",
    inputs=("name", "description", "family", "parameters", "skipDestroy", "tags"),
    create=_create_parameters,
    read=_read_parameters,
    update=_update_parameters,
    delete=_delete_parameters,
    replaces=("name", "description", "family"),
    kept=("skipDestroy",),
    defaults={"description": _MANAGED},
    same={"parameters.applyMethod": lambda old, new, _state: (old or "immediate") == (new or "immediate")},
    checks={
        "name": matches(
            r"[a-z](?!.*--)[0-9a-z.-]{0,253}[0-9a-z]|[a-z]", "must be lower case letters, digits, dots and single hyphens, first a letter"
        ),
        "parameters.applyMethod": one_of("immediate", "pending-reboot"),
    },
    gone=("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"),
    autoname=Autoname("name", 255, lower=True),
)
ENTRIES: Final = (rdsinstance.INSTANCE, SUBNET_GROUP, PARAMETER_GROUP)
