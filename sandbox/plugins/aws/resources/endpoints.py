"""VPC endpoints and flow logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import ec2tags, tagging
from sandbox.plugins.aws.entry import Change, Entry, Props, RefusedError
from sandbox.plugins.aws.resources.vpc import first
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, json_text, one_of

# A set of ids, what adds to it and what takes from it.
_SETS: Final = {
    "routeTableIds": ("RouteTableIds", "AddRouteTableIds", "RemoveRouteTableIds"),
    "subnetIds": ("SubnetIds", "AddSubnetIds", "RemoveSubnetIds"),
    "securityGroupIds": ("SecurityGroupIds", "AddSecurityGroupIds", "RemoveSecurityGroupIds"),
}
_SUBJECTS: Final = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface"}


def _create_endpoint(aws: Aws, inputs: Props) -> str:
    ec2 = aws.client("ec2")
    wanted = {there: inputs[name] for name, (there, _, _) in _SETS.items() if inputs.get(name)}
    if inputs.get("policy"):
        wanted["PolicyDocument"] = inputs["policy"]
    if inputs["vpcEndpointType"] == "Interface" and inputs.get("privateDnsEnabled") is not None:
        wanted["PrivateDnsEnabled"] = inputs["privateDnsEnabled"]
    made = ec2.create_vpc_endpoint(
        VpcId=inputs["vpcId"],
        ServiceName=inputs["serviceName"],
        VpcEndpointType=inputs["vpcEndpointType"],
        **wanted,
        **ec2tags.specification("vpc-endpoint", inputs),
    )
    id_ = aws.made(str(made["VpcEndpoint"]["VpcEndpointId"]))
    aws.wait(
        lambda: (_endpoint(ec2, id_) or {}).get("State", "").lower() in {"available", "pendingacceptance"}, f"EC2 VPC Endpoint ({id_})"
    )
    return id_


def _endpoint(ec2: Any, id_: str) -> Props | None:
    return first(ec2.describe_vpc_endpoints(VpcEndpointIds=[id_])["VpcEndpoints"])


def _read_endpoint(aws: Aws, id_: str, _before: Props) -> Props | None:
    found = _endpoint(aws.client("ec2"), id_)
    if found is None or found.get("State", "").lower() in {"deleted", "deleting"}:
        return None
    return {
        "arn": aws.arn("ec2", f"vpc-endpoint/{id_}"),
        "dnsEntries": [
            {"dnsName": each.get("DnsName"), "hostedZoneId": each.get("HostedZoneId")} for each in found.get("DnsEntries") or ()
        ],
        "networkInterfaceIds": found.get("NetworkInterfaceIds") or [],
        "ownerId": found.get("OwnerId") or aws.account,
        "policy": found.get("PolicyDocument") or None,
        "privateDnsEnabled": bool(found.get("PrivateDnsEnabled")),
        "requesterManaged": bool(found.get("RequesterManaged")),
        "routeTableIds": found.get("RouteTableIds") or [],
        "securityGroupIds": [each["GroupId"] for each in found.get("Groups") or ()] or found.get("SecurityGroupIds") or [],
        "serviceName": found["ServiceName"],
        "state": found.get("State"),
        "subnetIds": found.get("SubnetIds") or [],
        "vpcEndpointType": found.get("VpcEndpointType"),
        "vpcId": found["VpcId"],
        "tags": tagging.mapping(found.get("Tags")),
    }


def _update_endpoint(aws: Aws, change: Change) -> None:
    ec2 = aws.client("ec2")
    wanted: Props = {}
    for name, (_, add, remove) in _SETS.items():
        if name in change.keys:
            old, new = set(change.old.get(name) or ()), set(change.new.get(name) or ())
            wanted |= {key: sorted(ids) for key, ids in ((add, new - old), (remove, old - new)) if ids}
    if "policy" in change.keys:
        wanted |= {"PolicyDocument": change.new["policy"]} if change.new.get("policy") else {"ResetPolicy": True}
    if "privateDnsEnabled" in change.keys:
        wanted["PrivateDnsEnabled"] = bool(change.new.get("privateDnsEnabled"))
    if wanted:
        ec2.modify_vpc_endpoint(VpcEndpointId=change.id, **wanted)
    ec2tags.retag(ec2, change.id, change)


def _delete_endpoint(aws: Aws, id_: str, _state: Props) -> None:
    ec2 = aws.client("ec2")
    _succeeded(ec2.delete_vpc_endpoints(VpcEndpointIds=[id_]))


def _succeeded(answer: Props) -> None:
    """Raise for what EC2's list calls report inside a successful answer."""
    for failed in answer.get("Unsuccessful") or ():
        error = failed.get("Error") or {}
        if "NotFound" not in str(error.get("Code")):
            raise RefusedError(f"{error.get('Code')}: {error.get('Message')}")


