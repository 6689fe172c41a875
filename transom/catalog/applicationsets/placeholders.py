"""Placeholders: `{{name}}` in a text stands for a parameter, as in Argo CD without `goTemplate`. A name nobody gave is a mistake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from transom.catalog.applicationsets.elements import Params
from transom.catalog.validate import near

OPEN = "{{"
_TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_WHOLE = re.compile(r"\{\{-?\s*\.?([^\s{}|()\"`]+)\s*-?\}\}")
_FIELD = re.compile(r"(?<![\w)\]])\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text cannot be filled in."""

    message: str
    hint: str
    reason: str


class Filler(Protocol):
    """Fills in texts."""

    def fill(self, jobs: Sequence[tuple[str, Params]]) -> list[str | Fault]:
        """Each text with its parameters in it, or why not, in the jobs' order."""
        ...


def whole(text: str) -> str | None:
    """The one parameter that a text consists of, `env` for `{{ env }}` and `{{ .env }}`; None for every other text."""
    found = _WHOLE.fullmatch(text.strip())
    return found[1] if found else None


def used(text: str, *, go: bool) -> tuple[str, ...]:
    """Names of the parameters that stand in a text; of a Go template those that it names outright."""
    if go:
        found = [name for action in _ACTION.findall(text) for name in _FIELD.findall(action)]
    else:
        found = [tag.strip() for tag in _TAG.findall(text)]
    return tuple(dict.fromkeys(found))


class Names:
    """The filler for plain placeholders."""

    def fill(self, jobs: Sequence[tuple[str, Params]]) -> list[str | Fault]:
        """Each text with its parameters in it; a name that is no parameter, or an empty one, is a fault."""
        return [_filled(text, params) for text, params in jobs]


def _filled(text: str, params: Params) -> str | Fault:
    parts = _parts(text)
    if isinstance(parts, Fault):
        return parts
    out: list[str] = []
    for literal, name in parts:
        out.append(literal)
        if name is None:
            continue
        value = params.get(name)
        if value is None:
            return _unknown(name, params)
        out.append(value)
    return "".join(out)


def _unknown(name: str, params: Params) -> Fault:
    if name in params:
        return Fault(f"{{{{{name}}}}} is empty", "give it a value", reason="UnknownParameter")
    if name.startswith(".") or re.search(r"[\s|(]", name):
        return Fault(f"{{{{{name}}}}} is no parameter", "Go templates need goTemplate: true", reason="UnknownParameter")
    return Fault(f"{{{{{name}}}}} is no parameter", near(name, params), reason="UnknownParameter")


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[tuple[str, str | None], ...] | Fault:
    """A text cut into what stays and the name behind it; the last has none."""
    out: list[tuple[str, str | None]] = []
    position = 0
    for found in _TAG.finditer(text):
        if not (name := found[1].strip()):
            return Fault("{{}} names no parameter", "write a parameter's name between the braces", reason="InvalidTemplate")
        out.append((text[position : found.start()], name))
        position = found.end()
    if OPEN in text[position:]:
        return Fault("{{ is not closed", "write }} behind the parameter's name", reason="InvalidTemplate")
    return (*out, (text[position:], None))
