"""EKS clusters.

What replaces and what changes in place is as the real provider's source declares it (`ForceNew`, `CustomizeDiff`): a cluster's name, role,
service range and the creator's bootstrap permission replace it; its version, subnets, endpoint access and logging do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, ipv4_network, matches, one_of

GONE: Final = ("ResourceNotFoundException", "NotFoundException")
_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_REACHED: Final = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
_PLACED: Final = ("securityGroupIds", "subnetIds")


def retag(aws: Aws, change: Change, arn_of: str) -> None:
    """Bring the tags of something of EKS to their new values."""
    eks = aws.client("eks")
    come, removed = tagging.delta(change)
    if removed:
        eks.untag_resource(resourceArn=arn_of, tagKeys=removed)
    if come:
        eks.tag_resource(resourceArn=arn_of, tags=come)


def given(source: Mapping[str, Any], names: Iterable[str]) -> Props:
    """Give those of the names that hold a value."""
    return {name: source[name] for name in names if source.get(name) is not None}


def _logging(kinds: Iterable[str]) -> Props:
    on = sorted(kinds)
    halves = [{"types": on, "enabled": True}, {"types": [kind for kind in _LOGS if kind not in on], "enabled": False}]
    return {"clusterLogging": [half for half in halves if half["types"]]}


def _encryption(config: Mapping[str, Any]) -> list[Props]:
    return [{"resources": config["resources"], "provider": {"keyArn": config["provider"]["keyArn"]}}]


def _create_cluster(aws: Aws, inputs: Props) -> str:
    eks, name = aws.client("eks"), str(inputs["name"])
    wanted: Props = {
        "name": name,
        "roleArn": inputs["roleArn"],
        "resourcesVpcConfig": given(inputs["vpcConfig"], (*_REACHED, *_PLACED)),
        "logging": _logging(inputs.get("enabledClusterLogTypes") or ()),
        "bootstrapSelfManagedAddons": inputs["bootstrapSelfManagedAddons"],
    }
    if inputs.get("accessConfig"):
        wanted["accessConfig"] = given(inputs["accessConfig"], ("authenticationMode", "bootstrapClusterCreatorAdminPermissions"))
    if inputs.get("encryptionConfig"):
        wanted["encryptionConfig"] = _encryption(inputs["encryptionConfig"])
    if inputs.get("kubernetesNetworkConfig"):
        wanted["kubernetesNetworkConfig"] = given(inputs["kubernetesNetworkConfig"], ("ipFamily", "serviceIpv4Cidr"))
    if inputs.get("upgradePolicy"):
        wanted["upgradePolicy"] = given(inputs["upgradePolicy"], ("supportType",))
    wanted |= given(inputs, ("version", "deletionProtection"))
    if inputs.get("tagsAll"):
        wanted["tags"] = inputs["tagsAll"]
    eks.create_cluster(**wanted)
    aws.made(name)
    aws.wait(lambda: eks.describe_cluster(name=name)["cluster"]["status"] == "ACTIVE", f"EKS Cluster ({name}) to become active")
    return name


def _read_cluster(aws: Aws, id_: str, before: Props) -> Props:
    found = aws.client("eks").describe_cluster(name=id_)["cluster"]
    vpc, network = found["resourcesVpcConfig"], found.get("kubernetesNetworkConfig") or {}
    encryption = (found.get("encryptionConfig") or [None])[0]
    access = found.get("accessConfig") or {}
    on = [kind for each in (found.get("logging") or {}).get("clusterLogging") or () if each.get("enabled") for kind in each["types"]]
    # EKS does not tell how it was bootstrapped: the real provider keeps what the program said.
    bootstrap = (before.get("accessConfig") or {}).get("bootstrapClusterCreatorAdminPermissions")
    return {
        "name": id_,
        "arn": found["arn"],
        "accessConfig": {
            "authenticationMode": access.get("authenticationMode"),
            "bootstrapClusterCreatorAdminPermissions": bootstrap,
        },
        "certificateAuthority": {"data": found["certificateAuthority"]["data"]},
        "createdAt": found["createdAt"].isoformat(),
        "deletionProtection": bool(found.get("deletionProtection")),
        "enabledClusterLogTypes": sorted(on),
        "encryptionConfig": encryption and {"resources": encryption["resources"], "provider": {"keyArn": encryption["provider"]["keyArn"]}},
        "endpoint": found["endpoint"],
        "identities": [{"oidcs": [{"issuer": found["identity"]["oidc"]["issuer"]}]}],
        "kubernetesNetworkConfig": given(network, ("ipFamily", "serviceIpv4Cidr", "serviceIpv6Cidr")),
        "platformVersion": found.get("platformVersion"),
        "roleArn": found["roleArn"],
        "status": found["status"],
        "upgradePolicy": given(found.get("upgradePolicy") or {}, ("supportType",)),
        "version": found["version"],
        "vpcConfig": {
            "clusterSecurityGroupId": vpc.get("clusterSecurityGroupId"),
            "endpointPrivateAccess": bool(vpc.get("endpointPrivateAccess")),
            "endpointPublicAccess": bool(vpc.get("endpointPublicAccess")),
            "publicAccessCidrs": sorted(vpc.get("publicAccessCidrs") or ()),
            "securityGroupIds": sorted(vpc.get("securityGroupIds") or ()),
            "subnetIds": sorted(vpc["subnetIds"]),
            "vpcId": vpc.get("vpcId"),
        },
        "tags": found.get("tags") or {},
    }


def _update_cluster(aws: Aws, change: Change) -> None:
    eks, name, new = aws.client("eks"), change.id, change.new

    def done(answer: Props) -> None:
        update = answer["update"]["id"]
        what = f"EKS Cluster ({name}) update ({update})"
        aws.wait(lambda: eks.describe_update(name=name, updateId=update)["update"]["status"] != "InProgress", what)

    # EKS takes one update at a time, so each is waited for; the version goes first, as in the real provider.
    if "version" in change.keys and new.get("version"):
        done(eks.update_cluster_version(name=name, version=new["version"]))
    if "encryptionConfig" in change.keys and new.get("encryptionConfig"):
        done(eks.associate_encryption_config(clusterName=name, encryptionConfig=_encryption(new["encryptionConfig"])))
    for wanted in _settings(change):
        done(eks.update_cluster_config(name=name, **wanted))
    retag(aws, change, change.old["arn"])


def _settings(change: Change) -> Iterator[Props]:
    """Give the arguments of each UpdateClusterConfig call: one kind of change per call is all that EKS takes."""
    new = change.new
    if "enabledClusterLogTypes" in change.keys:
        yield {"logging": _logging(new.get("enabledClusterLogTypes") or ())}
    if "accessConfig" in change.keys:
        yield {"accessConfig": given(new.get("accessConfig") or {}, ("authenticationMode",))}
    if "upgradePolicy" in change.keys:
        yield {"upgradePolicy": given(new.get("upgradePolicy") or {}, ("supportType",))}
    if "deletionProtection" in change.keys:
        yield {"deletionProtection": bool(new.get("deletionProtection"))}
    old, vpc = change.old["vpcConfig"], new["vpcConfig"]
    for part in (_PLACED, _REACHED):
        if "vpcConfig" in change.keys and any(_sorted(old.get(key)) != _sorted(vpc[key]) for key in part if key in vpc):
            yield {"resourcesVpcConfig": given(vpc, part)}


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _delete_cluster(aws: Aws, id_: str, _state: Props) -> None:
    eks = aws.client("eks")
    eks.delete_cluster(name=id_)

    def gone() -> bool:
        try:
            eks.describe_cluster(name=id_)
        except eks.exceptions.ResourceNotFoundException:
            return True
        return False

    aws.wait(gone, f"EKS Cluster ({id_}) to be deleted")


def _check_cluster(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    vpc = inputs.get("vpcConfig")
    if isinstance(vpc, Mapping) and vpc.get("endpointPublicAccess") is False and not vpc.get("endpointPrivateAccess"):
        yield "vpcConfig", "endpointPublicAccess and endpointPrivateAccess cannot both be false"


CLUSTER: Final = Entry(
    pulumi="aws:eks/cluster:Cluster",
    terraform="aws_eks_cluster",
    title="EKS Cluster",
    inputs=(
        "name",
        "accessConfig",
        "bootstrapSelfManagedAddons",
        "deletionProtection",
        "enabledClusterLogTypes",
        "encryptionConfig",
        "kubernetesNetworkConfig",
        "roleArn",
        "tags",
        "upgradePolicy",
        "version",
        "vpcConfig",
    ),
    create=_create_cluster,
    read=_read_cluster,
    update=_update_cluster,
    delete=_delete_cluster,
    refused=("kubernetesNetworkConfig.elasticLoadBalancing", "vpcConfig.controlPlaneEgressMode"),
    replaces=(
        "name",
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
        "kubernetesNetworkConfig.ipFamily",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "roleArn",
    ),
    replaces_if={"encryptionConfig": lambda old, new: bool(old) and not new},
    kept=("bootstrapSelfManagedAddons",),
    defaults={"bootstrapSelfManagedAddons": True},
    computed=("accessConfig", "kubernetesNetworkConfig", "upgradePolicy"),
    checks={
        "accessConfig.authenticationMode": one_of("API", "API_AND_CONFIG_MAP", "CONFIG_MAP"),
        "enabledClusterLogTypes": one_of(*_LOGS),
        "encryptionConfig.resources": one_of("secrets"),
        "kubernetesNetworkConfig.ipFamily": one_of("ipv4", "ipv6"),
        "kubernetesNetworkConfig.serviceIpv4Cidr": ipv4_network,
        "name": matches(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", "must be 1 to 100 letters, digits, hyphens and underscores"),
        "roleArn": arn,
        "upgradePolicy.supportType": one_of("STANDARD", "EXTENDED"),
        "vpcConfig.publicAccessCidrs": ipv4_network,
    },
    check=_check_cluster,
    gone=GONE,
    autoname=Autoname("name", 100),
)
ENTRIES: Final = (CLUSTER,)
