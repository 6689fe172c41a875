"""EKS managed node groups: sizes, labels, taints, versions and the launch template's version change in place, everything else replaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.resources.eks import GONE, given, retag
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, between, matches, one_of

_EFFECTS: Final = ("NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE")


def _taints(listed: Iterable[Mapping[str, Any]]) -> list[Props]:
    return [given(each, ("key", "value", "effect")) for each in listed]


def _template(named: Mapping[str, Any]) -> Props:
    key = "id" if named.get("id") else "name"
    return {key: named[key], "version": named["version"]}


def _create_group(aws: Aws, inputs: Props) -> str:
    eks, cluster, name = aws.client("eks"), inputs["clusterName"], inputs["nodeGroupName"]
    wanted: Props = {
        "clusterName": cluster,
        "nodegroupName": name,
        "nodeRole": inputs["nodeRoleArn"],
        "subnets": inputs["subnetIds"],
        "scalingConfig": inputs["scalingConfig"],
        **given(inputs, ("amiType", "capacityType", "diskSize", "instanceTypes", "labels", "releaseVersion", "version")),
    }
    if inputs.get("taints"):
        wanted["taints"] = _taints(inputs["taints"])
    if inputs.get("launchTemplate"):
        wanted["launchTemplate"] = _template(inputs["launchTemplate"])
    if inputs.get("updateConfig"):
        wanted["updateConfig"] = given(inputs["updateConfig"], ("maxUnavailable", "maxUnavailablePercentage"))
    if inputs.get("nodeRepairConfig"):
        wanted["nodeRepairConfig"] = given(inputs["nodeRepairConfig"], ("enabled",))
    if inputs.get("tagsAll"):
        wanted["tags"] = inputs["tagsAll"]
    eks.create_nodegroup(**wanted)
    id_ = aws.made(f"{cluster}:{name}")
    aws.wait(lambda: _group(eks, id_)["status"] == "ACTIVE", f"EKS Node Group ({id_}) to become active")
    return id_


def _group(eks: Any, id_: str) -> Props:
    cluster, _, name = id_.partition(":")
    found: Props = eks.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]
    return found


def _read_group(aws: Aws, id_: str, _before: Props) -> Props:
    found = _group(aws.client("eks"), id_)
    template = found.get("launchTemplate")
    groups = (found.get("resources") or {}).get("autoScalingGroups") or ()
    return {
        "amiType": found.get("amiType"),
        "arn": found["nodegroupArn"],
        "capacityType": found.get("capacityType"),
        "clusterName": found["clusterName"],
        "diskSize": int(found["diskSize"]) if found.get("diskSize") else None,
        "instanceTypes": found.get("instanceTypes") or [],
        "labels": found.get("labels") or {},
        "launchTemplate": template and given(template, ("id", "name", "version")),
        "nodeGroupName": found["nodegroupName"],
        "nodeRepairConfig": found.get("nodeRepairConfig") or None,
        "nodeRoleArn": found["nodeRole"],
        "releaseVersion": found.get("releaseVersion"),
        "resources": [{"autoscalingGroups": [{"name": each["name"]} for each in groups], "remoteAccessSecurityGroupId": ""}],
        "scalingConfig": given(found.get("scalingConfig") or {}, ("desiredSize", "maxSize", "minSize")),
        "status": found.get("status"),
        "subnetIds": sorted(found.get("subnets") or ()),
        "taints": _taints(found.get("taints") or ()),
        "updateConfig": given(found.get("updateConfig") or {}, ("maxUnavailable", "maxUnavailablePercentage")),
        "version": found.get("version"),
        "tags": found.get("tags") or {},
    }


def _update_group(aws: Aws, change: Change) -> None:
    eks, new = aws.client("eks"), change.new
    named = {"clusterName": new["clusterName"], "nodegroupName": new["nodeGroupName"]}
    if change.keys & {"version", "releaseVersion", "launchTemplate"}:
        rolled: Props = {key: new[key] for key in ("version", "releaseVersion") if key in change.keys and new.get(key)}
        if "launchTemplate" in change.keys and new.get("launchTemplate"):
            rolled["launchTemplate"] = _template(new["launchTemplate"])
        eks.update_nodegroup_version(**named, **rolled, force=bool(new.get("forceUpdateVersion")))
        aws.wait(lambda: _group(eks, change.id)["status"] == "ACTIVE", f"EKS Node Group ({change.id}) to be rolled")
    config: Props = {}
    if "labels" in change.keys:
        old, labels = change.old.get("labels") or {}, new.get("labels") or {}
        config["labels"] = {
            "addOrUpdateLabels": {key: value for key, value in labels.items() if old.get(key) != value},
            "removeLabels": sorted(old.keys() - labels.keys()),
        }
    if "taints" in change.keys:
        before, wanted = _taints(change.old.get("taints") or ()), _taints(new.get("taints") or ())
        kept = {(each["key"], each["effect"]) for each in wanted}
        config["taints"] = {
            "addOrUpdateTaints": [each for each in wanted if each not in before],
            "removeTaints": [each for each in before if (each["key"], each["effect"]) not in kept],
        }
    if "scalingConfig" in change.keys:
        config["scalingConfig"] = new["scalingConfig"]
    if "updateConfig" in change.keys:
        config["updateConfig"] = given(new.get("updateConfig") or {}, ("maxUnavailable", "maxUnavailablePercentage"))
    if "nodeRepairConfig" in change.keys:
        config["nodeRepairConfig"] = {"enabled": bool((new.get("nodeRepairConfig") or {}).get("enabled"))}
    if config:
        eks.update_nodegroup_config(**named, **config)
    retag(aws, change, change.old["arn"])


def _delete_group(aws: Aws, id_: str, _state: Props) -> None:
    eks = aws.client("eks")
    cluster, _, name = id_.partition(":")
    eks.delete_nodegroup(clusterName=cluster, nodegroupName=name)

    def gone() -> bool:
        try:
            _group(eks, id_)
        except eks.exceptions.ResourceNotFoundException:
            return True
        return False

    aws.wait(gone, f"EKS Node Group ({id_}) to be deleted")


def _check_group(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    size = inputs.get("scalingConfig")
    numbers: list[Any] = [size.get(name) for name in ("minSize", "desiredSize", "maxSize")] if isinstance(size, Mapping) else []
    if all(isinstance(each, int) for each in numbers) and numbers != sorted(numbers):
        yield "scalingConfig", "minSize, desiredSize and maxSize must ascend"
    if inputs.get("launchTemplate") and inputs.get("diskSize"):
        yield "diskSize", "must be specified within the launch template"


NODE_GROUP: Final = Entry(
    pulumi="aws:eks/nodeGroup:NodeGroup",
    terraform="aws_eks_node_group",
    title="EKS Node Group",
    inputs=(
        "nodeGroupName",
        "amiType",
        "capacityType",
        "clusterName",
        "diskSize",
        "forceUpdateVersion",
        "instanceTypes",
        "labels",
        "launchTemplate",
        "nodeRepairConfig",
        "nodeRoleArn",
        "releaseVersion",
        "scalingConfig",
        "subnetIds",
        "tags",
        "taints",
        "updateConfig",
        "version",
    ),
    create=_create_group,
    read=_read_group,
    update=_update_group,
    delete=_delete_group,
    replaces=(
        "nodeGroupName",
        "amiType",
        "capacityType",
        "clusterName",
        "diskSize",
        "instanceTypes",
        "launchTemplate.id",
        "launchTemplate.name",
        "nodeRoleArn",
        "subnetIds",
    ),
    kept=("forceUpdateVersion",),
    computed=("nodeRepairConfig", "updateConfig"),
    checks={
        "amiType": matches(r"[A-Z0-9_a-z]+", "must be an AMI type, e.g. AL2023_x86_64_STANDARD"),
        "capacityType": one_of("ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
        "nodeRoleArn": arn,
        "scalingConfig.maxSize": between(1, 450),
        "scalingConfig.minSize": between(0, 450),
        "taints.effect": one_of(*_EFFECTS),
        "taints.key": matches(r".{1,63}", "must be 1 to 63 characters"),
        "updateConfig.maxUnavailable": between(1, 100),
        "updateConfig.maxUnavailablePercentage": between(1, 100),
    },
    check=_check_group,
    gone=GONE,
    autoname=Autoname("nodeGroupName", 63),
)
ENTRIES: Final = (NODE_GROUP,)
