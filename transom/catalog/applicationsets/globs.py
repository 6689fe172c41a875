"""Patterns of paths: `*`, `?`, `[ab]` and `{a,b}` inside one name, `**` for any number of folders (Go's path.Match; doublestar)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

_SPECIAL = re.compile(r"[*?\[{\\]")


@dataclass(frozen=True, slots=True)
class Listing:
    """Folders and files of a snapshot below its root, sorted; what is hidden is left out."""

    folders: tuple[str, ...]
    files: tuple[str, ...]


def listing(root: Path) -> Listing:
    """What lies below `root`. Links to folders are not followed."""
    folders: list[str] = []
    files: list[str] = []
    for path, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        below = Path(path).relative_to(root).as_posix()
        before = "" if below == "." else f"{below}/"
        folders += [f"{before}{name}" for name in inner]
        files += [f"{before}{name}" for name in names if not name.startswith(".")]
    return Listing(tuple(sorted(folders)), tuple(sorted(files)))


@lru_cache(maxsize=1024)
def matching(pattern: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths that a pattern takes in, in their order.

    Raises:
        ValueError: with what is wrong with the pattern.
    """
    expression = compiled(pattern)
    return tuple(path for path in paths if expression.fullmatch(path))


def compiled(pattern: str) -> re.Pattern[str]:
    """The expression that matches what the pattern does; errors as `matching`."""
    if pattern.startswith("/"):
        raise ValueError("begins at the source's folder: leave out the / in front")
    parts = [part for part in pattern.removeprefix("./").rstrip("/").split("/") if part]
    if ".." in parts:
        raise ValueError("leads out of the source")
    out = ""
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            out += ".+" if last else "(?:[^/]+/)*"
        else:
            out += _component(part) + ("" if last else "/")
    return re.compile(out)


def _component(part: str) -> str:
    out, index = "", 0
    while index < len(part):
        letter = part[index]
        index += 1
        match letter:
            case "*":
                out += "[^/]*"
            case "?":
                out += "[^/]"
            case "\\" if index < len(part):
                out += re.escape(part[index])
                index += 1
            case "[":
                inside, index = _class(part, index)
                out += inside
            case "{":
                end = part.find("}", index)
                if end < 0:
                    raise ValueError("has a { that is not closed")
                out += "(?:" + "|".join(_component(one) for one in part[index:end].split(",")) + ")"
                index = end + 1
            case _:
                out += re.escape(letter)
    return out


def _class(part: str, index: int) -> tuple[str, int]:
    end = part.find("]", index + 1)
    if end < 0:
        raise ValueError("has a [ that is not closed")
    body = part[index:end]
    negated = body[:1] in ("^", "!")
    letters = re.sub(r"([\\\[\]^&~|])", r"\\\1", body[1:] if negated else body)
    try:
        re.compile(f"[{letters}]")
    except re.error:
        raise ValueError(f"has a range that cannot be: [{body}]") from None
    return f"[^/{letters}]" if negated else f"[{letters}]", end + 1


def nearest(pattern: str, known: tuple[str, ...]) -> list[str]:
    """Patterns like this one that match something: its first name that leads nowhere is replaced by those that are near."""
    everything = tuple({*known, *(above for path in known for above in _above(path))})
    parts = pattern.removeprefix("./").strip("/").split("/")
    for index, part in enumerate(parts):
        above = parts[:index]
        if "**" in above:
            return []
        if _SPECIAL.search(part) or matching("/".join((*above, part)), everything):
            continue
        beside = {path.split("/")[index] for path in matching("/".join((*above, "*")), everything)}
        close = get_close_matches(part, sorted(beside), n=2)
        better = ["/".join((*above, one, *parts[index + 1 :])) for one in close]
        return [one for one in better if matching(one, known)] or better
    return []


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
