"""A tenant that is deployed as itself: through which provider its objects go, and what stands before them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pulumi
import pytest

from components.cluster import ClusterConnectionArgs
from stacks import builders, environment
from tests import repository
from tests.recording import Recorder, run
from tests.repository import BASIC, TENANT
from transom.catalog import estimates, shards

DEPLOYED = TENANT.replace("spec: {", "spec: {deployAs: tenant, ")
USER = "system:serviceaccount:shop:transom-deploy"


def recorded(folder: Path, tenant: str) -> Recorder:
    """The whole program for a repository with this tenant."""
    catalog = repository.catalog(folder, {**BASIC, "tenants/team-a.yaml": tenant})
    (shard,) = shards.cut(catalog)
    return run(lambda: environment.build(catalog, shard, today=date(2026, 11, 27)), stack="dev")


def test_through_a_provider_of_its_own(tmp_path: Path) -> None:
    """The application is applied as the tenant; the tenant itself, and its account, are not."""
    found = recorded(tmp_path, DEPLOYED)
    contexts = {one.urn: one.inputs["context"] for one in found.of_type("pulumi:providers:kubernetes")}
    (settings,) = found.of_type("kubernetes:core/v1:ConfigMap")
    (account,) = (one for one in found.of_type("kubernetes:core/v1:ServiceAccount"))
    assert contexts[settings.provider] == "somewhere/as/shop/transom-deploy"
    assert contexts[account.provider] == "somewhere"
    assert account.urn in settings.depends_on
    roles = [one for one in found.registered if one.name.endswith("/transom-deploy") and one.type.endswith(":RoleBinding")]
    assert sorted(one.inputs["metadata"]["namespace"] for one in roles) == ["shop", "site"]
    assert {one.inputs["subjects"][0]["namespace"] for one in roles} == {"shop"}


def test_names_in_state_stay(tmp_path: Path) -> None:
    """Switched on, an application's objects have the same names: they are changed in place."""
    before, after = (recorded(tmp_path / name, tenant) for name, tenant in (("a", TENANT), ("b", DEPLOYED)))
    assert {one.urn for one in before.registered} < {one.urn for one in after.registered}


def test_a_stack_of_its_size(tmp_path: Path) -> None:
    """The account counts when an environment is cut by size."""
    counts = []
    for name, tenant in (("a", TENANT), ("b", DEPLOYED)):
        catalog = repository.catalog(tmp_path / name, {**BASIC, "tenants/team-a.yaml": tenant})
        counts.append(estimates.resources(catalog))
    assert counts[1] - counts[0] == 2 * 2 + 1


def test_a_cluster_of_our_own() -> None:
    """The kubeconfig that a cluster exports gets the user to act as, and nothing else changes."""
    text = json.dumps({"clusters": [], "users": [{"name": "a", "user": {"exec": {"command": "aws"}}}]})
    seen: list[str] = []

    def program() -> None:
        given = builders.acting(ClusterConnectionArgs(kubeconfig=pulumi.Output.secret(text)), USER)
        pulumi.Output.from_input(given.kubeconfig).apply(lambda made: seen.append(str(made)))

    run(program)
    (made,) = map(json.loads, seen)
    assert made == {"clusters": [], "users": [{"name": "a", "user": {"exec": {"command": "aws"}, "as": USER}}]}


@pytest.mark.parametrize("tenant", [TENANT, DEPLOYED])
def test_tags_of_a_tenant(tmp_path: Path, tenant: str) -> None:
    """Its cost tags are on what it owns in AWS."""
    bucket = "apiVersion: transom.dev/v1\nkind: Bucket\nmetadata: {name: pictures}\nspec: {tenant: team-a}\n"
    files = {**BASIC, "tenants/team-a.yaml": tenant.replace("spec: {", "spec: {tags: {cost-center: '4711'}, "), "resources/b.yaml": bucket}
    catalog = repository.catalog(tmp_path, files)
    tags = builders.tags(catalog, catalog.buckets["pictures"])
    assert tags == {"cost-center": "4711", "transom:document": "Bucket/pictures", "transom:tenant": "team-a"}
