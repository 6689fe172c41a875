"""The records of the history: frozen, serialisable, versioned."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from transom.changes import ChangeSet, Operation

FORMAT: Literal[1] = 1
"""Version of the serialised form; a reader refuses a newer one."""


class Act(StrEnum):
    """What a deployment was meant to do."""

    APPLY = "apply"
    HEAL = "heal"
    ROLLBACK = "rollback"
    DESTROY = "destroy"


class Result(StrEnum):
    """How a deployment ended."""

    RUNNING = "running"
    """It has not ended, or its process died and nothing was run since."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its process died before it could say so; a later run found that out."""


class Kept(BaseModel):
    """Base of the records of this module."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(Kept):
    """Who ran the command, and through what: `ada`, `GitHub Actions run 17`."""

    name: str
    via: str = ""
    host: str = ""
    pid: int = 0


class Revision(Kept):
    """A source as it was read.

    Attributes:
        source: its name in the environment.
        url: the repository, without credentials; empty for a directory on disk.
        revision: the commit's full hash, or what stands for a directory.
        committed: when the commit was made; None where there is no commit.
        subject: the commit's first line.
    """

    source: str
    url: str = ""
    revision: str = ""
    committed: AwareDatetime | None = None
    subject: str = ""


class StackResult(Kept):
    """How one stack of the environment fared."""

    stack: str
    succeeded: bool
    counts: dict[Operation, int] = Field(default_factory=dict)
    """Resources by what was done to them; what was left as it was is not counted."""
    error: str = ""
    duration: float = Field(default=0.0, ge=0)
    """Seconds."""


class Deployment(Kept):
    """One apply of one environment.

    Attributes:
        number: counts up in each environment from 1; what people call it by.
        digest: of everything that was asked for: alike where nothing differs.
        catalog: what the catalog itself is found by in the store.
        documents: digest of each document with its objects, by identity.
        changed: how many resources of each document were changed, by identity.
        to: of a rollback, the number of the deployment that it went back to.
        returned: of a rollback, the sources that the documents it took back were read from. One of some applications has everything else as
            `revisions` say.
    """

    format: Literal[1] = FORMAT
    number: int = Field(ge=1)
    environment: str
    act: Act
    result: Result
    started: AwareDatetime
    duration: float = Field(default=0.0, ge=0)
    actor: Actor
    revisions: tuple[Revision, ...] = ()
    digest: str
    catalog: str = ""
    documents: dict[str, str] = Field(default_factory=dict)
    stacks: tuple[StackResult, ...] = ()
    changed: dict[str, int] = Field(default_factory=dict)
    message: str = ""
    to: int | None = None
    returned: tuple[Revision, ...] = ()
    only: tuple[str, ...] = ()
    """Applications that it was limited to; empty for all."""
    cause: int | None = None
    """Of a rollback that an apply made by itself: the number of the deployment that failed."""
    recovered: tuple[str, ...] = ()
    """What it put in order of earlier runs that were killed: locks that it broke, operations that it resolved."""

    @property
    def counts(self) -> Mapping[Operation, int]:
        """Resources by what was done to them, over all stacks."""
        found: dict[Operation, int] = {}
        for stack in self.stacks:
            for operation, count in stack.counts.items():
                found[operation] = found.get(operation, 0) + count
        return found

    @property
    def ended(self) -> datetime:
        """When it ended, as far as is known."""
        from datetime import timedelta

        return self.started + timedelta(seconds=self.duration)


class Hold(Kept):
    """An environment that stays at a deployment: new commits are not applied until somebody releases it, or until it expires.

    Attributes:
        to: number of the deployment that it stays at.
        until: when it ends by itself; None for never.
    """

    format: Literal[1] = FORMAT
    environment: str
    to: int
    by: Actor
    since: AwareDatetime
    until: AwareDatetime | None = None
    message: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force."""
        return self.until is None or now < self.until


def stack_result(changes: ChangeSet) -> StackResult:
    """A change set's part of a record: counts, without a value of any property."""
    done = [change for change in changes.changes if not change.failed]
    counts = {operation: sum(change.operation is operation for change in done) for operation in Operation}
    counted = {operation: count for operation, count in counts.items() if count and operation not in (Operation.SAME, Operation.READ)}
    error = changes.error or next((message for change in changes.failures for message in change.messages), "")
    return StackResult(stack=changes.stack, succeeded=changes.succeeded, counts=counted, error=error, duration=changes.duration)
