"""What a change does beyond what is pending: the subtraction of two plans, per resource and property."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.changes import COMPUTED, SECRET_AFTER, SECRET_BEFORE, Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange
from transom.engine import Request
from transom.engine.memory import Declared, MemoryEngine
from transom.review.comparison import separated, without_drift

REQUEST = Request(stack="dev", environment="dev")


def prop(path: str, before: Any = None, after: Any = None, *, forces: bool = False) -> PropertyChange:
    """A property; None stands for nothing there."""
    kind = DiffKind.ADD if before is None else DiffKind.DELETE if after is None else DiffKind.UPDATE
    return PropertyChange(path=path, kind=kind, before=before, after=after, forces_replacement=forces)


def one(operation: Operation, *properties: PropertyChange, name: str = "a", **more: Any) -> Change:
    """A change of the resource `name` of Database/shop."""
    return Change(urn=f"urn:{name}", type="t", name=name, operation=operation, document="Database/shop", properties=properties, **more)


def plan(*changes: Change, **more: Any) -> ChangeSet:
    """A plan."""
    return ChangeSet(purpose=more.pop("purpose", "plan"), environment="dev", stack="dev", changes=changes, **more)


UPDATE, REPLACE, CREATE, DELETE = Operation.UPDATE, Operation.REPLACE, Operation.CREATE, Operation.DELETE
GROWS = prop("size", 1, 2)
MOVES = prop("zone", "a", "b", forces=True)


@pytest.mark.parametrize(
    "base,head,change,withdrawn",
    [
        pytest.param([], [one(UPDATE, GROWS)], [one(UPDATE, GROWS)], [], id="only the change does it"),
        pytest.param([one(UPDATE, GROWS)], [one(UPDATE, GROWS)], [], [], id="both do it: pending"),
        pytest.param([one(UPDATE, GROWS)], [], [], [one(UPDATE, GROWS)], id="the change takes it back"),
        pytest.param([one(DELETE)], [one(DELETE)], [], [], id="both delete it"),
        pytest.param([one(DELETE)], [], [], [one(DELETE)], id="the change keeps what would go"),
        pytest.param([], [one(DELETE)], [one(DELETE)], [], id="only the change deletes it"),
        pytest.param([one(CREATE)], [], [], [one(CREATE)], id="the change drops what was never made"),
        pytest.param([one(UPDATE, GROWS)], [one(DELETE)], [one(DELETE)], [one(UPDATE, GROWS)], id="changed on base, deleted by the change"),
        pytest.param([one(DELETE)], [one(UPDATE, GROWS)], [one(UPDATE, GROWS)], [one(DELETE)], id="deleted on base, changed by the change"),
        pytest.param(
            [one(UPDATE, GROWS)],
            [one(UPDATE, GROWS, prop("tier", "x", "y"))],
            [one(UPDATE, prop("tier", "x", "y"))],
            [],
            id="one property is pending, another is the change's",
        ),
        pytest.param(
            [one(UPDATE, GROWS)],
            [one(UPDATE, prop("size", 1, 3))],
            [one(UPDATE, prop("size", 2, 3))],
            [],
            id="both change one property: from what the base asks for",
        ),
        pytest.param(
            [one(UPDATE, GROWS, prop("tier", "x", "y"))],
            [one(UPDATE, GROWS)],
            [],
            [one(UPDATE, prop("tier", "x", "y"))],
            id="one of two properties is taken back",
        ),
        pytest.param(
            [one(UPDATE, prop("tag", "x"))],
            [one(UPDATE, prop("tag", "x", "y"))],
            [one(UPDATE, prop("tag", None, "y"))],
            [],
            id="deleted on base, set by the change",
        ),
        pytest.param(
            [one(UPDATE, prop("tag", "x", "y"))],
            [one(UPDATE, prop("tag", "x"))],
            [one(UPDATE, prop("tag", "y"))],
            [],
            id="set on base, deleted by the change",
        ),
        pytest.param(
            [one(UPDATE, GROWS)],
            [one(REPLACE, GROWS, MOVES)],
            [one(REPLACE, MOVES)],
            [],
            id="the change makes a replacement of an update",
        ),
        pytest.param(
            [one(UPDATE, GROWS)],
            [one(REPLACE, prop("size", 1, 2, forces=True))],
            [one(REPLACE, prop("size", 1, 2, forces=True))],
            [],
            id="the same property forces a replacement now: told with what forces it",
        ),
        pytest.param(
            [one(REPLACE, MOVES, GROWS)],
            [one(UPDATE, GROWS)],
            [],
            [one(REPLACE, MOVES)],
            id="the change makes an update of a replacement",
        ),
        pytest.param(
            [one(REPLACE, MOVES)],
            [one(REPLACE, MOVES, GROWS)],
            [one(UPDATE, GROWS)],
            [],
            id="a replacement that is pending anyway is no new one",
        ),
        pytest.param(
            [one(REPLACE, MOVES)],
            [one(REPLACE, prop("zone", "a", "c", forces=True))],
            [one(REPLACE, prop("zone", "b", "c", forces=True))],
            [],
            id="replaced on base, replaced otherwise by the change",
        ),
        pytest.param(
            [one(CREATE, prop("spec", None, {"size": 1, "ports": [80], "gone": True}))],
            [one(CREATE, prop("spec", None, {"size": 2, "ports": [81], "new": 1}))],
            [one(UPDATE, prop("spec.gone", True), prop("spec.new", None, 1), prop("spec.ports[0]", 80, 81), prop("spec.size", 1, 2))],
            [],
            id="not made yet, and made otherwise by the change",
        ),
        pytest.param([one(CREATE, prop("size", None, 1))], [one(CREATE, prop("size", None, 1))], [], [], id="not made yet, made alike"),
        pytest.param(
            [one(DELETE)],
            [one(DELETE, failed=True, messages=("it is protected",))],
            [one(DELETE, failed=True, messages=("it is protected",))],
            [],
            id="refused only with the change",
        ),
        pytest.param(
            [one(UPDATE, GROWS, failed=True, messages=("no",))],
            [one(UPDATE, GROWS, failed=True, messages=("no", "never"))],
            [one(UPDATE, failed=True, messages=("never",))],
            [],
            id="only the message is new",
        ),
    ],
)
def test_a_change_is_what_is_beyond_the_base(base: list[Change], head: list[Change], change: list[Change], withdrawn: list[Change]) -> None:
    """Per resource and property: the change's own, and what it takes back; pending is always all that the base does."""
    found = separated(plan(*base), plan(*head))
    assert list(found.change.changes) == change
    assert list(found.withdrawn.changes) == withdrawn
    assert list(found.pending.changes) == base


