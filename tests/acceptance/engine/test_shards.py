"""One stack cut into several and joined again; links between stacks; many stacks as one."""

from __future__ import annotations

import json

import pytest

from transom.changes import Operation
from transom.engine import Move, Request, fleet
from transom.engine.fleet import Member

SHOP = [{"name": "db", "size": 2, "token": "hunter2", "options": {"protect": True}}, {"name": "user", "options": {"after": "db"}}]
TENANT = [{"name": "quota", "size": 1, "options": {"depends": ["db"]}}]
ALONE = [{"name": "quota", "size": 1}]
URN = "urn:pulumi:{}::double::transom:index:Environment$transom:test:Database::shop"
DEV, SHARD = Request(stack="dev", environment="dev"), Request(stack="dev.shop", environment="dev")


def unchanged(engine, *requests: Request) -> bool:
    """Whether neither a plan nor a look for drift finds anything."""
    return all(whole.empty and whole.succeeded for request in requests for whole in (engine.plan(request), engine.drift(request)))


@pytest.mark.parametrize("provider", [False, True], ids=["default provider", "provider of its own"])
def test_cut_and_joined(ground, engine, provider: bool):  # noqa: FBT001 - a case
    """From one stack to shards and back nothing is created, changed or deleted.

    Ids, secrets and protection stay; then the shard is removed.
    """
    ground.declare("dev", {"Database/shop": SHOP, "Tenant/a": TENANT}, provider=provider)
    ground.declare("dev.shop", {"Database/shop": SHOP}, provider=provider)
    for request in (DEV, SHARD):
        engine.create(request)
    engine.apply(DEV)
    live = sorted(path.name for path in (ground.folder / "things").glob("*.json"))

    moved = engine.move(Move(environment="dev", source="dev", targets={URN.format("dev"): "dev.shop"}))
    assert len(moved) == 3
    ground.declare("dev", {"Tenant/a": ALONE}, provider=provider)
    assert unchanged(engine, DEV, SHARD)
    assert engine.apply(DEV).empty
    assert engine.apply(SHARD).empty
    assert "hunter2" not in json.dumps(engine.export(SHARD))
    assert [change.name for change in engine.destroy(SHARD).failures] == ["db"]
    engine.apply(SHARD)

    engine.move(Move(environment="dev", source="dev.shop", targets={URN.format("dev.shop"): "dev"}))
    ground.declare("dev", {"Database/shop": SHOP, "Tenant/a": TENANT}, provider=provider)
    ground.declare("dev.shop", {}, provider=provider)
    assert engine.plan(DEV).empty
    assert engine.apply(DEV).empty
    assert unchanged(engine, DEV)
    assert engine.destroy(SHARD).empty
    engine.remove(SHARD)
    there = sorted(path.name for path in (ground.folder / "things").glob("*.json"))
    assert [name for name in there if not name.startswith("user-")] == [name for name in live if not name.startswith("user-")]


def test_links(ground, engine):
    """A shard reads another's outputs, secrets too; the secret stays one in the shard's state; the fleet keeps the order."""
    ground.declare("dev", {"Tenant/a": ALONE}, outputs={"vpc": "vpc-1", "secretKey": "hunter2-and-more"}, exports={"serial": "quota"})
    ground.declare("dev.shop", {"Database/shop": [{"name": "db", "options": {"link": {"stack": "dev", "output": "vpc"}}}]})
    secret = {"link": {"stack": "dev", "output": "secretKey"}}
    ground.declare("dev.key", {"Database/key": [{"name": "key", "options": secret}]})
    members = {"dev": Member(DEV)} | {
        name: Member(Request(stack=name, environment="dev"), needs=("dev",)) for name in ("dev.shop", "dev.key")
    }
    for member in members.values():
        engine.create(member.request)
    result = fleet.run(engine.apply, members, at_once=3)
    assert result.succeeded, result
    assert ground.thing("db")["linked"] == "vpc-1"
    assert ground.thing("key")["linked"] == "hunter2-and-more"
    assert "hunter2" not in json.dumps(engine.export(members["dev.key"].request))
    assert "hunter2" not in json.dumps([changeset.model_dump(mode="json") for changeset in result.changesets])
    assert fleet.run(engine.plan, members).succeeded
    assert all(changeset.empty for changeset in fleet.run(engine.plan, members).changesets)
    gone = fleet.run(engine.destroy, members, reverse=True)
    assert [outcome.stack for outcome in gone.outcomes][-1] == "dev"
    assert gone.succeeded
    assert not list((ground.folder / "things").glob("*.json"))


def test_a_failure_stops_what_stands_on_it(ground, engine):
    """The base fails: what needs it is not run and says why, what does not is applied."""
    ground.declare("dev", {"Tenant/a": ALONE}, outputs={"vpc": "vpc-1"})
    ground.declare("dev.shop", {"Database/shop": [{"name": "db", "options": {"link": {"stack": "dev", "output": "vpc"}}}]})
    ground.declare("other", {"Database/x": [{"name": "x"}]})
    ground.refuse("quota", "no room")
    members = {
        "dev": Member(DEV),
        "dev.shop": Member(SHARD, needs=("dev",)),
        "other": Member(Request(stack="other", environment="other")),
    }
    for member in members.values():
        engine.create(member.request)
    outcomes = {outcome.stack: outcome for outcome in fleet.run(engine.apply, members).outcomes}
    assert outcomes["dev.shop"].skipped == "not run because dev failed"
    assert outcomes["dev"].changes.failures[0].operation is Operation.CREATE
    assert outcomes["other"].succeeded
