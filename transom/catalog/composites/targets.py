"""Holds templates to the kinds that they become, before there is any claim: with a sample in the place of each expression.

A sample has the type that the expression was found to have. What the kind says of a constant is a mistake of the definition; what it says
of a sample counts only where no value of that type would do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from transom.catalog import validate
from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.templates import LEFT_OUT, Leaf, Template, leaves
from transom.errors import Location
from transom.expressions import shapes
from transom.expressions.engine import Expression
from transom.expressions.guards import field_of
from transom.expressions.shapes import ListOf, MapOf, Maybe, Scalar, Shape, Struct
from transom.rendering import yamltext
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_

_TYPE_ERRORS = frozenset(
    {
        "string_type",
        "int_type",
        "bool_type",
        "float_type",
        "list_type",
        "tuple_type",
        "dict_type",
        "model_type",
        "date_type",
        "none_required",
    }
)
_SHAPE_ERRORS = _TYPE_ERRORS | {"extra_forbidden", "missing"}
_SAMPLES: Mapping[str, Any] = {"string": "a", "integer": 1, "number": 1.5, "boolean": True, "null": None}


@dataclass(frozen=True, slots=True)
class Target:
    """What a template is held to: the model of its kind, and the fields that are filled in where the template leaves them out."""

    model: type[BaseModel]
    filled: tuple[Path_, ...] = (("metadata",), ("metadata", "name"), ("spec", "tenant"))


def check(template: Mapping[str, Template], path: Path_, target: Target) -> Iterator[Complaint]:
    """What the kind would refuse of every document that the template, which stands at `path`, can become."""
    found = dict(leaves(template))
    told: set[Path_] = set()
    for detail in _errors(template, target, optionals=True):
        wrong = list(_judged(detail, found, path, template, target))
        told |= {_path(detail)} if wrong else set()
        yield from wrong
    for place, one in found.items():
        if place in told:
            continue
        if isinstance(one.shape, Maybe):
            for detail in _errors(template, target, optionals=False):
                if detail["type"] == "missing" and _path(detail) == place:
                    message = f"{yamltext.dotted(place)} is needed, and the expression may come to nothing"
                    yield Complaint(one.path, "ExpressionType", message, "give it a value of its own: .orValue(…)", _start(one))
        yield from _counted(one, place, template, target)


def _errors(template: Mapping[str, Template], target: Target, *, optionals: bool) -> list[ErrorDetails]:
    data = sample(template, optionals=optionals)
    metadata = data.setdefault("metadata", {})
    if isinstance(metadata, dict):
        metadata.setdefault("name", "a")
    if isinstance(data.get("spec", {}), dict) and "tenant" not in (spec := data.setdefault("spec", {})):
        spec["tenant"] = "a"
    try:
        target.model.model_validate(data)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def _judged(
    detail: ErrorDetails, found: Mapping[Path_, Leaf], path: Path_, template: Mapping[str, Template], target: Target
) -> Iterator[Complaint]:
    place = _path(detail)
    at = next((place[:length] for length in range(len(place), -1, -1) if place[:length] in found), None)
    if at is not None and not (detail["type"] == "extra_forbidden" and at == place):
        leaf = found[at]
        unsure = shapes.is_open(leaf.shape) and (at != place or leaf.shape == shapes.ANY)
        if detail["type"] in _SHAPE_ERRORS and not unsure:
            told = _mismatch(detail, place)
            yield Complaint(
                leaf.path, "ExpressionType", f"{told}, and this comes to {shapes.word(leaf.shape)}", _cast(detail, leaf), _start(leaf)
            )
        return
    if detail["type"] == "value_error" and any(one[: len(place)] == place for one in found):
        return  # what several fields say together depends on the claim
    problem = validate.problem(detail, _plain(template), _Nowhere(None, None), target.model)  # type: ignore[arg-type]  # asked for no file
    yield Complaint(
        (*path, *written(template, place)), problem.reason, problem.message, problem.hint, of_key=detail["type"] == "extra_forbidden"
    )


def _counted(leaf: Leaf, place: Path_, template: Mapping[str, Template], target: Target) -> Iterator[Complaint]:
    """Values that a field of the claim may have, and the kind does not take."""
    values = _values(leaf.expressions[0][0]) if leaf.whole and leaf.expressions else ()
    for value in values:
        data = sample(template, optionals=True)
        _put(data, place, value)
        try:
            target.model.model_validate(data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                if _path(detail) == place and detail["type"] not in _TYPE_ERRORS:
                    said = validate.problem(detail, data, _Nowhere(None, None), target.model)  # type: ignore[arg-type]
                    yield Complaint(leaf.path, "ExpressionType", f'may come to "{value}": {said.message}', said.hint, _start(leaf))


def _values(expression: Expression) -> tuple[Any, ...]:
    field = field_of(expression.root) if expression.root.kind == "select" else None
    return field.values if field else ()


class _Nowhere(Trace):
    """A trace for messages whose place is found otherwise."""

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:  # noqa: ARG002
        """No place."""
        return Location("")


def sample(template: Template, *, optionals: bool = True) -> Any:
    """The document with a value in the place of each expression; `optionals` says whether those that may be missing are there."""
    match template:
        case Leaf(whole=False):
            return "a"
        case Leaf(shape=Maybe(value)):
            return _of_shape(value) if optionals else LEFT_OUT
        case Leaf(shape=shape):
            return _of_shape(shape)
        case dict():
            pairs = ((key, sample(below, optionals=optionals)) for key, below in template.items())
            return {key: below for key, below in pairs if below is not LEFT_OUT}
        case list():
            return [below for below in (sample(item, optionals=optionals) for item in template) if below is not LEFT_OUT]
        case _:
            return template


def _of_shape(shape: Shape) -> Any:
    match shape:
        case Scalar(name):
            return _SAMPLES.get(name, "a")
        case ListOf(item):
            return [_of_shape(item)]
        case MapOf(value):
            return {"a": _of_shape(value)}
        case Maybe(value):
            return _of_shape(value)
        case Struct(_, fields):
            return {name: _of_shape(field.shape) for name, field in fields.items()}


def _plain(template: Template) -> Any:
    return sample(template, optionals=True)


def _put(data: Any, path: Path_, value: Any) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = value


def _path(detail: ErrorDetails) -> Path_:
    return tuple(part for part in detail["loc"] if part != "[key]")


def written(template: Any, path: Path_) -> Path_:
    """As much of the path as the template has, and one more."""
    for length, part in enumerate(path):
        below = (
            template.get(part)
            if isinstance(template, dict)
            else template[part]
            if isinstance(template, list) and isinstance(part, int)
            else None
        )
        if below is None:
            return path[: length + 1]
        template = below
    return path


def _mismatch(detail: ErrorDetails, place: Path_) -> str:
    match detail["type"]:
        case "extra_forbidden":
            return f"{yamltext.dotted(place)} is not a field"
        case "missing":
            return f"{yamltext.dotted(place)} is needed"
        case kind:
            return f"{yamltext.dotted(place)} must be {validate.TYPES.get(kind, 'another type')}"


def _cast(detail: ErrorDetails, leaf: Leaf) -> str:
    if not isinstance(leaf.shape, Scalar) or not leaf.whole:
        return ""
    text = leaf.expressions[0][0].text
    casts = {"string_type": "string", "int_type": "int"}
    return f"write ${{{casts[detail['type']]}({text})}}" if detail["type"] in casts and leaf.shape != shapes.OUTPUT else ""


def _start(leaf: Leaf) -> int:
    return leaf.expressions[0][1]
