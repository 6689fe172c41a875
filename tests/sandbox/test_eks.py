"""The sandbox's EKS: who is let into a cluster, what its stand-ins refuse, and what they hand out."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.exceptions
import pytest
import requests
from moto.server import ThreadedMotoServer

from sandbox.awsextensions import authenticator, controlplanes
from sandbox.awsserver import mend
from sandbox.plugins import awscommand

REGION = "eu-central-1"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A mended moto server of this process."""
    mend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def cloud(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """boto3's EKS client of an empty cloud, and a cluster `main` that its maker may administer."""
    for name, value in {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    ec2, eks = (boto3.client(name, region_name=REGION) for name in ("ec2", "eks"))
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]]
    eks.create_cluster(
        name="main",
        version="1.33",
        roleArn="arn:aws:iam::123456789012:role/eks",
        resourcesVpcConfig={"subnetIds": subnets[:2]},
        accessConfig={"authenticationMode": "API"},
    )
    yield eks
    assert requests.post(f"{endpoint}/moto-api/reset", timeout=10).ok


def review(endpoint: str, cluster: str, token: str) -> dict[str, Any]:
    """What an API server is told of a token."""
    return authenticator.review(cluster, {"spec": {"token": token}}, endpoint)["status"]  # type: ignore[no-any-return]


def token(cluster: str, endpoint: str) -> str:
    """A token of the stand-in for the AWS command line."""
    return str(awscommand.credential(cluster, REGION, endpoint)["status"]["token"])


def test_the_maker_is_let_in(cloud: Any, endpoint: str) -> None:
    """Whoever makes a cluster has an entry for it, as on EKS, and is an administrator."""
    user = review(endpoint, "main", token("main", endpoint))["user"]
    assert user["username"] == "arn:aws:sts::123456789012:user/moto"
    assert {"system:authenticated", "system:masters"} <= set(user["groups"])
    assert cloud.list_access_entries(clusterName="main")["accessEntries"] == [user["username"]]


def test_an_entry_gives_its_groups_and_no_more(cloud: Any, endpoint: str) -> None:
    """Without the policy nobody is an administrator; without an entry nobody is let in."""
    principal = cloud.list_access_entries(clusterName="main")["accessEntries"][0]
    cloud.disassociate_access_policy(clusterName="main", principalArn=principal, policyArn=ADMIN)
    cloud.update_access_entry(clusterName="main", principalArn=principal, kubernetesGroups=["readers"])
    assert review(endpoint, "main", token("main", endpoint))["user"]["groups"] == ["system:authenticated", "readers"]
    cloud.delete_access_entry(clusterName="main", principalArn=principal)
    refused = review(endpoint, "main", token("main", endpoint))
    assert (refused["authenticated"], "no access entry" in refused["error"]) == (False, True)


@pytest.mark.parametrize(
    "address, said",
    [
        ("https://sts.amazonaws.com/?Action=GetCallerIdentity&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id", "elsewhere"),
        ("ENDPOINT/?Action=GetCallerIdentity&X-Amz-SignedHeaders=host", "for no cluster"),
        ("ENDPOINT/?Action=AssumeRole&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id", "elsewhere"),
    ],
)
@pytest.mark.usefixtures("cloud")
def test_tokens_that_are_not_believed(endpoint: str, address: str, said: str) -> None:
    """A token leads to this sandbox's STS, asks who somebody is, and was signed for a cluster; nothing else is dialled."""
    forged = "k8s-aws-v1." + base64.urlsafe_b64encode(address.replace("ENDPOINT", endpoint).encode()).decode().rstrip("=")
    assert said in review(endpoint, "main", forged)["error"]
    assert "no token of" in review(endpoint, "main", "something")["error"]


@pytest.mark.usefixtures("cloud")
def test_a_cluster_that_is_not_there(endpoint: str) -> None:
    """A token for another cluster opens none."""
    assert review(endpoint, "other", token("other", endpoint))["error"] == "there is no cluster other"


def refusal(call: Any, **arguments: Any) -> str:
    """The code of what AWS answers."""
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_what_eks_refuses(cloud: Any) -> None:
    """Upgrades by more than one minor version or back, two entries for one principal, and deletion under protection."""
    assert refusal(cloud.update_cluster_version, name="main", version="1.35") == "InvalidParameterException"
    assert refusal(cloud.update_cluster_version, name="main", version="1.32") == "InvalidParameterException"
    principal = cloud.list_access_entries(clusterName="main")["accessEntries"][0]
    assert refusal(cloud.create_access_entry, clusterName="main", principalArn=principal) == "ResourceInUseException"
    assert refusal(cloud.describe_addon, clusterName="main", addonName="coredns") == "ResourceNotFoundException"
    cloud.update_cluster_config(name="main", deletionProtection=True)
    assert refusal(cloud.delete_cluster, name="main") == "InvalidRequestException"
    cloud.update_cluster_config(name="main", deletionProtection=False)
    cloud.delete_cluster(name="main")


def test_a_control_plane_of_the_sandbox(cloud: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster with the name of one of the sandbox's API servers is given its address and authority; another one is not."""
    file = tmp_path / "planes.json"
    file.write_text(controlplanes.content({"mine": controlplanes.ControlPlane("https://127.0.0.1:1", "Y2E=")}), encoding="utf-8")
    monkeypatch.setenv(controlplanes.VARIABLE, str(file))
    told = cloud.describe_cluster(name="main")["cluster"]
    role, network = told["roleArn"], {"subnetIds": told["resourcesVpcConfig"]["subnetIds"]}
    made = cloud.create_cluster(name="mine", version="1.33", roleArn=role, resourcesVpcConfig=network)["cluster"]
    assert (made["endpoint"], made["certificateAuthority"]["data"]) == ("https://127.0.0.1:1", "Y2E=")
    assert told["endpoint"].endswith(".eks.amazonaws.com/")


@pytest.mark.parametrize("words", [["s3", "ls"], ["eks", "list-clusters"], ["eks", "get-token"]])
def test_the_stand_in_for_the_aws_command_does_one_thing(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever else it is asked for it refuses, with the exit code that the AWS command line has for it."""
    assert awscommand.main(words) == 252
    assert capsys.readouterr().out == ""


def test_the_stand_in_for_the_aws_command_serves_loopback_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """It signs nothing that could be used elsewhere."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.eu-central-1.amazonaws.com")
    assert awscommand.main(["--region", REGION, "eks", "get-token", "--cluster-name", "main"]) == 252
    assert "not on this machine" in capsys.readouterr().err


def test_what_it_prints_is_a_credential(endpoint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As client-go reads it: kind, version, token and end."""
    for name, value in {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox"}.items():
        monkeypatch.setenv(name, value)
    assert awscommand.main(["--region", REGION, "eks", "get-token", "--cluster-name", "main", "--output", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["kind"], printed["apiVersion"]) == ("ExecCredential", "client.authentication.k8s.io/v1beta1")
    assert printed["status"]["token"].startswith("k8s-aws-v1.")
