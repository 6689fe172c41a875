"""What a plugin says of a difference becomes properties with both values."""

from __future__ import annotations

from transom.changes import DiffKind
from transom.engine.properties import Detail, Sides, between, drifted, planned


def told(changes):
    """The changes as plain tuples."""
    return [(change.path, change.kind.value, change.before, change.after, change.forces_replacement) for change in changes]


def test_state_before_program_after():
    """Without the flag, before is the old state, not the old inputs: a default that the cloud filled in is told as it is."""
    sides = Sides(type="t", old_inputs={}, old_outputs={"size": 10}, new_inputs={"size": 20}, details={"size": Detail(DiffKind.UPDATE)})
    assert told(planned(sides)) == [("size", "update", 10, 20, False)]


def test_inputs_only():
    """With the flag, before is the old input."""
    sides = Sides(
        type="t",
        old_inputs={"size": 5},
        old_outputs={"size": 10},
        new_inputs={"size": 20},
        details={"size": Detail(DiffKind.UPDATE, inputs_only=True)},
    )
    assert told(planned(sides)) == [("size", "update", 5, 20, False)]


def test_quoted_keys_and_positions():
    """Values are found behind quoted keys and positions."""
    sides = Sides(
        type="t",
        old_outputs={"metadata": {"annotations": {"a.b/c": "x"}}, "ports": [{"port": 1}]},
        new_inputs={"metadata": {"annotations": {"a.b/c": "y"}}, "ports": [{"port": 2}]},
        details={'metadata.annotations["a.b/c"]': Detail(DiffKind.UPDATE), "ports[0].port": Detail(DiffKind.UPDATE, replaces=True)},
    )
    assert told(planned(sides)) == [
        ('metadata.annotations["a.b/c"]', "update", "x", "y", False),
        ("ports[0].port", "update", 1, 2, True),
    ]


def test_added_and_deleted():
    """An added property has no before, a deleted one no after, whatever the trees hold."""
    sides = Sides(
        type="t",
        old_outputs={"a": "default", "b": 1},
        new_inputs={"a": 1, "b": "stale"},
        details={"a": Detail(DiffKind.ADD), "b": Detail(DiffKind.DELETE)},
    )
    assert told(planned(sides)) == [("a", "add", None, 1, False), ("b", "delete", 1, None, False)]


def test_only_keys():
    """Named keys limit our own difference; one in which nothing is visible is still told."""
    sides = Sides(
        type="t",
        old_inputs={"list": [1, 2], "other": 1},
        new_inputs={"list": [1, 3], "other": 2},
        keys=("list", "computed"),
        old_outputs={"computed": 1},
        new_outputs={"computed": 2},
        replace_keys=("computed",),
    )
    assert told(planned(sides)) == [("computed", "update", 1, 2, True), ("list[1]", "update", 2, 3, False)]


def test_bare_yes():
    """A plugin that only says that something differs leaves it to us."""
    assert told(planned(Sides(type="t", old_inputs={"a": 1}, new_inputs={"a": 2}))) == [("a", "update", 1, 2, False)]


def test_drift_reads_applied_before_and_live_after():
    """A refresh's difference goes from what was applied to what is live, also where only the outputs were read."""
    inputs = Sides(type="t", old_inputs={"a": 1}, new_inputs={"a": 2}, details={"a": Detail(DiffKind.UPDATE)})
    outputs = Sides(
        type="t",
        old_inputs={"a": 1},
        new_inputs={"a": 1},
        old_outputs={"a": 1},
        new_outputs={"a": 2},
        details={"a": Detail(DiffKind.UPDATE)},
    )
    assert told(drifted(inputs)) == told(drifted(outputs)) == [("a", "update", 1, 2, False)]
    assert told(drifted(Sides(type="t", old_outputs={"x": 1}, new_outputs={"x": 2}))) == [("x", "update", 1, 2, False)]


def test_between():
    """Two sets of inputs are compared as they are."""
    assert told(between("t", {"a": {"b": 1}}, {"a": {"b": 1, "c": 2}})) == [("a.c", "add", None, 2, False)]
