"""An environment as documents for the Pulumi Kubernetes Operator: shards, order, drift, secrets by reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import ENVIRONMENT
from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.operator import documents
from transom.operator.documents import Repository, Wanted

HTTPS = Repository("https://git.example.com/team-a/platform", branch="main", folder="deploy/", secret="git")
WANTED = Wanted("transom", HTTPS, "transom-dev", backend="s3://state", image="registry.example.com/transom:1", resync=120)

TWO_TENANTS = {
    **repository.BASIC,
    "tenants/team-b.yaml": "apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {name: team-b}\nspec: {namespaces: [ledger]}\n",
    "applications/ledger/application.yaml": """\
apiVersion: transom.dev/v1
kind: Application
metadata: {name: ledger}
spec:
  tenant: team-b
  destination: {namespace: ledger}
  dependsOn: [{kind: Application, name: shop}]
  sync: {selfHeal: true}
""",
    "applications/ledger/settings.yaml": repository.CONFIG_MAP,
}


@pytest.fixture(name="sharded", scope="module")
def _sharded(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Two tenants, each with a stack of its own."""
    return repository.catalog(tmp_path_factory.mktemp("sharded"), TWO_TENANTS, ENVIRONMENT + "  shards: tenant\n")


def stacks(catalog: Catalog, wanted: Wanted = WANTED) -> dict[str, dict[str, Any]]:
    """The specs of the Stacks by their names."""
    found = [one for group in documents.files(catalog, wanted).values() for one in group if one["kind"] == "Stack"]
    return {one["metadata"]["name"]: one["spec"] for one in found}


def test_each_shard_is_a_stack_that_waits_for_those_it_needs(sharded: Catalog) -> None:
    """The cut is the environment's own, and the order is kept: a tenant waits for the foundation and for whom it depends on."""
    found = stacks(sharded)
    assert {spec["stack"].rpartition("/")[2] for spec in found.values()} == {shard.stack for shard in shards.cut(sharded)}
    assert "prerequisites" not in found["dev"]
    assert found["dev-team-a"]["prerequisites"] == [{"name": "dev"}]
    assert found["dev-team-b"]["prerequisites"] == [{"name": "dev"}, {"name": "dev-team-a"}]


def test_an_environment_in_one_piece_is_one_stack(tmp_path: Path) -> None:
    """Without shards there is one."""
    assert list(stacks(repository.catalog(tmp_path, repository.BASIC))) == ["dev"]


@pytest.mark.parametrize("heal", [True, False])
def test_live_state_is_looked_at_only_where_healing_is_asked_for(tmp_path: Path, heal: bool) -> None:  # noqa: FBT001 - a case
    """A refresh before the update puts back what was changed by hand: that is selfHeal, and nothing that comes unasked."""
    environment = ENVIRONMENT + f"  sync: {{selfHeal: {str(heal).lower()}}}\n"
    (spec,) = stacks(repository.catalog(tmp_path, repository.BASIC, environment)).values()
    assert (spec["refresh"], spec["resyncFrequencySeconds"], spec["continueResyncOnCommitMatch"]) == (heal, 120, True)
    assert spec["destroyOnFinalize"] is False


def test_applications_that_say_otherwise_are_named(sharded: Catalog) -> None:
    """A Stack has one answer for all of them, so whoever exports is told who gets another than theirs."""
    assert documents.exceptions(sharded) == ("ledger",)


def test_secrets_are_named_and_never_written(sharded: Catalog) -> None:
    """Variables come from keys of one Secret; the only value that is written is the path of a file."""
    for spec in stacks(sharded, replace(WANTED, variables=("AWS_ACCESS_KEY_ID",))).values():
        kinds = {name: one["type"] for name, one in spec["envRefs"].items()}
        assert kinds == {"AWS_ACCESS_KEY_ID": "Secret", "PULUMI_CONFIG_PASSPHRASE": "Secret", "KUBECONFIG": "Literal"}
        assert {one["secret"]["name"] for one in spec["envRefs"].values() if "secret" in one} == {"transom-dev"}


def test_a_key_management_service_needs_no_passphrase(sharded: Catalog) -> None:
    """What the stack's settings name goes into the Stack, since a shard has no settings of its own."""
    for spec in stacks(sharded, replace(WANTED, secrets_provider="awskms://alias/transom-dev")).values():
        assert spec["secretsProvider"] == "awskms://alias/transom-dev"
        assert "PULUMI_CONFIG_PASSPHRASE" not in spec["envRefs"]


@pytest.mark.parametrize(
    "url, wanted",
    [
        ("https://git.example.com/team-a/platform", {"accessToken": {"type": "Secret", "secret": {"name": "git", "key": "accessToken"}}}),
        (
            "ssh://git@git.example.com/team-a/platform",
            {"sshAuth": {"sshPrivateKey": {"type": "Secret", "secret": {"name": "git", "key": "sshPrivateKey"}}}},
        ),
    ],
)
def test_the_repository_s_credentials_are_a_reference(sharded: Catalog, url: str, wanted: dict[str, Any]) -> None:
    """A token or a key, as the address asks for."""
    for spec in stacks(sharded, replace(WANTED, repository=replace(HTTPS, url=url))).values():
        assert (spec["gitAuth"], spec["branch"], spec["repoDir"]) == (wanted, "main", "deploy")


def test_flux_may_fetch_the_repository(sharded: Catalog) -> None:
    """One GitRepository for all Stacks, which then name no repository of their own."""
    wanted = replace(WANTED, repository=replace(HTTPS, branch="", commit="4" * 40, flux=True))
    (source,) = documents.files(sharded, wanted)["source.yaml"]
    assert source["spec"]["ref"] == {"commit": "4" * 40}
    for spec in stacks(sharded, wanted).values():
        assert spec["fluxSource"]["sourceRef"]["name"] == source["metadata"]["name"]
        assert not {"projectRepo", "branch", "commit", "gitAuth"} & spec.keys()


@pytest.mark.parametrize(
    "stack, why", [("dev.team-a", "a dot"), ("staging." + "a" * 63, "a long tenant"), ("dev." + "a-" * 30 + "b", "hyphens")]
)
def test_names_fit_what_the_operator_makes_of_them(stack: str, why: str) -> None:
    """A Service and a StatefulSet are named after a Stack, so its name is a label, with room for what they add."""
    name = documents.name_of(stack)
    assert len(name) <= 40, why
    assert name.replace("-", "").isalnum()
    assert documents.name_of(stack + "c") != name


def test_the_kustomization_names_every_file(sharded: Catalog) -> None:
    """What is written is what `kubectl apply -k` takes."""
    found = documents.files(sharded, WANTED)
    (kustomization,) = found["kustomization.yaml"]
    assert {*kustomization["resources"], "kustomization.yaml"} == set(found)
