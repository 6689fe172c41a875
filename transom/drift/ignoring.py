"""What an environment's document says is nobody's business becomes rules of the report. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

from transom.drift.findings import Unmanaged
from transom.drift.rules import Cause, Rule
from transom.specs.drift import DriftSpec, IgnoreSpec


def rules(spec: DriftSpec, today: date) -> tuple[Rule, ...]:
    """The rules of properties that hold today."""
    return tuple(
        Rule(type=one.type, name=one.name, path=pattern(one.path), manager=one.manager, reason=one.reason, cause=Cause.IGNORED)
        for one in _holding(spec, today)
        if not one.unmanaged
    )


def kept(spec: DriftSpec, found: Iterable[Unmanaged], today: date) -> tuple[Unmanaged, ...]:
    """The objects that no rule speaks of."""
    about = [one for one in _holding(spec, today) if one.unmanaged]
    return tuple(one for one in found if not any(_is_for(rule, one) for rule in about))


def ended(spec: DriftSpec, today: date) -> tuple[str, ...]:
    """What to say of rules that have ended: they hold no more, and somebody should remove them or write a new date."""
    return tuple(
        f"drift.ignore[{index}] ({one.type}, {one.reason}) ended on {one.until}: remove it, or write a new date"
        for index, one in enumerate(spec.ignore)
        if one.until is not None and one.until < today
    )


def pattern(path: str) -> str:
    """A regular expression for a path with `*`, and for all that lies in it."""
    return re.escape(path).replace(r"\*", ".*") + r"([.\[].*)?"


def _holding(spec: DriftSpec, today: date) -> list[IgnoreSpec]:
    return [one for one in spec.ignore if one.until is None or today <= one.until]


def _is_for(rule: IgnoreSpec, found: Unmanaged) -> bool:
    name = f"{found.cluster}/{found.namespace}/{found.name}"
    return (
        fnmatchcase(found.type, rule.type)
        and fnmatchcase(name, rule.name)
        and (rule.manager is None or fnmatchcase(found.by, rule.manager))
    )
