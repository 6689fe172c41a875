"""EC2 launch templates: what the nodes of a managed node group are started with. Each change is a new version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import ec2tags, tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.resources.vpc import first
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, matches, one_of

_METADATA: Final = {
    "httpEndpoint": "HttpEndpoint",
    "httpProtocolIpv6": "HttpProtocolIpv6",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "httpTokens": "HttpTokens",
    "instanceMetadataTags": "InstanceMetadataTags",
}
_EBS: Final = {
    "deleteOnTermination": "DeleteOnTermination",
    "encrypted": "Encrypted",
    "iops": "Iops",
    "kmsKeyId": "KmsKeyId",
    "throughput": "Throughput",
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
}
_BOOLEAN_TEXTS: Final = frozenset({"deleteOnTermination", "encrypted"})
_DATA: Final = (
    "blockDeviceMappings",
    "imageId",
    "instanceType",
    "metadataOptions",
    "monitoring",
    "tagSpecifications",
    "userData",
    "vpcSecurityGroupIds",
)
"""What a version holds; everything else belongs to the template."""


def _data(inputs: Mapping[str, Any]) -> Props:
    sent: Props = {}
    for here, there in {
        "imageId": "ImageId",
        "instanceType": "InstanceType",
        "userData": "UserData",
        "vpcSecurityGroupIds": "SecurityGroupIds",
    }.items():
        if inputs.get(here):
            sent[there] = inputs[here]
    if inputs.get("metadataOptions"):
        sent["MetadataOptions"] = {
            there: inputs["metadataOptions"][here] for here, there in _METADATA.items() if inputs["metadataOptions"].get(here)
        }
    if inputs.get("monitoring"):
        sent["Monitoring"] = {"Enabled": bool(inputs["monitoring"].get("enabled"))}
    if inputs.get("blockDeviceMappings"):
        sent["BlockDeviceMappings"] = [_device(each) for each in inputs["blockDeviceMappings"]]
    if inputs.get("tagSpecifications"):
        sent["TagSpecifications"] = [
            {"ResourceType": each["resourceType"], "Tags": tagging.pairs(each.get("tags"))} for each in inputs["tagSpecifications"]
        ]
    return sent


def _device(given: Mapping[str, Any]) -> Props:
    ebs = given.get("ebs") or {}
    disk = {there: ebs[here] == "true" if here in _BOOLEAN_TEXTS else ebs[here] for here, there in _EBS.items() if ebs.get(here)}
    return {"DeviceName": given["deviceName"], **({"Ebs": disk} if disk else {})}


def _create(aws: Aws, inputs: Props) -> str:
    described = {"VersionDescription": inputs["description"]} if inputs.get("description") else {}
    made = aws.client("ec2").create_launch_template(
        LaunchTemplateName=inputs["name"], LaunchTemplateData=_data(inputs), **described, **ec2tags.specification("launch-template", inputs)
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def _read(aws: Aws, id_: str, _before: Props) -> Props | None:
    ec2 = aws.client("ec2")
    template = first(ec2.describe_launch_templates(LaunchTemplateIds=[id_])["LaunchTemplates"])
    if template is None:
        return None
    latest = str(template["LatestVersionNumber"])
    version = ec2.describe_launch_template_versions(LaunchTemplateId=id_, Versions=[latest])["LaunchTemplateVersions"][0]
    data = version["LaunchTemplateData"]
    return {
        "name": template["LaunchTemplateName"],
        "arn": aws.arn("ec2", f"launch-template/{id_}"),
        "blockDeviceMappings": [_shown(each) for each in data.get("BlockDeviceMappings") or ()],
        "defaultVersion": template["DefaultVersionNumber"],
        "description": version.get("VersionDescription") or "",
        "imageId": data.get("ImageId"),
        "instanceType": data.get("InstanceType"),
        "latestVersion": template["LatestVersionNumber"],
        "metadataOptions": {here: data["MetadataOptions"].get(there) for here, there in _METADATA.items()}
        if data.get("MetadataOptions")
        else None,
        "monitoring": {"enabled": bool(data["Monitoring"].get("Enabled"))} if data.get("Monitoring") else None,
        "tagSpecifications": [
            {"resourceType": each["ResourceType"], "tags": tagging.mapping(each.get("Tags"))}
            for each in data.get("TagSpecifications") or ()
            if each["ResourceType"] != "launch-template"  # moto puts the template's own tags among them
        ],
        "userData": data.get("UserData"),
        "vpcSecurityGroupIds": sorted(data.get("SecurityGroupIds") or ()),
        "tags": tagging.mapping(template.get("Tags")),
    }


def _shown(found: Mapping[str, Any]) -> Props:
    ebs = found.get("Ebs") or {}
    disk = {
        here: str(ebs[there]).lower() if here in _BOOLEAN_TEXTS else ebs[there]
        for here, there in _EBS.items()
        if ebs.get(there) is not None
    }
    return {"deviceName": found.get("DeviceName"), **({"ebs": disk} if disk else {})}


def _update(aws: Aws, change: Change) -> None:
    ec2, new = aws.client("ec2"), change.new
    if change.keys & {*_DATA, "description"}:
        described = {"VersionDescription": new["description"]} if new.get("description") else {}
        made = ec2.create_launch_template_version(LaunchTemplateId=change.id, LaunchTemplateData=_data(new), **described)
        if new.get("updateDefaultVersion"):
            number = str(made["LaunchTemplateVersion"]["VersionNumber"])
            ec2.modify_launch_template(LaunchTemplateId=change.id, DefaultVersion=number)
    ec2tags.retag(ec2, change.id, change)


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("ec2").delete_launch_template(LaunchTemplateId=id_)


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for each in inputs.get("blockDeviceMappings") or ():
        if isinstance(each, Mapping) and not each.get("deviceName"):
            yield "blockDeviceMappings", "the stand-in needs a deviceName"


_TEXT_BOOLEAN: Final = one_of("true", "false", "")
LAUNCH_TEMPLATE: Final = Entry(
    pulumi="aws:ec2/launchTemplate:LaunchTemplate",
    terraform="aws_launch_template",
    title="EC2 Launch Template",
    inputs=("name", "description", "tags", "updateDefaultVersion", *_DATA),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    refused=(
        "blockDeviceMappings.noDevice",
        "blockDeviceMappings.virtualName",
        "blockDeviceMappings.ebs.snapshotId",
        "blockDeviceMappings.ebs.volumeInitializationRate",
    ),
    replaces=("name",),
    kept=("updateDefaultVersion",),
    renewed=("latestVersion", "defaultVersion"),
    computed=("metadataOptions",),
    checks={
        "blockDeviceMappings.ebs.deleteOnTermination": _TEXT_BOOLEAN,
        "blockDeviceMappings.ebs.encrypted": _TEXT_BOOLEAN,
        "blockDeviceMappings.ebs.volumeType": one_of("standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"),
        "metadataOptions.httpEndpoint": one_of("enabled", "disabled"),
        "metadataOptions.httpPutResponseHopLimit": between(1, 64),
        "metadataOptions.httpTokens": one_of("optional", "required"),
        "metadataOptions.instanceMetadataTags": one_of("enabled", "disabled"),
        "name": matches(r"[a-zA-Z0-9()./_-]{3,128}", "must be 3 to 128 letters, digits and ()./_-"),
        "tagSpecifications.resourceType": one_of("instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"),
    },
    check=_check,
    gone=("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException", "InvalidLaunchTemplateName.NotFoundException"),
    autoname=Autoname("name", 128),
)
ENTRIES: Final = (LAUNCH_TEMPLATE,)
