"""Cluster of kind eks: what it is made of, in which order, and what nobody gets by default."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.eks import AccessArgs, AddonArgs, Eks, EksArgs, EndpointAccess
from components.nodes import NodeGroupArgs, Taint
from tests.recording import Recorder, Registered, run

WORKERS = NodeGroupArgs("workers", ("m7i.large",), smallest=2, largest=6, taints=[Taint("gpu", "NoSchedule", "true")])
PERMITTED = {"vpc-cni": ("aws-node", "AmazonEKS_CNI_Policy"), "aws-ebs-csi-driver": ("ebs", "service-role/AmazonEBSCSIDriverPolicy")}
ADDONS = [
    AddonArgs(name, "v1.0.0-eksbuild.1", {}, *PERMITTED.get(name, ()))
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver")
]
ADMINS = AccessArgs("admins", "arn:aws:iam::123456789012:role/admins", "AmazonEKSClusterAdminPolicy")
ARGS = EksArgs(
    cluster="dev-main",
    version="1.33",
    region="eu-central-1",
    subnet_ids=["subnet-0", "subnet-1"],
    endpoint=EndpointAccess(cidrs=["192.0.2.0/24"]),
    access=[ADMINS, AccessArgs("web", "arn:aws:iam::123456789012:role/web", "AmazonEKSViewPolicy", ["shop"], ["readers"])],
    node_groups=[WORKERS],
    addons=ADDONS,
    tags={"transom:document": "Cluster/main"},
)


def made(args: EksArgs = ARGS, **options: Any) -> tuple[Recorder, dict[str, Any]]:
    """A cluster under the recorder, and its outputs."""
    seen: dict[str, Any] = {}

    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        cluster = Eks("main", args, pulumi.ResourceOptions(providers=[provider], **options))
        pulumi.Output.from_input(cluster.kubeconfig).apply(lambda text: seen.update(kubeconfig=json.loads(text)))
        pulumi.Output.from_input(cluster.kubeconfig.is_secret()).apply(lambda secret: seen.update(secret=secret))

    return run(program), seen


def before(recorder: Recorder, one: Registered) -> set[str]:
    """Names of everything that must be there before `one`."""
    names = {each.urn: each.name for each in recorder.registered}
    needed = {each.urn: each.depends_on for each in recorder.registered}
    found: set[str] = set()
    left = list(one.depends_on)
    while left:
        urn = left.pop()
        if urn not in found:
            found.add(urn)
            left += needed.get(urn, ())
    return {names[urn] for urn in found if urn in names}


@pytest.mark.parametrize("protect", [True, False])
def test_children(*, protect: bool) -> None:
    """Every part is a child of the cluster and made by its provider; the control plane and what it stands on are protected as it is."""
    recorder, _ = made(protect=protect)
    top, provider = recorder.one("transom:aws:Cluster"), recorder.one("pulumi:providers:aws").urn
    parts = recorder.below(top.urn)
    assert {(part.parent, part.provider) for part in parts} == {(top.urn, provider)}
    kept = {(part.type.rpartition(":")[2], part.name) for part in parts if part.protected}
    stood_on = {("Alias", "main"), ("Key", "main"), ("LogGroup", "main-control-plane"), ("OpenIdConnectProvider", "main")}
    of_role = {("Role", "main-cluster"), ("RolePolicyAttachment", "main-cluster")}
    assert kept == ({("Cluster", "main")} | stood_on | of_role if protect else set())


def test_the_control_plane() -> None:
    """Secrets are encrypted by a rotating key of its own, all logs are on and kept a while, access is by entries, deletion is refused."""
    recorder, _ = made()
    cluster = recorder.one("aws:eks/cluster:Cluster").inputs
    assert cluster["encryptionConfig"] == {"resources": ["secrets"], "provider": {"keyArn": "arn:main"}}
    assert recorder.one("aws:kms/key:Key").inputs["enableKeyRotation"] is True
    assert cluster["enabledClusterLogTypes"] == ["api", "audit", "authenticator", "controllerManager", "scheduler"]
    group = recorder.one("aws:cloudwatch/logGroup:LogGroup").inputs
    assert (group["name"], group["retentionInDays"]) == ("/aws/eks/dev-main/cluster", 90)
    assert cluster["accessConfig"]["authenticationMode"] == "API"
    assert cluster["deletionProtection"] is True
    assert cluster["vpcConfig"] == {
        "subnetIds": ["subnet-0", "subnet-1"], "endpointPrivateAccess": True, "endpointPublicAccess": True,
        "publicAccessCidrs": ["192.0.2.0/24"],
    }  # fmt: skip
    [attached] = [one.inputs["policyArn"] for one in recorder.registered if one.name == "main-cluster" and "policyArn" in one.inputs]
    assert attached == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"


def test_access() -> None:
    """Each principal has an entry, with its groups, and its policy where it holds: everywhere, or in its namespaces."""
    recorder, _ = made()
    entries = {one.name: one.inputs for one in recorder.of_type("aws:eks/accessEntry:AccessEntry")}
    assert entries["main-web"]["kubernetesGroups"] == ["readers"]
    policies = {one.name: one.inputs for one in recorder.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")}
    assert policies["main-admins"]["accessScope"] == {"type": "cluster"}
    assert policies["main-web"]["accessScope"] == {"type": "namespace", "namespaces": ["shop"]}
    assert policies["main-web"]["policyArn"] == "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"


def test_nodes() -> None:
    """Metadata asks for a token and is one hop away, disks are encrypted, sizes and taints are the document's, one node goes at a time."""
    recorder, _ = made()
    template = recorder.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"] == {"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1}
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"
    group = recorder.one("aws:eks/nodeGroup:NodeGroup")
    assert group.inputs["scalingConfig"] == {"minSize": 2, "desiredSize": 2, "maxSize": 6}
    assert group.inputs["taints"] == [{"key": "gpu", "value": "true", "effect": "NO_SCHEDULE"}]
    assert group.inputs["updateConfig"] == {"maxUnavailable": 1}
    assert group.inputs["launchTemplate"] == {"id": "id-main-workers", "version": "3"}
    assert group.ignored == ("scalingConfig.desiredSize",)  # an autoscaler's
    assert "nodeGroupName" not in group.inputs  # named by the engine, so that its successor is there before it goes


