"""Each kind of resource, round trip: changed by hand, found as that and nothing else, healed, clean. Real engine, API server and moto."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
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


def findings(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By resource, as `Kind/name`."""
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one for one in report["findings"]}


def fits(path: str, wanted: str) -> bool:
    """Whether a path is the wanted one, in which `?` is any number and `*` anything."""
    return re.fullmatch(re.escape(wanted).replace(r"\?", r"\d+").replace(r"\*", ".*"), path) is not None


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


def check(report: dict[str, Any], hands: list[Hand], whose: str) -> dict[str, dict[str, Any]]:
    """Each hand is told as what it is, and as nothing more; findings that no hand is for."""
    found = findings(report)
    assert {hand.resource for hand in hands} - found.keys() == set(), "changed by hand, and the report does not say so"
    for hand in hands:
        finding = found.pop(hand.resource)
        if isinstance(hand.says, str):
            assert finding["state"] == hand.says, hand.resource
            continue
        told = {one["path"]: one for one in finding["properties"] if one["cause"] in ("real", "foreign")}
        for wanted, cause in hand.says.items():
            mine = {path: one for path, one in told.items() if fits(path, wanted)}
            assert mine, f"{hand.resource}: {wanted} is not told, but {sorted(told)}"
            assert {one["cause"] for one in mine.values()} == {cause}, f"{hand.resource}: {wanted}"
            by = "kubectl" if finding["type"].startswith("kubernetes:") else whose
            assert all(one["by"].startswith(by) for one in mine.values()), f"{hand.resource}: {mine}"
            for path in mine:
                del told[path]
        assert told == {}, f"{hand.resource}: more is told than was done"
    return found


def heal(place: Workplace, environment: str, hands: list[Hand]) -> None:
    """One heal puts all of it back, and what was found is closed."""
    healed = place.json("transom", "drift", environment, "--heal", "--foreign", "--detailed-exitcode")
    assert healed["errors"] == []
    after = place.json("transom", "drift", environment, "--detailed-exitcode", code=None)
    assert findings(after) == {}
    closed = place.json("transom", "drift", "findings", environment, "--all")["findings"]
    assert {one["status"] for one in closed} == {"closed"}
    assert len(closed) >= len(hands)


def test_every_kind_of_the_example(workplace: Callable[..., Workplace]) -> None:
    """What a hand does to any kind is found as what it is, who did it is told, and after one heal nothing is left."""
    place = workplace("dev")
    place.run("transom", "apply", "dev")
    place.run("transom", "drift", "dev", "--detailed-exitcode")
    for hand in HANDS:
        hand.does(place)
    report = place.json("transom", "drift", "dev", "--detailed-exitcode", code=2)
    more = check(report, HANDS, "root (")
    # A queue that is gone takes what hangs on it with it.
    assert all("dead-letter" in name for name in more), f"told of what nobody touched: {sorted(more)}"
    assert "mallory" not in json.dumps(report)
    heal(place, "dev", HANDS)
    assert "DEBUG" not in place.kubectl("dev", "get", "-n", "site", "deployment/site", "-o", "yaml")
    assert "EXTRA" not in place.kubectl("dev", "get", "-n", "ledger", "configmap/ledger-settings", "-o", "yaml")


