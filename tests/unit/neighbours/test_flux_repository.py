"""A repository for Flux: bootstrap, controllers before configuration before applications, overlays, variables of the cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repository
from transom.catalog.model import Catalog, Manifest


@pytest.fixture
def catalog(opened: Callable[[str, str, str], Catalog]) -> Catalog:
    """The repository as environment staging has it."""
    return opened("flux", "staging", "clusters/staging")


def _objects(catalog: Catalog, application: str) -> dict[tuple[str, str], Manifest]:
    return {(one.kind, one.name): one for one in catalog.manifests[f"Application/{application}"]}


def test_the_bootstrap_leads_to_everything(catalog: Catalog) -> None:
    """The Kustomization that renders the entry itself stands for all of it."""
    assert set(catalog.applications) == {"flux-system", "controllers", "configs", "apps"}


def test_dependencies_keep_their_order(catalog: Catalog) -> None:
    """A dependency stays one, and leads to the line that says it."""
    sequence = [name for name in catalog.entries if name.startswith("Application/")]
    assert sequence.index("Application/controllers") < sequence.index("Application/configs") < sequence.index("Application/apps")
    assert str(catalog.applications["apps"].at("spec", "dependsOn", 0)).endswith("flux/clusters/staging/apps.yaml:5:15")


def test_variables_are_filled_in(catalog: Catalog) -> None:
    """Values come from the cluster's ConfigMap and the Kustomization itself; a number becomes a number; what is disabled is left alone."""
    found = _objects(catalog, "apps")
    echo = found["Deployment", "echo"].data
    assert echo["spec"]["replicas"] == 1
    assert echo["spec"]["template"]["spec"]["containers"][0]["args"] == ["HELLO from stag"]
    assert found["ConfigMap", "script"].data["data"] == {"run.sh": "echo ${HOME}"}
    assert _objects(catalog, "configs")["Issuer", "letters"].data["spec"]["server"] == "https://letters.staging.example.com"


def test_overlays_patches_images_and_labels_are_put_on(catalog: Catalog) -> None:
    """Flux's own overrides come over the overlay of the repository."""
    echo = _objects(catalog, "apps")["Deployment", "echo"].data
    assert echo["metadata"]["labels"] == {"fleet": "staging"}
    assert echo["spec"]["selector"]["matchLabels"] == {"app": "echo"}
    container = echo["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example.com/echo:2.1.0"
    assert container["env"] == [{"name": "STAGE", "value": "staging"}]
    assert _objects(catalog, "configs")["Issuer", "letters"].data["spec"]["email"] == "platform@example.com"


def test_each_environment_has_its_own(opened: Callable[[str, str, str], Catalog]) -> None:
    """The same repository entered elsewhere gives another environment."""
    catalog = opened("flux", "production", "clusters/production")
    echo = _objects(catalog, "apps")["Deployment", "echo"].data
    assert echo["spec"]["replicas"] == 3
    assert echo["metadata"]["labels"] == {"fleet": "production"}
    assert set(catalog.clusters) == {"production"}


def test_cluster_wide_objects_are_allowed_to_the_platform(catalog: Catalog) -> None:
    """Flux's own Kustomizations may do everything: definitions and cluster-wide custom resources stay theirs, namespaces come first."""
    assert ("CustomResourceDefinition", "issuers.letters.example.com") in _objects(catalog, "controllers")
    assert {one.name for one in catalog.manifests["Cluster/staging"]} == {"letters", "echo", "flux-system"}
    assert catalog.tenants["flux-system"].document.spec.confined is False


def test_what_is_not_read_is_told(catalog: Catalog) -> None:
    """Flux's own parts are left out, a HelmRelease goes through as it is: both are told at their lines."""
    told = [(one.reason, str(one.where).rpartition("flux/")[2]) for one in catalog.warnings if one.reason == "PassedOver"]
    assert told == [
        ("PassedOver", "apps/base/chart/release.yaml:2:7"),
        ("PassedOver", "clusters/staging/flux-system/gotk-components.yaml:7:1"),
    ]
    assert ("ServiceAccount", "kustomize-controller") not in _objects(catalog, "flux-system")
    assert ("HelmRelease", "chart") in _objects(catalog, "apps")


def test_an_entry_says_its_cluster(tmp_path: Path) -> None:
    """With several clusters each entry's Kustomizations go to the one that it names, as do its bare objects."""
    entries = "entries: [{path: clusters/one, cluster: one}, {path: clusters/two, cluster: two}]"
    environment = repository.ENVIRONMENT.replace(
        "path: platform}", f"path: platform, alsoKnownAs: ['https://git.example.com/acme/fleet'], {entries}}}"
    )
    files = {"hello/hello.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hello}\n"}
    for name in ("one", "two"):
        text = _SMALL.replace("name: hello", f"name: hello-{name}").replace("name: fleet", f"name: fleet-{name}")
        files[f"clusters/{name}/flux.yaml"] = text
        files[f"clusters/{name}/cluster.yaml"] = repository.CLUSTER.replace("name: main", f"name: {name}")
        files[f"clusters/{name}/bare.yaml"] = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: bare, namespace: {name}}}\n"
    catalog = repository.catalog(tmp_path, files, environment)
    assert dict(catalog.placements) == {"hello-one": "one", "hello-two": "two"}
    assert {owner: [one.namespace for one in found] for owner, found in catalog.manifests.items() if owner.startswith("Cluster/")} == {
        "Cluster/one": ["one"],
        "Cluster/two": ["two"],
    }


_SMALL = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: fleet, namespace: flux-system}
spec: {interval: 1m, url: "https://git.example.com/acme/fleet"}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: hello, namespace: flux-system}
spec:
  interval: 10m
  path: ./hello
  prune: true
  targetNamespace: hello
  sourceRef: {kind: GitRepository, name: fleet}
"""