def test_nodes_may_join_and_pull_and_nothing_else() -> None:
    """The role of nodes has two policies; what add-ons do they do by roles of their own."""
    recorder, _ = made()
    attached = {
        one.name: one.inputs["policyArn"].rpartition("/")[2]
        for one in recorder.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    nodes = {policy for name, policy in attached.items() if "-nodes-" in name}
    assert nodes == {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"}
    addons = {one.inputs["addonName"]: one.inputs for one in recorder.of_type("aws:eks/addon:Addon")}
    assert addons["vpc-cni"]["podIdentityAssociations"] == [{"serviceAccount": "aws-node", "roleArn": "arn:main-vpc-cni"}]
    assert "podIdentityAssociations" not in addons["coredns"]
    assert {inputs["addonVersion"] for inputs in addons.values()} == {"v1.0.0-eksbuild.1"}


def test_the_order() -> None:
    """Nodes come after the network's add-on, without which they are not ready; what runs on nodes comes after them."""
    recorder, _ = made()
    group = before(recorder, recorder.one("aws:eks/nodeGroup:NodeGroup"))
    assert {"main-vpc-cni", "main-kube-proxy", "main-eks-pod-identity-agent", "main-admins"} <= group
    assert "main-workers" in before(recorder, recorder.one("aws:eks/addon:Addon", "main-coredns"))
    assert "main-control-plane" in before(recorder, recorder.one("aws:eks/cluster:Cluster"))


def test_the_kubeconfig_holds_no_credential() -> None:
    """It names the API server, whom to trust, and the command that asks for a token; it is a secret all the same."""
    _, seen = made()
    assert seen["secret"] is True
    config = seen["kubeconfig"]
    assert config["clusters"][0]["cluster"] == {"server": "https://api.example.com", "certificate-authority-data": "Y2VydGlmaWNhdGU="}
    [user] = config["users"]
    assert set(user["user"]) == {"exec"}
    assert user["user"]["exec"]["args"] == [
        "--region",
        "eu-central-1",
        "eks",
        "get-token",
        "--cluster-name",
        "dev-main",
        "--output",
        "json",
    ]


def test_a_cluster_that_only_its_network_reaches() -> None:
    """Without a public endpoint no range is named, which EKS refuses."""
    recorder, _ = made(replace(ARGS, endpoint=EndpointAccess(public=False)))
    vpc = recorder.one("aws:eks/cluster:Cluster").inputs["vpcConfig"]
    assert (vpc["endpointPublicAccess"], vpc["endpointPrivateAccess"]) == (False, True)
    assert "publicAccessCidrs" not in vpc


def test_a_key_of_somebody_elses() -> None:
    """A key that the document names is used, and none is made."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/a"
    recorder, _ = made(replace(ARGS, kms_key=key))
    assert recorder.one("aws:eks/cluster:Cluster").inputs["encryptionConfig"]["provider"] == {"keyArn": key}
    assert not recorder.of_type("aws:kms/key:Key")
