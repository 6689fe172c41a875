"""IAM roles, policies and what binds them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, between, json_text, matches

_GONE: Final = ("NoSuchEntity", "NoSuchEntityException")
_NAME: Final = r"[\w+=,.@-]"
_MOST_VERSIONS: Final = 5  # of a managed policy


def _document(value: Any) -> str:
    return json.dumps(value) if isinstance(value, dict) else unquote(value)


def _create_role(aws: Aws, inputs: Props) -> str:
    iam, name = aws.client("iam"), inputs["name"]
    wanted = {"description": "Description", "permissionsBoundary": "PermissionsBoundary"}
    iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
        Path=inputs["path"],
        MaxSessionDuration=inputs["maxSessionDuration"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
        **{there: inputs[here] for here, there in wanted.items() if inputs.get(here)},
    )
    aws.made(name)
    for policy in inputs.get("inlinePolicies") or ():
        if policy.get("name"):
            iam.put_role_policy(RoleName=name, PolicyName=policy["name"], PolicyDocument=policy["policy"])
    for attached in inputs.get("managedPolicyArns") or ():
        iam.attach_role_policy(RoleName=name, PolicyArn=attached)
    return str(name)


def _read_role(aws: Aws, id_: str, before: Props) -> Props:
    iam = aws.client("iam")
    role = iam.get_role(RoleName=id_)["Role"]
    state = {
        "name": role["RoleName"],
        "arn": role["Arn"],
        "assumeRolePolicy": _document(role["AssumeRolePolicyDocument"]),
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": role.get("Description") or "",
        "maxSessionDuration": role.get("MaxSessionDuration"),
        "path": role["Path"],
        "permissionsBoundary": (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn"),
        "uniqueId": role["RoleId"],
        "managedPolicyArns": sorted(_attached(iam, id_)),
        "tags": tagging.mapping(role.get("Tags")),
    }
    if before.get("inlinePolicies"):  # inline policies of others (RolePolicy) are no concern of a role that declares none
        state["inlinePolicies"] = _inline(iam, id_)
    return state


def _attached(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]]


def _inline_names(iam: Any, role: str) -> list[str]:
    return [name for page in iam.get_paginator("list_role_policies").paginate(RoleName=role) for name in page["PolicyNames"]]


def _inline(iam: Any, role: str) -> list[Props]:
    names = _inline_names(iam, role)
    return [{"name": name, "policy": _document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])} for name in names]


def _update_role(aws: Aws, change: Change) -> None:
    iam, name, new = aws.client("iam"), change.id, change.new
    _update_role_policies(iam, change)
    if "assumeRolePolicy" in change.keys:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=new["assumeRolePolicy"])
    if change.keys & {"description", "maxSessionDuration"}:
        iam.update_role(RoleName=name, Description=new.get("description") or "", MaxSessionDuration=new["maxSessionDuration"])
    if "permissionsBoundary" in change.keys:
        if new.get("permissionsBoundary"):
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=new["permissionsBoundary"])
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    given, removed = tagging.delta(change)
    if removed:
        iam.untag_role(RoleName=name, TagKeys=removed)
    if given:
        iam.tag_role(RoleName=name, Tags=tagging.pairs(given))


def _update_role_policies(iam: Any, change: Change) -> None:
    """Bring a role's own inline policies and its exclusive attachments to what the program says."""
    name, new = change.id, change.new
    if "inlinePolicies" in change.keys:
        wanted = {each["name"]: each["policy"] for each in new.get("inlinePolicies") or () if each.get("name")}
        for gone in sorted(set(_inline_names(iam, name)) - wanted.keys()):
            iam.delete_role_policy(RoleName=name, PolicyName=gone)
        for key, text in wanted.items():
            iam.put_role_policy(RoleName=name, PolicyName=key, PolicyDocument=text)
    if "managedPolicyArns" in change.keys:
        have, want = set(_attached(iam, name)), set(new.get("managedPolicyArns") or ())
        for gone in sorted(have - want):
            iam.detach_role_policy(RoleName=name, PolicyArn=gone)
        for come in sorted(want - have):
            iam.attach_role_policy(RoleName=name, PolicyArn=come)


def _delete_role(aws: Aws, id_: str, state: Props) -> None:
    iam = aws.client("iam")
    if state.get("forceDetachPolicies") or state.get("managedPolicyArns"):
        for attached in _attached(iam, id_):
            iam.detach_role_policy(RoleName=id_, PolicyArn=attached)
    if state.get("forceDetachPolicies") or state.get("inlinePolicies"):
        for name in _inline_names(iam, id_):
            iam.delete_role_policy(RoleName=id_, PolicyName=name)
    iam.delete_role(RoleName=id_)


def _create_policy(aws: Aws, inputs: Props) -> str:
    described = {"Description": inputs["description"]} if inputs.get("description") else {}
    made = aws.client("iam").create_policy(
        PolicyName=inputs["name"],
        PolicyDocument=inputs["policy"],
        Path=inputs["path"],
        Tags=tagging.pairs(inputs.get("tagsAll")),
        **described,
    )
    return str(made["Policy"]["Arn"])


