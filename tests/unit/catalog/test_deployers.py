"""What a tenant's deploy account may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, ENVIRONMENT
from transom.catalog import deployers

DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: geese.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Goose, plural: geese}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
"""


def tenant(more: str) -> str:
    """A tenant that says this too."""
    return f"apiVersion: transom.dev/v1\nkind: Tenant\nmetadata: {{name: team-a}}\nspec:\n  namespaces: [shop, site]\n{more}"


def found(folder: Path, more: str, environment: str = ENVIRONMENT, **files: str) -> deployers.Deployer | None:
    """The account of a tenant."""
    given = {**BASIC, "tenants/team-a.yaml": tenant(more), **{name.replace("__", "/") + ".yaml": text for name, text in files.items()}}
    catalog = repository.catalog(folder, given, environment)
    return deployers.of(catalog, catalog.tenants["team-a"])


def may(deployer: deployers.Deployer | None, verb: str, group: str, resource: str) -> bool:
    """Whether the rules allow it."""
    assert deployer is not None
    rules: list[dict[str, Any]] = [dict(rule) for rule in deployer.rules]
    return any(verb in rule["verbs"] and group in rule["apiGroups"] and resource in rule["resources"] for rule in rules)


def test_who_has_one(tmp_path: Path) -> None:
    """A tenant says it, or the environment for those that do not; one that roams has none."""
    everywhere = ENVIRONMENT + "  deployAs: tenant\n"
    assert found(tmp_path / "a", "") is None
    assert found(tmp_path / "b", "  deployAs: tenant\n") is not None
    assert found(tmp_path / "c", "", everywhere) is not None
    assert found(tmp_path / "d", "  deployAs: transom\n", everywhere) is None
    assert found(tmp_path / "e", "  confined: false\n", everywhere) is None


def test_what_it_may(tmp_path: Path) -> None:
    """What teams use, less what the tenant may not declare; never what bounds the tenant; and it sees what it waits for."""
    deployer = found(tmp_path, "  deployAs: tenant\n  allowed: {kinds: {deny: [NetworkPolicy, networking.k8s.io/NetworkPolicy, Pod]}}\n")
    assert may(deployer, "create", "apps", "deployments")
    assert may(deployer, "delete", "", "secrets")
    assert not may(deployer, "create", "networking.k8s.io", "networkpolicies")
    assert not may(deployer, "create", "", "pods")
    assert may(deployer, "list", "", "pods")
    assert not may(deployer, "get", "", "resourcequotas")
    assert deployer is not None
    assert deployer.user == "system:serviceaccount:shop:transom-deploy"
    assert deployer.unscoped == ()


def test_kinds_that_are_defined_or_declared(tmp_path: Path) -> None:
    """A definition of the environment's gives the name in URLs; one that is only declared gets the usual; a cluster-wide one apart."""
    thing = "apiVersion: other.example.com/v1\nkind: Policy\nmetadata: {name: x}\n"
    priority = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\nvalue: 5\n"
    deployer = found(
        tmp_path,
        "  deployAs: tenant\n  allowed: {kinds: {clusterScoped: [scheduling.k8s.io/PriorityClass]}}\n",
        infrastructure__clusters__main__crd=DEFINITION,
        applications__shop__thing=thing,
        applications__shop__priority=priority,
    )
    assert may(deployer, "patch", "example.com", "geese")
    assert may(deployer, "patch", "other.example.com", "policies")
    assert deployer is not None
    assert [(rule["apiGroups"], rule["resources"]) for rule in deployer.unscoped] == [(["scheduling.k8s.io"], ["priorityclasses"])]


def test_what_transom_adds_is_allowed(tmp_path: Path) -> None:
    """A binding's Secret is made by the account too, whatever the tenant itself may declare."""
    queue = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\nspec: {tenant: team-a}\n"
    deployer = found(
        tmp_path,
        "  deployAs: tenant\n  allowed: {kinds: {deny: [Service]}}\n",
        applications__shop__application=APPLICATION + "  bindings: [{queue: orders}]\n",
        resources__queue=queue,
    )
    assert may(deployer, "create", "", "configmaps")
    assert may(deployer, "create", "", "serviceaccounts")
    assert not may(deployer, "create", "", "services")


@pytest.mark.parametrize(
    "kind, plural",
    [("Ingress", "ingresses"), ("NetworkPolicy", "networkpolicies"), ("Endpoints", "endpoints"), ("Deployment", "deployments")],
)
def test_plurals(kind: str, plural: str) -> None:
    """As Kubernetes guesses."""
    assert deployers.plural(kind) == plural
