"""What was told, what is still to be told, and how far events were looked at: the seam to wherever that is kept, and one in memory."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from transom.controller.model import Event


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    """To be sent, at once or at `next_try`."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up."""
    SUPERSEDED = "superseded"
    """Not sent: something newer of the same subject is to be told instead."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one place.

    Attributes:
        id: stable over all attempts, so that a place can tell a repetition.
        place: name of the notification in the environment's document.
        subject: what it is about, see `quiet.Subject`.
        event: what happened.
        attempts: how often it was tried.
        next_try: when it is tried next; None once it is not pending.
        ended: when it was delivered or given up.
        message: what the place said, or why it was given up; no secret.
    """

    id: str
    environment: str
    place: str
    subject: str
    event: Event
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_try: datetime | None = None
    ended: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """That a place is told a state of a subject from now on."""

    environment: str
    place: str
    subject: str
    state: str


class Records(ABC):
    """Kept beside the controller's state. One pump at a time writes; pages read."""

    @abstractmethod
    def position(self) -> int:
        """Number of the last event that was looked at; 0 at first."""

    @abstractmethod
    def last(self, environment: str, place: str, subject: str) -> str:
        """The state that was told last; empty where nothing was."""

    @abstractmethod
    def take(self, number: int, told: Sequence[Told], deliveries: Sequence[Delivery]) -> None:
        """At once or not at all: events up to `number` are looked at, these states are told, these deliveries are to be made.

        A delivery that is pending for the same place and subject is superseded.
        """

    @abstractmethod
    def due(self, now: datetime, limit: int = 100) -> tuple[Delivery, ...]:
        """Pending deliveries whose time has come, the oldest event first."""

    @abstractmethod
    def next_due(self) -> datetime | None:
        """When the next pending delivery is due; None where none is pending."""

    @abstractmethod
    def settle(self, delivery: Delivery) -> None:
        """Keep what became of an attempt; nothing changes where it was superseded meanwhile and still is to be sent again."""

    @abstractmethod
    def deliveries(self, environment: str = "", limit: int = 100) -> tuple[Delivery, ...]:
        """The newest first, for people."""


@dataclass(slots=True)
class MemoryRecords(Records):
    """Kept in this process, at most `most` ended deliveries."""

    most: int = 1000
    _position: int = 0
    _told: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _deliveries: dict[str, Delivery] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def position(self) -> int:
        """As the base says."""
        return self._position

    def last(self, environment: str, place: str, subject: str) -> str:
        """As the base says."""
        return self._told.get((environment, place, subject), "")

    def take(self, number: int, told: Sequence[Told], deliveries: Sequence[Delivery]) -> None:
        """As the base says."""
        with self._lock:
            self._position = max(number, self._position)
            self._told |= {(one.environment, one.place, one.subject): one.state for one in told}
            for new in deliveries:
                for old in self._pending():
                    if (old.environment, old.place, old.subject) == (new.environment, new.place, new.subject):
                        self._deliveries[old.id] = replace(old, state=DeliveryState.SUPERSEDED, next_try=None)
                self._deliveries[new.id] = new
            ended = [one.id for one in self._deliveries.values() if one.state is not DeliveryState.PENDING]
            for id_ in ended[: max(0, len(ended) - self.most)]:
                del self._deliveries[id_]

    def due(self, now: datetime, limit: int = 100) -> tuple[Delivery, ...]:
        """As the base says."""
        with self._lock:
            found = [one for one in self._pending() if one.next_try is None or one.next_try <= now]
        return tuple(sorted(found, key=lambda one: one.event.number)[:limit])

    def next_due(self) -> datetime | None:
        """As the base says."""
        with self._lock:
            return min((one.next_try or one.event.time for one in self._pending()), default=None)

    def settle(self, delivery: Delivery) -> None:
        """As the base says."""
        with self._lock:
            there: Mapping[str, Delivery] = self._deliveries
            known = there.get(delivery.id)
            if known and known.state is DeliveryState.SUPERSEDED and delivery.state is DeliveryState.PENDING:
                return
            self._deliveries[delivery.id] = delivery

    def deliveries(self, environment: str = "", limit: int = 100) -> tuple[Delivery, ...]:
        """As the base says."""
        with self._lock:
            found = [one for one in self._deliveries.values() if environment in ("", one.environment)]
        return tuple(sorted(found, key=lambda one: (one.event.number, one.place), reverse=True)[:limit])

    def _pending(self) -> list[Delivery]:
        return [one for one in self._deliveries.values() if one.state is DeliveryState.PENDING]
