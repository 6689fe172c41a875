"""The engine's events, as they come, become one ChangeSet. No text of Pulumi's is read: operations, differences and failures are all typed.

What the events say of one resource is merged: the steps of a replacement are one, an import and the update after it are one, a
component and the stack are nothing, a step that started and never ended is a failure.
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from transom import redaction
from transom.changes import Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange, Sighting, Violation
from transom.engine import ownership, properties, urns, values
from transom.engine.properties import Detail, Sides
from transom.engine.seam import Listener, Progress, Step, quiet

if TYPE_CHECKING:
    from pulumi.automation import events as engine_events

Purpose = Literal["plan", "apply", "drift", "destroy"]
Key = tuple[str, bool]
"""A resource: its URN, and whether it is the old half of a replacement that an earlier run did not finish."""

REPLACEMENTS = frozenset({"replace", "create-replacement", "delete-replaced", "import-replacement"})
_OPERATIONS = {
    "create": Operation.CREATE,
    "update": Operation.UPDATE,
    "delete": Operation.DELETE,
    "import": Operation.IMPORT,
    "read": Operation.READ,
    "read-replacement": Operation.READ,
    "same": Operation.SAME,
} | dict.fromkeys(REPLACEMENTS, Operation.REPLACE)
"""Of the others, refresh is told apart by purpose, and discard and remove-pending-replace touch nothing but the state."""

_ECHO = re.compile(r"(?:update|preview|refresh|destroy) (?:failed|(?P<cancelled>cancell?ed))")
"""The engine's own last word on a run: says nothing that the other messages do not, but for who stopped it."""

_CALLED = ("identifier", "replicationGroupId", "bucket", "name", "arn")
"""Outputs that say what a cloud calls a resource, where its id does not."""

LEFT_OVER = "left over from a replacement that an earlier run did not finish"
INTERRUPTED = "the run ended before this operation did; whether it took effect is not known until the next refresh"


@dataclass(slots=True)
class _Resource:
    """What the events have told of one resource so far."""

    operation: Operation
    metadata: engine_events.StepEventMetadata
    failed: bool = False
    open: set[str] = field(default_factory=set)
    """Steps that started and have not ended."""


