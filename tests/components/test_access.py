"""Access: what a binding's level lets an application do, held by golden files; and who may have its role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import access
from components.access import LEVELS, Level
from components.eks import Issuer
from components.identity import Identity, IdentityArgs, PodIdentity
from tests import golden
from tests.recording import Recorder, run

MAKERS: dict[str, Callable[[Level], list[dict[str, Any]]]] = {
    "bucket": lambda level: access.bucket("arn:aws:s3:::pictures", level),
    "queue": lambda level: access.queue("arn:aws:sqs:eu-central-1:1:orders", "arn:aws:sqs:eu-central-1:1:orders-dead-letter", level),
    "topic": lambda level: access.topic("arn:aws:sns:eu-central-1:1:events", None, level),
    "topic-with-key": lambda level: access.topic("arn:aws:sns:eu-central-1:1:events", "arn:aws:kms:eu-central-1:1:key/a", level),
    "table": lambda level: access.table(
        "arn:aws:dynamodb:eu-central-1:1:table/orders", ["arn:aws:dynamodb:eu-central-1:1:table/orders/index/by-day"], level
    ),
}
EACH = pytest.mark.parametrize("kind, level", [(kind, level) for kind in MAKERS for level in LEVELS])


def statements(kind: str, level: Level) -> list[dict[str, Any]]:
    """The policy's statements."""
    seen: list[str] = []
    run(lambda: access.document(MAKERS[kind](level)).apply(seen.append))
    return json.loads(seen[0])["Statement"]  # type: ignore[no-any-return]


@EACH
def test_policies(kind: str, level: Level) -> None:
    """Each policy is the one that was reviewed."""
    golden.check(f"access/{kind}-{level}.json", json.dumps(statements(kind, level), indent=2) + "\n")


@EACH
def test_no_wildcards(kind: str, level: Level) -> None:
    """No action and no resource is a pattern, but the objects of a bucket."""
    for statement in statements(kind, level):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in statement["Action"])
        named = statement["Resource"]
        for resource in named if isinstance(named, list) else [named]:
            assert resource == "arn:aws:s3:::pictures/*" or "*" not in resource


@pytest.mark.parametrize("kind", MAKERS)
def test_each_level_holds_the_one_before(kind: str) -> None:
    """Whoever may write may read, and whoever administers may do both."""
    allowed = [{(sid["Sid"], action) for sid in statements(kind, level) for action in sid["Action"]} for level in LEVELS]
    assert allowed[0] < allowed[1] < allowed[2]


def identity(vouched: PodIdentity | Issuer, boundary: str | None = None) -> Recorder:
    """An identity under the recorder."""

    def program() -> None:
        policies = {"bucket-pictures": access.bucket("arn:aws:s3:::pictures", "read"), "queue-orders": access.queue("a", "b", "write")}
        args = IdentityArgs("dev-team-a-shop-pods", [("shop", "shop"), ("shop", "worker")], vouched, policies, boundary, {"a": "b"})
        Identity("shop", args, pulumi.ResourceOptions(providers=[aws.Provider("aws", region="eu-central-1")]))

    return run(program)


def test_by_pod_identity() -> None:
    """Only pods of this cluster, namespace and these service accounts get the role, and each account is associated with it."""
    recorder = identity(PodIdentity("dev-main", "arn:aws:eks:eu-central-1:1:cluster/dev-main"))
    [trust] = json.loads(recorder.one("aws:iam/role:Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-central-1:1:cluster/dev-main",
        "aws:RequestTag/kubernetes-namespace": ["shop"],
        "aws:RequestTag/kubernetes-service-account": ["shop", "worker"],
    }
    associated = {one.name: one.inputs for one in recorder.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")}
    assert set(associated) == {"shop/shop/shop", "shop/shop/worker"}
    assert associated["shop/shop/worker"]["roleArn"] == "arn:shop"


def test_by_the_issuer_of_a_cluster() -> None:
    """Only these service accounts, named whole, and only for AWS's token service."""
    recorder = identity(Issuer("arn:aws:iam::1:oidc-provider/oidc.example.com/id/A", "oidc.example.com/id/A"))
    [trust] = json.loads(recorder.one("aws:iam/role:Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "oidc.example.com/id/A:aud": "sts.amazonaws.com",
            "oidc.example.com/id/A:sub": ["system:serviceaccount:shop:shop", "system:serviceaccount:shop:worker"],
        }
    }
    assert not recorder.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation")


def test_a_policy_for_each_binding_below_the_boundary() -> None:
    """What a binding gives is one policy of the role, and the tenant's boundary bounds them all."""
    recorder = identity(PodIdentity("c", "arn:c"), "arn:aws:iam::1:policy/team-a")
    assert recorder.one("aws:iam/role:Role").inputs["permissionsBoundary"] == "arn:aws:iam::1:policy/team-a"
    policies = {one.inputs["name"] for one in recorder.of_type("aws:iam/rolePolicy:RolePolicy")}
    assert policies == {"bucket-pictures", "queue-orders"}
