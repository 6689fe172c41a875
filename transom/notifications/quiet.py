"""What is worth a word: an event is told when it changes what was told last of the same thing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from transom.controller.model import Event


@dataclass(frozen=True, slots=True)
class Subject:
    """What an event is about.

    Attributes:
        topic: `sync`, `health`, `drift` or `guard`.
        environment: its name.
        application: its name; empty for the environment as a whole.
        key: one finding or one refusal of several, from `data.key` of the event; empty where there is only one.
    """

    topic: str
    environment: str
    application: str = ""
    key: str = ""

    def __str__(self) -> str:
        return f"{self.topic}/{self.environment}/{self.application}/{self.key}"


_GOOD: Mapping[str, str] = MappingProxyType({"health.recovered": "health.degraded", "drift.closed": "drift.opened"})
"""Events that take another back, which means nothing where that was never told."""
_PER_REVISION = frozenset({"sync.succeeded", "sync.failed", "sync.stalled"})
"""Events that are another for another commit."""


def subject(event: Event) -> Subject:
    """What an event is about."""
    return Subject(event.type.partition(".")[0], event.environment, event.application, str(event.data.get("key", ""))[:200])


def revision(event: Event) -> str:
    """The commits that an event is about, from `data.revision`; empty where it says none."""
    return str(event.data.get("revision", ""))[:2000]


def state(event: Event) -> str:
    """The state that an event tells of its subject, as text that is kept and compared."""
    return f"{event.type} {revision(event)}".rstrip() if event.type in _PER_REVISION else event.type


def changes(event: Event, last: str) -> bool:
    """Whether an event says anything new.

    Args:
        event: what happened.
        last: the state that was told last of its subject; empty where nothing was.

    The same failure of the same commit is told once, however often it is tried again; a recovery only where trouble was told before.
    """
    if undone := _GOOD.get(event.type):
        return last == undone
    return state(event) != last
