"""Findings across runs: first seen, still there, acknowledged, closed; and of runs at the same time none loses the other's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from transom.errors import PermanentError
from transom.history import findings
from transom.history.findings import Acknowledgement, Findings, Ledger, Look, Seen, acknowledged, observed, withdrawn
from transom.history.records import Actor
from transom.history.store import MemoryStore, Store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WEB = Seen("aaaa1111", "dev", "Application/shop", "kubernetes:apps/v1:Deployment", "dev/shop/web", {"spec.replicas": "5"}, ("5",))
BUCKET = Seen("bbbb2222", "dev", "Bucket/pictures", "aws:s3/bucket:Bucket", "pictures", {"": "missing"})
SAID = Acknowledgement(by=Actor(name="ada"), at=NOW, until=NOW + timedelta(days=1), reason="a load test", points={})


def look(*seen: Seen, looked: tuple[str, ...] = ("dev",), **more) -> Look:
    """A run that looked at these stacks of `dev` and `dev.shop`."""
    return Look(seen, frozenset(looked), existing=frozenset({"dev", "dev.shop"}), **more)


def once(*seen: Seen) -> Ledger:
    """The ledger after one run."""
    return observed(Ledger(), look(*seen), NOW)


def status(ledger: Ledger, now: datetime = LATER) -> dict[str, str]:
    """By key."""
    return {key: known.status(now) for key, known in ledger.findings.items()}


def test_first_seen_and_still_there() -> None:
    """A finding keeps when it was seen first; what is told of it is the latest."""
    after = observed(once(WEB), look(replace(WEB, points={"spec.replicas": "7"}, told=("7",))), LATER)
    [known] = after.findings.values()
    assert (known.first_seen, known.last_seen, known.told, known.times) == (NOW, LATER, ("7",), 1)


def test_closed_and_opened_again() -> None:
    """What is not seen any more is closed; when it comes back it is new, counted, and nobody has acknowledged it."""
    closed = observed(acknowledged(once(WEB), WEB.key, SAID), look(), LATER)
    assert closed.findings[WEB.key].closed == LATER
    again = observed(closed, look(WEB), LATER + timedelta(minutes=5)).findings[WEB.key]
    assert (again.closed, again.first_seen, again.times, again.acknowledgement) == (None, LATER + timedelta(minutes=5), 2, None)


@pytest.mark.parametrize(
    "run, closed, why",
    [
        (look(), True, "looked for and not seen"),
        (look(looked=("dev.shop",)), False, "its stack was not looked at"),
        (look(unreadable=frozenset({WEB.key})), False, "it could not be read"),
        (Look((), frozenset(), existing=frozenset({"dev.shop"})), True, "its stack is no more"),
    ],
)
def test_only_a_look_closes(run: Look, closed: bool, why: str) -> None:  # noqa: FBT001 - a table
    """A finding is closed by a run that would have seen it, and by no other."""
    assert (observed(once(WEB), run, LATER).findings[WEB.key].closed is not None) is closed, why


@pytest.mark.parametrize(
    "points, now, expected, why",
    [
        ({"spec.replicas": "5"}, LATER, "acknowledged", "as it was"),
        ({"spec.replicas": "50"}, LATER, "open", "the same property, another value"),
        ({"spec.replicas": "5", "spec.paused": "true"}, LATER, "open", "something else of it, too"),
        ({"spec.replicas": "5"}, NOW + timedelta(days=1), "open", "its end has come"),
    ],
)
def test_an_acknowledgement_covers_what_was_seen(points: dict[str, str], now: datetime, expected: str, why: str) -> None:
    """It holds until its end, and for nothing that came later."""
    ledger = observed(acknowledged(once(WEB, BUCKET), WEB.key, SAID), look(replace(WEB, points=points), BUCKET), LATER)
    assert status(ledger, now) == {WEB.key: expected, BUCKET.key: "open"}, why


def test_acknowledged_by_the_beginning_of_its_key_and_taken_back() -> None:
    """A few digits are enough where they mean one; what they do not mean is told."""
    ledger = acknowledged(once(WEB, BUCKET), "aaaa", SAID)
    assert status(ledger)[WEB.key] == "acknowledged"
    assert status(withdrawn(ledger, "aaaa"))[WEB.key] == "open"
    with pytest.raises(PermanentError, match="no open finding cccc"):
        acknowledged(ledger, "cccc", SAID)
    with pytest.raises(PermanentError, match="2 open findings begin with"):
        acknowledged(ledger, "", SAID)
    with pytest.raises(PermanentError):
        acknowledged(observed(ledger, look(BUCKET), LATER), "aaaa", SAID)


def test_closed_ones_are_forgotten_after_a_while() -> None:
    """Ninety days, so that a ledger does not grow for ever."""
    closed = observed(once(WEB), look(), LATER)
    assert WEB.key in observed(closed, look(), LATER + timedelta(days=89)).findings
    assert WEB.key not in observed(closed, look(), LATER + timedelta(days=91)).findings


def test_kept_in_every_store(store: Store) -> None:
    """The ledger comes back as it was, from a folder, a bucket, a database; an environment knows nothing of another's."""
    kept = Findings(store, "platform")
    assert kept.ledger("dev") == Ledger()
    written = kept.change("dev", lambda before: observed(before, look(WEB), NOW))
    assert Findings(store, "platform").ledger("dev") == written
    assert kept.ledger("staging") == Ledger()


def test_runs_at_the_same_time_lose_nothing(store: Store) -> None:
    """Each of many that change a ledger at once finds its change in it afterwards."""
    seen = [replace(WEB, key=f"{number:08x}") for number in range(12)]

    def one(mine: Seen) -> None:
        kept = Findings(store, "platform")
        kept.change("dev", lambda before: observed(before, Look((mine,), frozenset(), existing=frozenset({"dev"})), NOW))

    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(one, seen))
    assert set(Findings(store, "platform").ledger("dev").findings) == {one.key for one in seen}


def test_nothing_new_writes_nothing() -> None:
    """A clean run of a clean environment leaves no trace; old ledgers are cleared away."""
    store = MemoryStore()
    kept = Findings(store, "platform")
    kept.change("dev", lambda before: observed(before, look(), NOW))
    assert store.kept == {}
    for minute in range(130):
        kept.change("dev", lambda before, at=NOW + timedelta(minutes=minute): observed(before, look(WEB), at))
    assert len(store.kept) <= 101
    assert kept.ledger("dev").findings[WEB.key].last_seen == NOW + timedelta(minutes=129)


def test_a_ledger_that_cannot_be_read_is_told() -> None:
    """Nothing is overwritten that somebody may still want."""
    store = MemoryStore()
    store.create(".transom/platform/drift/dev/0000001.json", b"{")
    with pytest.raises(PermanentError, match=r"0000001\.json cannot be read"):
        Findings(store, "platform").ledger("dev")


def test_order() -> None:
    """Open ones first, the newest first."""
    closed = replace(BUCKET, key="cccc3333")
    ledger = observed(once(closed, WEB), look(WEB), LATER)
    ledger = observed(ledger, look(WEB, BUCKET), LATER)
    assert [known.key for known in findings.ordered(ledger.findings.values())] == [BUCKET.key, WEB.key, "cccc3333"]
