"""What is put on an EKS cluster: access entries and their policies, Pod Identity associations, add-ons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.resources.eks import GONE, retag
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, json_text, one_of

_KINDS: Final = ("STANDARD", "EC2_LINUX", "EC2_WINDOWS", "FARGATE_LINUX", "EC2", "HYBRID_LINUX", "HYPERPOD_LINUX")


def _tags(inputs: Mapping[str, Any]) -> Props:
    return {"tags": inputs["tagsAll"]} if inputs.get("tagsAll") else {}


def _create_entry(aws: Aws, inputs: Props) -> str:
    cluster, principal = inputs["clusterName"], inputs["principalArn"]
    wanted: Props = {"clusterName": cluster, "principalArn": principal, "type": inputs["type"]}
    if inputs.get("kubernetesGroups"):
        wanted["kubernetesGroups"] = inputs["kubernetesGroups"]
    if inputs.get("userName"):
        wanted["username"] = inputs["userName"]
    aws.client("eks").create_access_entry(**wanted, **_tags(inputs))
    return f"{cluster}:{principal}"


def _read_entry(aws: Aws, id_: str, _before: Props) -> Props:
    cluster, _, principal = id_.partition(":")
    found = aws.client("eks").describe_access_entry(clusterName=cluster, principalArn=principal)["accessEntry"]
    return {
        "accessEntryArn": found["accessEntryArn"],
        "clusterName": cluster,
        "createdAt": found["createdAt"].isoformat(),
        "kubernetesGroups": sorted(found.get("kubernetesGroups") or ()),
        "modifiedAt": found["modifiedAt"].isoformat(),
        "principalArn": found["principalArn"],
        "type": found["type"],
        "userName": found.get("username"),
        "tags": found.get("tags") or {},
    }


def _update_entry(aws: Aws, change: Change) -> None:
    cluster, _, principal = change.id.partition(":")
    if change.keys & {"kubernetesGroups", "userName"}:
        named = {"username": change.new["userName"]} if change.new.get("userName") else {}
        groups = change.new.get("kubernetesGroups") or []
        aws.client("eks").update_access_entry(clusterName=cluster, principalArn=principal, kubernetesGroups=groups, **named)
    retag(aws, change, change.old["accessEntryArn"])


def _delete_entry(aws: Aws, id_: str, _state: Props) -> None:
    cluster, _, principal = id_.partition(":")
    aws.client("eks").delete_access_entry(clusterName=cluster, principalArn=principal)


def _create_association(aws: Aws, inputs: Props) -> str:
    cluster, principal, policy = inputs["clusterName"], inputs["principalArn"], inputs["policyArn"]
    scope = {key: value for key, value in inputs["accessScope"].items() if value}
    aws.client("eks").associate_access_policy(clusterName=cluster, principalArn=principal, policyArn=policy, accessScope=scope)
    return f"{cluster}#{principal}#{policy}"


def _read_association(aws: Aws, id_: str, _before: Props) -> Props | None:
    cluster, principal, policy = id_.split("#")
    pages = aws.client("eks").get_paginator("list_associated_access_policies").paginate(clusterName=cluster, principalArn=principal)
    found = next((each for page in pages for each in page["associatedAccessPolicies"] if each["policyArn"] == policy), None)
    if found is None:
        return None
    scope = found["accessScope"]
    return {
        "accessScope": {"type": scope["type"], "namespaces": sorted(scope.get("namespaces") or ())},
        "associatedAt": found["associatedAt"].isoformat(),
        "clusterName": cluster,
        "modifiedAt": found["modifiedAt"].isoformat(),
        "policyArn": policy,
        "principalArn": principal,
    }


def _delete_association(aws: Aws, id_: str, _state: Props) -> None:
    cluster, principal, policy = id_.split("#")
    aws.client("eks").disassociate_access_policy(clusterName=cluster, principalArn=principal, policyArn=policy)


def _create_identity(aws: Aws, inputs: Props) -> str:
    named = {name: inputs[name] for name in ("clusterName", "namespace", "serviceAccount", "roleArn")}
    made = aws.client("eks").create_pod_identity_association(**named, **_tags(inputs))
    return str(made["association"]["associationId"])


def _read_identity(aws: Aws, id_: str, before: Props) -> Props:
    found = aws.client("eks").describe_pod_identity_association(clusterName=before["clusterName"], associationId=id_)["association"]
    return {
        "associationArn": found["associationArn"],
        "associationId": id_,
        "clusterName": found["clusterName"],
        "namespace": found["namespace"],
        "roleArn": found["roleArn"],
        "serviceAccount": found["serviceAccount"],
        "tags": found.get("tags") or {},
    }


def _update_identity(aws: Aws, change: Change) -> None:
    if "roleArn" in change.keys:
        named = {"clusterName": change.new["clusterName"], "associationId": change.id}
        aws.client("eks").update_pod_identity_association(**named, roleArn=change.new["roleArn"])
    retag(aws, change, change.old["associationArn"])


def _delete_identity(aws: Aws, id_: str, state: Props) -> None:
    aws.client("eks").delete_pod_identity_association(clusterName=state["clusterName"], associationId=id_)


def _imported_identity(_aws: Aws, id_: str) -> Props:
    """Take `cluster,association` as the real provider does."""
    cluster, _, association = id_.partition(",")
    return {"clusterName": cluster, "id": association}


def _identities(given: Iterable[Mapping[str, Any]]) -> list[Props]:
    return [{"serviceAccount": each["serviceAccount"], "roleArn": each["roleArn"]} for each in given]


def _create_addon(aws: Aws, inputs: Props) -> str:
    eks, cluster, name = aws.client("eks"), inputs["clusterName"], inputs["addonName"]
    wanted = {
        "addonVersion": "addonVersion",
        "configurationValues": "configurationValues",
        "serviceAccountRoleArn": "serviceAccountRoleArn",
    }
    given: Props = {there: inputs[here] for here, there in wanted.items() if inputs.get(here)}
    if inputs.get("resolveConflictsOnCreate"):
        given["resolveConflicts"] = inputs["resolveConflictsOnCreate"]
    if inputs.get("podIdentityAssociations"):
        given["podIdentityAssociations"] = _identities(inputs["podIdentityAssociations"])
    eks.create_addon(clusterName=cluster, addonName=name, **given, **_tags(inputs))
    id_ = aws.made(f"{cluster}:{name}")
    aws.wait(lambda: _addon(eks, id_)["status"] == "ACTIVE", f"EKS Add-On ({id_}) to become active")
    return id_


def _addon(eks: Any, id_: str) -> Props:
    cluster, _, name = id_.partition(":")
    found: Props = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]
    return found


def _read_addon(aws: Aws, id_: str, _before: Props) -> Props:
    eks = aws.client("eks")
    found = _addon(eks, id_)
    listed = []
    for association in found.get("podIdentityAssociations") or ():
        one = eks.describe_pod_identity_association(clusterName=found["clusterName"], associationId=association.rpartition("/")[2])
        listed.append({"serviceAccount": one["association"]["serviceAccount"], "roleArn": one["association"]["roleArn"]})
    return {
        "addonName": found["addonName"],
        "addonVersion": found.get("addonVersion"),
        "arn": found["addonArn"],
        "clusterName": found["clusterName"],
        "configurationValues": found.get("configurationValues") or None,
        "createdAt": found["createdAt"].isoformat(),
        "modifiedAt": found["modifiedAt"].isoformat(),
        "podIdentityAssociations": listed,
        "serviceAccountRoleArn": found.get("serviceAccountRoleArn") or None,
        "tags": found.get("tags") or {},
    }


def _update_addon(aws: Aws, change: Change) -> None:
    eks, new = aws.client("eks"), change.new
    if change.keys & {"addonVersion", "configurationValues", "serviceAccountRoleArn", "podIdentityAssociations"}:
        wanted: Props = {name: new[name] for name in ("addonVersion", "configurationValues", "serviceAccountRoleArn") if new.get(name)}
        if "configurationValues" in change.keys and not new.get("configurationValues"):
            wanted["configurationValues"] = ""
        if "podIdentityAssociations" in change.keys:
            wanted["podIdentityAssociations"] = _identities(new.get("podIdentityAssociations") or ())
        if new.get("resolveConflictsOnUpdate"):
            wanted["resolveConflicts"] = new["resolveConflictsOnUpdate"]
        eks.update_addon(clusterName=new["clusterName"], addonName=new["addonName"], **wanted)
        aws.wait(lambda: _addon(eks, change.id)["status"] == "ACTIVE", f"EKS Add-On ({change.id}) to become active")
    retag(aws, change, change.old["arn"])


def _delete_addon(aws: Aws, id_: str, state: Props) -> None:
    cluster, _, name = id_.partition(":")
    aws.client("eks").delete_addon(clusterName=cluster, addonName=name, preserve=bool(state.get("preserve")))


def _check_association(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    scope = inputs.get("accessScope")
    if isinstance(scope, Mapping) and scope.get("type") == "namespace" and not scope.get("namespaces"):
        yield "accessScope", "a scope of type namespace names namespaces"


ACCESS_ENTRY: Final = Entry(
    pulumi="aws:eks/accessEntry:AccessEntry",
    terraform="aws_eks_access_entry",
    title="EKS Access Entry",
    inputs=("principalArn", "clusterName", "kubernetesGroups", "tags", "type", "userName"),
    create=_create_entry,
    read=_read_entry,
    update=_update_entry,
    delete=_delete_entry,
    replaces=("clusterName", "principalArn", "type"),
    defaults={"type": "STANDARD"},
    checks={"principalArn": arn, "type": one_of(*_KINDS)},
    gone=GONE,
)
ACCESS_POLICY: Final = Entry(
    pulumi="aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    terraform="aws_eks_access_policy_association",
    title="EKS Access Policy Association",
    inputs=("principalArn", "accessScope", "clusterName", "policyArn"),
    create=_create_association,
    read=_read_association,
    delete=_delete_association,
    replaces=("accessScope", "clusterName", "policyArn", "principalArn"),
    checks={"accessScope.type": one_of("cluster", "namespace"), "policyArn": arn, "principalArn": arn},
    check=_check_association,
    gone=GONE,
)
POD_IDENTITY: Final = Entry(
    pulumi="aws:eks/podIdentityAssociation:PodIdentityAssociation",
    terraform="aws_eks_pod_identity_association",
    title="EKS Pod Identity Association",
    inputs=("serviceAccount", "clusterName", "namespace", "roleArn", "tags"),
    create=_create_identity,
    read=_read_identity,
    update=_update_identity,
    delete=_delete_identity,
    replaces=("clusterName", "namespace", "serviceAccount"),
    checks={"roleArn": arn},
    gone=GONE,
    imported=_imported_identity,
)
ADDON: Final = Entry(
    pulumi="aws:eks/addon:Addon",
    terraform="aws_eks_addon",
    title="EKS Add-On",
    inputs=(
        "addonName",
        "addonVersion",
        "clusterName",
        "configurationValues",
        "podIdentityAssociations",
        "preserve",
        "resolveConflictsOnCreate",
        "resolveConflictsOnUpdate",
        "serviceAccountRoleArn",
        "tags",
    ),
    create=_create_addon,
    read=_read_addon,
    update=_update_addon,
    delete=_delete_addon,
    replaces=("addonName", "clusterName"),
    kept=("preserve", "resolveConflictsOnCreate", "resolveConflictsOnUpdate"),
    json=("configurationValues",),
    checks={
        "configurationValues": json_text,
        "resolveConflictsOnCreate": one_of("NONE", "OVERWRITE"),
        "resolveConflictsOnUpdate": one_of("NONE", "OVERWRITE", "PRESERVE"),
        "serviceAccountRoleArn": arn,
    },
    gone=GONE,
)
ENTRIES: Final = (ACCESS_ENTRY, ACCESS_POLICY, POD_IDENTITY, ADDON)
