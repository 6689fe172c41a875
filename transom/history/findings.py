"""Findings of drift across runs: first seen, still there, acknowledged until a time, closed. Kept beside the history.

`.transom/PROJECT/drift/ENVIRONMENT/0000012.json` is the whole ledger of an environment after its twelfth change. A change is a function of
the ledger before it, and becomes the next number by the store's atomic `create`: of two runs at the same time one is first, and the other
does its change again on top of that. So nothing is lost, and nobody waits for a lock that a dead run left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from transom.errors import PermanentError
from transom.history.records import FORMAT, Actor, Kept
from transom.history.store import Store

_ATTEMPTS = 50
_VERSIONS = 100
"""Ledgers that are kept of an environment: a trail to look at, and far more than runs that can be at it at the same time."""
_REMEMBERED = timedelta(days=90)
"""How long a closed finding is kept."""


class Acknowledgement(Kept):
    """Somebody knows of a finding and lets it be for a while: what was seen of it then, and nothing that comes later."""

    by: Actor
    at: AwareDatetime
    until: AwareDatetime
    reason: str = Field(min_length=1)
    points: dict[str, str]
    """What was out of place, and a digest of how."""

    def covers(self, points: Mapping[str, str], now: datetime) -> bool:
        """Whether it is in force and speaks of all of these."""
        return now < self.until and all(self.points.get(path) == digest for path, digest in points.items())


class Known(Kept):
    """A finding as the ledger has it.

    Attributes:
        key: eight hexadecimal digits; with the environment what people call it by.
        source: the stack or cluster that it was seen in: a run that does not look there cannot close it.
        points: what is out of place and a digest of how, as seen last.
        told: the same in words, as seen last.
        times: how often it was opened.
    """

    key: str
    source: str
    document: str = ""
    type: str
    name: str
    points: dict[str, str] = Field(default_factory=dict)
    told: tuple[str, ...] = ()
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    closed: AwareDatetime | None = None
    times: int = Field(default=1, ge=1)
    acknowledgement: Acknowledgement | None = None

    def acknowledged(self, now: datetime) -> Acknowledgement | None:
        """The acknowledgement that is in force for it as it was seen last."""
        said = self.acknowledgement
        return said if said is not None and said.covers(self.points, now) else None

    def status(self, now: datetime) -> str:
        """`open`, `acknowledged` or `closed`."""
        if self.closed is not None:
            return "closed"
        return "acknowledged" if self.acknowledged(now) else "open"


class Ledger(Kept):
    """All findings of an environment, by key."""

    format: Literal[1] = FORMAT
    findings: dict[str, Known] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding of one run."""

    key: str
    source: str
    document: str
    type: str
    name: str
    points: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What one run saw of an environment.

    Attributes:
        seen: what it found.
        looked: stacks and clusters that it looked at to the end: what is not seen there any more is closed.
        existing: all there are; what is known from one that is no more is closed too.
        unreadable: keys of what could not be read: they stay as they are.
    """

    seen: tuple[Seen, ...]
    looked: frozenset[str]
    existing: frozenset[str] = frozenset()
    unreadable: frozenset[str] = frozenset()


class Findings:
    """The ledgers of one project."""

    def __init__(self, store: Store, project: str) -> None:
        self._store = store
        self._root = f".transom/{project}/drift"

    def ledger(self, environment: str) -> Ledger:
        """The findings of an environment; empty where none was ever kept."""
        return self._latest(environment)[1]

    def change(self, environment: str, change: Callable[[Ledger], Ledger]) -> Ledger:
        """Makes a change to the ledger as it is now, whoever else is at it; the ledger afterwards.

        Raises:
            PermanentError: others were first, again and again; or what `change` raises.
        """
        for _ in range(_ATTEMPTS):
            number, before = self._latest(environment)
            after = change(before)
            if after == before:
                return before
            if self._store.create(self._key(environment, number + 1), after.model_dump_json(indent=1).encode()):
                if number >= _VERSIONS:
                    self._store.remove(self._key(environment, number + 1 - _VERSIONS))
                return after
        raise PermanentError("every number was taken by another run", reason="HistoryBusy", hint="try again")

    def _latest(self, environment: str) -> tuple[int, Ledger]:
        while keys := self._store.keys(f"{self._root}/{environment}"):
            if (content := self._store.read(keys[-1])) is None:
                continue  # so many runs since that it was cleared away
            try:
                return int(keys[-1].rpartition("/")[2].removesuffix(".json")), Ledger.model_validate_json(content)
            except (ValidationError, ValueError) as error:
                message = f"the history's {keys[-1]} cannot be read: {error}"
                raise PermanentError(message, reason="HistoryUnreadable", hint="move it away") from error
        return 0, Ledger()

    def _key(self, environment: str, number: int) -> str:
        return f"{self._root}/{environment}/{number:07}.json"


def observed(ledger: Ledger, look: Look, now: datetime) -> Ledger:
    """The ledger after a run: what it saw is open, what it looked for and did not see is closed."""
    findings = dict(ledger.findings)
    for seen in look.seen:
        findings[seen.key] = _seen(findings.get(seen.key), seen, now)
    here = {seen.key for seen in look.seen}
    for key, known in ledger.findings.items():
        missed = key not in here and key not in look.unreadable and (known.source in look.looked or known.source not in look.existing)
        if known.closed is None and missed:
            findings[key] = known.model_copy(update={"closed": now})
    kept = {key: known for key, known in findings.items() if known.closed is None or now - known.closed < _REMEMBERED}
    return Ledger(findings=dict(sorted(kept.items())))


def _seen(known: Known | None, seen: Seen, now: datetime) -> Known:
    told = {"source": seen.source, "document": seen.document, "points": dict(seen.points), "told": seen.told, "last_seen": now}
    if known is None:
        return Known(key=seen.key, type=seen.type, name=seen.name, first_seen=now, **told)
    if known.closed is not None:
        told |= {"closed": None, "first_seen": now, "times": known.times + 1, "acknowledgement": None}
    return known.model_copy(update=told)


def acknowledged(ledger: Ledger, key: str, said: Acknowledgement) -> Ledger:
    """The ledger with an acknowledgement of what was seen of a finding last; its `points` are taken from there.

    Raises:
        PermanentError: there is no such finding, or it is closed.
    """
    known = opened(ledger, key)
    given = said.model_copy(update={"points": dict(known.points)})
    return Ledger(findings={**ledger.findings, known.key: known.model_copy(update={"acknowledgement": given})})


def withdrawn(ledger: Ledger, key: str) -> Ledger:
    """The ledger without the acknowledgement of a finding.

    Raises:
        PermanentError: there is no such finding, or it is closed.
    """
    known = opened(ledger, key)
    return Ledger(findings={**ledger.findings, known.key: known.model_copy(update={"acknowledgement": None})})


def opened(ledger: Ledger, key: str) -> Known:
    """The finding of this key, or of the only one that begins so, while it is open.

    Raises:
        PermanentError: there is none.
    """
    found = [known for name, known in ledger.findings.items() if name.startswith(key) and known.closed is None]
    if len(found) != 1:
        said = f"{len(found)} open findings begin with {key}" if found else f"no open finding {key}"
        raise PermanentError(said, reason="UnknownFinding", hint="transom drift findings lists them")
    return found[0]


def now() -> datetime:
    """The present, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def ordered(findings: Iterable[Known]) -> list[Known]:
    """Open ones first, the newest first."""
    return sorted(findings, key=lambda known: (known.closed is not None, -known.first_seen.timestamp(), known.key))