def _create_log(aws: Aws, inputs: Props) -> str:
    subject = next(name for name in _SUBJECTS if inputs.get(name))
    wanted = {
        "iamRoleArn": "DeliverLogsPermissionArn",
        "logDestination": "LogDestination",
        "logFormat": "LogFormat",
        "logGroupName": "LogGroupName",
        "trafficType": "TrafficType",
    }
    answer = aws.client("ec2").create_flow_logs(
        ResourceIds=[inputs[subject]],
        ResourceType=_SUBJECTS[subject],
        LogDestinationType=inputs["logDestinationType"],
        MaxAggregationInterval=inputs["maxAggregationInterval"],
        **{there: inputs[here] for here, there in wanted.items() if inputs.get(here)},
        **ec2tags.specification("vpc-flow-log", inputs),
    )
    _succeeded(answer)
    return str(answer["FlowLogIds"][0])


def _read_log(aws: Aws, id_: str, _before: Props) -> Props | None:
    found = first(aws.client("ec2").describe_flow_logs(FlowLogIds=[id_])["FlowLogs"])
    if found is None:
        return None
    kind = {"vpc": "vpcId", "subnet": "subnetId", "eni": "eniId"}[found["ResourceId"].split("-")[0]]
    return {
        "arn": aws.arn("ec2", f"vpc-flow-log/{id_}"),
        kind: found["ResourceId"],
        "iamRoleArn": found.get("DeliverLogsPermissionArn"),
        "logDestination": found.get("LogDestination"),
        "logDestinationType": found.get("LogDestinationType"),
        "logFormat": found.get("LogFormat"),
        "maxAggregationInterval": found.get("MaxAggregationInterval"),
        "trafficType": found.get("TrafficType"),
        "tags": tagging.mapping(found.get("Tags")),
    }


def _retag(aws: Aws, change: Change) -> None:
    ec2tags.retag(aws.client("ec2"), change.id, change)


def _delete_log(aws: Aws, id_: str, _state: Props) -> None:
    _succeeded(aws.client("ec2").delete_flow_logs(FlowLogIds=[id_]))


def _check_endpoint(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if not inputs.get("serviceName"):
        yield "serviceName", "missing required property 'serviceName'"
    if inputs.get("vpcEndpointType") == "Gateway" and (inputs.get("subnetIds") or inputs.get("securityGroupIds")):
        yield "subnetIds", "subnetIds and securityGroupIds belong to interface endpoints, not to gateway endpoints"


def _check_log(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if len([name for name in _SUBJECTS if inputs.get(name)]) != 1:
        yield "vpcId", f"exactly one of {', '.join(_SUBJECTS)} must be given"
    if not inputs.get("logDestination"):
        yield "logDestination", "is required"
    if not inputs.get("trafficType"):
        yield "trafficType", "is required"


ENDPOINT: Final = Entry(
    pulumi="aws:ec2/vpcEndpoint:VpcEndpoint",
    terraform="aws_vpc_endpoint",
    title="EC2 VPC Endpoint",
    inputs=("policy", "privateDnsEnabled", "serviceName", "tags", "vpcEndpointType", "vpcId", *_SETS),
    create=_create_endpoint,
    read=_read_endpoint,
    update=_update_endpoint,
    delete=_delete_endpoint,
    replaces=("serviceName", "vpcEndpointType", "vpcId"),
    defaults={"vpcEndpointType": "Gateway"},
    json=("policy",),
    checks={"policy": json_text, "vpcEndpointType": one_of("Gateway", "Interface")},
    check=_check_endpoint,
    gone=("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"),
)
FLOW_LOG: Final = Entry(
    pulumi="aws:ec2/flowLog:FlowLog",
    terraform="aws_flow_log",
    title="VPC Flow Log",
    inputs=("iamRoleArn", "logDestination", "logDestinationType", "logFormat", "maxAggregationInterval", "tags", "trafficType", *_SUBJECTS),
    create=_create_log,
    read=_read_log,
    update=_retag,
    delete=_delete_log,
    replaces=("iamRoleArn", "logDestination", "logDestinationType", "logFormat", "maxAggregationInterval", "trafficType", *_SUBJECTS),
    defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    checks={
        "iamRoleArn": arn,
        "logDestination": arn,
        "logDestinationType": one_of("cloud-watch-logs", "s3"),
        "maxAggregationInterval": one_of(60, 600),
        "trafficType": one_of("ACCEPT", "REJECT", "ALL"),
    },
    check=_check_log,
    gone=("InvalidFlowLogId.NotFound",),
)
ENTRIES: Final = (ENDPOINT, FLOW_LOG)
