"""Manifests of a repository against the API of their clusters: at the line that a person wrote, as strictly as it was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, CLUSTER, ENVIRONMENT
from transom.apischema import packs
from transom.catalog import manifests
from transom.errors import Problem, mistakes

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
        - name: proxy
          image: registry.example.com/proxy:1
        - name: web
          image: registry.example.com/web:1
          ports:
            - containerPort: 8080
"""
WRONG = DEPLOYMENT.replace("  selector:", "  replcas: 2\n  selector:")


def _told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str]]:
    return [(str(one.where), one.reason, one.severity.value) for one in problems]


def _problems(folder: Path, files: dict[str, str], environment: str = ENVIRONMENT) -> tuple[Problem, ...]:
    """Mistakes and warnings."""
    if found := repository.problems(folder / "one", files, environment):
        return found
    return repository.catalog(folder / "two", files, environment).warnings


def test_a_plain_file(tmp_path: Path) -> None:
    """A misspelt field is told at its key."""
    found = _problems(tmp_path, {**BASIC, "applications/shop/web.yaml": WRONG})
    assert _told(found) == [("applications/shop/web.yaml:6:3", "UnknownField", "error")]
    assert "spec.replcas is not a field; did you mean replicas?" in str(found[0])


_UNIT = {
    **{name: text for name, text in BASIC.items() if not name.startswith("applications/")},
    "applications/shop/base/application.yaml": APPLICATION,
    "applications/shop/base/web.yaml": DEPLOYMENT,
    "applications/shop/base/kustomization.yaml": "resources: [application.yaml, web.yaml]\n",
    "applications/shop/overlays/dev/kustomization.yaml": "resources: [../../base]\npatches: [{path: web.yaml}]\n",
}
_PATCH = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"


@pytest.mark.parametrize(
    "base, patch, place, reason",
    [
        (DEPLOYMENT, "  replicas: two\n", "applications/shop/overlays/dev/web.yaml:5:13", "WrongType"),
        (DEPLOYMENT, "  paused: false\n  replcas: 2\n", "applications/shop/overlays/dev/web.yaml:6:3", "UnknownField"),
        (
            DEPLOYMENT,
            "  template:\n    spec:\n      containers:\n        - name: web\n          imagePullPolicy: always\n",
            "applications/shop/overlays/dev/web.yaml:9:28",
            "InvalidValue",
        ),
        (WRONG, "  replicas: 2\n", "applications/shop/base/web.yaml:6:3", "UnknownField"),
        (DEPLOYMENT.replace("8080", '"8080"'), "  replicas: 2\n", "applications/shop/base/web.yaml:18:30", "WrongType"),
        (
            DEPLOYMENT.replace("image: registry.example.com/web:1", "x: y"),
            "  replicas: 2\n",
            "applications/shop/base/web.yaml:16:11",
            "UnknownField",
        ),
    ],
)
def test_through_an_overlay(tmp_path: Path, base: str, patch: str, place: str, reason: str) -> None:
    """A mistake in the base is told in the base, one in a patch in the patch, whatever the rendered text looks like."""
    files = {**_UNIT, "applications/shop/base/web.yaml": base, "applications/shop/overlays/dev/web.yaml": _PATCH + patch}
    assert (place, reason, "error") in _told(_problems(tmp_path, files))


def test_every_mistake_of_a_document(tmp_path: Path) -> None:
    """Three mistakes in one manifest are three problems, beside those of other documents."""
    text = WRONG.replace("app: web}", "app: wbe}", 1).replace("8080", "80800")
    files = {
        **BASIC,
        "applications/shop/web.yaml": text,
        "tenants/x.yaml": "apiVersion: transom.dev/v1\nkind: Tennant\nmetadata: {name: x}\n",
    }
    assert [(str(one.where), one.reason) for one in _problems(tmp_path, files)] == [
        ("applications/shop/web.yaml:6:3", "UnknownField"),
        ("applications/shop/web.yaml:8:24", "SelectorMismatch"),
        ("applications/shop/web.yaml:19:30", "InvalidValue"),
        ("tenants/x.yaml:2:7", "UnknownKind"),
    ]


@pytest.mark.parametrize(
    "mode, annotation, severities",
    [
        ("", "", ["error"]),
        ("strict", "", ["error"]),
        ("warn", "", ["warning"]),
        ("off", "", []),
        ("warn", "strict", ["error"]),
        ("", "warn", ["warning"]),
        ("", "off", []),
    ],
)
def test_how_strictly(tmp_path: Path, mode: str, annotation: str, severities: list[str]) -> None:
    """The environment says how manifests are checked, and an annotation says otherwise for one of them."""
    environment = ENVIRONMENT + (f"  validation: {{manifests: {mode}}}\n" if mode else "")
    note = f"\n  annotations: {{transom.dev/validation: '{annotation}'}}" if annotation else ""
    found = _problems(
        tmp_path, {**BASIC, "applications/shop/web.yaml": WRONG.replace("  name: web\n", f"  name: web{note}\n", 1)}, environment
    )
    assert [(one.reason, one.severity.value) for one in found] == [("UnknownField", severity) for severity in severities]


@pytest.mark.parametrize("value, reason", [("lenient", "InvalidValue"), ("off", "WrongType")])
def test_an_annotation_that_says_nothing(tmp_path: Path, value: str, reason: str) -> None:
    """A word that is none of the three, or that YAML reads as false, is a mistake and loosens nothing."""
    text = WRONG.replace("  name: web\n", f"  name: web\n  annotations:\n    transom.dev/validation: {value}\n", 1)
    found = _problems(tmp_path, {**BASIC, "applications/shop/web.yaml": text})
    assert [(str(one.where), one.reason) for one in found] == [
        ("applications/shop/web.yaml:6:29", reason),
        ("applications/shop/web.yaml:8:3", "UnknownField"),
    ]


