"""Elements: what generators give, one application each. Parameters, and for each of them the place where a person wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from transom.errors import Location
from transom.rendering.yamltext import Path_

Params = Mapping[str, Any]
"""Parameters by name: flat texts for plain placeholders (`path.basename`), nested values for Go templates."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What gave some of an element's parameters.

    Attributes:
        what: in words, e.g. `cluster main`.
        where: its place.
        place: the place of one parameter, by its dotted name; None for those that it did not give.
    """

    what: str
    where: Location
    place: Callable[[str], Location | None] = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.what} ({self.where})"


@dataclass(frozen=True, slots=True)
class Element:
    """Parameters of one application; `origins` in the order in which they are asked for a parameter's place."""

    params: Params
    origins: tuple[Origin, ...]

    def place(self, name: str) -> Location | None:
        """Where the parameter `name` (dotted) was written; None when it was made from something else, such as a path."""
        return next((place for origin in self.origins if (place := origin.place(name))), None)

    def __str__(self) -> str:
        return " and ".join(dict.fromkeys(map(str, self.origins)))


def path_of(data: object, name: str) -> Path_ | None:
    """The way to a dotted name in nested data; keys that hold dots themselves are found, too. None when there is nothing."""
    if isinstance(data, Mapping):
        if name in data:
            return (name,)
        for head, rest in _splits(name):
            if head in data and (below := path_of(data[head], rest)):
                return (head, *below)
    if isinstance(data, list):
        head, _, rest = name.partition(".")
        if head.isdecimal() and int(head) < len(data):
            below = path_of(data[int(head)], rest) if rest else ()
            return None if below is None else (int(head), *below)
    return None


def _splits(name: str) -> Iterator[tuple[str, str]]:
    for index, letter in enumerate(name):
        if letter == ".":
            yield name[:index], name[index + 1 :]


def at(data: Any, path: Path_) -> Any:
    """The value at a path that is there."""
    for part in path:
        data = data[part]
    return data


def flat(data: object, above: str = "") -> Iterator[tuple[str, str | None]]:
    """Dotted names and texts of all values in nested data, as Argo CD flattens files; None for values that are empty."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from flat(value, f"{above}.{key}" if above else str(key))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from flat(value, f"{above}.{index}" if above else str(index))
    else:
        yield above, as_text(data)


def as_text(value: object) -> str | None:
    """A plain value as a placeholder shows it; None for an empty one."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value).removesuffix(".0")
        case _:
            return str(value)


def plain(value: Any) -> Any:
    """`value` as JSON has it: keys are texts, dates are written out."""
    match value:
        case Mapping():
            return {str(key): plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [plain(inner) for inner in value]
        case date():  # a datetime is one
            return value.isoformat()
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


_NOT_IN_NAMES = re.compile(r"[^-a-z0-9.]")
_LONGEST_NAME = 253


def normalized(name: str) -> str:
    """A DNS name made of any text (Argo CD: `normalize`)."""
    return _NOT_IN_NAMES.sub("-", name.lower())[:_LONGEST_NAME].strip("-.")


def deep(first: Params, second: Params) -> dict[str, Any]:
    """Both together; where both have a value that is no mapping, that of the first."""
    out = {**second, **first}
    for key in first.keys() & second.keys():
        if isinstance(first[key], Mapping) and isinstance(second[key], Mapping):
            out[key] = deep(first[key], second[key])
    return out


def several(elements: Sequence[Element]) -> str:
    """Some of these elements in words: the first, and how many more."""
    more = len(elements) - 1
    return f"{elements[0]}" + (f" and {more} more" if more else "")
