"""Findings: what is wrong with an object, by path, and the words that say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a value stands in an object: keys and indices."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in an object.

    Attributes:
        path: the value, or the one that is missing.
        reason: stable CamelCase word.
        message: what is wrong.
        hint: what to write; may be empty.
        of_key: whether the key is wrong, and not its value.
        doubtful: whether an API that is a little other than the one at hand may take it.
    """

    path: Path
    reason: str
    message: str
    hint: str = ""
    of_key: bool = False
    doubtful: bool = False


def dotted(path: Path) -> str:
    """A path as people write it: `spec.ports[0].port`; keys with dots in them in brackets."""
    return "".join(
        f"[{part}]" if isinstance(part, int) or not part or set(part) & set("./ ") else f".{part}" for part in path
    ).removeprefix(".")


def shown(value: object) -> str:
    """What a value is, in words; of text and numbers never more than what a field of few words could hold."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f'"{value[:40]}"' if value.isprintable() else "text"
        case _:
            return str(value)[:40]


_LONGEST = 100
"""Characters of a word that may have been meant to be another one."""


def close(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> list[str]:
    """The known words that a misspelt one was probably meant to be, the nearest first; at most two."""
    from difflib import get_close_matches

    if len(word) > _LONGEST:
        return []
    words = {one.lower(): one for one in sorted(known, reverse=True)}
    return [words[one] for one in get_close_matches(word.lower(), list(words), n=2, cutoff=cutoff)]


def near(word: str, known: Iterable[str]) -> str:
    """What to write instead: the nearest known words, or all of them when none is near and they are few."""
    words = sorted(known)
    if found := close(word, words):
        return f"did you mean {' or '.join(found)}?"
    few = 12
    return f"known are {', '.join(words)}" if 0 < len(words) <= few else ""
