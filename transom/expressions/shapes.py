"""Shapes: the types of what expressions read and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

WORDS: Mapping[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "any": "any value",
    "output": "an output, known only when it is applied",
    "timestamp": "a point in time",
    "duration": "a duration",
    "bytes": "bytes",
    "type": "a type",
    "unsigned": "an unsigned number",
}
"""Each scalar as messages name it."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `any` is whatever comes, `output` is a value that can be handed on but not looked at."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from text to one shape."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Maybe:
    """An optional of CEL: there or not (`claim.spec.?size`)."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a struct.

    Attributes:
        shape: what it holds.
        always: whether it is there in every value.
        values: the only values that it can have; empty when they are not counted.
    """

    shape: Shape
    always: bool = True
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Struct:
    """A mapping with known fields; `name` is how messages call it, e.g. `claim.spec`."""

    name: str
    fields: Mapping[str, Field] = field(repr=False)


Shape: TypeAlias = Scalar | ListOf | MapOf | Maybe | Struct

STRING, INTEGER, NUMBER, BOOLEAN = Scalar("string"), Scalar("integer"), Scalar("number"), Scalar("boolean")
ANY, OUTPUT, NULL = Scalar("any"), Scalar("output"), Scalar("null")


def word(shape: Shape) -> str:
    """The shape as a message names it."""
    match shape:
        case Scalar(name):
            return WORDS[name]
        case ListOf(item):
            return f"a list{_of(item)}"
        case MapOf(value):
            return f"a mapping{_of(value)}"
        case Maybe(value):
            return f"{word(value)}, or nothing"
        case Struct(name):
            return f"a mapping ({name})"


def _of(item: Shape) -> str:
    many = {"string": "texts", "integer": "whole numbers", "number": "numbers", "output": "outputs"}
    return f" of {many[item.name]}" if isinstance(item, Scalar) and item.name in many else ""


def is_open(shape: Shape) -> bool:
    """Whether nobody can say which keys a value has: a mapping that an expression makes may have any."""
    match shape:
        case MapOf():
            return True
        case ListOf(inner) | Maybe(inner):
            return is_open(inner)
        case Struct(_, fields):
            return any(is_open(one.shape) for one in fields.values())
        case _:
            return shape == ANY


def holds(shape: Shape, wanted: Scalar) -> bool:
    """Whether a value of this shape has, somewhere inside, a scalar of this kind."""
    match shape:
        case Scalar():
            return shape == wanted
        case ListOf(inner) | MapOf(inner) | Maybe(inner):
            return holds(inner, wanted)
        case Struct(_, fields):
            return any(holds(one.shape, wanted) for one in fields.values())
