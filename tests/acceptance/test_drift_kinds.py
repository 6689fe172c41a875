"""Each kind of resource, round trip: changed by hand, found as that and nothing else, healed, clean. Real engine, API server and moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.acceptance.conftest import Workplace
from tests.acceptance.test_platform import place

pytestmark = pytest.mark.acceptance

__all__ = ["place"]

PICTURES = "dev-team-a-pictures-123456789012"
SHOP = "dev-team-a-shop"
DEAD = "dev-team-a-orders-dead-letter"
EVE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "eve"}


@dataclass(frozen=True)
class Hand:
    """What somebody does to one resource, and what the report must say of it: `missing`, or paths with their causes."""

    resource: str
    does: Callable[[Workplace], object]
    says: dict[str, str] | str


def kubectl(*words: str) -> Callable[[Workplace], object]:
    """Runs kubectl on the development cluster."""
    return lambda place: place.kubectl("dev", *words)


def patch(kind: str, namespace: str, body: Any) -> Callable[[Workplace], object]:
    """A merge patch by hand."""
    where = ("-n", namespace) if namespace else ()
    return kubectl("patch", kind, *where, "--type=merge", "-p", json.dumps(body))


def queue_url(place: Workplace, name: str) -> str:
    """Where a queue is."""
    return place.aws("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def tenants_rules(place: Workplace) -> None:
    """Somebody opens a database to the world."""
    ec2 = place.aws("ec2")
    [group] = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [f"{SHOP}-database"]}])["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])


HANDS = [
    Hand("Deployment/dev/shop/web", kubectl("scale", "-n", "shop", "deployment/web", "--replicas=4"), {"spec.replicas": "real"}),
    Hand(
        "Deployment/dev/shop/worker",
        kubectl("set", "image", "-n", "shop", "deployment/worker", "*=registry.example.com/shop/worker:hand"),
        {"spec.template.spec.containers[0].image": "real"},
    ),
    Hand(
        "Deployment/dev/site/site",
        kubectl("set", "env", "-n", "site", "deployment/site", "DEBUG=1"),
        {"spec.template.spec.containers[0].env[?]": "foreign"},
    ),
    Hand(
        "ConfigMap/dev/ledger/ledger-settings",
        patch("configmap/ledger-settings", "ledger", {"data": {"ROUNDING": "down", "EXTRA": "x"}}),
        {"data.ROUNDING": "real", "data.EXTRA": "foreign"},
    ),
    Hand("ConfigMap/dev/site/site-bucket-pictures", kubectl("delete", "-n", "site", "configmap/site-bucket-pictures"), "missing"),
    Hand(
        "Secret/dev/shop/shop-database-shop",
        patch("secret/shop-database-shop", "shop", {"stringData": {"DATABASE_USER": "mallory"}}),
        {"data.DATABASE_USER": "real"},
    ),
    Hand("Service/dev/ledger/ledger", kubectl("delete", "-n", "ledger", "service/ledger"), "missing"),
    Hand(
        "Service/dev/site/site",
        patch("service/site", "site", {"spec": {"sessionAffinity": "ClientIP"}}),
        {"spec.sessionAffinity": "foreign", "spec.sessionAffinityConfig.clientIP.timeoutSeconds": "foreign"},
    ),
    Hand(
        "Ingress/dev/site/site",
        kubectl("annotate", "-n", "site", "ingress/site", "example.com/by=hand"),
        {'metadata.annotations["example.com/by"]': "foreign"},
    ),
    Hand("Namespace/dev/shop", kubectl("label", "namespace", "shop", "by=hand"), {"metadata.labels.by": "foreign"}),
    Hand("PriorityClass/dev/batch", kubectl("delete", "priorityclass/batch"), "missing"),
    Hand("NetworkPolicy/dev/shop/default-deny", kubectl("delete", "-n", "shop", "networkpolicy/default-deny"), "missing"),
    Hand(
        "NetworkPolicy/dev/site/default-deny",
        patch("networkpolicy/default-deny", "site", {"spec": {"podSelector": {"matchLabels": {"app": "x"}}}}),
        {"spec.podSelector.matchLabels": "foreign"},
    ),
    Hand("LimitRange/dev/site/tenant", kubectl("delete", "-n", "site", "limitrange/tenant"), "missing"),
    Hand(
        "ResourceQuota/dev/site/tenant",
        patch("resourcequota/tenant", "site", {"spec": {"hard": {"secrets": "7"}}}),
        {"spec.hard.secrets": "foreign"},
    ),
    Hand("RoleBinding/dev/ledger/auditors-view", kubectl("delete", "-n", "ledger", "rolebinding/auditors-view"), "missing"),
    Hand(
        "ClusterRoleBinding/dev/on-call-view",
        patch("clusterrolebinding/on-call-view", "", {"subjects": [EVE]}),
        {"subjects[0].*": "real"},
    ),
    Hand(
        "Instance/shop",
        lambda place: place.aws("rds").modify_db_instance(
            DBInstanceIdentifier=SHOP, BackupRetentionPeriod=1, DeletionProtection=False, ApplyImmediately=True
        ),
        {"backupRetentionPeriod": "real", "deletionProtection": "real"},
    ),
    Hand("SecurityGroupIngressRule/shop", tenants_rules, "missing"),
    Hand(
        "BucketVersioning/pictures",
        lambda place: place.aws("s3").put_bucket_versioning(Bucket=PICTURES, VersioningConfiguration={"Status": "Suspended"}),
        {"versioningConfiguration.status": "real"},
    ),
    Hand("BucketPublicAccessBlock/pictures", lambda place: place.aws("s3").delete_public_access_block(Bucket=PICTURES), "missing"),
    Hand("BucketPolicy/pictures", lambda place: place.aws("s3").delete_bucket_policy(Bucket=PICTURES), "missing"),
    Hand("BucketLifecycleConfiguration/pictures", lambda place: place.aws("s3").delete_bucket_lifecycle(Bucket=PICTURES), "missing"),
    Hand(
        "Bucket/pictures",
        lambda place: place.aws("s3").put_bucket_tagging(Bucket=PICTURES, Tagging={"TagSet": [{"Key": "by", "Value": "hand"}]}),
        {"tags*": "real"},
    ),
    Hand(
        "Queue/orders",
        lambda place: place.aws("sqs").set_queue_attributes(
            QueueUrl=queue_url(place, "dev-team-a-orders"), Attributes={"VisibilityTimeout": "7"}
        ),
        {"visibilityTimeoutSeconds": "real"},
    ),
    Hand("Queue/orders-dead-letter", lambda place: place.aws("sqs").delete_queue(QueueUrl=queue_url(place, DEAD)), "missing"),
]


def findings(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By resource, as `Kind/name`."""
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one for one in report["findings"]}


