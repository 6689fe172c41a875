"""The seam: what anyone may ask of the engine, and what it tells while it works. The real one and the in-memory one stand beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from transom.changes import ChangeSet, Operation


@dataclass(frozen=True, slots=True)
class DeadRun:
    """A run that somebody has found dead: the engine's locks that were taken on that host since it began are nobody's."""

    host: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One operation on one stack.

    Attributes:
        stack: the stack's name, e.g. `dev` or `dev.shop`.
        environment: the environment it belongs to.
        refresh: read the live state first (plan, apply, destroy).
        targets: URNs to limit the run to; empty for all.
        parallel: resource operations at once; 0 leaves it to the engine.
        message: kept in the stack's history.
        timeout: seconds after which the run is asked to stop; 0 for never.
        lock_wait: seconds to wait for another run's lock; 0 fails at once.
        env: added to the environment of the engine and of the program.
        exclude_protected: destroy everything but what is protected.
        continue_on_error: carry on with what does not depend on a failed resource.
        policies: folders of policy packs that a plan and an apply are held to.
        dead: runs known to be dead; a lock that one of them has left is broken.
        create: make the stack first where it is missing (apply).
    """

    stack: str
    environment: str
    refresh: bool = False
    targets: tuple[str, ...] = ()
    parallel: int = 0
    message: str = ""
    timeout: float = 0.0
    lock_wait: float = 0.0
    env: Mapping[str, str] = field(default_factory=dict)
    exclude_protected: bool = False
    continue_on_error: bool = False
    policies: tuple[str, ...] = ()
    dead: tuple[DeadRun, ...] = ()
    create: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Resources that change stacks without the cloud noticing: from `source`, each URN to the stack named beside it."""

    environment: str
    source: str
    targets: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict)


class Step(StrEnum):
    """What a progress event tells."""

    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    MESSAGE = "message"
    """Something that the engine or the program said; the ChangeSet has it too."""
    WAITING = "waiting"
    """The run has not begun: another one holds the stack."""
    RECOVERED = "recovered"
    """The run has not begun: something that a dead one has left was put in order. The history keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Something happened just now. `seconds` counts from the start of the run."""

    stack: str
    step: Step
    operation: Operation = Operation.SAME
    urn: str = ""
    type: str = ""
    name: str = ""
    document: str = ""
    message: str = ""
    seconds: float = 0.0


Told = Mapping[str, str]
"""By URN of a create that a killed run has left: the id that a person has found in the cloud, empty where it is not there."""

Listener = Callable[[Progress], None]
"""Called from the engine's thread, one event at a time; must not block for long."""


def quiet(_progress: Progress) -> None:
    """The listener that does not listen."""


class Engine(ABC):
    """Drives stacks. Every method is safe to call from several threads for different stacks.

    A run that started returns a ChangeSet, failed, cancelled, timed out or not. What prevents a run is raised: StackLocked, StackNotFound,
    BadPassphrase, ToolMissing, InvalidDocuments and what else the program said, EngineError for the rest.
    """

    @abstractmethod
    def plan(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """What an apply would do. Changes nothing and takes no lock."""

    @abstractmethod
    def apply(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """Make it so; the changes that were made."""

    @abstractmethod
    def drift(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """Live against what was last applied.

        `before` is applied, `after` is live, a deletion is something that is gone. Changes nothing.
        """

    @abstractmethod
    def destroy(self, request: Request, listen: Listener = quiet) -> ChangeSet:
        """Delete everything in the stack; the deletions that were made."""

    @abstractmethod
    def outputs(self, request: Request) -> dict[str, Any]:
        """The stack's outputs, secrets as `[secret]`."""

    @abstractmethod
    def export(self, request: Request) -> dict[str, Any]:
        """The stack's deployment as the engine keeps it, secrets encrypted."""

    @abstractmethod
    def backend(self) -> str:
        """URL of the backend that keeps the states: `file://…`, `s3://…`, `postgres://…`, `https://…`."""

    @abstractmethod
    def stacks(self, request: Request) -> frozenset[str]:
        """Names of all stacks of the project: one question where `exists` would be many."""

    @abstractmethod
    def exists(self, request: Request) -> bool:
        """Whether the stack exists in the backend."""

    @abstractmethod
    def create(self, request: Request) -> bool:
        """Create the stack where it is missing; whether it was."""

    @abstractmethod
    def remove(self, request: Request) -> None:
        """Remove an empty stack from the backend. Refuses one that still has resources."""

    @abstractmethod
    def cancel(self, request: Request) -> None:
        """Break the stack's lock. Only for the lock of a run that is dead."""

    @abstractmethod
    def recover(self, request: Request, told: Told | None = None, listen: Listener = quiet) -> tuple[str, ...]:
        """Put in order what a killed run has left unfinished, by looking at what lives; what was found, one sentence each.

        `apply` and `destroy` do it before anything else. Waits for locks as they do.

        Raises:
            EngineError: whether something was made cannot be told, and `told` does not say it.
        """

    @abstractmethod
    def unfinished(self, request: Request) -> tuple[str, ...]:
        """URNs of what a killed run, or one at work, has begun and not ended."""

    @abstractmethod
    def move(self, move: Move) -> tuple[str, ...]:
        """Move resources between stacks without touching the cloud; the URNs they have now. All of them or none."""

    @abstractmethod
    def interrupt(self) -> None:
        """Ask every run in progress to stop after the operations at hand."""
