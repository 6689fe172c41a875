"""How the controller is asked and told: `View` reads and never waits for a run, `Desk` takes wishes and carries out none itself.

Implemented over a database by `transom.controller.state`, and in memory for tests of what stands on it. Names of environments,
applications, runs and deployments that are not there give NotThere; an act that is not possible now gives Conflict.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from transom.changes import ChangeSet
from transom.controller.model import Act, Application, Environment, Event, Node, Refused, Run, TenantUse
from transom.history.findings import Known
from transom.history.records import Deployment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a list; `after` continues it, and is empty at the end. `total` counts all of it."""

    items: tuple[T, ...]
    after: str = ""
    total: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications: every field narrows it down, empty ones do not. `text` is looked for in name, tenant and images.

    `sort` is `name`, `environment`, `tenant`, `sync`, `health` or `applied`, with `-` before it the other way round.
    `tenants` are those that the asker may see; None for all.
    """

    environment: str = ""
    tenant: str = ""
    sync: str = ""
    health: str = ""
    text: str = ""
    sort: str = "name"
    tenants: frozenset[str] | None = None


class View(ABC):
    """What there is to see."""

    @abstractmethod
    def environments(self) -> tuple[Environment, ...]:
        """All, in the order of promotion."""

    @abstractmethod
    def environment(self, name: str) -> Environment:
        """One of them."""

    @abstractmethod
    def applications(self, wanted: Wanted, limit: int = 100, after: str = "") -> Page[Application]:
        """Those that are asked for."""

    @abstractmethod
    def application(self, environment: str, name: str) -> Application:
        """One of them."""

    @abstractmethod
    def tree(self, environment: str, application: str = "") -> tuple[Node, ...]:
        """Documents, components and live objects of an application, or of everything: parents before their children."""

    @abstractmethod
    def tenants(self, environment: str) -> tuple[TenantUse, ...]:
        """The environment's tenants."""

    @abstractmethod
    def runs(self, environment: str = "", limit: int = 50, after: str = "") -> Page[Run]:
        """Passes, the newest first."""

    @abstractmethod
    def run(self, id_: str) -> Run:
        """One of them."""

    @abstractmethod
    def plan(self, run: str) -> tuple[ChangeSet, ...]:
        """What a run planned, or did where it came so far; empty before that."""

    @abstractmethod
    def drift(self, environment: str) -> tuple[Known, ...]:
        """Findings that are open or acknowledged."""

    @abstractmethod
    def deployments(self, environment: str, limit: int = 50, before: int | None = None) -> tuple[Deployment, ...]:
        """The history, the newest first."""

    @abstractmethod
    def deployment(self, environment: str, number: int) -> Deployment:
        """One of it."""

    @abstractmethod
    def refusals(self, environment: str = "") -> tuple[Refused, ...]:
        """Guards that wait for a decision."""

    @abstractmethod
    def events(self, after: int, limit: int = 100) -> tuple[Event, ...]:
        """What happened after event number `after`, the oldest first."""

    @abstractmethod
    def newest_event(self) -> int:
        """Number of the newest event; 0 where nothing happened yet."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: as told to the audit log."""

    who: str
    where_from: str = ""


class Desk(ABC):
    """Where wishes are left. Each gives at once; what comes of it is seen through `View`. Permissions are the caller's business."""

    @abstractmethod
    def sync(self, environment: str, by: Asker, applications: Sequence[str] = (), message: str = "") -> Run:
        """Fetch, and bring these applications (all that follow automatically when none is named) to what Git asks for."""

    @abstractmethod
    def look(self, environment: str, by: Asker) -> Run:
        """Compare live with what was applied last."""

    @abstractmethod
    def heal(self, environment: str, by: Asker, applications: Sequence[str] = (), message: str = "") -> Run:
        """Put live back to what was applied last, without new commits."""

    @abstractmethod
    def rollback(self, environment: str, by: Asker, to: int, applications: Sequence[str] = (), message: str = "") -> Run:
        """Go back to a deployment, and hold the environment there."""

    @abstractmethod
    def cancel(self, run: str, by: Asker) -> Run:
        """End a run that is queued or waits, or interrupt one that is under way at the next safe point."""

    @abstractmethod
    def allow(self, refusal: str, by: Asker, message: str) -> Run:
        """Let this once through what a guard refuses, for just the plan that it is about."""

    @abstractmethod
    def release(self, environment: str, by: Asker) -> Environment:
        """End the hold of a rollback."""

    @abstractmethod
    def pause(self, environment: str, by: Asker, application: str = "", until: datetime | None = None, message: str = "") -> None:
        """No run changes it until then."""

    @abstractmethod
    def resume(self, environment: str, by: Asker, application: str = "") -> None:
        """Take the hand away."""

    @abstractmethod
    def record(self, act: Act) -> None:
        """Write a line of the audit log; its `number` is given by the log."""

    @abstractmethod
    def acts(self, limit: int = 100, before: int | None = None) -> tuple[Act, ...]:
        """The audit log, the newest first."""
