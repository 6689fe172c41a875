"""Variables in rendered objects, as Flux fills them in: `${NAME}`, with defaults and the functions of a shell.

The rules are those of `postBuild` (fluxcd.io, Kustomization: post build variable substitution; fluxcd/pkg, envsubst): the text of each
object is filled in and read again, so that a number becomes a number; `$${` stands for `${`; names outside of braces are left alone.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEAD = re.compile(r"(?P<length>#?)(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<rest>.*)", re.DOTALL)


class NoVariable(Exception):  # noqa: N818 - never leaves this room: a problem at the line is made of it
    """What stands in braces cannot be read."""


@dataclass(slots=True)
class Substitution:
    """Fills in a text; keeps the names that nothing gave a value to."""

    variables: Mapping[str, str]
    missing: set[str] = field(default_factory=set)

    def fill(self, text: str) -> str:
        """`text` with its variables filled in; one without value and default becomes empty.

        Raises:
            NoVariable: braces that hold nothing that can be filled in.
        """
        out: list[str] = []
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            if text.startswith("$${", dollar):
                out.append("${")
                at = dollar + 3
            elif text.startswith("${", dollar):
                inner, at = _braces(text, dollar)
                out.append(self._value(inner))
            else:
                out.append("$")
                at = dollar + 1
        return "".join(out) + text[at:]

    def _value(self, inner: str) -> str:
        found = _HEAD.fullmatch(inner)
        if found is None:
            raise NoVariable(f"${{{inner}}} names no variable")
        name, rest = found["name"], found["rest"]
        value = self.variables.get(name)
        if found["length"]:
            if rest:
                raise NoVariable(f"${{{inner}}} is no function that Flux has")
            return str(len(self._known(name, value)))
        if not rest:
            return self._known(name, value)
        return self._function(name, value, rest)

    def _known(self, name: str, value: str | None) -> str:
        if value is None:
            self.missing.add(name)
        return value or ""

    def _function(self, name: str, value: str | None, rest: str) -> str:
        if default := re.match(r":=|:-|=", rest):
            return value or self.fill(rest[default.end() :])
        text = self._known(name, value)
        case: Mapping[str, Callable[[str], str]] = {
            "^^": str.upper, ",,": str.lower, "^": lambda one: one[:1].upper() + one[1:], ",": lambda one: one[:1].lower() + one[1:],
        }  # fmt: skip
        if rest in case:
            return case[rest](text)
        if part := re.fullmatch(r":\s*(?P<start>-?\d+)(?::(?P<length>-?\d+))?", rest):
            return _part(text, int(part["start"]), None if part["length"] is None else int(part["length"]))
        if rest[0] in "#%":
            greedy = rest[:2] in ("##", "%%")
            return _cut(text, rest[0], self.fill(rest[2 if greedy else 1 :]), greedy=greedy)
        if rest[0] == "/":
            return self._replaced(text, rest)
        raise NoVariable(f"${{{name}{rest}}} is no function that Flux has")

    def _replaced(self, text: str, rest: str) -> str:
        """`/old/new`, `//old/new` for all, `/#old/new` at the beginning, `/%old/new` at the end."""
        how = next(one for one in ("//", "/#", "/%", "/") if rest.startswith(one))
        parts = re.split(r"(?<!\\)/", rest[len(how) :], maxsplit=1)
        old, new = (self.fill(re.sub(r"\\(.)", r"\1", part)) for part in (*parts, "")[:2])
        match how:
            case "//":
                return text.replace(old, new) if old else text
            case "/#":
                return new + text[len(old) :] if text.startswith(old) else text
            case "/%":
                return text[: len(text) - len(old)] + new if text.endswith(old) else text
            case _:
                return text.replace(old, new, 1) if old else text


def _braces(text: str, dollar: int) -> tuple[str, int]:
    """What stands between the braces that open behind `dollar`, and where the text goes on."""
    depth = 0
    for at in range(dollar + 1, len(text)):
        if text[at] == "{" and text[at - 1] == "$":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return text[dollar + 2 : at], at + 1
    raise NoVariable(f"{text[dollar : dollar + 30].splitlines()[0]} opens a brace that is never closed")


def _part(text: str, start: int, length: int | None) -> str:
    """From `start` on, at most `length` characters; negative numbers count from the end."""
    start = max(0, len(text) + start) if start < 0 else start
    if length is None:
        return text[start:]
    return text[start : (len(text) if length < 0 else start) + length]


def _cut(text: str, end: str, pattern: str, *, greedy: bool) -> str:
    """Without what matches a shell pattern at the beginning (`#`) or at the end (`%`); the longest match when greedy."""
    lengths = range(len(text), -1, -1) if greedy else range(len(text) + 1)
    for length in lengths:
        piece = text[:length] if end == "#" else text[len(text) - length :]
        if fnmatch.fnmatchcase(piece, pattern):
            return text[length:] if end == "#" else text[: len(text) - length]
    return text
