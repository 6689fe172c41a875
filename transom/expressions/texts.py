"""Finds `${…}` in strings, as kro and shells write it; `$${` is a plain `${`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a string: plain text, or an expression with the place of its first character in the string."""

    text: str
    offset: int
    is_expression: bool


class Unclosed(Exception):  # noqa: N818 - carries a place to whoever knows the file
    """A `${` without its `}`."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__("${ is not closed")


def split(string: str) -> tuple[Part, ...]:
    """The parts of a string in order; braces and quotes inside an expression are CEL's own.

    Raises:
        Unclosed: an expression has no end.
    """
    parts: list[Part] = []
    plain, start, at = "", 0, 0
    while at < len(string):
        if string.startswith("$${", at):
            plain, at = plain + "${", at + 3
        elif string.startswith("${", at):
            if plain:
                parts.append(Part(plain, start, is_expression=False))
            end = _end(string, at + 2)
            parts.append(Part(string[at + 2 : end], at + 2, is_expression=True))
            plain, start, at = "", end + 1, end + 1
        else:
            plain, at = plain + string[at], at + 1
    return (*parts, Part(plain, start, is_expression=False)) if plain else tuple(parts)


def _end(string: str, at: int) -> int:
    """Where the brace stands that closes the expression which begins at `at`."""
    opened, depth, quote = at - 2, 0, ""
    while at < len(string):
        character = string[at]
        if quote:
            if character == "\\" and len(quote) < 4:  # noqa: PLR2004 - a raw string's quote carries an r in front
                at += 1
            elif string.startswith(quote.lstrip("r"), at):
                at += len(quote.lstrip("r")) - 1
                quote = ""
        elif character in "\"'":
            quote = character * 3 if string.startswith(character * 3, at) else character
            at += len(quote) - 1
        elif character == "}" and depth == 0:
            return at
        else:
            depth += (character == "{") - (character == "}")
        at += 1
    raise Unclosed(opened)
