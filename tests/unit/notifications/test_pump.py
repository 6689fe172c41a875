"""From events to deliveries: quiet unless a state changes, tried again with pauses, visible, nothing told twice after a restart."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from happening import COMMIT, NOW, Events, environment, event

from transom.errors import NotificationRefused, NotificationUndelivered
from transom.notifications import messages, quiet
from transom.notifications.places import MemoryPlace
from transom.notifications.pump import TRIES, Pump, pause
from transom.notifications.records import DeliveryState, MemoryRecords
from transom.specs.environment import EnvironmentSpec

CHAT = {"name": "chat", "slack": {"url": {"env": "SLACK_WEBHOOK"}}}
OTHER = {"revision": "platform@" + "1" * 40}

QUIET = (
    ("", "sync.failed", {}, True, "the first failure"),
    (f"sync.failed platform@{COMMIT}", "sync.failed", {}, False, "the same commit fails again"),
    (f"sync.failed platform@{COMMIT}", "sync.failed", {"data": OTHER}, True, "another commit fails"),
    (f"sync.failed platform@{COMMIT}", "sync.stalled", {}, True, "it is given up"),
    (f"sync.failed platform@{COMMIT}", "sync.succeeded", {}, True, "it works again"),
    (f"sync.succeeded platform@{COMMIT}", "sync.succeeded", {}, False, "nothing new was brought"),
    (f"sync.succeeded platform@{COMMIT}", "sync.succeeded", {"data": OTHER}, True, "a new commit was brought"),
    ("", "health.recovered", {}, False, "healthy, and nobody was told otherwise"),
    ("health.degraded", "health.recovered", {}, True, "healthy again"),
    ("health.recovered", "health.recovered", {}, False, "still healthy"),
    ("health.degraded", "health.degraded", {}, False, "still degraded"),
    ("", "drift.closed", {}, False, "no drift, and nobody was told of any"),
    ("drift.opened", "drift.opened", {"message": "another wording"}, False, "the same drift in other words"),
    ("drift.closed", "drift.opened", {}, True, "it drifted anew"),
    ("guard.waiting", "guard.waiting", {}, False, "it waits still"),
)


@pytest.mark.parametrize("last, type_, more, wanted, why", QUIET, ids=[case[4] for case in QUIET])
def test_only_a_change_is_worth_a_word(last: str, type_: str, more: dict[str, Any], wanted: bool, why: str) -> None:  # noqa: FBT001 - a case
    """An event is told when it changes what was told last of the same thing."""
    assert quiet.changes(event(type_, **more), last) is wanted, why


def test_what_is_told_apart() -> None:
    """Another application, another environment and another finding are other subjects; another message is not."""
    subjects = {
        quiet.subject(event("drift.opened", **more))
        for more in ({}, {"application": "ledger"}, {"environment": "staging"}, {"data": {"key": "7"}}, {"message": "other"})
    }
    assert len(subjects) == 4


class Clock:
    """A clock that is set."""

    now = NOW

    def __call__(self) -> datetime:
        """Now."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


@pytest.fixture(name="events")
def _events() -> Events:
    return Events()


@pytest.fixture(name="place")
def _place() -> MemoryPlace:
    return MemoryPlace()


@pytest.fixture(name="clock")
def _clock() -> Clock:
    clock = Clock()
    clock.forward(600)
    return clock


def pump(
    events: Events,
    place: MemoryPlace,
    clock: Clock,
    declared: Mapping[str, EnvironmentSpec] | None = None,
    records: MemoryRecords | None = None,
) -> Pump:
    """A pump with one place for everything."""
    found = declared if declared is not None else {"dev": environment(CHAT)}
    return Pump(
        events.view(),
        lambda: found,
        records or MemoryRecords(),
        {"slack": place, "webhook": place},
        "https://transom.example.com",
        clock,
        lambda: 0.0,
    )


def types(place: MemoryPlace) -> list[str]:
    """What a place was sent."""
    return [parcel.event.type for parcel in place.sent]


