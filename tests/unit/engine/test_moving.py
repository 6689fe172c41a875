"""States are cut and joined so that nothing is created or deleted."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from transom.engine import moving
from transom.errors import EngineError

KEY = {"type": "passphrase", "state": {"salt": "one"}}


def urn(stack: str, types: str, name: str) -> str:
    """A URN of project p."""
    return f"urn:pulumi:{stack}::p::{types}::{name}"


def root(stack: str) -> str:
    """The root's URN."""
    return urn(stack, "pulumi:pulumi:Stack", f"p-{stack}")


ENV = "transom:index:Environment"


def state(stack: str) -> dict[str, Any]:
    """An environment with a provider, two documents and a dependency from the tenant on the shop's database."""
    environment, provider = urn(stack, ENV, "dev"), urn(stack, f"{ENV}$pulumi:providers:aws", "cloud")
    shop, tenant = urn(stack, f"{ENV}$transom:t:Database", "shop"), urn(stack, f"{ENV}$transom:t:Tenant", "a")
    database, role = urn(stack, f"{ENV}$transom:t:Database$aws:Db", "db"), urn(stack, f"{ENV}$transom:t:Tenant$aws:Role", "role")
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c"}
    resources = [
        {"urn": root(stack), "custom": False, "type": "pulumi:pulumi:Stack"},
        {"urn": environment, "custom": False, "type": ENV, "parent": root(stack)},
        {"urn": provider, "custom": True, "type": "pulumi:providers:aws", "id": "id-1", "parent": environment},
        {"urn": shop, "custom": False, "type": "transom:t:Database", "parent": environment},
        {"urn": tenant, "custom": False, "type": "transom:t:Tenant", "parent": environment},
        {
            "urn": database,
            "custom": True,
            "type": "aws:Db",
            "id": "db-1",
            "parent": shop,
            "provider": f"{provider}::id-1",
            "protect": True,
            "inputs": {"password": secret},
            "dependencies": [shop],
        },
        {
            "urn": role,
            "custom": True,
            "type": "aws:Role",
            "id": "role-1",
            "parent": tenant,
            "provider": f"{provider}::id-1",
            "dependencies": [database],
            "propertyDependencies": {"policy": [database], "name": []},
            "deletedWith": database,
        },
    ]
    return {"version": 3, "deployment": {"manifest": {"time": "t"}, "secrets_providers": KEY, "resources": resources}}


EMPTY: dict[str, Any] = {
    "version": 3,
    "deployment": {"manifest": {}, "secrets_providers": {"type": "passphrase", "state": {"salt": "two"}}},
}
SHOP = urn("dev", f"{ENV}$transom:t:Database", "shop")


def by_urn(deployment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Resources by URN."""
    return {resource["urn"]: resource for resource in deployment["deployment"]["resources"]}


def sound(deployment: dict[str, Any]) -> None:
    """What the engine checks of a state: parents, providers and dependencies come before those who name them."""
    seen: set[str] = set()
    for resource in deployment["deployment"]["resources"]:
        named = {
            resource.get("parent", ""),
            moving._provider_urn(resource),
            *resource.get("dependencies", ()),
            resource.get("deletedWith", ""),
        } - {""}
        named |= {one for found in resource.get("propertyDependencies", {}).values() for one in found}
        assert named <= seen, resource["urn"]
        assert resource["urn"] not in seen
        seen.add(resource["urn"])


def test_split():
    """A document goes with all below it, and the source keeps the rest.

    Ancestors and the provider are copied, ids, secrets and protection stay.
    """
    after = moving.partition({"dev": state("dev"), "dev.shop": EMPTY}, "dev", {SHOP: "dev.shop"})
    given, left = by_urn(after["dev.shop"]), by_urn(after["dev"])
    assert list(given) == [
        root("dev.shop"),
        urn("dev.shop", ENV, "dev"),
        urn("dev.shop", f"{ENV}$pulumi:providers:aws", "cloud"),
        urn("dev.shop", f"{ENV}$transom:t:Database", "shop"),
        urn("dev.shop", f"{ENV}$transom:t:Database$aws:Db", "db"),
    ]
    database = given[urn("dev.shop", f"{ENV}$transom:t:Database$aws:Db", "db")]
    assert (database["id"], database["protect"]) == ("db-1", True)
    assert database["provider"] == urn("dev.shop", f"{ENV}$pulumi:providers:aws", "cloud") + "::id-1"
    assert database["inputs"] == state("dev")["deployment"]["resources"][5]["inputs"]
    assert after["dev.shop"]["deployment"]["secrets_providers"] == KEY
    role = left[urn("dev", f"{ENV}$transom:t:Tenant$aws:Role", "role")]
    assert (role["dependencies"], role["propertyDependencies"], "deletedWith" in role) == ([], {"policy": [], "name": []}, False)
    assert SHOP not in left
    for deployment in after.values():
        sound(deployment)


def test_there_and_back():
    """Joined again, every resource is as it was, but for the dependencies that were cut."""
    split = moving.partition({"dev": state("dev"), "dev.shop": EMPTY}, "dev", {SHOP: "dev.shop"})
    back = moving.partition(split, "dev.shop", {SHOP.replace(":dev::", ":dev.shop::"): "dev"})
    before, after = by_urn(state("dev")), by_urn(back["dev"])
    assert before.keys() == after.keys()
    for name, resource in after.items():
        for key in ("id", "parent", "provider", "protect", "inputs", "type"):
            assert resource.get(key) == before[name].get(key), (name, key)
    sound(back["dev"])
    sound(back["dev.shop"])
    assert not [resource for resource in by_urn(back["dev.shop"]).values() if resource["type"].startswith("aws:")]


def test_provider_of_the_same_name():
    """Where the target has that provider already, with an id of its own, what arrives uses it."""
    target = state("dev.shop")
    target["deployment"]["resources"] = target["deployment"]["resources"][:3]
    target["deployment"]["resources"][2]["id"] = "id-2"
    after = moving.partition({"dev": state("dev"), "dev.shop": target}, "dev", {SHOP: "dev.shop"})
    (database,) = [resource for resource in by_urn(after["dev.shop"]).values() if resource["type"] == "aws:Db"]
    assert database["provider"].endswith("::id-2")


def test_pure():
    """The given states are left as they are."""
    given = {"dev": state("dev"), "dev.shop": copy.deepcopy(EMPTY)}
    moving.partition(given, "dev", {SHOP: "dev.shop"})
    assert given == {"dev": state("dev"), "dev.shop": EMPTY}


@pytest.mark.parametrize("reason", ["unknown", "twice", "unfinished"])
def test_refused(reason: str):
    """What is not there, what is there already, and what an earlier run left open stop the move before anything is written."""
    source, target, what = state("dev"), copy.deepcopy(EMPTY), SHOP
    if reason == "unknown":
        what = SHOP + "-not"
    elif reason == "twice":
        target = state("dev.shop")
    else:
        source["deployment"]["pending_operations"] = [{"type": "creating"}]
    with pytest.raises(EngineError):
        moving.partition({"dev": source, "dev.shop": target}, "dev", {what: "dev.shop"})


def test_encryption():
    """Ciphertexts are carried only between stacks that encrypt alike; an empty stack has nothing to read."""
    other = state("dev.shop")
    other["deployment"]["secrets_providers"] = {"type": "passphrase", "state": {"salt": "two"}}
    assert moving.encrypted_alike([state("dev"), state("dev.shop"), EMPTY])
    assert not moving.encrypted_alike([state("dev"), other])