@pytest.mark.parametrize("hidden", [SECRET_AFTER, COMPUTED, {"inside": [SECRET_AFTER]}])
def test_what_cannot_be_seen_is_told_where_the_document_differs(hidden: Any) -> None:
    """Two passwords look alike: where the document was changed it may be another one, and is told as the change's too."""
    both = plan(one(UPDATE, prop("value", SECRET_BEFORE, hidden), GROWS))
    assert separated(both, both).change.empty
    (told,) = separated(both, both, {"Database/shop"}).change.changes
    assert [each.path for each in told.properties] == ["value"]


def test_a_secret_of_the_base_is_one_of_before() -> None:
    """Where the base's outcome becomes a beginning its mask says so, at any depth."""
    base = plan(one(CREATE, prop("env", None, [{"name": "A", "value": SECRET_AFTER}])))
    head = plan(one(CREATE, prop("env", None, "none")))
    (told,) = separated(base, head).change.changes
    assert told.properties == (prop("env", [{"name": "A", "value": SECRET_BEFORE}], "none"),)


def test_counts_and_messages() -> None:
    """What is only pending counts as unchanged by the change; a message that the base has too is not the change's."""
    old, new = Diagnostic(severity="warning", message="old"), Diagnostic(severity="warning", message="new")
    base = plan(one(UPDATE, GROWS), unchanged=5, diagnostics=(old,))
    head = plan(one(UPDATE, GROWS), one(DELETE, name="b"), unchanged=4, diagnostics=(old, new))
    found = separated(base, head)
    assert (found.change.unchanged, found.change.diagnostics, len(found.change.changes)) == (5, (new,), 1)
    assert found.pending == base


def test_a_plan_that_failed_takes_nothing_back() -> None:
    """What a failed plan does not tell of it may not have come to."""
    found = separated(plan(one(UPDATE, GROWS)), plan(succeeded=False, error="no account"))
    assert found.withdrawn.empty
    assert (found.change.succeeded, found.change.error) == (False, "no account")


