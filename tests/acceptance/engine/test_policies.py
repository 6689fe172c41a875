"""What the options mean to the real engine by which an Application's `sync.prune: false` and `sync.update: false` are carried out."""

from __future__ import annotations

from dataclasses import replace

from transom.changes import Operation

APPLICATION = "Application/web"


def test_what_may_not_be_removed_stays(ground, engine):
    """An object that is no longer declared leaves the state and stays where it is, and the plan calls it so."""
    kept = {"retain": True}
    request = ground.declare("dev", {APPLICATION: [{"name": "a", "options": kept}], "Application/other": [{"name": "b"}]})
    engine.create(request)
    assert engine.apply(request).succeeded
    ground.declare("dev", {"Application/other": [{"name": "b"}]})
    planned = engine.plan(request)
    assert [(change.name, change.operation) for change in planned.changes] == [("a", Operation.FORGET)]
    assert engine.apply(request).succeeded
    assert ground.thing("a")["name"] == "a"
    assert engine.plan(request).empty


def test_what_may_not_be_changed_stays_as_it_was_made(ground, engine):
    """`*` ignores every change of what is there, additions and removals of fields too, and lets new objects be made."""
    frozen = {"ignore": ["*"]}
    request = ground.declare("dev", {APPLICATION: [{"name": "a", "size": 1, "labels": {"x": "1", "y": "1"}, "options": frozen}]})
    engine.create(request)
    assert engine.apply(request).succeeded
    changed = {"name": "a", "size": 2, "more": "new", "labels": {"x": "2"}, "options": frozen}
    ground.declare("dev", {APPLICATION: [changed, {"name": "c", "options": frozen}]})
    applied = engine.apply(request)
    assert [(change.name, change.operation) for change in applied.changes] == [("c", Operation.CREATE)]
    assert ground.thing("a") == {"name": "a", "size": 1, "labels": {"x": "1", "y": "1"}}


def test_what_is_changed_by_hand_is_told_and_left(ground, engine):
    """What may not be changed may be changed by hand: that is drift, and nothing puts it back."""
    request = ground.declare("dev", {APPLICATION: [{"name": "a", "size": 1, "options": {"ignore": ["*"]}}]})
    engine.create(request)
    assert engine.apply(request).succeeded
    ground.by_hand("a", size=9)
    assert [change.name for change in engine.drift(request).changes] == ["a"]
    assert engine.apply(replace(request, refresh=True)).succeeded
    assert ground.thing("a")["size"] == 9
