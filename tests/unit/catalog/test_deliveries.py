"""What brings secrets into a namespace: the ExternalSecrets of an application, and the store that they read."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC, ENVIRONMENT
from transom.apischema.check import check, library

SHOP = "applications/shop/application.yaml"
PAY = "  secrets:\n    - name: pay\n      data: [{secretKey: KEY, remoteRef: {key: shop/pay, property: api.key}}]\n"
STORE = ENVIRONMENT + "  secrets: {delivery: externalSecret, store: {name: aws}, refreshInterval: 1d}\n"
OWN = ENVIRONMENT + "  secrets: {delivery: externalSecret}\n"
BOUND = {
    "applications/shop/db.yaml": "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: shop}\nspec: {version: '16', size: small}\n"
}


def made(folder: Path, spec: str, environment: str, more: dict[str, str] | None = None) -> dict[tuple[str, str], Any]:
    """The application's objects that nobody wrote, by kind and name."""
    files = {**BASIC, SHOP: APPLICATION + spec, **(more or {})}
    manifests = repository.catalog(folder, files, environment).manifests["Application/shop"]
    return {(one.kind, one.name): one.data for one in manifests if one.kind != "ConfigMap"}


def test_an_external_secret(tmp_path: Path) -> None:
    """Key, property and store are what was written; the environment fills in store and interval, which Go can read."""
    assert made(tmp_path, PAY, STORE) == {
        ("ExternalSecret", "pay"): {
            "apiVersion": "external-secrets.io/v1",
            "kind": "ExternalSecret",
            "metadata": {"name": "pay"},
            "spec": {
                "refreshInterval": "86400s",
                "secretStoreRef": {"name": "aws", "kind": "ClusterSecretStore"},
                "target": {"name": "pay", "creationPolicy": "Owner", "deletionPolicy": "Retain"},
                "data": [{"secretKey": "KEY", "remoteRef": {"key": "shop/pay", "property": "api.key"}}],
            },
        }
    }


def test_a_store_of_its_own(tmp_path: Path) -> None:
    """Without a store the application gets one of Secrets Manager; a service account gives it an identity."""
    found = made(tmp_path, PAY, ENVIRONMENT + "  secrets: {serviceAccount: reader}\n")
    assert found["ExternalSecret", "pay"]["spec"]["secretStoreRef"] == {"name": "shop-secrets", "kind": "SecretStore"}
    auth = {"jwt": {"serviceAccountRef": {"name": "reader"}}}
    assert found["SecretStore", "shop-secrets"]["spec"] == {
        "provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1", "auth": auth}}
    }


@pytest.mark.parametrize("spec", [
    PAY,
    "  secrets:\n    - {name: pay, target: {name: other, creationPolicy: Merge, deletionPolicy: Delete}, refreshInterval: 5m, dataFrom: [{extract: {key: a, version: AWSPREVIOUS}}]}\n",
    PAY + "      store: {name: x, kind: SecretStore}\n",
])  # fmt: skip
def test_what_is_made_is_what_the_operator_knows(tmp_path: Path, spec: str) -> None:
    """Valid by the operator's own definitions, without a doubt."""
    assert [list(check(one, library())) for one in made(tmp_path, spec, OWN).values()] != []
    assert [finding for one in made(tmp_path / "b", spec, OWN).values() for finding in check(one, library())] == []


def test_a_binding_alone_needs_a_store(tmp_path: Path) -> None:
    """Where passwords are read from Secrets Manager, an application that is bound to a database has the store for it; others have none."""
    assert ("SecretStore", "shop-secrets") in made(tmp_path, "  bindings: [{database: shop}]\n", OWN, BOUND)
    assert made(tmp_path / "b", "", OWN) == {}
    assert made(tmp_path / "c", "  bindings: [{database: shop}]\n", ENVIRONMENT, BOUND) == {}


EXTERNAL = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: pay}\nspec:\n  secretStoreRef: {name: a}\n  data: [{secretKey: a, remoteRef: {key: a}}]\n"
WRONG = [
    ("nobody names a store", PAY, ENVIRONMENT, {}, f"{SHOP}:8:7", "NoSecretStore", "names a store"),
    ("the name is taken", PAY, STORE, {"applications/shop/pay.yaml": EXTERNAL}, f"{SHOP}:8:7", "DuplicateObject", "applications/shop/pay.yaml:3:18"),
    ("nothing in it", "  secrets: [{name: pay}]\n", STORE, {}, f"{SHOP}:7:13", "InvalidValue", "write data or dataFrom"),
    ("a key twice", PAY.replace("]\n", ", {secretKey: KEY, remoteRef: {key: b}}]\n"), STORE, {}, f"{SHOP}:9:13", "InvalidValue", "KEY twice"),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=[one[0] for one in WRONG])
def test_mistakes(tmp_path: Path, case: tuple[str, str, str, dict[str, str], str, str, str]) -> None:
    """Each is told once, at its line."""
    _, spec, environment, more, where, reason, said = case
    [problem] = repository.problems(tmp_path, {**BASIC, SHOP: APPLICATION + spec, **more}, environment)
    assert (str(problem.where), problem.reason) == (where, reason)
    assert said in str(problem)
