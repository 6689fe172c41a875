"""Tags between the provider's maps and the lists of pairs that most AWS interfaces take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.plugins.aws.entry import Change


def pairs(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Give a map of tags as a list of pairs."""
    return [{key: name, value: text} for name, text in (tags or {}).items()]


def mapping(listed: Iterable[Mapping[str, Any]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Give a list of pairs as a map."""
    return {pair[key]: pair.get(value, "") for pair in listed or ()}


def delta(change: Change) -> tuple[dict[str, str], list[str]]:
    """Give the tags to set and the keys to remove for an update; both empty when tags are the same."""
    old, new = change.old.get("tagsAll") or {}, change.new.get("tagsAll") or {}
    return {key: value for key, value in new.items() if old.get(key) != value}, sorted(old.keys() - new.keys())
