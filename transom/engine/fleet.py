"""Many stacks run as one: in dependency order, side by side, and a failure stops only what stands on it.

The stacks of a sharded environment are members; each names those whose outputs it reads. The same runner plans, applies, looks for drift
and, in the reverse order, destroys.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from transom.changes import ChangeSet
from transom.engine.seam import Listener, Progress, Request, quiet
from transom.errors import EngineError, TransomError
from transom.exitcodes import ExitCode

Operation = Callable[[Request, Listener], ChangeSet]
"""One of an engine's `plan`, `apply`, `drift`, `destroy`."""


@dataclass(frozen=True, slots=True)
class Member:
    """One stack's part: what is asked of it, and the members that must be done before."""

    request: Request
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one stack fared: a ChangeSet where it ran, an error where something prevented the run, a reason where it was not tried."""

    stack: str
    changes: ChangeSet | None = None
    error: TransomError | None = None
    skipped: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it ran and ended well."""
        return self.changes is not None and self.changes.succeeded


@dataclass(frozen=True, slots=True)
class Result:
    """All outcomes, in the order in which the stacks stand on each other."""

    outcomes: tuple[Outcome, ...]

    @property
    def succeeded(self) -> bool:
        """Whether every stack ran and ended well."""
        return all(outcome.succeeded for outcome in self.outcomes)

    @property
    def changesets(self) -> tuple[ChangeSet, ...]:
        """The change sets of the stacks that ran."""
        return tuple(outcome.changes for outcome in self.outcomes if outcome.changes is not None)

    @property
    def exit_code(self) -> ExitCode:
        """The code of the first error in order; FAILED where a run failed."""
        if self.succeeded:
            return ExitCode.DONE
        return next((outcome.error.exit_code for outcome in self.outcomes if outcome.error is not None), ExitCode.FAILED)


def run(
    operation: Operation, members: Mapping[str, Member], *, at_once: int = 2, reverse: bool = False, listen: Listener = quiet
) -> Result:
    """Run `operation` on every member.

    Args:
        operation: a bound method of an engine, or of something else that has its `interrupt`.
        members: by stack name.
        at_once: how many runs side by side, at least 1.
        reverse: dependents first, as destroying needs it; a failure then stops what the failed stack stands on.
        listen: gets the progress of all stacks, one event at a time.

    Raises:
        EngineError: a member needs one that is none, or they need each other in a circle. Nothing was run.
        KeyboardInterrupt: after every run in progress was asked to stop and has stopped; no other is started.
    """
    order, needs = _ordered(members, reverse=reverse)
    ears = _Serial(listen)
    outcomes: dict[str, Outcome] = {}
    running: dict[Future[Outcome], str] = {}
    pool = ThreadPoolExecutor(max_workers=max(1, at_once), thread_name_prefix="stack")
    try:
        waiting = list(order)
        while waiting or running:
            for stack in [stack for stack in waiting if needs[stack] <= outcomes.keys()]:
                failed = sorted(need for need in needs[stack] if not outcomes[need].succeeded)
                waiting.remove(stack)
                if failed:
                    outcomes[stack] = Outcome(stack, skipped=_why(failed, outcomes))
                else:
                    running[pool.submit(_one, operation, members[stack].request, ears)] = stack
            for done in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                outcomes[running.pop(done)] = done.result()
    except BaseException:
        interrupt = getattr(getattr(operation, "__self__", None), "interrupt", None)
        if callable(interrupt):
            interrupt()  # the engine's runs are in sessions of their own: Ctrl-C does not reach them
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return Result(tuple(outcomes[stack] for stack in order))


def _one(operation: Operation, request: Request, listen: Listener) -> Outcome:
    try:
        return Outcome(request.stack, changes=operation(request, listen))
    except TransomError as error:
        return Outcome(request.stack, error=error)


def _why(failed: list[str], outcomes: Mapping[str, Outcome]) -> str:
    """The reason as the root of it: stacks that were themselves not run are followed down to those that failed."""
    roots = sorted({stack for stack in failed if not outcomes[stack].skipped})
    if roots:
        return f"not run because {' and '.join(roots)} failed"
    return outcomes[failed[0]].skipped


def _ordered(members: Mapping[str, Member], *, reverse: bool) -> tuple[list[str], dict[str, set[str]]]:
    """Members so that each comes after those it waits for, and whom each waits for."""
    unknown = sorted({need for member in members.values() for need in member.needs} - members.keys())
    if unknown:
        raise EngineError(f"a stack needs {', '.join(unknown)}, which is not among those that run")
    needs: dict[str, set[str]] = {stack: set(member.needs) for stack, member in members.items()}
    if reverse:
        needs = {stack: {other for other, member in members.items() if stack in member.needs} for stack in members}
    sorter = TopologicalSorter({stack: sorted(needs[stack]) for stack in sorted(members)})
    try:
        return list(sorter.static_order()), needs
    except CycleError as error:
        raise EngineError(f"stacks need each other in a circle: {' -> '.join(error.args[1])}") from None


@dataclass(slots=True)
class _Serial:
    """A listener that lets one event through at a time, whatever threads they come from."""

    listen: Listener
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, progress: Progress) -> None:
        with self.lock:
            self.listen(progress)
