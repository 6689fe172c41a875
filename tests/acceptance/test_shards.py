"""Shards: an environment in several stacks behaves as in one, and moving between the two destroys nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]


def test_all_environments_come_up_whole_or_sharded(workplace: Make) -> None:
    """Staging in one stack and production in three come up, change nothing the second time, and differ where their overlays say so."""
    place = workplace("staging", "production")
    applied = place.json("transom", "apply", "staging", "production")
    assert [one["stack"] for one in applied["changeSets"]] == ["production", "staging", "production.team-b", "production.team-a"] or {
        one["stack"] for one in applied["changeSets"]
    } == {"staging", "production", "production.team-a", "production.team-b"}
    again = place.json("transom", "plan", "staging", "production")
    assert [one["changes"] for one in again["changeSets"]] == [[], [], [], []]
    assert "unchanged" in place.run("pulumi", "up", "-s", "production.team-a", "--yes", "--non-interactive", "--expect-no-changes").stdout
    web = {env: json.loads(place.kubectl(env, "get", "-n", "shop", "deployment/web", "-o", "json")) for env in ("staging", "production")}
    assert {env: one["spec"]["replicas"] for env, one in web.items()} == {"staging": 2, "production": 4}
    instances = {one["DBInstanceIdentifier"]: one for one in place.aws("rds").describe_db_instances()["DBInstances"]}
    assert instances["production-team-a-shop"]["MultiAZ"]
    assert not instances["staging-team-a-shop"]["MultiAZ"]
    place.run("transom", "drift", "staging", "production", "--detailed-exitcode")


def test_moving_into_shards_and_back_destroys_nothing(workplace: Make) -> None:
    """The same objects with the same ids before and after; the engine's own guard refuses a cut that was not moved first."""
    place = workplace("staging")
    place.edit("environments/staging.yaml", "name: staging", "name: staging")
    place.run("transom", "apply", "staging")
    before = _identities(place)
    place.edit("environments/staging.yaml", "shards: none", "shards: tenant")
    refused = place.run("pulumi", "up", "-s", "staging", "--yes", "--non-interactive", code=None)
    assert refused.returncode != 0
    assert "transom reshard staging" in refused.stdout + refused.stderr
    assert _identities(place) == before, "a refused run deletes nothing"

    place.run("transom", "reshard", "staging")
    assert _identities(place) == before
    plans = place.json("transom", "plan", "staging")["changeSets"]
    assert {one["stack"]: one["changes"] for one in plans} == {"staging": [], "staging.team-a": [], "staging.team-b": []}

    place.edit("environments/staging.yaml", "shards: tenant", "shards: none")
    place.run("transom", "reshard", "staging")
    assert _identities(place) == before
    assert [one["changes"] for one in place.json("transom", "plan", "staging")["changeSets"]] == [[]]
    assert "staging.team-a" not in place.run("pulumi", "stack", "ls").stdout


def _identities(place: Any) -> set[str]:
    """What tells an object from a later one of the same name: Kubernetes UIDs, and the instance's creation time."""
    uids = set()
    for kind in ("namespaces", "deployments", "services", "configmaps", "secrets", "networkpolicies", "rolebindings"):
        listed = json.loads(place.kubectl("staging", "get", kind, "-A", "-l", "app.kubernetes.io/managed-by=transom", "-o", "json"))
        uids |= {f"{one['kind']}/{one['metadata']['name']}/{one['metadata']['uid']}" for one in listed["items"]}
    instances = place.aws("rds").describe_db_instances()["DBInstances"]
    return uids | {
        f"{one['DBInstanceIdentifier']}/{one['InstanceCreateTime']}" for one in instances if "staging" in one["DBInstanceIdentifier"]
    }