def fits(path: str, wanted: str) -> bool:
    """Whether a path is the wanted one, in which `?` is any number and `*` anything."""
    import re

    return re.fullmatch(re.escape(wanted).replace(r"\?", r"\d+").replace(r"\*", ".*"), path) is not None


def test_every_kind_round_trip(workplace: Callable[..., Workplace]) -> None:
    """What a hand does to any kind of the example is found as what it is, who did it is told, and after one heal nothing is left."""
    place = workplace("dev")
    place.run("transom", "apply", "dev")
    place.run("transom", "drift", "dev", "--detailed-exitcode")
    for hand in HANDS:
        hand.does(place)
    report = place.json("transom", "drift", "dev", "--detailed-exitcode", code=2)
    found = findings(report)
    assert {hand.resource for hand in HANDS} - found.keys() == set(), "changed by hand, and the report does not say so"
    for hand in HANDS:
        finding = found.pop(hand.resource)
        if isinstance(hand.says, str):
            assert finding["state"] == hand.says, hand.resource
            continue
        told = {one["path"]: one for one in finding["properties"] if one["cause"] in ("real", "foreign")}
        for wanted, cause in hand.says.items():
            mine = {path: one for path, one in told.items() if fits(path, wanted)}
            assert mine, f"{hand.resource}: {wanted} is not told, but {sorted(told)}"
            assert {one["cause"] for one in mine.values()} == {cause}, f"{hand.resource}: {wanted}"
            if finding["type"].startswith("kubernetes:"):
                assert all(one["by"].startswith("kubectl") for one in mine.values()), f"{hand.resource}: {mine}"
            for path in mine:
                del told[path]
        assert told == {}, f"{hand.resource}: more is told than was done"
    # A queue that is gone takes what hangs on it with it.
    assert all("dead-letter" in name for name in found), f"told of what nobody touched: {sorted(found)}"
    assert "mallory" not in json.dumps(report)

    healed = place.json("transom", "drift", "dev", "--heal", "--foreign", "--detailed-exitcode")
    assert healed["errors"] == []
    after = place.json("transom", "drift", "dev", "--detailed-exitcode", code=None)
    assert findings(after) == {}
    assert "DEBUG" not in place.kubectl("dev", "get", "-n", "site", "deployment/site", "-o", "yaml")
    assert "EXTRA" not in place.kubectl("dev", "get", "-n", "ledger", "configmap/ledger-settings", "-o", "yaml")
    closed = place.json("transom", "drift", "findings", "dev", "--all")["findings"]
    assert {one["status"] for one in closed} == {"closed"}
    assert len(closed) >= len(HANDS)