def _read_policy(aws: Aws, id_: str, _before: Props) -> Props:
    iam = aws.client("iam")
    found = iam.get_policy(PolicyArn=id_)["Policy"]
    version = iam.get_policy_version(PolicyArn=id_, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return {
        "name": found["PolicyName"],
        "arn": found["Arn"],
        "attachmentCount": found.get("AttachmentCount"),
        "description": found.get("Description") or "",
        "path": found["Path"],
        "policy": _document(version["Document"]),
        "policyId": found["PolicyId"],
        "tags": tagging.mapping(found.get("Tags")),
    }


def _update_policy(aws: Aws, change: Change) -> None:
    iam = aws.client("iam")
    if "policy" in change.keys:
        versions = iam.list_policy_versions(PolicyArn=change.id)["Versions"]
        if len(versions) >= _MOST_VERSIONS:
            oldest = min((each for each in versions if not each["IsDefaultVersion"]), key=lambda each: each["CreateDate"])
            iam.delete_policy_version(PolicyArn=change.id, VersionId=oldest["VersionId"])
        iam.create_policy_version(PolicyArn=change.id, PolicyDocument=change.new["policy"], SetAsDefault=True)
    given, removed = tagging.delta(change)
    if removed:
        iam.untag_policy(PolicyArn=change.id, TagKeys=removed)
    if given:
        iam.tag_policy(PolicyArn=change.id, Tags=tagging.pairs(given))


def _delete_policy(aws: Aws, id_: str, _state: Props) -> None:
    iam = aws.client("iam")
    for version in iam.list_policy_versions(PolicyArn=id_)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=id_, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=id_)


def _put_role_policy(aws: Aws, inputs: Props) -> str:
    aws.client("iam").put_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
    return f"{inputs['role']}:{inputs['name']}"


def _read_role_policy(aws: Aws, id_: str, _before: Props) -> Props:
    role, _, name = id_.partition(":")
    found = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
    return {"role": role, "name": name, "policy": _document(found["PolicyDocument"])}


def _update_role_policy(aws: Aws, change: Change) -> None:
    _put_role_policy(aws, change.new)


def _delete_role_policy(aws: Aws, id_: str, _state: Props) -> None:
    role, _, name = id_.partition(":")
    aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _attach(aws: Aws, inputs: Props) -> str:
    aws.client("iam").attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    return f"{inputs['role']}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}{time.monotonic_ns() % 10**12:012d}"


def _read_attachment(aws: Aws, _id: str, before: Props) -> Props | None:
    attached = _attached(aws.client("iam"), before["role"])
    return {"role": before["role"], "policyArn": before["policyArn"]} if before["policyArn"] in attached else None


def _detach(aws: Aws, _id: str, state: Props) -> None:
    aws.client("iam").detach_role_policy(RoleName=state["role"], PolicyArn=state["policyArn"])


def _imported_attachment(_aws: Aws, id_: str) -> Props:
    role, _, policy = id_.partition("/")
    return {"role": role, "policyArn": policy}


def _check_role(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for each in inputs.get("inlinePolicies") or ():
        if isinstance(each, Mapping) and bool(each.get("name")) != bool(each.get("policy")):
            yield "inlinePolicies", "an inline policy needs both name and policy"


ROLE: Final = Entry(
    pulumi="aws:iam/role:Role",
    terraform="aws_iam_role",
    title="IAM Role",
    inputs=(
        "name",
        "assumeRolePolicy",
        "description",
        "forceDetachPolicies",
        "inlinePolicies",
        "managedPolicyArns",
        "maxSessionDuration",
        "path",
        "permissionsBoundary",
        "tags",
    ),
    create=_create_role,
    read=_read_role,
    update=_update_role,
    delete=_delete_role,
    replaces=("name", "path"),
    kept=("forceDetachPolicies",),
    defaults={"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"},
    computed=("inlinePolicies",),
    json=("assumeRolePolicy", "inlinePolicies.policy"),
    checks={
        "assumeRolePolicy": json_text,
        "inlinePolicies.policy": json_text,
        "managedPolicyArns": arn,
        "maxSessionDuration": between(3600, 43200),
        "name": matches(_NAME + "{1,64}", "must be 1 to 64 letters, digits and +=,.@-_"),
        "permissionsBoundary": arn,
    },
    check=_check_role,
    gone=_GONE,
    autoname=Autoname("name", 64),
)
POLICY: Final = Entry(
    pulumi="aws:iam/policy:Policy",
    terraform="aws_iam_policy",
    title="IAM Policy",
    inputs=("name", "description", "path", "policy", "tags"),
    create=_create_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
    replaces=("name", "description", "path"),
    defaults={"path": "/"},
    json=("policy",),
    checks={"policy": json_text, "name": matches(_NAME + "{1,128}", "must be 1 to 128 letters, digits and +=,.@-_")},
    gone=_GONE,
    autoname=Autoname("name", 128),
)
ROLE_POLICY: Final = Entry(
    pulumi="aws:iam/rolePolicy:RolePolicy",
    terraform="aws_iam_role_policy",
    title="IAM Role Policy",
    inputs=("name", "policy", "role"),
    create=_put_role_policy,
    read=_read_role_policy,
    update=_update_role_policy,
    delete=_delete_role_policy,
    replaces=("name", "role"),
    json=("policy",),
    checks={"policy": json_text, "name": matches(_NAME + "{1,128}", "must be 1 to 128 letters, digits and +=,.@-_")},
    gone=_GONE,
    autoname=Autoname("name", 128),
)
ATTACHMENT: Final = Entry(
    pulumi="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    terraform="aws_iam_role_policy_attachment",
    title="IAM Role Policy Attachment",
    inputs=("policyArn", "role"),
    create=_attach,
    read=_read_attachment,
    delete=_detach,
    replaces=("policyArn", "role"),
    checks={"policyArn": arn},
    gone=_GONE,
    imported=_imported_attachment,
)
ENTRIES: Final = (ROLE, POLICY, ROLE_POLICY, ATTACHMENT)