@dataclass(slots=True)
class Recorder:
    """Takes a run's events one by one (from any thread) and gives the ChangeSet at the end; tells `listen` what happens meanwhile.

    Args:
        purpose: of the ChangeSet.
        environment: name of the environment.
        stack: name of the stack.
        listen: gets progress, one event at a time.
    """

    purpose: Purpose
    environment: str
    stack: str
    listen: Listener = quiet
    parents: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Live inputs by URN, where a refresh read them."""
    sightings: dict[str, Sighting] = field(default_factory=dict)
    """What a refresh read of each resource, by URN; without documents, which are known at the end."""
    cancelled: bool = False
    """Whether the engine said that somebody stopped the run."""
    _resources: dict[Key, _Resource] = field(default_factory=dict)
    _messages: dict[str, list[str]] = field(default_factory=dict)
    _diagnostics: list[Diagnostic] = field(default_factory=list)
    _errors: list[str] = field(default_factory=list)
    _violations: dict[tuple[str, str, str, str], bool] = field(default_factory=dict)
    """Whether each is mandatory, by pack, policy, URN and words."""
    _began: float = field(default_factory=time.monotonic)
    _summary: engine_events.SummaryEvent | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def feed(self, event: engine_events.EngineEvent) -> None:
        """Take one event."""
        with self._lock:
            if event.resource_pre_event:
                self._step(event.resource_pre_event.metadata, Step.STARTED)
            if event.res_outputs_event:
                self._step(event.res_outputs_event.metadata, Step.FINISHED)
            if event.res_op_failed_event:
                self._step(event.res_op_failed_event.metadata, Step.FAILED)
            if event.diagnostic_event:
                self._diagnostic(event.diagnostic_event)
            if event.policy_event:
                self._policy(event.policy_event)
            if event.summary_event:
                self._summary = event.summary_event

    @property
    def started(self) -> bool:
        """Whether any resource was looked at: from then on a failure belongs into the ChangeSet."""
        return bool(self.parents) or self._summary is not None

    @property
    def complaints(self) -> tuple[str, ...]:
        """The error messages about the run as a whole: those of no resource, and those of providers."""
        about = (messages for urn, messages in self._messages.items() if urns.is_provider(urns.type_of(urn)))
        return (*self._errors, *(message for messages in about for message in messages))

    @property
    def errors(self) -> tuple[str, ...]:
        """The error messages that belong to no resource, as the program or the engine wrote them, redacted."""
        return tuple(self._errors)

    def changeset(self, *, succeeded: bool, error: str = "") -> ChangeSet:
        """What all events together say.

        Args:
            succeeded: whether the engine ended well.
            error: why not, as the command told it; kept only where nothing else says why.
        """
        changes = tuple(sorted(self._changes(), key=lambda change: (change.document, change.urn)))
        carried = {change.urn for change in changes}
        told = tuple(
            Diagnostic(severity="error", message=message, urn=urn, document=urns.document(urn, self.parents))
            for urn, messages in sorted(self._messages.items())
            if urn not in carried
            for message in messages
        )
        own = "\n".join(self._errors)
        violations = tuple(self._told_violations())
        if self.purpose == "plan" and not own and any(one.mandatory for one in violations):
            said = {f"policy {one.pack}/{one.policy}: {one.message}" for one in violations}
            wrong = [message for change in changes if change.failed for message in change.messages or ("",)]
            # A plan that only policies object to is whole: what they refuse is refused by a guard, which can be told to let it through.
            succeeded = succeeded or {*wrong, *(one.message for one in told)} <= said
        blamed = any(change.failed for change in changes) or bool(told)
        return ChangeSet(
            purpose=self.purpose,
            environment=self.environment,
            stack=self.stack,
            changes=changes,
            diagnostics=tuple(dict.fromkeys((*told, *self._diagnostics))),
            violations=violations,
            sightings=tuple(
                sighting.model_copy(update={"document": urns.document(urn, self.parents)})
                for urn, sighting in sorted(self.sightings.items())
            ),
            unchanged=self._unchanged(carried),
            succeeded=succeeded,
            error="" if succeeded else own or ("" if blamed else redaction.redact(error)),
            duration=float(self._summary.duration_seconds) if self._summary else time.monotonic() - self._began,
        )

    def _told_violations(self) -> Iterable[Violation]:
        for (pack, policy, urn, message), mandatory in self._violations.items():
            about = "" if _is_stack_urn(urn) else urn
            document = urns.document(about, self.parents)
            yield Violation(pack=pack, policy=policy, message=message, mandatory=mandatory, urn=about, document=document)

    # -- taking events in

    def _step(self, metadata: engine_events.StepEventMetadata, step: Step) -> None:
        state = metadata.new or metadata.old
        if state is not None:
            self.parents[metadata.urn] = state.parent
        if urns.is_bookkeeping(metadata.type) or state is None or not state.custom:
            return
        operation = self._operation(metadata, step)
        if operation is None:
            return
        old = metadata.old
        key = (metadata.urn, bool(old is not None and old.delete and operation is Operation.DELETE))
        known = self._resources.get(key)
        if known is None or known.operation in (Operation.SAME, Operation.READ) or operation is not Operation.SAME:
            if known is not None and known.operation is Operation.IMPORT and operation is Operation.UPDATE:
                operation = Operation.IMPORT  # the engine imports what lives and updates it where it differs: one import with a difference
            told = metadata if known is None or _richer(metadata, known.metadata) else known.metadata
            known = self._resources[key] = _Resource(operation, told, known.failed if known else False, known.open if known else set())
        known.failed = known.failed or step is Step.FAILED
        if step is Step.STARTED:
            known.open.add(metadata.op.value)
        else:
            known.open.discard(metadata.op.value if self.purpose != "drift" else "refresh")
        if operation is not Operation.SAME and not urns.is_provider(metadata.type):
            self._tell(step, operation, metadata.urn)

    def _operation(self, metadata: engine_events.StepEventMetadata, step: Step) -> Operation | None:
        """The operation that a step means for this purpose; None where it means nothing yet or nothing at all."""
        op = str(metadata.op.value)
        if self.purpose == "drift":
            if metadata.new is not None and metadata.new.inputs is not None and step is Step.FINISHED:
                self.inputs[metadata.urn] = metadata.new.inputs
            if step is Step.FINISHED:
                self._see(metadata)
            return _found(metadata, op, step)
        if op == "refresh":
            return Operation.READ if step is Step.FAILED else None
        if op == "delete" and metadata.old is not None and metadata.old.retain_on_delete:
            return Operation.FORGET
        return _OPERATIONS.get(op)

    def _see(self, metadata: engine_events.StepEventMetadata) -> None:
        parsed, state = urns.parse(metadata.urn), metadata.new or metadata.old
        if parsed is None or state is None or urns.is_provider(metadata.type):
            return
        declared = (metadata.old and metadata.old.inputs) or state.inputs or {}
        outputs = state.outputs or {}
        self.sightings[metadata.urn] = Sighting(
            urn=metadata.urn,
            type=metadata.type,
            name=parsed.name,
            id=state.id or "",
            called=tuple(dict.fromkeys(str(outputs[key]) for key in _CALLED if isinstance(outputs.get(key), str))),
            holds=ownership.holds(metadata.type, declared, outputs) if metadata.new is not None else (),
        )

    def _diagnostic(self, event: engine_events.DiagnosticEvent) -> None:
        if event.ephemeral or event.severity not in ("error", "warning", "info", "info#err"):
            return
        message = redaction.redact(event.message.strip())
        echo = _ECHO.fullmatch(message)
        self.cancelled = self.cancelled or (echo is not None and echo["cancelled"] is not None)
        if not message or echo or (event.severity == "warning" and message.startswith("using pulumi-")):
            return
        if event.severity == "error":
            message = message.removeprefix("Preview failed: ").removeprefix("an unhandled error occurred: ")
            into = self._messages.setdefault(event.urn, []) if event.urn and not _is_stack_urn(event.urn) else self._errors
            if message not in into:
                into.append(message)
        else:
            severity: Literal["warning", "info"] = "warning" if event.severity == "warning" else "info"
            urn = event.urn or ""
            self._diagnostics.append(Diagnostic(severity=severity, message=message, urn=urn, document=urns.document(urn, self.parents)))
        self._tell(Step.MESSAGE, Operation.SAME, event.urn or "", message)

    def _policy(self, event: engine_events.PolicyEvent) -> None:
        words = redaction.redact(event.message.strip())
        message = f"policy {event.policy_pack_name}/{event.policy_name}: {words}"
        mandatory = event.enforcement_level == "mandatory"
        self._violations[event.policy_pack_name, event.policy_name, event.resource_urn or "", words] = mandatory
        if event.enforcement_level == "mandatory" and event.resource_urn:
            self._messages.setdefault(event.resource_urn, []).append(message)
            return
        severity: Literal["error", "warning"] = "error" if event.enforcement_level == "mandatory" else "warning"
        urn = event.resource_urn or ""
        self._diagnostics.append(Diagnostic(severity=severity, message=message, urn=urn, document=urns.document(urn, self.parents)))

    def _tell(self, step: Step, operation: Operation, urn: str, message: str = "") -> None:
        parsed = urns.parse(urn)
        self.listen(
            Progress(
                stack=self.stack,
                step=step,
                operation=operation,
                urn=urn,
                type=parsed.type if parsed else "",
                name=parsed.name if parsed else "",
                document=urns.document(urn, self.parents),
                message=message or ("\n".join(self._messages.get(urn, ())) if step is Step.FAILED else ""),
                seconds=time.monotonic() - self._began,
            )
        )

    # -- giving the result

    def _changes(self) -> Iterable[Change]:
        for (urn, left_over), resource in self._resources.items():
            messages = tuple(self._messages.get(urn, ()))
            unfinished = (
                self.purpose in ("apply", "destroy")
                and bool(resource.open)
                and not resource.failed
                and resource.operation is not Operation.SAME
            )
            failed = resource.failed or unfinished
            if self.purpose == "drift" and messages and resource.operation is Operation.SAME and resource.open:
                resource.operation, failed = Operation.READ, True  # a read that failed in a preview is told by its message alone
            if (resource.operation in (Operation.SAME, Operation.READ) and not failed) or (
                urns.is_provider(resource.metadata.type) and resource.operation is not Operation.REPLACE and not failed
            ):
                continue
            if self.purpose == "plan" and messages:
                failed = True
            extra = ((LEFT_OVER,) if left_over else ()) + ((INTERRUPTED,) if unfinished else ())
            yield self._change(urn, resource, (*messages, *extra), failed=failed)

    def _change(self, urn: str, resource: _Resource, messages: tuple[str, ...], *, failed: bool) -> Change:
        metadata = resource.metadata
        parsed = urns.parse(urn)
        order = (metadata.new, metadata.old) if self.purpose == "apply" else (metadata.old, metadata.new)
        states = [state for state in order if state is not None]
        return Change(
            urn=urn,
            type=metadata.type,
            name=parsed.name if parsed else urn,
            operation=resource.operation,
            id=next((state.id for state in states if state.id and state.id not in values.UNKNOWNS), ""),
            document=urns.document(urn, self.parents),
            properties=self._properties(resource),
            failed=failed,
            messages=messages,
            protected=any(bool(state.protect) for state in states),
        )

    def _properties(self, resource: _Resource) -> tuple[PropertyChange, ...]:
        if self.purpose == "plan" and resource.operation is Operation.CREATE:
            return properties.created(sides_of(resource.metadata))
        if (
            resource.operation not in (Operation.UPDATE, Operation.REPLACE, Operation.IMPORT)
            or resource.metadata.old is None
            or resource.metadata.new is None
        ):
            return ()
        sides = sides_of(resource.metadata)
        return properties.drifted(sides) if self.purpose == "drift" else properties.planned(sides)

    def _unchanged(self, changed: set[str]) -> int:
        return sum(
            urn not in changed and not urns.is_provider(resource.metadata.type) and resource.operation in (Operation.SAME, Operation.READ)
            for (urn, _), resource in self._resources.items()
        )


def sides_of(metadata: engine_events.StepEventMetadata) -> Sides:
    """A step's property trees and what the plugin says of them."""
    old, new = metadata.old, metadata.new
    return Sides(
        type=metadata.type,
        old_inputs=(old and old.inputs) or {},
        old_outputs=(old and old.outputs) or {},
        new_inputs=(new and new.inputs) or {},
        new_outputs=(new and new.outputs) or {},
        details={path: _detail(diff) for path, diff in (metadata.detailed_diff or {}).items()},
        keys=tuple(metadata.diffs or ()),
        replace_keys=tuple(metadata.keys or ()),
    )


def _detail(diff: engine_events.PropertyDiff) -> Detail:
    kind, _, replaces = str(diff.diff_kind.value).partition("-")
    return Detail(DiffKind(kind), replaces=bool(replaces), inputs_only=bool(diff.input_diff))


def _found(metadata: engine_events.StepEventMetadata, op: str, step: Step) -> Operation:
    """What a step of a refresh found. The engine opens each with `refresh` and closes it with what it amounts to."""
    if step is Step.FAILED:
        return Operation.READ
    if step is Step.STARTED or op in ("same", "read"):
        return Operation.SAME
    if metadata.new is None or op == "delete":
        return Operation.DELETE
    if op == "update" or metadata.diffs or metadata.detailed_diff:
        return Operation.UPDATE
    return Operation.SAME


def _richer(new: engine_events.StepEventMetadata, known: engine_events.StepEventMetadata) -> bool:
    """Whether `new` tells more than what is known: a replacement's delete step has no new state and no difference."""
    return new.new is not None or known.new is None


def _is_stack_urn(urn: str) -> bool:
    return urns.is_stack(urns.type_of(urn))
