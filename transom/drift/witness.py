"""What AWS says of a finding becomes part of it: who did it, and what of it only waits for a maintenance window. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from transom.drift.findings import Finding, Property, State
from transom.drift.rules import Cause

_WAITS = "applied, and waits for the maintenance window"


class Event(Protocol):
    """Somebody's call that changed something: who, when, and the call's name."""

    @property
    def by(self) -> str:
        """Who."""

    @property
    def at(self) -> str:
        """When, RFC 3339."""

    @property
    def what(self) -> str:
        """The call, e.g. `ModifyDBInstance`."""


def witnessed(finding: Finding, pending: Mapping[str, Any], event: Event | None) -> Finding:
    """The finding with its witnesses.

    Args:
        finding: of an AWS resource.
        pending: by property, the value that it gets by itself; None for a value that is not told.
        event: the last call that changed it.
    """
    properties = tuple(_waiting(found, pending) for found in finding.properties)
    if event is None:
        return replace(finding, properties=properties)
    by = f"{event.by} ({event.what})" if event.what else event.by
    if finding.state is State.MISSING:
        return replace(finding, properties=properties, by=by, at=event.at)
    seen = tuple(replace(found, by=by, at=event.at) if found.cause is Cause.REAL else found for found in properties)
    return replace(finding, properties=seen)


def _waiting(found: Property, pending: Mapping[str, Any]) -> Property:
    """A property whose applied value is the one that waits is no drift; one that somebody else let wait is."""
    if found.cause is not Cause.REAL or found.path not in pending:
        return found
    wanted = pending[found.path]
    if wanted is not None and str(wanted) != str(found.applied):
        return found
    return replace(found, cause=Cause.MAINTENANCE, reason=_WAITS, unhealable="")