def test_a_cluster_without_a_version(tmp_path: Path) -> None:
    """Objects are checked by the newest schemas, and one warning says so; where there are no objects nothing is said."""
    files = {**BASIC, "infrastructure/clusters/main/cluster.yaml": CLUSTER.replace(', version: "1.36"', "")}
    (warning,) = _problems(tmp_path / "a", files)
    assert (str(warning.where), warning.reason, warning.is_warning) == (
        "infrastructure/clusters/main/cluster.yaml:4:18",
        "UnknownVersion",
        True,
    )
    assert packs.versions()[0] in warning.message
    del files["applications/shop/settings.yaml"]
    assert _problems(tmp_path / "b", files) == ()


def test_a_cluster_of_a_version_that_is_not_kept(tmp_path: Path) -> None:
    """It is checked by the nearest; what that does not know is a warning, what it knows is held to."""
    old = CLUSTER.replace("1.36", "1.20")
    text = DEPLOYMENT.replace("  selector:", "  brandNewThing: 2\n  replicas: two\n  selector:")
    found = _problems(tmp_path, {**BASIC, "infrastructure/clusters/main/cluster.yaml": old, "applications/shop/web.yaml": text})
    assert _told(found) == [
        ("applications/shop/web.yaml:6:3", "UnknownField", "warning"),
        ("applications/shop/web.yaml:7:13", "WrongType", "error"),
        ("infrastructure/clusters/main/cluster.yaml:4:48", "UnknownVersion", "warning"),
    ]


def test_each_cluster_by_its_own_version(tmp_path: Path) -> None:
    """What every cluster gets is checked by each version, and told once; an application by that of its own cluster."""
    second = CLUSTER.replace("main", "second").replace("1.36", "1.32")
    webhook = "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingAdmissionPolicy\nmetadata: {name: x}\nspec: {}\n"
    files = {
        **BASIC,
        "infrastructure/clusters/second/cluster.yaml": second,
        "infrastructure/base/policy.yaml": webhook,
        "infrastructure/base/web.yaml": WRONG,
        "applications/shop/application.yaml": APPLICATION.replace("namespace: shop", "namespace: shop, cluster: main"),
    }
    found = _problems(tmp_path, files)
    assert [(str(one.where), one.reason) for one in found if not one.is_warning] == [
        ("infrastructure/base/policy.yaml:1:13", "UnknownVersion"),
        ("infrastructure/base/web.yaml:6:3", "UnknownField"),
    ]
    assert "Kubernetes 1.32 has no" in found[0].message


def test_definitions_of_the_repository(tmp_path: Path) -> None:
    """A definition anywhere in the repository counts for custom resources anywhere in it."""
    definition = (repository.CHECKOUT / "tests/testdata/manifests/definition.yaml").read_text()
    gizmo = "apiVersion: conformity.example.com/v1\nkind: Gizmo\nmetadata: {name: g}\nspec: {size: 3, color: red}\n"
    known = _problems(tmp_path / "a", {**BASIC, "infrastructure/base/definition.yaml": definition, "applications/shop/gizmo.yaml": gizmo})
    assert _told(known) == [("applications/shop/gizmo.yaml:4:17", "UnknownField", "error")]
    unknown = _problems(tmp_path / "b", {**BASIC, "applications/shop/gizmo.yaml": gizmo})
    assert _told(unknown) == [("applications/shop/gizmo.yaml:1:13", "UnknownDefinition", "warning")]


def test_more_mistakes_than_anybody_reads(tmp_path: Path) -> None:
    """A document that is wrong all over is told in part, and in time."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + "".join(f"field{i}: 1\n" for i in range(20_000))
    found = _problems(tmp_path, {**BASIC, "applications/shop/x.yaml": text})
    assert {one.reason for one in found} == {"UnknownField", "TooLarge"}
    assert len(found) < 100


def test_nothing_is_told_twice(tmp_path: Path) -> None:
    """What linking tells of an object is not told again: no name, no kind, a group of ours misspelt, a list."""
    for number, text in enumerate(
        (
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 1}\n",
            "apiVersion: v1\nkind: ConfigMap\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: [x]\n",
            "apiVersion: v1\nmetadata: {name: x}\n",
            "kind: ConfigMap\nmetadata: {name: x}\n",
            "apiVersion: 1\nkind: ConfigMap\nmetadata: {name: x}\n",
            "apiVersion: trasnom.dev/v1\nkind: Tenant\nmetadata: {name: x}\n",
            "apiVersion: v1\nkind: List\nmetadata: {name: x}\nitems: []\n",
        )
    ):
        found = _problems(tmp_path / str(number), {**BASIC, "applications/shop/x.yaml": text})
        assert len(mistakes(found)) == len(found) == 1, (text, found)


def test_scopes(tmp_path: Path) -> None:
    """Kinds without a namespace are known: of Kubernetes, of well-known custom resources, of the repository."""
    del tmp_path
    known = manifests.scopes([])
    assert {("", "Namespace"), ("", "Node"), ("rbac.authorization.k8s.io", "ClusterRole"), ("storage.k8s.io", "StorageClass")} <= known
    assert not {("", "ConfigMap"), ("apps", "Deployment"), ("rbac.authorization.k8s.io", "Role")} & known
