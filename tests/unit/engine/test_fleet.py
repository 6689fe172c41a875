"""Many stacks as one."""

from __future__ import annotations

import _thread
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transom.changes import ChangeSet
from transom.engine import Progress, Request, Step, fleet, quiet
from transom.engine.fleet import Member
from transom.engine.memory import Declared, MemoryEngine
from transom.errors import EngineError, StackLocked, StackNotFound
from transom.exitcodes import ExitCode


def request(stack: str) -> Request:
    """A request for a stack of dev."""
    return Request(stack=stack, environment="dev")


def members(graph: dict[str, tuple[str, ...]]) -> dict[str, Member]:
    """Members by name and needs."""
    return {stack: Member(request(stack), needs) for stack, needs in graph.items()}


def fine(request: Request, _listen) -> ChangeSet:
    """An operation that succeeds."""
    return ChangeSet(purpose="plan", environment=request.environment, stack=request.stack)


GRAPHS = st.lists(st.lists(st.integers(min_value=0, max_value=8), max_size=3), min_size=1, max_size=9).map(
    lambda rows: {f"s{number}": tuple(sorted({f"s{need}" for need in needs if need < number})) for number, needs in enumerate(rows)}
)


@given(GRAPHS, st.integers(min_value=1, max_value=4), st.booleans(), st.sets(st.integers(min_value=0, max_value=8)))
def test_order_and_failures(graph, at_once: int, reverse: bool, broken):  # noqa: FBT001 - drawn
    """In every graph: each stack starts after those it waits for, at most so many at once, failures stop exactly what stands on them."""
    lock = threading.Lock()
    running: set[str] = set()
    done: list[str] = []
    most = 0

    def operation(request: Request, _listen) -> ChangeSet:
        nonlocal most
        with lock:
            running.add(request.stack)
            most = max(most, len(running))
            waits_for = graph[request.stack] if not reverse else [other for other, needs in graph.items() if request.stack in needs]
            assert set(waits_for) <= set(done)
        with lock:
            running.discard(request.stack)
            done.append(request.stack)
        if int(request.stack[1:]) in broken:
            raise StackNotFound("gone")
        return fine(request, None)

    result = fleet.run(operation, members(graph), at_once=at_once, reverse=reverse)
    assert most <= at_once
    assert {outcome.stack for outcome in result.outcomes} == set(graph)
    stops: set[str] = {stack for stack in graph if int(stack[1:]) in broken}
    for outcome in result.outcomes:
        waits_for = graph[outcome.stack] if not reverse else [other for other, needs in graph.items() if outcome.stack in needs]
        skipped = bool(stops.intersection(waits_for))
        if skipped:
            stops.add(outcome.stack)
        assert bool(outcome.skipped) is skipped
        assert (outcome.error is not None) is (not skipped and int(outcome.stack[1:]) in broken)
        assert outcome.succeeded is (outcome.stack not in stops)


def test_side_by_side():
    """Two stacks that do not know each other run at the same time."""
    both = threading.Barrier(2, timeout=30)

    def operation(request: Request, listen) -> ChangeSet:
        both.wait()
        return fine(request, listen)

    assert fleet.run(operation, members({"a": (), "b": ()}), at_once=2).succeeded


def test_reason_names_the_root():
    """A stack that was not run says which failure is at the bottom of it."""

    def operation(request: Request, _listen) -> ChangeSet:
        return fine(request, None).model_copy(update={"succeeded": request.stack != "base"})

    result = fleet.run(operation, members({"base": (), "mid": ("base",), "top": ("mid",), "other": ()}))
    assert {outcome.stack: outcome.skipped for outcome in result.outcomes if outcome.skipped} == {
        "mid": "not run because base failed",
        "top": "not run because base failed",
    }
    assert [changeset.stack for changeset in result.changesets] == ["base", "other"]
    assert result.exit_code is ExitCode.FAILED


def test_exit_code_of_the_first_error():
    """A locked stack makes the whole end as locked; a success as done."""

    def operation(_request: Request, _listen) -> ChangeSet:
        raise StackLocked("held")

    assert fleet.run(operation, members({"a": ()})).exit_code is ExitCode.LOCKED
    assert fleet.run(fine, members({"a": ()})).exit_code is ExitCode.DONE


@pytest.mark.parametrize("graph, words", [({"a": ("b",)}, "needs b"), ({"a": ("b",), "b": ("a",)}, "in a circle")])
def test_refused(graph: dict[str, tuple[str, ...]], words: str):
    """A graph that cannot be run is refused before anything runs."""
    with pytest.raises(EngineError, match=words):
        fleet.run(fine, members(graph))


def test_a_defect_is_not_swallowed():
    """An error that is none of ours is raised, not told as an outcome."""

    def operation(_request: Request, _listen) -> ChangeSet:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fleet.run(operation, members({"a": ()}))


class Patient(MemoryEngine):
    """An engine whose runs end only when they are asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def apply(self, request: Request, _listen=quiet) -> ChangeSet:
        """Press Ctrl-C, then wait to be asked."""
        _thread.interrupt_main()
        assert self.asked.wait(30)
        return fine(request, quiet)

    def interrupt(self) -> None:
        """Ask."""
        self.asked.set()


def test_interrupted():
    """Ctrl-C asks every run to stop, waits for it, starts no other, and goes on as Ctrl-C."""
    engine = Patient()
    with pytest.raises(KeyboardInterrupt):
        fleet.run(engine.apply, members({"a": (), "b": ("a",)}))
    assert engine.asked.is_set()


def test_with_an_engine():
    """The whole on the engine in memory: apply, then destroy from the top; progress of all stacks comes one at a time."""
    engine = MemoryEngine()
    for stack in ("dev", "dev.shop"):
        engine.create(request(stack))
        engine.declare(stack, [Declared(type="t", name=stack)])
    heard: list[Progress] = []
    graph = members({"dev": (), "dev.shop": ("dev",)})
    assert fleet.run(engine.apply, graph, listen=heard.append).succeeded
    assert [(progress.stack, progress.step) for progress in heard] == [("dev", Step.FINISHED), ("dev.shop", Step.FINISHED)]
    assert [outcome.stack for outcome in fleet.run(engine.destroy, graph, reverse=True, listen=quiet).outcomes] == ["dev.shop", "dev"]
    assert engine.cloud == {}
