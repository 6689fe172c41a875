"""A repository for Argo CD: an application of applications, plain folders, Kustomize with overrides, waves, hooks, a project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import repository
from transom.catalog.model import Catalog, Manifest
from transom.catalog.neighbours import overlay
from transom.catalog.neighbours.places import Asked
from transom.errors import Location
from transom.rendering.render import Rendered, Renderer
from transom.rendering.trace import Trace
from transom.rendering.units import Room, Unit
from transom.source.base import Snapshot


@pytest.fixture
def catalog(opened: Callable[[str, str, str], Catalog]) -> Catalog:
    """The repository as environment dev has it."""
    return opened("argo", "dev", "platform")


def _objects(catalog: Catalog, application: str) -> dict[tuple[str, str], Manifest]:
    return {(one.kind, one.name): one for one in catalog.manifests[f"Application/{application}"]}


def _spec(catalog: Catalog, application: str) -> Any:
    return catalog.applications[application].document.spec


def test_applications_of_an_application_are_found(catalog: Catalog) -> None:
    """The root stands for its children, and for nothing beside them."""
    assert set(catalog.applications) == {"plain", "overlaid", "waves", "switching"}


def test_an_application_lies_where_its_document_lies(catalog: Catalog) -> None:
    """What is told of a converted application is told at the line that says it in Argo CD's document."""
    plain = catalog.applications["plain"]
    assert str(plain.at("metadata", "name")).endswith("argo/apps/plain.yaml:4:9")
    assert str(plain.at("spec", "tenant")).endswith("argo/apps/plain.yaml:9:12")
    assert str(plain.at("spec", "destination", "namespace")).endswith("argo/apps/plain.yaml:17:16")
    assert str(plain.at("spec", "dependsOn", 0)).endswith("argo/apps/plain.yaml:7:47")


def test_a_plain_folder_is_read_as_argo_reads_it(catalog: Catalog) -> None:
    """Without recurse nothing below, without what is excluded; each object in the destination's namespace."""
    found = _objects(catalog, "plain")
    assert set(found) == {("Deployment", "greeter"), ("Service", "greeter"), ("ConfigMap", "settings")}
    assert {one.namespace for one in found.values()} == {"greet-plain"}


def test_kustomize_options_are_put_over_the_overlay(catalog: Catalog) -> None:
    """Prefix, images, replicas, labels, annotations and patches are what `kustomize build` would make of them."""
    found = _objects(catalog, "overlaid")
    greeter = found["Deployment", "dev-greeter"].data
    assert greeter["spec"]["replicas"] == 3
    assert [one["image"] for one in greeter["spec"]["template"]["spec"]["containers"]] == [
        "registry.example.com/greeter:v2",
        "registry.example.com/proxy:1.27",
    ]
    assert greeter["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 15
    assert greeter["spec"]["selector"]["matchLabels"] == {"app": "greeter", "stage": "dev"}
    assert greeter["metadata"]["annotations"] == {"owner": "hello"}
    assert next(name for kind, name in found if kind == "ConfigMap").startswith("dev-settings-")


def test_values_of_an_override_lie_where_it_is_asked_for(catalog: Catalog) -> None:
    """A value that the overlay wrote is blamed on Argo CD's document, one that it left alone on the file that has it."""
    greeter = _objects(catalog, "overlaid")["Deployment", "dev-greeter"]
    assert "argo/apps/overlaid.yaml:16:" in str(greeter.at("spec", "replicas"))
    assert "argo/overlaid/base/greeter.yaml:" in str(greeter.at("spec", "template", "spec", "containers", 0, "name"))


def test_several_sources_are_one_application(catalog: Catalog) -> None:
    """Objects of all sources belong to it; a custom resource of a kind that is not read passes through."""
    assert set(_objects(catalog, "switching")) == {
        ("Rollout", "greeter"),
        ("Service", "active"),
        ("Service", "preview"),
        ("ConfigMap", "settings"),
    }


def test_waves_of_applications_are_dependencies(catalog: Catalog) -> None:
    """An application of a later wave comes after all of the wave before."""
    assert set(map(str, _spec(catalog, "plain").depends_on)) == {"waves", "switching"}
    assert list(map(str, _spec(catalog, "overlaid").depends_on)) == ["plain"]
    assert _spec(catalog, "waves").depends_on == ()


def test_hooks_are_objects_in_their_phase(catalog: Catalog) -> None:
    """A generated name becomes one that changes with the content; what runs after a failure is not applied. All of it is told."""
    found = _objects(catalog, "waves")
    jobs = sorted(name for kind, name in found if kind == "Job")
    assert jobs[0].startswith("prepare-")
    assert jobs[1:] == ["tell"]
    told = [(one.reason, str(one.where).rpartition("argo/")[2]) for one in catalog.warnings]
    assert told == [
        ("PassedOver", "apps/overlaid.yaml:31:5"),  # retry
        ("PassedOver", "platform/root.yaml:18:30"),  # selfHeal
        ("HookRunsOnce", "waves/hooks.yaml:6:30"),
        ("HookRunsOnce", "waves/hooks.yaml:18:42"),
        ("PassedOver", "waves/hooks.yaml:29:42"),
    ]


def test_namespaces_that_are_asked_for_are_the_clusters_own(catalog: Catalog) -> None:
    """CreateNamespace=true makes one before everything in it, with its metadata; it is kept when the application goes."""
    found = {one.name: one.data["metadata"] for one in catalog.manifests["Cluster/main"]}
    assert set(found) == {"greet-plain", "greet-overlaid", "waves", "switching"}
    assert found["greet-plain"]["labels"] == {"pod-security.kubernetes.io/enforce": "baseline"}
    assert {one["annotations"]["argocd.argoproj.io/sync-options"] for one in found.values()} == {"Prune=false"}


def test_projects_are_tenants_without_walls(catalog: Catalog) -> None:
    """A project makes no namespace, quota or policy in Argo CD, and so its tenant makes none here."""
    assert {name: entry.document.spec.confined for name, entry in catalog.tenants.items()} == {"default": False, "greetings": False}
    assert catalog.owners["Application/plain"] == "greetings"


def test_overlays_are_the_same_however_many_are_rendered_at_once(tmp_path: Path) -> None:
    """The program that renders many in one process gives what one process for each gives, complaints included."""
    built = repository.CHECKOUT / ".tools" / "bin" / "kustomize-batch"
    assert built.is_file(), "kustomize-batch is missing: make toolchain builds it"
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"
    unit = Unit(Room.APPLICATION, "x", tmp_path, kustomized=False, snapshot=Snapshot("x", "directory", tmp_path))
    (tmp_path / "web.yaml").write_text(text, encoding="utf-8")
    document = Rendered(yaml.safe_load(text), Trace(unit.snapshot, tmp_path / "web.yaml", 0), unit)
    asked = Asked(Location("argo.yaml"))
    patches = [{"patch": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: wob}\n"}]
    overlays = ({"namePrefix": "a-"}, {"replicas": [{"name": "web", "count": 4}]}, {"patches": patches}, {})
    wanted = [(overlay.Overlay(fields, asked), [document]) for fields in overlays]
    one, many = (overlay.put(wanted, Renderer(repository.kustomize(), batch=program)) for program in (None, str(built)))
    assert [[each.data for each in documents] for documents, _ in one] == [[each.data for each in documents] for documents, _ in many]
    assert [[problem.reason for problem in problems] for _, problems in one] == [[], [], ["PatchWithoutTarget"], []]
    assert [problems for _, problems in one] == [problems for _, problems in many]
