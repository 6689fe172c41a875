"""A platform of its own on the sandbox: network, EKS, and what an application asks of AWS, with the real engine and a real API server.

The EKS cluster `cloud-main` has the sandbox's API server of that name for its control plane; whoever reaches it does so with a token of
`aws eks get-token` that the cluster's access entries let in.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Workplace

pytestmark = pytest.mark.acceptance

ROOM = Path(__file__).parents[1] / "testdata" / "eks"
CLUSTER = "platform/infrastructure/clusters/main/cluster.yaml"
NETWORK = "platform/infrastructure/clusters/main/network.yaml"
RESOURCES = "platform/applications/shop/resources.yaml"


@pytest.fixture
def place(workplace: Callable[..., Workplace]) -> Workplace:
    """A workplace whose only environment is the platform's, and an API server that nobody has used yet."""
    made = workplace("cloud-main")
    made.only(ROOM, "cloud")
    return made


def operations(plan: dict[str, Any]) -> dict[str, str]:
    """What a plan or an apply does, by type and name, without what stays as it is."""
    changes = [one for part in plan["changeSets"] for one in part["changes"]]
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one["operation"] for one in changes}


def test_a_platform_lives(place: Workplace) -> None:
    """Planned whole before its cluster exists, made as planned, quiet, upgraded in place, and its nodes replaced: each shown as such."""
    planned = operations(place.json("transom", "plan", "cloud"))
    assert set(planned.values()) == {"create"}
    assert {"Cluster/main", "Namespace/main/shop", "Deployment/main/shop/web", "ServiceAccount/main/shop/shop"} <= set(planned)
    made = operations(place.json("transom", "apply", "cloud"))
    assert made == planned
    assert operations(place.json("transom", "plan", "cloud")) == {}
    assert "2/2" in place.kubectl("cloud-main", "get", "deployment", "web", "-n", "shop")

    place.edit(CLUSTER, 'version: "1.33"', 'version: "1.34"')
    place.edit(CLUSTER, "[m7g.large]", "[m7g.xlarge]")
    place.edit(NETWORK, "one-per-zone", "one")
    place.edit(RESOURCES, "size: small", "size: small\n  replicas: 1")
    changed = operations(place.json("transom", "plan", "cloud"))
    assert changed == {
        "Cluster/main": "update", "NodeGroup/main-batch": "update", "NodeGroup/main-general": "replace", "Eip/main-nat-2": "delete",
        "NatGateway/main-nat-2": "delete", "Route/main-private-2": "update", "ReplicationGroup/sessions": "update",
    }  # fmt: skip
    place.run("transom", "apply", "cloud")
    assert operations(place.json("transom", "plan", "cloud")) == {}
    groups = place.aws("eks").list_nodegroups(clusterName="cloud-main")["nodegroups"]
    assert len(groups) == 2  # the old one went after the new one was there


def test_drift_and_deletion(place: Workplace) -> None:
    """What a hand changed is found, property by property, and put back; what holds data or others in it is not deleted by the way."""
    place.run("transom", "apply", "cloud")
    eks, dynamodb, sns, ec2 = (place.aws(name) for name in ("eks", "dynamodb", "sns", "ec2"))
    eks.update_cluster_config(name="cloud-main", resourcesVpcConfig={"publicAccessCidrs": ["0.0.0.0/0"]})
    backups = {"PointInTimeRecoveryEnabled": False}
    dynamodb.update_continuous_backups(TableName="cloud-team-a-carts", PointInTimeRecoverySpecification=backups)
    sns.unsubscribe(SubscriptionArn=sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"])
    group = ec2.describe_security_groups(Filters=[{"Name": "tag:Name", "Values": ["cloud-main-default-closed"]}])["SecurityGroups"][0]
    opened = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=opened)
    found = place.run("transom", "drift", "cloud", "--detailed-exitcode", code=2).stdout
    for told in ("publicAccessCidrs", "pointInTimeRecovery", "TopicSubscription", "DefaultSecurityGroup"):
        assert told in found, found
    place.run("transom", "apply", "cloud", "--refresh")
    assert "no drift" in place.run("transom", "drift", "cloud").stdout

    place.edit(RESOURCES, "kind: Table\nmetadata:\n  name: carts", "kind: Table\nmetadata:\n  name: baskets")
    place.edit("platform/applications/shop/application.yaml", "table: carts", "table: baskets")
    refused = place.run("transom", "apply", "cloud", code=None)
    assert refused.returncode != 0
    assert "carts" in refused.stdout + refused.stderr
    assert "cloud-team-a-carts" in dynamodb.list_tables()["TableNames"]
