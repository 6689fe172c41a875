"""The engine in memory: the same contract, without Pulumi, for tests and for trying things out.

A stack is declared as resources with inputs; the cloud is a mapping that a test may change by hand. Plans, applies and drift are computed
by the same functions that read the real engine's events, so a secret is masked and a property path is written the same way.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transom.changes import Change, ChangeSet, Operation, PropertyChange
from transom.engine import properties, urns, values
from transom.engine.events import Purpose
from transom.engine.seam import Engine, Listener, Move, Progress, Request, Step, Told, quiet
from transom.errors import EngineError, StackLocked, StackNotFound, TransomError

PROJECT = "memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A resource as a program declares it. A secret input is written `{values.SIGNATURE: values.SECRET, "value": …}`."""

    type: str
    name: str
    document: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    replace_on: frozenset[str] = frozenset()
    """Top-level inputs whose change replaces the resource."""
    protect: bool = False


@dataclass(slots=True)
class _Stack:
    state: dict[str, Declared] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    locked: bool = False


class MemoryEngine(Engine):
    """Drives stacks that live in this object.

    Attributes:
        declared: by stack, what its program declares: change it to change what is planned.
        cloud: by URN, the live inputs: change or delete one to make drift.
        refuse: by URN, the message with which the cloud refuses to touch the resource.
        unreadable: by URN, the message with which the cloud refuses to show the resource.
        says: by stack, the error that its program says instead of declaring anything.
        outputs_of: by stack, what its program exports.
    """

    def __init__(self) -> None:
        self.declared: dict[str, tuple[Declared, ...]] = {}
        self.cloud: dict[str, Mapping[str, Any]] = {}
        self.refuse: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.says: dict[str, TransomError] = {}
        self.outputs_of: dict[str, dict[str, Any]] = {}
        self._stacks: dict[str, _Stack] = {}
        self._guard = threading.Lock()

    def declare(self, stack: str, resources: Iterable[Declared]) -> None:
        """Let the stack's program declare these resources from now on."""
        self.declared[stack] = tuple(resources)

    def backend(self) -> str:
        """See Engine."""
        return "memory:"

    def lock(self, stack: str) -> None:
        """Let another run hold the stack until `cancel`."""
        self._stacks[stack].locked = True

    def plan(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine."""
        stack = self._get(request)
        before = self._refreshed(stack) if request.refresh else stack.state
        return self._result("plan", request, self._compare(request, before), len(before), listen)

    def apply(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine."""
        if request.create:
            self.create(request)
        stack = self._unlocked(request)
        if request.refresh:
            stack.state = self._refreshed(stack)
        wanted = self._wanted(request)
        changes = []
        for change in self._compare(request, stack.state):
            done = self._do(stack, change, wanted.get(change.urn))
            changes.append(done)
            if done.failed and not request.continue_on_error:
                break
        if not any(change.failed for change in changes):
            stack.outputs = dict(self.outputs_of.get(request.stack, {}))
        return self._result("apply", request, changes, len(stack.state), listen)

    def drift(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine."""
        stack = self._get(request)
        changes = [found for urn, declared in sorted(stack.state.items()) if (found := self._found(urn, declared)) is not None]
        return self._result("drift", request, changes, len(stack.state), listen)

    def destroy(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """See Engine."""
        stack = self._unlocked(request)
        changes = []
        for urn, declared in sorted(stack.state.items(), reverse=True):
            if declared.protect and request.exclude_protected:
                continue
            refusal = "it is protected" if declared.protect else ""
            change = _change(urn, declared, Operation.DELETE)
            changes.append(change.model_copy(update={"failed": True, "messages": (refusal,)}) if refusal else self._do(stack, change, None))
        return self._result("destroy", request, changes, len(stack.state), listen)

    def outputs(self, request: Request) -> dict[str, Any]:
        """See Engine."""
        cleaned: dict[str, Any] = values.clean(self._get(request).outputs, values.BLINDED)
        return cleaned

    def export(self, request: Request) -> dict[str, Any]:
        """See Engine."""
        resources = [
            {
                "urn": urn,
                "type": declared.type,
                "custom": True,
                "id": _identity(urn),
                "inputs": values.clean(dict(declared.inputs), values.BLINDED),
            }
            for urn, declared in self._get(request).state.items()
        ]
        return {"version": 3, "deployment": {"resources": resources}}

    def stacks(self, request: Request) -> frozenset[str]:  # noqa: ARG002 - the seam's signature
        """See Engine."""
        return frozenset(self._stacks)

    def exists(self, request: Request) -> bool:
        """See Engine."""
        return request.stack in self._stacks

    def create(self, request: Request) -> bool:
        """See Engine."""
        with self._guard:
            missing = request.stack not in self._stacks
            self._stacks.setdefault(request.stack, _Stack())
            return missing

    def remove(self, request: Request) -> None:
        """See Engine."""
        if self._unlocked(request).state:
            raise EngineError(f'stack "{request.stack}" still has resources', hint="destroy it first")
        del self._stacks[request.stack]

    def cancel(self, request: Request) -> None:
        """See Engine."""
        self._get(request).locked = False

    def recover(self, request: Request, told: Told | None = None, listen: Listener = quiet) -> tuple[str, ...]:  # noqa: ARG002 - the seam's signature
        """See Engine. Nothing here dies half-way."""
        self._unlocked(request)
        return ()

    def unfinished(self, request: Request) -> tuple[str, ...]:
        """See Engine."""
        self._get(request)
        return ()

    def move(self, move: Move) -> tuple[str, ...]:
        """See Engine."""
        source = self._stacks[move.source]
        missing = sorted(move.targets.keys() - source.state.keys())
        if missing:
            raise EngineError(f"not in the stack {move.source}: {', '.join(missing)}")
        moved = []
        for urn, target in move.targets.items():
            renamed = urns.renamed(urn, target)
            self._stacks.setdefault(target, _Stack()).state[renamed] = source.state.pop(urn)
            self.cloud[renamed] = self.cloud.pop(urn)
            moved.append(renamed)
        return tuple(moved)

    def interrupt(self) -> None:
        """See Engine. Nothing here takes long enough."""

    # -- how

    def _get(self, request: Request) -> _Stack:
        if request.stack not in self._stacks:
            raise StackNotFound(f'the backend has no stack "{request.stack}"')
        return self._stacks[request.stack]

    def _unlocked(self, request: Request) -> _Stack:
        stack = self._get(request)
        if stack.locked:
            raise StackLocked(f'stack "{request.stack}" is locked by another run')
        return stack

    def _wanted(self, request: Request) -> dict[str, Declared]:
        if request.stack in self.says:
            raise self.says[request.stack]
        wanted = {urn_of(request.stack, declared): declared for declared in self.declared.get(request.stack, ())}
        return {urn: declared for urn, declared in wanted.items() if not request.targets or urn in request.targets}

    def _compare(self, request: Request, state: Mapping[str, Declared]) -> list[Change]:
        """Deletions last, as the engine does them."""
        wanted = self._wanted(request)
        found = []
        for urn, declared in wanted.items():
            if urn not in state:
                sides = properties.Sides(type=declared.type, new_inputs=declared.inputs)
                found.append(_change(urn, declared, Operation.CREATE, properties.created(sides)))
                continue
            before = state[urn].inputs
            keys = {str(path[0]) for path, _ in values.diff(dict(before), dict(declared.inputs))}
            if keys:
                forced = tuple(sorted(keys & declared.replace_on))
                sides = properties.Sides(type=declared.type, old_inputs=before, new_inputs=declared.inputs, replace_keys=forced)
                found.append(_change(urn, declared, Operation.REPLACE if forced else Operation.UPDATE, properties.planned(sides)))
        gone = [] if request.targets else [_change(urn, state[urn], Operation.DELETE) for urn in state if urn not in wanted]
        return found + gone

    def _do(self, stack: _Stack, change: Change, wanted: Declared | None) -> Change:
        if message := self.refuse.get(change.urn):
            return change.model_copy(update={"failed": True, "messages": (message,)})
        if wanted is None:
            stack.state.pop(change.urn, None)
            self.cloud.pop(change.urn, None)
        else:
            stack.state[change.urn] = wanted
            self.cloud[change.urn] = dict(wanted.inputs)
        return change.model_copy(update={"properties": ()}) if change.operation is Operation.CREATE else change

    def _refreshed(self, stack: _Stack) -> dict[str, Declared]:
        return {urn: replace(declared, inputs=self.cloud[urn]) for urn, declared in stack.state.items() if urn in self.cloud}

    def _found(self, urn: str, declared: Declared) -> Change | None:
        if message := self.unreadable.get(urn):
            return _change(urn, declared, Operation.READ).model_copy(update={"failed": True, "messages": (message,)})
        if urn not in self.cloud:
            return _change(urn, declared, Operation.DELETE)
        changed = properties.between(declared.type, declared.inputs, self.cloud[urn])
        return _change(urn, declared, Operation.UPDATE, changed) if changed else None

    def _result(self, purpose: Purpose, request: Request, changes: list[Change], known: int, listen: Listener) -> ChangeSet:
        for change in changes:
            listen(
                Progress(
                    stack=request.stack,
                    step=Step.FAILED if change.failed else Step.FINISHED,
                    operation=change.operation,
                    urn=change.urn,
                    type=change.type,
                    name=change.name,
                    document=change.document,
                    message="\n".join(change.messages),
                )
            )
        touched = sum(change.operation not in (Operation.CREATE, Operation.DELETE) for change in changes)
        return ChangeSet(
            purpose=purpose,
            environment=request.environment,
            stack=request.stack,
            changes=tuple(sorted(changes, key=lambda change: (change.document, change.urn))),
            unchanged=max(
                0,
                known - touched - (sum(change.operation is Operation.DELETE for change in changes) if purpose in ("plan", "drift") else 0),
            ),
            succeeded=not any(change.failed for change in changes),
        )


def urn_of(stack: str, declared: Declared) -> str:
    """The URN of a declared resource in a stack of the memory engine."""
    kind, _, name = declared.document.partition("/")
    types = (f"transom:memory:{kind}", declared.type) if kind and name else (declared.type,)
    return str(urns.Urn(stack, PROJECT, types, declared.name))


def _identity(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def _change(urn: str, declared: Declared, operation: Operation, changed: tuple[PropertyChange, ...] = ()) -> Change:
    return Change(
        urn=urn,
        type=declared.type,
        name=declared.name,
        operation=operation,
        id="" if operation is Operation.CREATE else _identity(urn),
        document=declared.document,
        properties=changed,
        protected=declared.protect,
    )
