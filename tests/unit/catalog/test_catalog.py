"""The catalog of a valid repository: its order, its digest, its cut into stacks, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, CONFIG_MAP, ENVIRONMENT, TENANT
from transom.catalog import digests, load, shards
from transom.catalog.project import REVISIONS, Project, catalogs, pins
from transom.errors import InvalidDocuments, PermanentError, SourceError
from transom.source.base import Snapshot
from transom.source.memory import MemorySource

TWO_TENANTS: Mapping[str, str] = {
    **BASIC,
    "tenants/team-b.yaml": TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger]"),
    "applications/ledger/application.yaml": APPLICATION.replace("name: shop", "name: ledger")
    .replace("team-a", "team-b")
    .replace("namespace: shop", "namespace: ledger"),
    "applications/shop/application.yaml": APPLICATION + "  dependsOn: [ledger]\n",
}
SHARDED = ENVIRONMENT + "  shards: tenant\n"


def test_order(tmp_path: Path) -> None:
    """Clusters come before tenants, tenants before what they own, applications after those they depend on."""
    found = list(repository.catalog(tmp_path, TWO_TENANTS).entries)
    assert found == ["Cluster/main", "Tenant/team-a", "Tenant/team-b", "Application/ledger", "Application/shop"]


def test_the_digest_is_of_content_alone(tmp_path: Path) -> None:
    """Moving a file, or writing the same otherwise, changes nothing; a changed value does."""
    moved = {name.replace("tenants/team-a", "tenants/below/a"): text for name, text in reversed(TWO_TENANTS.items())}
    moved["applications/shop/z.yaml"] = "# a comment\n" + moved.pop("applications/shop/settings.yaml").replace('"1"', "'1'")
    one, other = repository.catalog(tmp_path / "one", TWO_TENANTS), repository.catalog(tmp_path / "other", moved)
    changed = repository.catalog(tmp_path / "changed", {**TWO_TENANTS, "applications/shop/settings.yaml": CONFIG_MAP.replace('"1"', '"2"')})
    assert one.digest == other.digest != changed.digest
    assert digests.documents(one, one.entries) == digests.documents(other, other.entries)
    before, after = digests.documents(one, one.entries), digests.documents(changed, changed.entries)
    assert {identity for identity in before if before[identity] != after[identity]} == {"Application/shop"}


def test_where_objects_go(tmp_path: Path) -> None:
    """An object without a namespace gets its application's; a cluster-wide one gets none; the base goes to every cluster."""
    files = {
        **BASIC,
        "infrastructure/base/n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: ingress}\n---\n" + CONFIG_MAP,
        "infrastructure/clusters/main/more.yaml": CONFIG_MAP.replace("name: settings", "name: more, namespace: ingress"),
    }
    catalog = repository.catalog(tmp_path, files)
    keys = {owner: [manifest.key for manifest in manifests] for owner, manifests in catalog.manifests.items()}
    assert keys == {
        "Cluster/main": [
            ("", "Namespace", "", "ingress"), ("", "ConfigMap", "default", "settings"), ("", "ConfigMap", "ingress", "more"),
        ],
        "Application/shop": [("", "ConfigMap", "shop", "settings")],
    }  # fmt: skip


def test_a_definition_says_its_scope(tmp_path: Path) -> None:
    """A custom resource that its definition calls cluster-wide gets no namespace."""
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n"
        "spec:\n  group: example.com\n  scope: Cluster\n  names: {kind: Thing, plural: things}\n"
        "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n"
        "---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n"
    )
    catalog = repository.catalog(tmp_path, {**BASIC, "infrastructure/base/d.yaml": definition})
    assert {manifest.namespace for manifest in catalog.manifests["Cluster/main"]} == {""}


# -- shards -----------------------------------------------------------------------------------------------------------


def test_one_stack(tmp_path: Path) -> None:
    """Without shards an environment is one stack of its own name that holds everything."""
    catalog = repository.catalog(tmp_path, TWO_TENANTS)
    (shard,) = shards.cut(catalog)
    assert (shard.stack, shard.tenant, shard.is_part, shard.needs) == ("dev", "", False, ())
    assert shard.documents == tuple(catalog.entries)


def test_a_stack_per_tenant(tmp_path: Path) -> None:
    """The foundation holds clusters and tenants, each tenant's stack what it owns; a stack comes after those it needs."""
    cut = shards.cut(repository.catalog(tmp_path, TWO_TENANTS, SHARDED))
    assert [(shard.stack, shard.documents, shard.needs) for shard in cut] == [
        ("dev", ("Cluster/main", "Tenant/team-a", "Tenant/team-b"), ()),
        ("dev.team-b", ("Application/ledger",), ("dev",)),
        ("dev.team-a", ("Application/shop",), ("dev", "dev.team-b")),
    ]
    assert all(shard.is_part for shard in cut)


def test_a_tenant_without_documents_has_no_stack(tmp_path: Path) -> None:
    """An empty stack is not made."""
    files = {name: text for name, text in TWO_TENANTS.items() if "ledger" not in name} | {"applications/shop/application.yaml": APPLICATION}
    assert [shard.stack for shard in shards.cut(repository.catalog(tmp_path, files, SHARDED))] == ["dev", "dev.team-a"]


