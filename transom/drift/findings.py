"""The records of a report on drift: what was found of one resource, property by property, and what is there that nobody manages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from transom.changes import DiffKind
from transom.drift.rules import Cause


class State(StrEnum):
    """How a resource was found."""

    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Property:
    """One property: what was last applied, what is live, why, and why it cannot be healed (empty where it can)."""

    path: str
    kind: DiffKind
    applied: Any
    live: Any
    cause: Cause = Cause.REAL
    reason: str = ""
    unhealable: str = ""
    by: str = ""
    """Who changed it, as far as the API server or the cloud's trail tells."""
    at: str = ""
    """When, RFC 3339."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody knows of it, and it may stay until a time."""

    by: str
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One resource that is not as applied, or could not be read."""

    environment: str
    stack: str
    document: str
    urn: str
    type: str
    name: str
    id: str
    state: State
    properties: tuple[Property, ...] = ()
    messages: tuple[str, ...] = ()
    by: str = ""
    """Who deleted it, as far as the cloud's trail tells."""
    at: str = ""
    """When, RFC 3339."""
    since: str = ""
    """When a look for drift saw it first, RFC 3339; empty where no history is kept."""
    acknowledged: Acknowledged | None = None

    @property
    def key(self) -> str:
        """What it is found by again in the next run, whatever stack it is in by then."""
        return key(self.environment, self.type, self.name)

    @property
    def real(self) -> tuple[Property, ...]:
        """The properties that were declared, and really drifted."""
        return tuple(found for found in self.properties if found.cause is Cause.REAL)

    @property
    def foreign(self) -> tuple[Property, ...]:
        """The properties that nobody declared and a person's tool set."""
        return tuple(found for found in self.properties if found.cause is Cause.FOREIGN)

    @property
    def differs(self) -> bool:
        """Whether it is really out of place, acknowledged or not; the unreadable is not known to be."""
        return self.state is State.MISSING or (self.state is State.CHANGED and bool(self.real or self.foreign or not self.properties))

    @property
    def drifted(self) -> bool:
        """Whether it is really out of place, and nobody has acknowledged it."""
        return self.differs and self.acknowledged is None

    @property
    def healable(self) -> bool:
        """Whether an apply with refresh would put back all of it that was declared."""
        declared = self.state is State.MISSING or bool(self.real) or not self.foreign
        return self.state is not State.UNREADABLE and declared and not any(found.unhealable for found in self.real)

    @property
    def points(self) -> Mapping[str, str]:
        """What exactly is out of place: each property with a digest of its live value, or that the resource is gone."""
        if self.state is State.MISSING:
            return {"": "missing"}
        return {found.path: _digest(found.kind.value, found.live) for found in (*self.real, *self.foreign)}


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """An object in a managed namespace that no document declares and no controller made."""

    environment: str
    cluster: str
    namespace: str
    type: str
    """Type token, as a resource of it would have."""
    name: str
    by: str = ""
    """The manager that made it."""
    at: str = ""
    """When it was made, RFC 3339."""
    since: str = ""
    acknowledged: Acknowledged | None = None

    @property
    def key(self) -> str:
        """What it is found by again in the next run."""
        return key(self.environment, f"unmanaged:{self.type}", f"{self.cluster}/{self.namespace}/{self.name}")

    @property
    def points(self) -> Mapping[str, str]:
        """That it is there; another object of the same name is another thing."""
        return {"": self.at}


def key(environment: str, type_token: str, name: str) -> str:
    """Eight hexadecimal digits for a resource of an environment."""
    return _digest(environment, type_token, name)[:8]


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]
