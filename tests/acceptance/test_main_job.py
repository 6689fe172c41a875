"""What a user does with an environment, from nothing to nothing, with the real engine, API server and state."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

SHOP = "dev-team-a-shop"
PICTURES = "dev-team-a-pictures-123456789012"


def test_an_environment_comes_up_drifts_heals_and_goes(workplace: Make) -> None:
    """Up, no-op, five changes by hand found and nothing else, healed, clean, and destroyed but for what is protected."""
    place = workplace("dev")
    created = place.json("transom", "apply", "dev")
    assert created["errors"] == []
    _is_all_there(place)
    assert place.json("transom", "plan", "dev", "--detailed-exitcode")["changeSets"][0]["changes"] == []
    assert "unchanged" in place.run("pulumi", "up", "-s", "dev", "--yes", "--non-interactive", "--expect-no-changes").stdout
    place.run("transom", "drift", "dev", "--detailed-exitcode")

    _change_by_hand(place)
    assert _drift(place) == {
        ("kubernetes:apps/v1:Deployment", "dev/shop/web", "spec.replicas", 1, 5),
        ("kubernetes:core/v1:ConfigMap", "dev/ledger/ledger-settings", "data.ROUNDING", "half-even", "down"),
        ("kubernetes:core/v1:Service", "dev/ledger/ledger", "", None, None),
        ("aws:s3/bucketVersioning:BucketVersioning", "pictures", "versioningConfiguration.status", "Enabled", "Suspended"),
        ("aws:rds/instance:Instance", "shop", "allocatedStorage", 20, 40),
    }

    healed = place.run("pulumi", "up", "-s", "dev", "--refresh", "--yes", "--non-interactive")
    assert "storage cannot shrink" in healed.stdout, "the one change that cannot be put back is told, and never tried"
    _is_healed(place)
    place.run("transom", "drift", "dev", "--detailed-exitcode")
    place.edit("examples/platform/applications/shop/base/database.yaml", "  size: small\n", "  size: small\n  storage: 40Gi\n")
    assert place.json("transom", "plan", "dev")["changeSets"][0]["changes"] == [], "the document now says what is"

    refused = place.run("pulumi", "destroy", "-s", "dev", "--yes", "--non-interactive", code=None)
    assert refused.returncode != 0
    assert "protect" in refused.stdout + refused.stderr
    destroyed = place.run("pulumi", "destroy", "-s", "dev", "--yes", "--non-interactive", "--exclude-protected")
    assert "protected resources" in destroyed.stdout + destroyed.stderr
    _only_the_protected_is_left(place)


def _is_all_there(place: Any) -> None:
    deployments = json.loads(place.kubectl("dev", "get", "deployments", "-A", "-o", "json"))["items"]
    assert {(d["metadata"]["namespace"], d["metadata"]["name"], d["status"].get("availableReplicas")) for d in deployments} == {
        ("ledger", "ledger", 1),
        ("shop", "web", 1),
        ("shop", "worker", 1),
        ("site", "site", 1),
    }
    secret = json.loads(place.kubectl("dev", "get", "secret", "-n", "shop", "shop-database-shop", "-o", "json"))
    assert {"DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_URL"} == set(secret["data"])
    [instance] = place.aws("rds").describe_db_instances(DBInstanceIdentifier=SHOP)["DBInstances"]
    assert (instance["StorageEncrypted"], instance["PubliclyAccessible"], instance["DeletionProtection"]) == (True, False, True)
    closed = place.aws("s3").get_public_access_block(Bucket=PICTURES)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    queues = place.aws("sqs").list_queues(QueueNamePrefix="dev-team-a-orders")["QueueUrls"]
    assert len(queues) == 2
    status = place.json("transom", "get", "dev")
    assert {(one["identity"], one["sync"], one["health"]["word"]) for one in status["documents"]} == {
        (identity, "Synced", "Healthy")
        for identity in (
            "Cluster/dev", "Tenant/team-a", "Tenant/team-b", "Application/ledger", "Application/shop", "Application/site",
            "Database/shop", "Bucket/pictures", "Queue/orders",
        )
    }  # fmt: skip


def _change_by_hand(place: Any) -> None:
    place.kubectl("dev", "scale", "-n", "shop", "deployment/web", "--replicas=5")
    place.kubectl("dev", "patch", "-n", "ledger", "configmap/ledger-settings", "--type=merge", "-p", '{"data": {"ROUNDING": "down"}}')
    place.kubectl("dev", "delete", "-n", "ledger", "service/ledger")
    place.aws("s3").put_bucket_versioning(Bucket=PICTURES, VersioningConfiguration={"Status": "Suspended"})
    place.aws("rds").modify_db_instance(DBInstanceIdentifier=SHOP, AllocatedStorage=40, ApplyImmediately=True)


def _drift(place: Any) -> set[tuple[str, str, str, Any, Any]]:
    """Type, name, property, applied and live value of all drift that is found."""
    report = place.json("transom", "drift", "dev", "--detailed-exitcode", code=2)
    found: set[tuple[str, str, str, Any, Any]] = set()
    for one in report["findings"]:
        for change in one["properties"] or [{"path": "", "applied": None, "live": None}]:
            found.add((one["type"], one["name"], change["path"], change["applied"], change["live"]))
    return found


def _is_healed(place: Any) -> None:
    deployment = json.loads(place.kubectl("dev", "get", "-n", "shop", "deployment/web", "-o", "json"))
    settings = json.loads(place.kubectl("dev", "get", "-n", "ledger", "configmap/ledger-settings", "-o", "json"))
    assert deployment["spec"]["replicas"] == 1
    assert settings["data"]["ROUNDING"] == "half-even"
    assert "ledger" in place.kubectl("dev", "get", "-n", "ledger", "services")
    assert place.aws("s3").get_bucket_versioning(Bucket=PICTURES)["Status"] == "Enabled"


def _only_the_protected_is_left(place: Any) -> None:
    namespaces = json.loads(place.kubectl("dev", "get", "namespaces", "-o", "json"))["items"]
    own = {"shop", "site", "ledger", "ingress", "monitoring"}
    assert not own & {one["metadata"]["name"] for one in namespaces}
    assert place.aws("sqs").list_queues(QueueNamePrefix="dev-").get("QueueUrls", []) == []
    assert [one["DBInstanceIdentifier"] for one in place.aws("rds").describe_db_instances()["DBInstances"]] == [SHOP]
    assert [one["Name"] for one in place.aws("s3").list_buckets()["Buckets"]] == [PICTURES]
