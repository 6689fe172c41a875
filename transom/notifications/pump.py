"""Events go in at one end, messages to places come out at the other; what is kept between survives a restart."""

from __future__ import annotations

import hashlib
import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from transom.controller.model import Event
from transom.controller.seam import View
from transom.errors import NotificationUndelivered, TemporaryError, TransomError
from transom.notifications import messages, quiet
from transom.notifications.places import Parcel, Place
from transom.notifications.records import Delivery, DeliveryState, Records, Told
from transom.redaction import redact
from transom.specs.environment import EnvironmentSpec
from transom.specs.notifications import PlaceSpec

_log = logging.getLogger(__name__)
TRIES = 12
"""How often a delivery is tried: over some six hours."""
_FIRST, _LONGEST = 5.0, 3600.0
"""Seconds of the first and of the longest pause between attempts."""
_AT_ONCE = 4
_BATCH = 200


def pause(attempts: int, chance: float) -> float:
    """Seconds until the next attempt: twice as long each time, up to an hour, and up to a quarter less by `chance` (0 to 1)."""
    longest: float = min(_LONGEST, _FIRST * 2 ** min(attempts - 1, 20))
    return longest * (1 - chance / 4)


@dataclass(frozen=True, slots=True)
class Pump:
    """One of it runs at a time.

    Attributes:
        view: where events come from.
        environments: gives what is declared now, by name.
        records: what was told, and what is to be told.
        places: by kind of notification.
        server: address of the pages for links; empty where there are none.
        clock: aware.
        chance: 0 to 1, for the length of pauses.
    """

    view: View
    environments: Callable[[], Mapping[str, EnvironmentSpec]]
    records: Records
    places: Mapping[str, Place]
    server: str = ""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: Callable[[], float] = field(default=random.random)

    def run(self, stop: threading.Event, interval: float = 2.0) -> None:
        """Until `stop` is set; trouble with the records or the view is logged and tried again."""
        while not stop.is_set():
            try:
                more = self.step()
            except TransomError as error:
                _log.warning("notifications wait: %s", error)
                more = False
            if not more:
                stop.wait(interval)

    def step(self) -> bool:
        """Look at what happened since, and make what deliveries are due; whether there is more to do at once."""
        declared = self.environments()
        more = self._take(declared)
        due = self.records.due(self.clock(), _BATCH)
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            for settled in pool.map(lambda one: self._attempt(one, declared), due):
                self.records.settle(settled)
        return more

    def _take(self, declared: Mapping[str, EnvironmentSpec]) -> bool:
        events = self.view.events(self.records.position(), _BATCH)
        for event in events:
            told: list[Told] = []
            deliveries: list[Delivery] = []
            for place in _wanting(event, declared.get(event.environment)):
                subject = str(quiet.subject(event))
                if quiet.changes(event, self.records.last(event.environment, place.name, subject)):
                    told.append(Told(event.environment, place.name, subject, quiet.state(event)))
                    deliveries.append(_delivery(event, place, subject))
            self.records.take(event.number, told, deliveries)
        return len(events) == _BATCH

    def _attempt(self, delivery: Delivery, declared: Mapping[str, EnvironmentSpec]) -> Delivery:
        now = self.clock()
        environment = declared.get(delivery.environment)
        spec = next((one for one in environment.notifications if one.name == delivery.place), None) if environment else None
        if environment is None or spec is None:
            return replace(delivery, state=DeliveryState.FAILED, next_try=None, ended=now, message="the place is declared no more")
        tried = replace(delivery, attempts=delivery.attempts + 1)
        message = messages.written(delivery.event, spec, self.server)
        try:
            said = self.places[spec.kind].send(Parcel(delivery.id, message, delivery.event, spec, environment))
        except TemporaryError as error:
            wait = max(pause(tried.attempts, self.chance()), error.after if isinstance(error, NotificationUndelivered) else 0.0)
            if tried.attempts < TRIES:
                return replace(tried, next_try=now + timedelta(seconds=wait), message=redact(str(error)))
            return self._given_up(tried, error, now)
        except TransomError as error:
            return self._given_up(tried, error, now)
        except Exception as error:  # noqa: BLE001 - a defect with one message must not silence all that come after it
            _log.exception("notification %s of %s", tried.place, tried.environment)
            return self._given_up(tried, error, now)
        return replace(tried, state=DeliveryState.DELIVERED, next_try=None, ended=now, message=redact(said)[:500])

    def _given_up(self, tried: Delivery, error: Exception, now: datetime) -> Delivery:
        told = redact(str(error) if isinstance(error, TransomError) else f"a defect: {type(error).__name__}: {error}")
        _log.warning("notification %s of %s was given up: %s", tried.place, tried.environment, told)
        return replace(tried, state=DeliveryState.FAILED, next_try=None, ended=now, message=told)


def _wanting(event: Event, environment: EnvironmentSpec | None) -> Iterator[PlaceSpec]:
    """The places that asked for an event."""
    if environment is None or not messages.told(event):
        return
    for place in environment.notifications:
        if event.type in place.events and (not place.applications or event.application in place.applications):
            yield place


def _delivery(event: Event, place: PlaceSpec, subject: str) -> Delivery:
    id_ = hashlib.sha256(f"{event.number}/{event.environment}/{place.name}/{event.time.isoformat()}".encode()).hexdigest()[:32]
    return Delivery(f"msg_{id_}", event.environment, place.name, subject, event, next_try=event.time)