@pytest.mark.parametrize("count, sharded", [(shards.LARGEST - 40, False), (shards.LARGEST, True)])
def test_auto(tmp_path: Path, count: int, *, sharded: bool) -> None:
    """`auto` keeps one stack while it is the faster choice, and cuts beyond."""
    many = "---\n".join(CONFIG_MAP.replace("settings", f"settings-{i}") for i in range(count))
    catalog = repository.catalog(tmp_path, {**BASIC, "applications/shop/settings.yaml": many}, ENVIRONMENT + "  shards: auto\n")
    assert shards.is_sharded(catalog) is sharded
    assert (len(shards.cut(catalog)) > 1) is sharded


def test_tenants_that_need_each_other_cannot_be_cut(tmp_path: Path) -> None:
    """Two applications of one tenant and one between them of another: in order as one stack, in a circle as several."""
    files = {
        **TWO_TENANTS,
        "applications/site/application.yaml": APPLICATION.replace("name: shop", "name: site").replace("namespace: shop", "namespace: site"),
        "applications/ledger/application.yaml": TWO_TENANTS["applications/ledger/application.yaml"] + "  dependsOn: [site]\n",
    }
    whole = repository.catalog(tmp_path / "whole", files)
    assert len(shards.cut(whole)) == 1
    with pytest.raises(InvalidDocuments) as caught:
        shards.cut(repository.catalog(tmp_path / "cut", files, SHARDED))
    (problem,) = caught.value.problems
    assert problem.reason == "ShardCycle"
    assert "tenants team-a, team-b" in problem.message
    assert "shop → ledger" in problem.hint
    assert "ledger → site" in problem.hint


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[a-z]{1,8}(-[a-z]{1,3})?", fullmatch=True))
def test_names_of_stacks(environment: str, tenant: str) -> None:
    """A stack's name says its environment and tenant."""
    assert shards.split(shards.stack_of(environment, tenant)) == (environment, tenant)
    assert shards.split(environment) == (environment, "")


# -- the project ------------------------------------------------------------------------------------------------------


def test_an_unknown_environment(tmp_path: Path) -> None:
    """A misspelt environment is told with the near one; where none is declared, with the file to write."""
    with pytest.raises(PermanentError) as caught:
        load.environment(tmp_path, "dev")
    assert caught.value.reason == "UnknownEnvironment"
    (tmp_path / "staging.yaml").write_text(ENVIRONMENT.replace("name: dev", "name: staging"))
    with pytest.raises(PermanentError) as caught:
        load.environment(tmp_path, "stagin")
    assert caught.value.hint == "did you mean staging?"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "NotADocument"),
        (ENVIRONMENT + "---\n" + ENVIRONMENT, "NotADocument"),
        ("- a\n", "NotADocument"),
        (TENANT, "UnexpectedKind"),
        (ENVIRONMENT.replace("name: dev}", "name: prod}"), "NameMismatch"),
        (ENVIRONMENT + "  typo: 1\n", "UnknownField"),
        ("kind: [\n", "InvalidYaml"),
    ],
)
def test_a_wrong_environment(tmp_path: Path, text: str, reason: str) -> None:
    """An environment's file holds one Environment of its own name."""
    (tmp_path / "dev.yaml").write_text(text)
    with pytest.raises(InvalidDocuments) as caught:
        load.environment(tmp_path, "dev")
    assert [problem.reason for problem in caught.value.problems] == [reason]


def test_a_source_without_documents(tmp_path: Path) -> None:
    """A source in which the layout is not found is refused: it would delete everything."""
    environments = tmp_path / "environments"
    environments.mkdir()
    (environments / "dev.yaml").write_text(ENVIRONMENT)
    snapshot = MemorySource("platform", {"README.md": "x"}, tmp_path / "platform").snapshot()
    with pytest.raises(SourceError) as caught:
        load.load(load.environment(environments, "dev"), [snapshot], repository.renderer())
    assert caught.value.reason == "SourceEmpty"


def _project(folder: Path, files: Mapping[str, str], environments: Mapping[str, str]) -> Project:
    MemorySource("platform", files, folder / "platform").snapshot()
    (folder / "environments").mkdir()
    for name, text in environments.items():
        (folder / "environments" / f"{name}.yaml").write_text(text)
    return Project(folder)


def test_one_mistake_in_all_environments_is_told_once(tmp_path: Path) -> None:
    """What dev, staging and production share is wrong once."""
    environments = {name: ENVIRONMENT.replace("name: dev", f"name: {name}") for name in ("dev", "staging", "production")}
    project = _project(tmp_path, {**BASIC, "tenants/x.yaml": TENANT.replace("kind: Tenant", "kind: Tennant")}, environments)
    found, problems = catalogs(project, project.environments())
    assert found == {}
    assert [problem.reason for problem in problems] == ["UnknownKind"]


def test_pins() -> None:
    """A run passes the commits it saw on to its programs; directories have none."""
    made = (Snapshot("a", "0" * 40, Path()), Snapshot("b", "directory", Path()))
    assert json.loads(pins(made)[REVISIONS]) == {"a": "0" * 40}
    assert pins(made[1:]) == {}
    assert Project.here(pins(made)).pins == {"a": "0" * 40}
    with pytest.raises(PermanentError, match=REVISIONS):
        Project.here({REVISIONS: "nonsense"})


def test_clusters_of_other_environments_are_left_out(tmp_path: Path) -> None:
    """A repository holds the clusters of all environments; only the selected ones are part of one."""
    files = {
        **BASIC,
        "infrastructure/clusters/prod/cluster.yaml": CLUSTER.replace("main", "prod").replace("environment: dev", "environment: p"),
    }
    assert list(repository.catalog(tmp_path, files).clusters) == ["main"]
