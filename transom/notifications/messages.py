"""Events become messages: a title, a text and a colour, without anything that looks like a secret. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from string import Template
from types import MappingProxyType

from transom.controller.model import Event
from transom.notifications import quiet
from transom.redaction import redact
from transom.specs.notifications import PlaceSpec

_LONGEST = 3000
"""Characters of a message's text: what every place shows without cutting it."""
_SHORT = 12
"""Characters of a commit."""


class Tone(StrEnum):
    """How grave it is."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        title: one line.
        text: what happened, and what is said about it; may have several lines.
        tone: how grave it is.
        facts: names and values beside it.
        address: where more can be read; empty where nowhere.
    """

    title: str
    text: str
    tone: Tone
    facts: tuple[tuple[str, str], ...]
    address: str = ""


_TITLES: Mapping[str, tuple[str, Tone]] = MappingProxyType(
    {
        "sync.succeeded": ("$subject was brought to $revision", Tone.GOOD),
        "sync.failed": ("$subject could not be brought to $revision", Tone.BAD),
        "sync.stalled": ("$subject is stalled: nothing is tried before something changes", Tone.BAD),
        "health.degraded": ("$subject is degraded", Tone.BAD),
        "health.recovered": ("$subject is healthy again", Tone.GOOD),
        "drift.opened": ("$subject drifted", Tone.NEUTRAL),
        "drift.closed": ("$subject drifts no more", Tone.GOOD),
        "guard.waiting": ("a guard of $subject waits for a decision", Tone.NEUTRAL),
    }
)
"""By event, the title and how grave it is."""


def told(event: Event) -> bool:
    """Whether an event is one that anybody can be told."""
    return event.type in _TITLES


def written(event: Event, spec: PlaceSpec, server: str = "") -> Message:
    """The message for an event that can be told.

    Args:
        event: what happened.
        spec: the place, with words of its own.
        server: address of the pages, without a slash at its end; empty where there are none.
    """
    pattern, tone = _TITLES[event.type]
    revision = _short(quiet.revision(event))
    about = f"{event.application} in {event.environment}" if event.application else event.environment
    title = _line(Template(pattern).substitute(subject=about, revision=revision or "what Git asks for"))
    values = {
        "environment": event.environment,
        "application": event.application,
        "title": title,
        "message": redact(event.message),
        "revision": revision,
        "run": event.run,
        "time": f"{event.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
    }
    own = next((words for name, words in spec.texts.items() if name == event.type), "$message")
    facts = [(name, values[name]) for name in ("environment", "application", "revision", "run", "time") if values[name]]
    return Message(title, redact(Template(own).safe_substitute(values))[:_LONGEST], tone, tuple(facts), _address(event, server))


def _address(event: Event, server: str) -> str:
    if not server or not event.environment:
        return ""
    if event.run:
        return f"{server}/runs/{event.run}"
    inner = f"/applications/{event.application}" if event.application else ""
    return f"{server}/environments/{event.environment}{inner}"


def _short(revision: str) -> str:
    """`platform@4f2c91d0aa5e` for each commit, with commas between."""
    parts = [one.partition("@") for one in revision.split(",") if one]
    return ", ".join(f"{name}@{commit[:_SHORT]}" if at else name[:_SHORT] for name, at, commit in parts)


def _line(text: str) -> str:
    """In one line, without what would steer a terminal or a mail's head."""
    return " ".join("".join(one if one.isprintable() else " " for one in redact(text)).split())[:200]
