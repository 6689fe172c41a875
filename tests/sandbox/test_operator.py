"""Exported documents of the Pulumi Kubernetes Operator, taken by a real API server with strict field validation."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import lifecycle
from sandbox.apiserver import ApiServer
from tests import repository
from tests.conftest import RunningSandbox
from tests.judge import Judge

pytestmark = pytest.mark.sandbox

_DEFINITIONS = Path(__file__).parents[1] / "testdata" / "operator"
_NAMESPACE = "operator-export"
_PATHS = {
    "Stack": f"/apis/pulumi.com/v1/namespaces/{_NAMESPACE}/stacks",
    "GitRepository": f"/apis/source.toolkit.fluxcd.io/v1/namespaces/{_NAMESPACE}/gitrepositories",
    "ServiceAccount": f"/api/v1/namespaces/{_NAMESPACE}/serviceaccounts",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}


@pytest.fixture(scope="module")
def server(sandbox: RunningSandbox) -> Iterator[ApiServer]:
    """The sandbox's API server with the definitions of Stack and GitRepository."""
    found = lifecycle.cluster_of(sandbox.root, "dev").client()
    found.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}})
    for file in _DEFINITIONS.glob("*.yaml"):
        found.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", yaml.safe_load(file.read_text(encoding="utf-8")))
    for kind in ("Stack", "GitRepository"):
        while not _served(found, _PATHS[kind]):
            time.sleep(0.1)
    yield found
    for name in ("stacks.pulumi.com", "gitrepositories.source.toolkit.fluxcd.io"):
        found._call("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", None)
    found._call("DELETE", f"/api/v1/namespaces/{_NAMESPACE}", None)


def _served(server: ApiServer, path: str) -> bool:
    try:
        return server.get(path) is not None
    except OSError:
        return False


def _exported(sandbox: RunningSandbox, folder: Path, *more: str) -> list[dict[str, Any]]:
    """What the command writes for the example's production, in the order in which it is applied."""
    command = ("export", "operator", "production", "--out", str(folder), "--namespace", _NAMESPACE, "--backend", "s3://state", *more)
    sandbox.run(
        str(Path(sys.executable).with_name("transom")),
        *command,
        "--repo",
        "https://git.example.com/team-a/platform",
        cwd=repository.CHECKOUT,
    )
    kustomization = yaml.safe_load((folder / "production" / "kustomization.yaml").read_text(encoding="utf-8"))
    return [
        document
        for name in kustomization["resources"]
        for document in yaml.safe_load_all((folder / "production" / name).read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("more", [("--branch", "main", "--repo-secret", "git"), ("--commit", "4" * 40, "--flux")], ids=["git", "flux"])
def test_exported_documents_are_taken(server: ApiServer, sandbox: RunningSandbox, tmp_path: Path, more: tuple[str, ...]) -> None:
    """Every document is one that the API server takes, to the last field, and each Stack waits for Stacks that are there."""
    judge = Judge(server)
    for document in _exported(sandbox, tmp_path, *more):
        assert judge.verdict(document) == ""
        server.create(f"{_PATHS[document['kind']]}?fieldValidation=Strict", document)
    judge.close()
    there = {one["metadata"]["name"]: one for one in server.get(_PATHS["Stack"])["items"]}
    assert set(there) == {"production", "production-team-a", "production-team-b"}
    for stack in there.values():
        assert {one["name"] for one in stack["spec"].get("prerequisites", [])} < set(there)


def test_a_field_that_the_operator_has_not_is_refused(server: ApiServer, sandbox: RunningSandbox, tmp_path: Path) -> None:
    """The definitions that the export is held against do refuse something."""
    stack = next(one for one in _exported(sandbox, tmp_path, "--branch", "main") if one["kind"] == "Stack")
    judge = Judge(server)
    for spoilt in ({"resyncSeconds": 60}, {"prerequisites": ["production"]}, {"stack": None}):
        wrong = {**stack, "metadata": {**stack["metadata"], "name": "wrong"}, "spec": {**stack["spec"], **spoilt}}
        assert judge.verdict(wrong) != "", spoilt
    judge.close()
