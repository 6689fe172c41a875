"""Holds documents to their models and says each mistake at its line, with the nearest word that would have been right."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from transom.catalog import wording
from transom.catalog.model import Entry
from transom.errors import Problem
from transom.rendering import yamltext
from transom.rendering.trace import Trace
from transom.rendering.units import Unit
from transom.specs.base import API_VERSION, Document
from transom.specs.kinds import KINDS
from transom.specs.scalars import PATTERNS

M = TypeVar("M", bound=BaseModel)

GROUP = API_VERSION.partition("/")[0]


def is_ours(data: Mapping[str, Any]) -> bool:
    """Whether a document is one of Transom's kinds rather than a Kubernetes manifest."""
    return str(data.get("apiVersion", "")).partition("/")[0] == GROUP


def document(data: Mapping[str, Any], trace: Trace, unit: Unit | None = None) -> tuple[Entry[Document] | None, tuple[Problem, ...]]:
    """The entry for one document of ours, or all that is wrong with it."""
    kind = data.get("kind")
    model = KINDS.get(str(kind))
    if data.get("apiVersion") != API_VERSION:
        message = f'apiVersion "{data.get("apiVersion")}" is not known'
        return None, (Problem(trace.locate(data, ("apiVersion",)), "UnknownVersion", message, f"write {API_VERSION}"),)
    if model is None:
        message = f"kind {kind!s} is not known" if kind else "kind is missing"
        return None, (Problem(trace.locate(data, ("kind",)), "UnknownKind", message, near(str(kind), KINDS)),)
    parsed, problems = against(model, data, trace)
    return (Entry(parsed, data, trace, unit) if parsed is not None else None), problems


def against(model: type[M], data: Mapping[str, Any], trace: Trace) -> tuple[M | None, tuple[Problem, ...]]:
    """`data` as the model has it, or all that keeps it from being that."""
    try:
        return model.model_validate(data), ()
    except ValidationError as error:
        details = tuple(_own(error.errors(include_url=False)))
        told = [problem(detail, data, trace, model) for detail in details[:_MOST]]
        if len(details) > _MOST:
            where = trace.locate(data, ("kind",))
            told.append(Problem(where, "TooLarge", f"has {len(details)} mistakes", f"mend the first {_MOST}, which are told"))
        return None, tuple(told)


_MOST = 50
"""Mistakes of one document that are told."""
_LONGEST = 100
"""Characters of a word that may have been meant to be another one."""


def _own(details: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Mistakes that a person made: a list whose items are wrong is told as too short as well, because pydantic left them out."""
    places = [detail["loc"] for detail in details]
    for detail in details:
        loc = detail["loc"]
        if detail["type"] != "too_short" or not any(len(one) > len(loc) and one[: len(loc)] == loc for one in places):
            yield detail


def near(word: str, known: Iterable[str]) -> str:
    """What to write instead: the nearest known words, or all of them when none is near and they are few."""
    words = sorted(known)
    same = [one for one in words if _plain(one) == _plain(word)]  # depends_on, DependsOn, dependson
    if close := same or (get_close_matches(word, words, n=2, cutoff=0.6) if len(word) <= _LONGEST else []):
        return f"did you mean {' or '.join(close)}?"
    few = 16
    return f"known are {', '.join(words)}" if 0 < len(words) <= few else ""


def _plain(word: str) -> str:
    """A word without what people vary: case, hyphens, underscores, blanks and a plural's s."""
    return re.sub(r"[-_ ]", "", word).lower().removesuffix("s")


TYPES = {
    "string_type": "text", "int_type": "a whole number", "bool_type": "true or false", "list_type": "a list", "tuple_type": "a list",
    "dict_type": "a mapping", "model_type": "a mapping", "date_type": "a date", "date_from_datetime_parsing": "a date, e.g. 2027-01-31",
}  # fmt: skip
"""What a model asks for, by pydantic's name of the error."""


def problem(  # noqa: PLR0911 - a table of pydantic's error types, one way out each
    detail: ErrorDetails, data: Mapping[str, Any], trace: Trace, model: type[BaseModel]
) -> Problem:
    """One finding of a model as a problem; `trace` says where in `data` it is told."""
    path = tuple(part for part in detail["loc"] if part != "[key]")
    dotted = yamltext.dotted(path)
    value = detail["input"]
    match detail["type"]:
        case "extra_forbidden":
            where, word = trace.locate(data, path, of_key=True), str(path[-1])
            hint = wording.elsewhere(model, path[:-1], word) or near(word, _fields(model, path[:-1]))
            return Problem(where, "UnknownField", f"{dotted} is not a field", hint)
        case "missing":
            return Problem(trace.locate(data, path), "MissingField", f"{dotted} is missing", "it has no default: write it")
        case "value_error":
            said = str(detail["ctx"]["error"])
            # what a model says of its own fields begins with the field's name: that is where it is told
            field = tuple(said.split(maxsplit=1)[0].rstrip(":").split("."))
            place = path + field if _holds(value, field) else path
            return Problem(trace.locate(data, place), "InvalidValue", f"{dotted}: {said}" if dotted else said)
        case "PlaintextSecret" as reason:  # what a model refuses for a reason of its own; the value is not repeated
            return Problem(trace.locate(data, path), reason, f"{dotted} {detail['msg']}")
        case "too_short":
            least = detail["ctx"]["min_length"]
            return Problem(
                trace.locate(data, path), "InvalidValue", f"{dotted} needs at least {least} item{'s' if least > 1 else ''}", "add one"
            )
        case "literal_error":
            allowed = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            return Problem(trace.locate(data, path), "InvalidValue", f'{dotted} "{value}" is not allowed', f"write one of {allowed}")
        case kind if kind in TYPES:
            hint = wording.of_type(kind, value)
            if not hint and kind == "model_type" and (fields := _fields(model, path)):
                hint = f"its fields are {', '.join(fields)}"
            message = f"{dotted} must be {TYPES[kind]}, not {yamltext.shown(value)}"
            return Problem(trace.locate(data, path), "WrongType", message, hint)
        case "string_pattern_mismatch":
            hint = PATTERNS.get(detail["ctx"]["pattern"], f"it must match {detail['ctx']['pattern']}")
            return Problem(trace.locate(data, path), "InvalidValue", f'{dotted} "{value}" is not valid', hint)
        case _:
            said = detail["msg"][:1].lower() + detail["msg"][1:]
            return Problem(trace.locate(data, path), "InvalidValue", f"{dotted}: {said}")


def _holds(value: Any, field: tuple[str, ...]) -> bool:
    for part in field:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _fields(model: Any, path: tuple[str | int, ...]) -> list[str]:
    """Names of the fields that may stand at `path` of a document of `model`."""
    for part in path:
        model = _model_below(model, part)
    inner = wording.unwrapped(model)
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
        return []
    return [field.alias or name for name, field in inner.model_fields.items()]


def _model_below(model: Any, part: str | int) -> Any:
    model = wording.unwrapped(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return next((f.annotation for name, f in model.model_fields.items() if part in (f.alias, name)), None)
    arguments = get_args(model)
    return (arguments[1] if get_origin(model) is dict else arguments[0]) if arguments else None
