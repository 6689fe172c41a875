"""What becomes of a field of a neighbour's document: done, noted, told as a warning, or refused. The tables in the docs are made of it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from transom.rendering.yamltext import Path_

T = TypeVar("T")


class Level(StrEnum):
    """How far a field goes."""

    DONE = "done"
    NOTED = "noted"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Mark:
    """The level of a field, and in a few words what it means here, or why it is not done."""

    level: Level
    text: str


def done(text: str) -> Mark:
    """A field that has its effect."""
    return Mark(Level.DONE, text)


def noted(text: str) -> Mark:
    """A field that changes nothing that would be applied: it is accepted in silence, and the text says why that is right."""
    return Mark(Level.NOTED, text)


def warned(text: str) -> Mark:
    """A field without effect here, which whoever wrote it should know."""
    return Mark(Level.WARNING, text)


def refused(text: str) -> Mark:
    """A field that must not be passed over."""
    return Mark(Level.ERROR, text)


class Theirs(BaseModel):
    """Base of the neighbours' models: exact, frozen, camelCase as in their documents."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


@dataclass(frozen=True, slots=True)
class Row:
    """One field of a kind: its path with `[]` for the items of a list, its mark."""

    path: str
    mark: Mark


def rows(model: type[BaseModel], above: str = "") -> Iterator[Row]:
    """All fields below a model, depth first. What is inside a field that is warned of or refused is not told again."""
    for name, field in model.model_fields.items():
        path = f"{above}{field.alias or name}"
        mark = mark_of(field)
        if mark is not None:
            yield Row(path, mark)
        inner, listed = _model(field.annotation)
        if inner is not None and (mark is None or mark.level in (Level.DONE, Level.NOTED)):
            yield from rows(inner, f"{path}{'[]' if listed else ''}.")


def mark_of(field: FieldInfo) -> Mark | None:
    """The mark of a field; None for one that only holds others."""
    return next((one for one in field.metadata if isinstance(one, Mark)), None)


def written(value: BaseModel, above: Path_ = ()) -> Iterator[tuple[Path_, Mark]]:
    """The marked fields that a document writes, each with its path. A field that says its default says nothing."""
    for name in value.model_fields_set:
        field = type(value).model_fields[name]
        mark, said = mark_of(field), getattr(value, name)
        path = (*above, field.alias or name)
        if mark is not None and said != field.get_default(call_default_factory=True) and said not in (None, (), {}):
            yield path, mark
        if mark is not None and mark.level in (Level.WARNING, Level.ERROR):
            continue
        if isinstance(said, BaseModel):
            yield from written(said, path)
        elif isinstance(said, tuple):
            for index, item in enumerate(said):
                if isinstance(item, BaseModel):
                    yield from written(item, (*path, index))


def passed_over(value: BaseModel) -> Iterator[tuple[Path_, Mark]]:
    """What is written in a document and warned of or refused, each with its path."""
    return ((path, mark) for path, mark in written(value) if mark.level in (Level.WARNING, Level.ERROR))


def _model(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """The model behind an annotation, and whether it stands in a list."""
    listed = False
    while get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        listed = listed or get_origin(annotation) is tuple
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return (annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None), listed
