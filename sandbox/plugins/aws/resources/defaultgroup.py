"""The default security group of a VPC, which is taken over instead of made, and never deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.plugins.aws.entry import Change, Props, RefusedError
from sandbox.plugins.aws.resources import securitygroup
from sandbox.plugins.aws.resources.securitygroup import SECURITY_GROUP
from sandbox.plugins.aws.session import Aws


def _adopt(aws: Aws, inputs: Props) -> str:
    vpc = {"Name": "vpc-id", "Values": [inputs["vpcId"]]} if inputs.get("vpcId") else {"Name": "description", "Values": ["default group"]}
    filters = [{"Name": "group-name", "Values": ["default"]}, vpc]
    found = aws.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    if not found:
        raise RefusedError("reading Default Security Group: couldn't find resource")
    id_ = aws.made(str(found[0]["GroupId"]))
    # All rules of a new VPC's group go; what the program declares comes, as an update of a group without rules.
    old = securitygroup.live(aws, id_)
    keys = frozenset({"ingress", "egress", "tags"})
    SECURITY_GROUP.update(aws, Change(id_, {**old, "tagsAll": old["tags"]}, inputs, keys))
    return id_


def _leave(_aws: Aws, _id: str, _state: Props) -> None:
    """A VPC always has one: the real provider forgets it as it is."""


DEFAULT_SECURITY_GROUP: Final = replace(
    SECURITY_GROUP,
    pulumi="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    terraform="aws_default_security_group",
    title="Default Security Group",
    inputs=("vpcId", "egress", "ingress", "revokeRulesOnDelete", "tags"),
    create=_adopt,
    delete=_leave,
    replaces=("vpcId",),
    defaults={"revokeRulesOnDelete": False},
    checks={key: value for key, value in SECURITY_GROUP.checks.items() if "." in key},
    autoname=None,
)
ENTRIES: Final = (DEFAULT_SECURITY_GROUP,)
