"""The rules of the policy pack `baseline`, each on what it refuses and on what it lets through."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from tests.repository import CHECKOUT

_SPEC = importlib.util.spec_from_file_location("baseline_rules", CHECKOUT / "policies" / "baseline" / "rules.py")
assert _SPEC is not None
assert _SPEC.loader is not None
rules = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(rules)

BUCKET, BLOCK, RDS = "aws:s3/bucket:Bucket", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "aws:rds/instance:Instance"
CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
FULL = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}


def pod(image: str = "web:1.0", **more: Any) -> dict[str, Any]:
    """A Deployment's properties with one container."""
    return {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": image, **more}]}}}}


@pytest.mark.parametrize(
    "rule,kind,properties,wrong",
    [
        ("no_public_buckets", BUCKET, {"acl": "public-read"}, 1),
        ("no_public_buckets", BUCKET, {"acl": "private"}, 0),
        ("no_public_buckets", BLOCK, CLOSED, 0),
        ("no_public_buckets", BLOCK, CLOSED | {"blockPublicAcls": False}, 1),
        ("no_public_buckets", BLOCK, {}, 4),
        ("no_public_databases", RDS, {"publiclyAccessible": True}, 1),
        ("no_public_databases", RDS, {}, 0),
        ("encryption", RDS, {"storageEncrypted": True}, 0),
        ("encryption", RDS, {}, 1),
        ("encryption", "aws:elasticache/replicationGroup:ReplicationGroup", {"atRestEncryptionEnabled": True}, 1),
        ("encryption", "aws:sqs/queue:Queue", {"sqsManagedSseEnabled": False}, 1),
        ("encryption", "aws:sqs/queue:Queue", {"sqsManagedSseEnabled": False, "kmsMasterKeyId": "alias/k"}, 0),
        ("encryption", "aws:sqs/queue:Queue", {}, 0),
        ("required_tags", BUCKET, {"tags": {"team": "a"}}, 0),
        ("required_tags", BUCKET, {"tags": {}, "tagsAll": {"team": "a"}}, 0),
        ("required_tags", BUCKET, {"tags": {"other": "a"}}, 1),
        ("required_tags", "aws:iam/policyAttachment:PolicyAttachment", {}, 0),
        ("no_latest_images", "kubernetes:apps/v1:Deployment", pod("web:latest"), 1),
        ("no_latest_images", "kubernetes:apps/v1:Deployment", pod("registry.example.com:5000/web"), 1),
        ("no_latest_images", "kubernetes:apps/v1:Deployment", pod("registry.example.com:5000/web:1.0"), 0),
        ("no_latest_images", "kubernetes:apps/v1:Deployment", pod("web@sha256:0"), 0),
        ("no_latest_images", "kubernetes:core/v1:Pod", {"spec": {"initContainers": [{"name": "a", "image": "a"}]}}, 1),
        ("no_latest_images", "kubernetes:core/v1:ConfigMap", {"data": {"image": "a"}}, 0),
        ("no_latest_images", "kubernetes:apps/v1:Deployment", {"spec": None}, 0),
        ("resource_limits", "kubernetes:apps/v1:Deployment", pod(resources=FULL), 0),
        ("resource_limits", "kubernetes:apps/v1:Deployment", pod(), 1),
        ("resource_limits", "kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": {"spec": pod()["spec"]}}}, 1),
    ],
)
def test_rules(rule: str, kind: str, properties: dict[str, Any], wrong: int) -> None:
    """As many objections as there are reasons."""
    assert len(list(getattr(rules, rule)(kind, properties, {"tags": ["team"]}))) == wrong