def test_a_story_is_told_in_few_words(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """Five failures of one commit, a degradation that is seen three times and its end: four messages; runs' own steps none."""
    one = pump(events, place, clock)
    for happened in ["sync.failed", "run.step"] * 5 + ["health.degraded"] * 3 + ["sync.succeeded", "health.recovered", "health.recovered"]:
        events.add(happened)
        one.step()
    assert types(place) == ["sync.failed", "health.degraded", "sync.succeeded", "health.recovered"]


def test_a_restart_tells_nothing_twice(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """What was looked at and told is kept in the records."""
    records = MemoryRecords()
    events.add("sync.failed", "drift.opened")
    pump(events, place, clock, records=records).step()
    events.add("sync.failed", "drift.closed")
    pump(events, place, clock, records=records).step()
    assert types(place) == ["sync.failed", "drift.opened", "drift.closed"]


def test_places_choose(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """A place is told of the events and applications that it asked for, and each place for itself."""
    declared = {
        "dev": environment(
            {**CHAT, "events": ["sync.failed"]}, {**CHAT, "name": "ledger", "applications": ["ledger"]}, {**CHAT, "name": "all"}
        )
    }
    events.add("sync.failed", "drift.opened")
    events.add("sync.failed", environment="staging")
    pump(events, place, clock, declared).step()
    assert sorted((parcel.spec.name, parcel.event.type) for parcel in place.sent) == [
        ("all", "drift.opened"),
        ("all", "sync.failed"),
        ("chat", "sync.failed"),
    ]


def test_a_place_that_is_away_is_tried_again(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """Not before its pause is over, which grows; what it was told in the end has the id of the first attempt."""
    place.failures = [NotificationUndelivered("away"), NotificationUndelivered("away", after=100.0)]
    one = pump(events, place, clock)
    events.add("sync.failed")
    one.step()
    (waiting,) = one.records.deliveries()
    assert (waiting.state, waiting.attempts, waiting.message) == (DeliveryState.PENDING, 1, "away")
    one.step()
    assert len(place.failures) == 1
    clock.forward(5.0)
    one.step()
    clock.forward(99.0)
    one.step()
    assert place.sent == []
    clock.forward(1.0)
    one.step()
    (told,) = one.records.deliveries()
    assert (told.state, told.attempts, told.id) == (DeliveryState.DELIVERED, 3, waiting.id)
    assert [parcel.id for parcel in place.sent] == [waiting.id]


def test_a_place_that_refuses_is_given_up_and_seen(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """What a place does not take is not sent again; the list of deliveries says why, without secrets."""
    place.failures = [NotificationRefused("no such channel, token=hunter2hunter2")]
    one = pump(events, place, clock)
    events.add("sync.failed")
    one.step()
    clock.forward(10_000)
    one.step()
    (failed,) = one.records.deliveries()
    assert (failed.state, failed.attempts) == (DeliveryState.FAILED, 1)
    assert "no such channel" in failed.message
    assert "hunter2" not in failed.message


def test_a_place_that_stays_away_is_given_up(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """After a bounded number of attempts."""
    place.failures = [NotificationUndelivered("away") for _ in range(50)]
    one = pump(events, place, clock)
    events.add("sync.failed")
    for _ in range(50):
        one.step()
        clock.forward(3600)
    (failed,) = one.records.deliveries()
    assert (failed.state, failed.attempts) == (DeliveryState.FAILED, TRIES)


def test_news_replaces_what_was_not_told_yet(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """Nobody is told of a failure after its end; other subjects are told all the same."""
    place.failures = [NotificationUndelivered("away"), NotificationUndelivered("away")]
    one = pump(events, place, clock)
    events.add("sync.failed", "drift.opened")
    one.step()
    events.add("sync.succeeded")
    clock.forward(60)
    one.step()
    assert sorted(types(place)) == ["drift.opened", "sync.succeeded"]
    states = {delivery.event.type: delivery.state for delivery in one.records.deliveries()}
    assert states["sync.failed"] is DeliveryState.SUPERSEDED


def test_one_place_does_not_keep_back_another(events: Events, clock: Clock) -> None:
    """Each delivery stands for itself."""
    bad, good = MemoryPlace(failures=[NotificationRefused("gone")]), MemoryPlace()
    hook = {"name": "ops", "webhook": {"url": "https://ops.example.com", "secret": {"env": "OPS"}}}
    declared = {"dev": environment(CHAT, hook)}
    events.add("sync.failed")
    Pump(events.view(), lambda: declared, MemoryRecords(), {"slack": bad, "webhook": good}, clock=clock).step()
    assert types(good) == ["sync.failed"]


def test_a_defect_silences_nothing_else(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """What we did not foresee with one message is seen in its delivery, and the others are told."""
    place.failures = [ValueError("unforeseen")]
    one = pump(events, place, clock)
    events.add("sync.failed", "drift.opened")
    one.step()
    assert len(place.sent) == 1
    (failed,) = [delivery for delivery in one.records.deliveries() if delivery.state is DeliveryState.FAILED]
    assert failed.message == "a defect: ValueError: unforeseen"


def test_a_place_that_left_the_document_is_told_nothing(events: Events, place: MemoryPlace, clock: Clock) -> None:
    """A delivery that waits for a place which is declared no more ends, and says so."""
    place.failures = [NotificationUndelivered("away")]
    declared = {"dev": environment(CHAT)}
    one = pump(events, place, clock, declared)
    events.add("sync.failed")
    one.step()
    declared["dev"] = environment()
    clock.forward(60)
    one.step()
    assert place.sent == []
    assert one.records.deliveries()[0].message == "the place is declared no more"


def test_pauses_grow_within_bounds() -> None:
    """Twice as long each time, at most an hour, and not all at the same moment."""
    assert [pause(attempts, 0.0) for attempts in (1, 2, 3)] == [5.0, 10.0, 20.0]
    assert pause(30, 0.0) == 3600.0
    assert pause(3, 1.0) == 15.0


@pytest.mark.parametrize("type_", sorted(messages._TITLES))
def test_every_event_has_words(type_: str) -> None:
    """What happened, where, at which commit, and an address; in one line."""
    found = messages.written(event(type_, run="r1"), environment(CHAT).notifications[0], "https://transom.example.com")
    assert "shop in dev" in found.title
    assert ("revision", "platform@4f2c91d0aa5e") in found.facts
    assert found.address == "https://transom.example.com/runs/r1"
    assert found.text == "because"


def test_words_of_ones_own() -> None:
    """A text of the document with its placeholders filled in; a secret in a message is not told."""
    spec = environment({**CHAT, "texts": {"sync.failed": "$application: $message ($$5)"}}).notifications[0]
    found = messages.written(event("sync.failed", message="password=hunter2hunter2 and $run\nmore"), spec)
    assert found.text == "shop: password=*** and $run\nmore ($5)"


def test_a_title_is_one_line() -> None:
    """Names and messages cannot add a line to a mail's head, or steer a terminal."""
    found = messages.written(event("sync.failed", application="shop\r\nBcc: x@example.com\x1b[2J"), environment(CHAT).notifications[0])
    assert "\n" not in found.title
    assert "\x1b" not in found.title
