"""What others hold of an object becomes properties: fields that nobody declared, and who changed those that somebody did. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transom.changes import DiffKind, Hold, PropertyChange, Sighting
from transom.drift.findings import Property
from transom.drift.rules import Cause, Rule


def properties(sighting: Sighting, seen: Iterable[str], rules: tuple[Rule, ...]) -> Iterator[Property]:
    """The fields of an object that nobody declared and somebody set, each with its cause.

    Args:
        sighting: the object, as a look for drift read it.
        seen: paths that the look itself told; they are not told again.
        rules: those of the environment and the built-in ones, in order.
    """
    told = frozenset(seen)
    for hold in sighting.holds:
        if hold.declared or hold.path in told:
            continue
        # Of kind UPDATE for the rules: that an undeclared field is no drift is what the engine's refresh means, and not what is asked here.
        found = PropertyChange(path=hold.path, kind=DiffKind.UPDATE, after=hold.live)
        rule = next((rule for rule in rules if rule.fits(sighting, found, hold.manager)), None)
        cause, reason = (rule.cause, rule.reason) if rule else (Cause.FOREIGN, "")
        yield Property(hold.path, DiffKind.ADD, None, hold.live, cause, reason, by=by(hold), at=hold.time)


def holder(sighting: Sighting | None, path: str) -> Hold | None:
    """Who holds a declared field, or the part that it lies in, or a part of it; the latest where several do."""
    if sighting is None:
        return None
    found = [
        hold for hold in sighting.holds if hold.path == path or (hold.declared and (_inside(path, hold.path) or _inside(hold.path, path)))
    ]
    return max(found, key=lambda hold: hold.time, default=None)


def by(hold: Hold) -> str:
    """A hold's manager in a few words: `kubectl (scale)`."""
    return f"{hold.manager} ({hold.subresource})" if hold.subresource else hold.manager


def _inside(path: str, other: str) -> bool:
    return path == other or (path.startswith(other) and path[len(other)] in ".[")
