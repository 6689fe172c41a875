"""What to write instead: hints for the mistakes that people make in YAML by hand."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

_DEEPEST = 5
"""Levels that are looked through for the place where a field belongs."""


def of_type(expected: str, value: object) -> str:  # noqa: C901, PLR0911, PLR0912 - a table of mistakes, one way out each
    """How to write a value of the type that is expected; `expected` is pydantic's word for it, `value` what was written."""
    match expected, value:
        case "string_type", bool():
            return "put it in quotes: without them YAML reads yes, no, on, off, true and false as truth values"
        case "string_type", float() | int():
            return "put it in quotes: without them YAML reads a number, and 1.10 as 1.1"
        case "string_type", date():
            return "put it in quotes: without them YAML reads a date"
        case "string_type", list() if len(value) == 1:
            return "one value is asked for: take the brackets or the hyphen away"
        case "int_type", str() if re.fullmatch(r"[+-]?[0-9]+", value):
            return f"write {int(value)} without quotes"
        case "int_type", float() if value.is_integer():
            return f"write {int(value)}"
        case "bool_type", str() if value.lower() in ("yes", "on", "y", "true"):
            return "write true, without quotes"
        case "bool_type", str() if value.lower() in ("no", "off", "n", "false"):
            return "write false, without quotes"
        case (("list_type" | "tuple_type"), str() | int() | float() | bool()):
            return f"write [{value}], or a hyphen in front of each on a line of its own"
        case (("list_type" | "tuple_type"), dict()):
            return "write a hyphen in front of each item"
        case (("dict_type" | "model_type"), list()):
            return "take the hyphens away: it is one mapping, with a name and a colon for each value"
        case (("dict_type" | "model_type"), None):
            return "indent what belongs to it by two blanks, or take the line out"
        case (("dict_type" | "model_type"), str()) if ":" in value:
            return "write a blank behind the colon"
        case _:
            return ""


def elsewhere(model: type[BaseModel], path: tuple[str | int, ...], field: str) -> str:
    """Where a field belongs that stands at `path` and is none there; empty when the kind has no such field, or several."""
    here = tuple(part for part in path if isinstance(part, str))
    found = [place for place in _places(model, field, ()) if place != here]
    below = [place for place in found if place[: len(here)] == here]
    nearest = [place for place in below if len(place) == min(map(len, below))]
    if len(nearest) == 1:
        return f"it is a field of {'.'.join(nearest[0])}: indent it below {nearest[0][-1]}"
    if below or len(found) != 1:
        return ""
    return f"it is a field of {'.'.join(found[0])}" if found[0] else "it is a field of the document itself: take its indentation away"


def _places(model: Any, field: str, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    inner = unwrapped(model)
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)) or len(above) > _DEEPEST:
        return
    fields = {one.alias or name: one.annotation for name, one in inner.model_fields.items()}
    if field in fields:
        yield above
    for name, annotation in fields.items():
        if name not in above:
            yield from _places(annotation, field, (*above, name))


def unwrapped(annotation: Any) -> Any:
    """The one type behind Annotated and Optional."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
    return annotation
