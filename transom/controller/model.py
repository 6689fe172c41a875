"""What the controller knows, as it tells it: frozen, serialisable, the same for the API, the pages and the command line.

Conditions are those of Kubernetes (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Seen(BaseModel):
    """Base of the records of this module."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Condition(Seen):
    """One thing that is or is not so.

    Types in use: `Ready` (the last run brought everything to what Git asks for and it is healthy), `Reconciling` (a run is under way or
    will be tried again), `Stalled` (nothing is tried before the document or the source changes), `Drifted`, `Held`, `Paused`, `Waiting`
    (a guard waits for a decision).
    """

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    """One CamelCase word."""
    message: str = ""
    last_transition_time: AwareDatetime
    observed_revision: str = ""
    """Commits that it speaks of, `source@hash` with commas between; empty where it is about none."""


class Pause(Seen):
    """A hand on an environment or an application: no run changes it before `until`, or before somebody takes the hand away."""

    by: str
    since: AwareDatetime
    until: AwareDatetime | None = None
    message: str = ""


class Hold(Seen):
    """An environment that stays at a deployment of the history after a rollback."""

    to: int
    by: str
    since: AwareDatetime
    until: AwareDatetime | None = None
    message: str = ""


class Node(Seen):
    """A document, a component of it or a live object, in the tree of an application or of an environment.

    `parent` is the `id` of the node above; the root has none. Sync and health are Argo CD's words.
    """

    id: str
    parent: str = ""
    kind: str
    group: str = ""
    namespace: str = ""
    name: str
    sync: str = "Unknown"
    health: str = "Unknown"
    message: str = ""
    """Why it is not Synced and Healthy."""
    location: str = ""
    """`path:line:column` of the document or manifest that a person wrote."""
    protected: bool = False


class Application(Seen):
    """One application in one environment."""

    environment: str
    name: str
    tenant: str = ""
    sync: str
    health: str
    message: str = ""
    automated: bool = True
    """Whether it follows Git without being asked by name."""
    prune: bool = True
    self_heal: bool = False
    window: str = ""
    """The sync window that keeps it back now, in words; empty for none."""
    images: tuple[str, ...] = ()
    revision: str = ""
    """Commits that were applied last, `source@hash` with commas between."""
    applied: AwareDatetime | None = None
    resources: int = 0
    drifted: int = 0
    """Open findings of drift."""
    paused: Pause | None = None
    conditions: tuple[Condition, ...] = ()


class Environment(Seen):
    """One environment."""

    name: str
    stacks: tuple[str, ...] = ()
    revision: str = ""
    """Commits that were applied last."""
    pending_revision: str = ""
    """Commits that were fetched last, where they are others."""
    applications: int = 0
    sync: dict[str, int] = Field(default_factory=dict)
    """Applications by word of sync."""
    health: dict[str, int] = Field(default_factory=dict)
    """Applications by word of health."""
    drifted: int = 0
    interval: float = 0.0
    """Seconds between two looks at the sources."""
    last_success: AwareDatetime | None = None
    next_try: AwareDatetime | None = None
    running: str = ""
    """Id of the run that is under way; empty for none."""
    hold: Hold | None = None
    paused: Pause | None = None
    conditions: tuple[Condition, ...] = ()


class Trigger(StrEnum):
    """Why a run began."""

    INTERVAL = "interval"
    WEBHOOK = "webhook"
    RETRY = "retry"
    PERSON = "person"
    DRIFT = "drift"
    """The time of a look at the live state."""
    START = "start"
    """The controller was started, or took over from one that died."""


class Purpose(StrEnum):
    """What a run is to do."""

    SYNC = "sync"
    DRIFT = "drift"
    HEAL = "heal"
    ROLLBACK = "rollback"


class RunState(StrEnum):
    """How far a run is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    """A guard refuses, and somebody may decide."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """Its process died; another run went on."""


class Step(Seen):
    """One step of a run: resolve, build, guard, plan, apply, health, record."""

    name: str
    begun: AwareDatetime
    ended: AwareDatetime | None = None
    message: str = ""


class Run(Seen):
    """One pass over an environment."""

    id: str
    """Sorts by time."""
    environment: str
    purpose: Purpose
    trigger: Trigger
    state: RunState
    by: str = ""
    """Who asked for it; empty where nobody did."""
    only: tuple[str, ...] = ()
    """Applications that it is limited to; empty for all."""
    revision: str = ""
    queued: AwareDatetime
    begun: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    attempt: int = 1
    steps: tuple[Step, ...] = ()
    deployment: int | None = None
    """Number in the history, where something was applied."""
    counts: dict[str, int] = Field(default_factory=dict)
    """Resources by operation."""
    message: str = ""


class Refused(Seen):
    """A guard that waits for a decision. `id` is stable as long as the plan that it is about is the same."""

    id: str
    environment: str
    rule: str
    document: str = ""
    location: str = ""
    message: str
    hint: str
    run: str
    since: AwareDatetime


class Event(Seen):
    """Something that happened, once. `number` counts up from 1 and never comes again."""

    number: int
    time: AwareDatetime
    type: str
    """`sync.succeeded`, `sync.failed`, `sync.stalled`, `health.degraded`, `health.recovered`, `drift.opened`, `drift.closed`,
    `guard.waiting`, `run.queued`, `run.step`, `run.progress`, `run.ended`."""
    environment: str = ""
    application: str = ""
    run: str = ""
    message: str = ""
    data: dict[str, Any] = Field(default_factory=dict)


class Act(Seen):
    """What somebody did through the API or the pages: the audit log's line."""

    number: int
    time: AwareDatetime
    who: str
    where_from: str
    """Address of the client."""
    act: str
    """`sync`, `heal`, `rollback`, `hold`, `release`, `pause`, `resume`, `allow`, `cancel`, `login`, `token.create`, …"""
    environment: str = ""
    application: str = ""
    result: Literal["done", "refused", "failed"] = "done"
    message: str = ""


class TenantUse(Seen):
    """A tenant in an environment: each quota (`cpu`, `memory`, …) with what is allowed, and what its documents ask for."""

    environment: str
    name: str
    owners: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    applications: int = 0
    quota: dict[str, str] = Field(default_factory=dict)
    used: dict[str, str] = Field(default_factory=dict)
