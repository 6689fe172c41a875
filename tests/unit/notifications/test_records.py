"""What records of deliveries promise, held on every kind of them: whoever keeps them elsewhere adds a line to KINDS."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from happening import NOW, event

from transom.notifications.records import Delivery, DeliveryState, MemoryRecords, Records, Told

KINDS: dict[str, Callable[[], Records]] = {"memory": MemoryRecords}


@pytest.fixture(name="records", params=sorted(KINDS))
def _records(request: pytest.FixtureRequest) -> Records:
    return KINDS[request.param]()


def delivery(number: int, place: str = "chat", subject: str = "sync/dev/shop/") -> Delivery:
    """One that is due at once."""
    return Delivery(f"msg_{place}_{number}", "dev", place, subject, event("sync.failed", number), next_try=NOW)


def test_what_is_taken_is_there_at_once(records: Records) -> None:
    """Position, states and deliveries; a position never goes back."""
    records.take(7, [Told("dev", "chat", "sync/dev/shop/", "sync.failed x")], [delivery(7)])
    records.take(3, [], [])
    assert records.position() == 7
    assert records.last("dev", "chat", "sync/dev/shop/") == "sync.failed x"
    assert records.last("staging", "chat", "sync/dev/shop/") == ""
    assert records.due(NOW) == (delivery(7),)


def test_what_is_due_comes_in_the_order_of_events(records: Records) -> None:
    """And only when its time has come."""
    later = replace(delivery(2, subject="b"), next_try=NOW + timedelta(seconds=60))
    records.take(3, [], [delivery(3, subject="c"), later, delivery(1, subject="a")])
    assert [one.event.number for one in records.due(NOW)] == [1, 3]
    assert [one.event.number for one in records.due(NOW + timedelta(seconds=60))] == [1, 2, 3]
    assert len(records.due(NOW, limit=1)) == 1
    assert records.next_due() == NOW


def test_news_supersedes_what_waits_for_the_same_place_and_subject(records: Records) -> None:
    """And nothing else; an attempt that fails meanwhile does not bring it back."""
    records.take(1, [], [delivery(1), delivery(1, "mail"), delivery(3, subject="drift/dev/shop/")])
    records.take(2, [], [delivery(2)])
    records.settle(replace(delivery(1), attempts=1))
    assert {(one.place, one.subject, one.event.number) for one in records.due(NOW)} == {
        ("chat", "sync/dev/shop/", 2),
        ("mail", "sync/dev/shop/", 1),
        ("chat", "drift/dev/shop/", 3),
    }


def test_an_attempt_that_succeeded_meanwhile_is_kept(records: Records) -> None:
    """What was delivered was delivered, whatever came after."""
    records.take(1, [], [delivery(1)])
    records.take(2, [], [delivery(2)])
    records.settle(replace(delivery(1), state=DeliveryState.DELIVERED, next_try=None, ended=NOW))
    assert {one.id: one.state for one in records.deliveries()}["msg_chat_1"] is DeliveryState.DELIVERED


def test_taking_the_same_again_changes_nothing(records: Records) -> None:
    """A pump that died between two steps may hand in what is there already: ids are the same."""
    for _ in range(2):
        records.take(1, [], [delivery(1)])
    assert len(records.deliveries()) == 1


def test_people_see_the_newest_first(records: Records) -> None:
    """Of one environment, or of all."""
    records.take(3, [], [delivery(number, subject=str(number)) for number in (1, 2, 3)])
    assert [one.event.number for one in records.deliveries("dev", limit=2)] == [3, 2]
    assert records.deliveries("staging") == ()


def test_the_memory_is_bounded() -> None:
    """What ended long ago is forgotten; what waits never is."""
    records = MemoryRecords(most=5)
    for number in range(1, 30):
        records.take(number, [], [delivery(number, subject=str(number))])
        if number > 1:
            records.settle(replace(delivery(number, subject=str(number)), state=DeliveryState.DELIVERED, next_try=None))
    kept = records.deliveries()
    assert len(kept) <= 7
    assert 1 in {one.event.number for one in kept}