INPUTS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)
WORLD = st.dictionaries(st.sampled_from(["x", "y", "z"]), INPUTS, max_size=3)


def _declare(world: dict[str, dict[str, int]]) -> list[Declared]:
    return [
        Declared(type="t", name=name, document="Database/shop", inputs=inputs, replace_on=frozenset("c")) for name, inputs in world.items()
    ]


@given(WORLD, WORLD, WORLD)
def test_pending_and_then_the_change_is_what_the_head_does(state: dict[str, Any], base: dict[str, Any], head: dict[str, Any]) -> None:
    """For any state, base and head: each part is part of its plan, nothing is lost, and values join up."""
    engine = MemoryEngine()
    engine.create(REQUEST)
    engine.declare("dev", _declare(state))
    engine.apply(REQUEST)
    engine.declare("dev", _declare(base))
    of_base = engine.plan(REQUEST)
    engine.declare("dev", _declare(head))
    of_head = engine.plan(REQUEST)
    found = separated(of_base, of_head)
    if base == head:
        assert found.change.empty
        assert found.withdrawn.empty
    if of_base.empty:
        assert found.change == of_head
    own, back = ({change.urn: change for change in part.changes} for part in (found.change, found.withdrawn))
    heads, bases = ({change.urn: change for change in whole.changes} for whole in (of_head, of_base))
    assert own.keys() <= heads.keys()
    assert back.keys() <= bases.keys()
    assert heads.keys() - own.keys() <= bases.keys() - back.keys() | {urn for urn in back if bases[urn].operation in (UPDATE, REPLACE)}
    assert bases.keys() - heads.keys() <= back.keys()
    for urn, change in heads.items():
        if change.operation in (UPDATE, REPLACE):
            after = {p.path: p.after for p in bases[urn].properties} if urn in bases and bases[urn].operation is not DELETE else {}
            taken = {p.path for p in back[urn].properties} if urn in back else set()
            after = {path: value for path, value in after.items() if path not in taken}
            after |= {p.path: p.after for p in own[urn].properties} if urn in own else {}
            assert after == {p.path: p.after for p in change.properties}


@pytest.mark.parametrize(
    "planned,drift,left",
    [
        pytest.param(one(UPDATE, prop("size", 5, 1)), one(UPDATE, prop("size", 1, 5)), None, id="only puts back"),
        pytest.param(one(UPDATE, prop("size", 5, 2)), one(UPDATE, prop("size", 1, 5)), "same", id="goes on to something new"),
        pytest.param(
            one(UPDATE, prop("size", 5, 1), prop("tier", "x", "y")),
            one(UPDATE, prop("size", 1, 5)),
            one(UPDATE, prop("tier", "x", "y")),
            id="puts back, and changes",
        ),
        pytest.param(one(CREATE, prop("size", None, 1)), one(DELETE), None, id="makes anew what was deleted by hand"),
        pytest.param(one(UPDATE, prop("tag", None, "x")), one(UPDATE, prop("tag", "x")), None, id="sets again what was taken away"),
        pytest.param(one(UPDATE, prop("tag", "y")), one(UPDATE, prop("tag", None, "y")), None, id="takes away what was added"),
        pytest.param(one(UPDATE, GROWS), one(Operation.READ, failed=True), "same", id="not readable: nothing is known"),
        pytest.param(one(DELETE), one(UPDATE, prop("size", 1, 5)), "same", id="deletes what has drifted"),
        pytest.param(one(UPDATE, GROWS), None, "same", id="has not drifted"),
        pytest.param(
            one(UPDATE, prop("pin", SECRET_BEFORE, SECRET_AFTER)),
            one(UPDATE, prop("pin", SECRET_BEFORE, SECRET_AFTER)),
            None,
            id="a secret that was changed by hand is put back",
        ),
    ],
)
def test_putting_drift_back_is_not_pending(planned: Change, drift: Change | None, left: Change | str | None) -> None:
    """A plan that looked at the live state holds the way back from drift; only what goes on beyond that is pending."""
    found = without_drift(plan(planned), plan(*([drift] if drift else []), purpose="drift"))
    expected = planned if left == "same" else left
    assert list(found.changes) == ([expected] if expected else [])
    assert found.unchanged == (0 if expected else 1)