REGION = "eu-central-1"
ANYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def unsubscribe(place: Workplace) -> None:
    """Somebody ends a subscription."""
    sns = place.aws("sns")
    sns.unsubscribe(SubscriptionArn=sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"])


def role(place: Workplace) -> str:
    """The role of the application's pods."""
    return next(one["RoleName"] for one in place.aws("iam").list_roles()["Roles"] if one.get("Description") == "Pods of application shop")


def take_policy(place: Workplace) -> None:
    """Somebody takes the pods' first permission away."""
    iam, name = place.aws("iam"), role(place)
    iam.delete_role_policy(RoleName=name, PolicyName=min(iam.list_role_policies(RoleName=name)["PolicyNames"]))


def log_group(place: Workplace) -> str:
    """The first log group of the environment."""
    return next(one["logGroupName"] for one in place.aws("logs").describe_log_groups()["logGroups"])


CLOUD = [
    Hand(
        "Table/carts",
        lambda place: place.aws("dynamodb").update_continuous_backups(
            TableName="cloud-team-a-carts", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        {"pointInTimeRecovery.enabled": "real", "pointInTimeRecovery.recoveryPeriodInDays": "real"},
    ),
    Hand("TopicSubscription/events-orders", unsubscribe, "missing"),
    Hand(
        "Topic/events",
        lambda place: place.aws("sns").set_topic_attributes(
            TopicArn=f"arn:aws:sns:{REGION}:123456789012:cloud-team-a-events", AttributeName="KmsMasterKeyId", AttributeValue=""
        ),
        {"kmsMasterKeyId": "real"},
    ),
    Hand(
        "ReplicationGroup/sessions",
        lambda place: place.aws("elasticache").modify_replication_group(
            ReplicationGroupId="cloud-team-a-sessions", CacheNodeType="cache.t4g.medium", ApplyImmediately=True
        ),
        {"nodeType": "real"},
    ),
    Hand("RolePolicy/shop-*", take_policy, "missing"),
    Hand(
        "Role/shop",
        lambda place: place.aws("iam").update_assume_role_policy(RoleName=role(place), PolicyDocument=json.dumps(ANYBODY)),
        {"assumeRolePolicy": "real"},
    ),
    Hand(
        "LogGroup/*",
        lambda place: place.aws("logs").put_retention_policy(logGroupName=log_group(place), retentionInDays=1),
        {"retentionInDays": "real"},
    ),
]


def test_every_kind_of_a_platform(place: Workplace) -> None:
    """The same for what an application asks of AWS beside databases, buckets and queues; its cluster is made by the stack itself."""
    place.run("transom", "apply", "cloud", timeout=900)
    clean = place.json("transom", "drift", "cloud", "--detailed-exitcode")
    (warning,) = clean["warnings"]
    assert "keeps its kubeconfig as a secret" in warning, "what nobody manages in a cluster that the stack made is said to be unknown"
    for hand in CLOUD:
        hand.does(place)
    report = place.json("transom", "drift", "cloud", "--detailed-exitcode", code=2)
    named = list(findings(report))
    hands = [replace(hand, resource=next((name for name in named if fits(name, hand.resource)), hand.resource)) for hand in CLOUD]
    more = check(report, hands, "root (")
    assert more == {}, f"told of what nobody touched: {sorted(more)}"
    heal(place, "cloud", hands)


POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: frozen}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules:
      - {apiGroups: [apps], apiVersions: [v1], operations: [UPDATE], resources: [deployments], resourceNames: [web]}
  validations:
    - {expression: "false", message: "nobody touches web"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: frozen}
spec: {policyName: frozen, validationActions: [Deny]}
"""


def test_who_knows_what_and_what_cannot_be_put_back(workplace: Callable[..., Workplace]) -> None:
    """What on-call does: who did it, a heal that is refused, what waits, what is acknowledged, one resource, and what is left."""
    place = workplace("dev")
    place.run("transom", "apply", "dev")
    iam = place.aws("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]
    ada = replace(
        place, environment={**place.environment, "AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    )
    ada.aws("rds").modify_db_instance(DBInstanceIdentifier=SHOP, DBInstanceClass="db.t4g.large", AllocatedStorage=40, ApplyImmediately=True)
    place.kubectl("dev", "scale", "-n", "shop", "deployment/web", "--replicas=3")
    place.kubectl("dev", "patch", "-n", "site", "deployment/site", "-p", '{"spec":{"revisionHistoryLimit":2}}')
    place.kubectl("dev", "run", "debug", "-n", "shop", "--image=registry.k8s.io/pause:3.10", "--overrides", DEBUG)
    report = place.json("transom", "drift", "dev", "--detailed-exitcode", code=2)
    found = findings(report)
    assert {
        one["path"]: (one["by"], one["unhealable"] != "") for one in found["Instance/shop"]["properties"] if one["cause"] == "real"
    } == {
        "instanceClass": ("ada (ModifyDBInstance)", False),
        "allocatedStorage": ("ada (ModifyDBInstance)", True),
    }
    assert [(one["name"], one["by"]) for one in report["unmanaged"]] == [("debug", "kubectl-run")]

    # A heal that the API server refuses leaves drift that the next look still tells, though the state has the live values by now.
    (place.root / "policy.yaml").write_text(POLICY, encoding="utf-8")
    place.kubectl("dev", "apply", "-f", "policy.yaml")
    wait_for_refusal(place)
    refused = place.run("transom", "drift", "dev", "--heal", "--only", "Deployment/shop/web", code=1)
    assert "nobody touches web" in refused.stdout + refused.stderr
    again = findings(place.json("transom", "drift", "dev", "--detailed-exitcode", code=2))["Deployment/dev/shop/web"]
    assert [(one["path"], one["applied"], one["live"]) for one in again["properties"] if one["cause"] == "real"] == [
        ("spec.replicas", 1, 3)
    ]
    assert again["since"] == found["Deployment/dev/shop/web"]["since"]
    place.kubectl("dev", "delete", "-f", "policy.yaml")

    # Acknowledged is told, is no drift for the exit code, and is not healed by the way.
    site = f"dev/{found['Deployment/dev/site/site']['key']}"
    place.run("transom", "drift", "ack", site, "--until", "2d", "--reason", "looking at old revisions")
    healed = place.run("transom", "drift", "dev", "--heal", "--foreign", "--app", "shop", "--app", "site")
    assert "site" not in healed.stdout
    assert place.kubectl("dev", "get", "-n", "shop", "deployment/web", "-o", "jsonpath={.spec.replicas}") == "1"
    assert place.kubectl("dev", "get", "-n", "site", "deployment/site", "-o", "jsonpath={.spec.revisionHistoryLimit}") == "2"
    text = place.run("transom", "drift", "dev", "--app", "site", "--detailed-exitcode").stdout
    assert "looking at old revisions" in text

    # What waits for its window is no drift; storage that has grown is told and never put back, also when it is all that is left.
    place.aws("rds").modify_db_instance(DBInstanceIdentifier=SHOP, DBInstanceClass="db.t4g.micro")
    waiting = findings(place.json("transom", "drift", "dev", code=None))["Instance/shop"]["properties"]
    assert {one["path"]: one["cause"] for one in waiting if one["path"] == "instanceClass"} == {"instanceClass": "maintenance"}
    left = place.run("transom", "drift", "dev", "--heal", "--detailed-exitcode", code=2)
    assert "AWS does not shrink" in left.stdout + left.stderr
    [instance] = place.aws("rds").describe_db_instances(DBInstanceIdentifier=SHOP)["DBInstances"]
    assert instance["AllocatedStorage"] == 40

    # By its name the acknowledged one is healed; then the storage is all there is.
    place.run("transom", "drift", "dev", "--heal", "--foreign", "--only", site)
    assert findings(place.json("transom", "drift", "dev", code=None)).keys() == {"Instance/shop"}
    unknown = place.run("transom", "drift", "dev", "--only", "Deployment/shop/wbe", code=1)
    assert "did you mean Deployment/shop/web" in unknown.stderr


DEBUG = json.dumps(
    {
        "spec": {
            "containers": [
                {
                    "name": "debug",
                    "image": "registry.k8s.io/pause:3.10",
                    "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": "1m", "memory": "1Mi"}},
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
            "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        }
    }
)


def wait_for_refusal(place: Workplace) -> None:
    """The API server takes a moment to notice a policy."""
    for _ in range(60):
        tried = place.run(
            "kubectl", "--context", "sandbox-dev", "annotate", "-n", "shop", "deployment/web", "x=y", "--dry-run=server", code=None
        )
        if tried.returncode:
            return
        time.sleep(1)
    pytest.fail("the policy was never enforced")
