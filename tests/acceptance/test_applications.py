"""Applications and their tenant on a real API server with the real engine: who may what, hooks, autoscalers, configuration."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Workplace
from transom.catalog.names import DEPLOYER

pytestmark = pytest.mark.acceptance

ROOM = Path(__file__).parents[1] / "testdata" / "applications"
SHOP = "platform/applications/shop"


@pytest.fixture
def place(workplace: Callable[..., Workplace]) -> Workplace:
    """A workplace with one tenant, which is deployed as itself, and its application."""
    made = workplace("dev")
    made.only(ROOM, "dev")
    return made


def operations(result: dict[str, Any]) -> dict[str, str]:
    """What a plan or an apply does, by type and name, without what stays as it is."""
    changes = [one for part in result["changeSets"] for one in part["changes"]]
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one["operation"] for one in changes}


def live(place: Workplace, kind: str, name: str) -> dict[str, Any]:
    """An object as it is."""
    found: dict[str, Any] = json.loads(place.kubectl("dev", "get", kind, name, "-n", "shop", "-o", "json"))
    return found


def test_an_application_lives(place: Workplace) -> None:
    """Made as its tenant, quiet while it is scaled, rolled by its configuration, its hook run once per change, its objects kept."""
    place.run("transom", "apply", "dev")
    assert operations(place.json("transom", "plan", "dev")) == {}
    first = live(place, "job", "migrate")
    assert first["status"]["succeeded"] == 1
    assert live(place, "poddisruptionbudget", "web")["spec"]["minAvailable"] == 1

    # What an autoscaler does is neither drift nor undone.
    place.kubectl("dev", "scale", "deployment", "web", "-n", "shop", "--replicas=3")
    assert "no drift" in place.run("transom", "drift", "dev").stdout
    before = live(place, "deployment", "web")["spec"]["template"]["metadata"]["annotations"]

    # Configuration rolls the pods and runs the hook again; the number of pods stays the autoscaler's.
    place.edit(f"{SHOP}/settings.yaml", "EUR", "CHF")
    changed = operations(place.json("transom", "apply", "dev"))
    assert changed == {"ConfigMap/dev/shop/settings": "update", "Deployment/dev/shop/web": "update", "Job/dev/shop/migrate": "replace"}
    web = live(place, "deployment", "web")
    assert web["spec"]["replicas"] == 3
    assert web["spec"]["template"]["metadata"]["annotations"] != before
    assert live(place, "job", "migrate")["metadata"]["uid"] != first["metadata"]["uid"]
    assert operations(place.json("transom", "plan", "dev")) == {}
    assert "no drift" in place.run("transom", "drift", "dev").stdout

    # With prune off, what leaves Git stays, and is told.
    place.edit(f"{SHOP}/application.yaml", "prune: true", "prune: false")
    place.run("transom", "apply", "dev")
    (place.root / SHOP / "extra.yaml").unlink()
    assert operations(place.json("transom", "plan", "dev"))["ConfigMap/dev/shop/extra"] == "forget"
    place.run("transom", "apply", "dev")
    assert live(place, "configmap", "extra")["data"] == {"a": "1"}


def test_the_api_server_refuses(place: Workplace) -> None:
    """What a tenant's account may not do is refused by the API server itself, whatever got past the catalog; the rest is its own doing."""
    place.run("transom", "apply", "dev")
    account = f"system:serviceaccount:shop:{DEPLOYER}"
    for words, answer in (
        (("create", "deployments", "-n", "shop"), "yes"),
        (("create", "deployments", "-n", "default"), "no"),
        (("delete", "resourcequotas", "-n", "shop"), "no"),
        (("create", "namespaces"), "no"),
        (("create", "leases.coordination.k8s.io", "-n", "shop"), "no"),
    ):
        said = place.run("kubectl", "--context", "sandbox-dev", "--as", account, "auth", "can-i", *words, code=None, timeout=60)
        assert said.stdout.strip() == answer, words

    # Somebody took a permission away behind our back: the change is refused with the account's name, and nothing else is applied.
    place.kubectl("dev", "delete", "rolebinding", DEPLOYER, "-n", "shop")
    place.edit(f"{SHOP}/settings.yaml", "EUR", "CHF")
    refused = place.run("transom", "apply", "dev", code=1)
    assert account in refused.stdout + refused.stderr
    assert "forbidden" in refused.stdout + refused.stderr
    assert live(place, "configmap", "settings")["data"]["CURRENCY"] == "EUR"

    # Put back, and the same change goes through.
    place.kubectl("dev", "create", "rolebinding", DEPLOYER, "-n", "shop", f"--role={DEPLOYER}", f"--serviceaccount=shop:{DEPLOYER}")
    place.run("transom", "apply", "dev")
    assert live(place, "configmap", "settings")["data"]["CURRENCY"] == "CHF"


def test_a_pod_that_waits(place: Workplace) -> None:
    """An application that does not become ready fails after its own time, with the pod and what it waits for."""
    place.edit(f"{SHOP}/web.yaml", "containers:", "nodeSelector: {disk: fast}\n      containers:")
    failed = place.run("transom", "apply", "dev", code=1)
    told = failed.stdout + failed.stderr
    assert "shop/web-" in told
    assert "Unschedulable" in told


def test_it_goes_back_by_itself(place: Workplace) -> None:
    """A release that does not come up is taken back where its document says so: what lives, and what the history tells."""
    place.edit(f"{SHOP}/application.yaml", "prune: true", "prune: true\n    rollbackOnFailure: true")
    place.run("transom", "apply", "dev")
    place.edit(f"{SHOP}/web.yaml", "containers:", "nodeSelector: {disk: fast}\n      containers:")
    place.edit(f"{SHOP}/settings.yaml", "EUR", "CHF")
    failed = place.run("transom", "apply", "dev", code=1)
    assert "dev: shop went back by itself to dev/1" in failed.stderr
    assert live(place, "configmap", "settings")["data"]["CURRENCY"] == "EUR"
    web = live(place, "deployment", "web")
    assert "nodeSelector" not in web["spec"]["template"]["spec"]
    assert web["status"]["readyReplicas"] == web["spec"]["replicas"]
    deployments = place.json("transom", "history", "dev")
    assert [(one["number"], one["act"], one["result"], one["cause"], one["only"]) for one in deployments[:2]] == [
        (3, "rollback", "succeeded", 2, ["shop"]),
        (2, "apply", "failed", None, []),
    ]
    assert deployments[0]["returned"] == deployments[2]["revisions"] != []
    assert "rollback to 1 after 2, only shop" in (shown := place.run("transom", "show", "dev/3").stdout)
    assert "Taken from " in shown
    assert "no drift" in place.run("transom", "drift", "dev").stdout
    assert "Deployment/dev/shop/web" in operations(place.json("transom", "plan", "dev"))
