"""Schemas become models: what a claim may say as a pydantic model, and as a shape for expressions.

A claim is then held to its model by the same code, with the same words, as Transom's own kinds.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Literal, Union
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic_core import SchemaError

from transom.catalog.composites.complaints import Complaint
from transom.expressions import shapes
from transom.expressions.shapes import ListOf, MapOf, Shape, Struct
from transom.rendering.yamltext import Path_
from transom.specs.base import Spec
from transom.specs.scalars import Duration

_SCALARS: Mapping[str, Shape] = {
    "string": shapes.STRING, "integer": shapes.INTEGER, "number": shapes.NUMBER, "boolean": shapes.BOOLEAN,
}  # fmt: skip
_NUMBERS = itertools.count()


class _Open(Spec):
    model_config = ConfigDict(extra="allow")


def shape(schema: Mapping[str, Any], name: str) -> Shape:
    """The shape of values of a schema; `name` is how messages call it."""
    kind = str(schema.get("type"))
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind == "array":
        return ListOf(shape(schema["items"], f"{name}[]"))
    if kind == "object" and "additionalProperties" in schema:
        return MapOf(shape(schema["additionalProperties"], f"{name}[]"))
    if kind == "object" and "x-kubernetes-preserve-unknown-fields" not in schema and schema.get("properties"):
        return Struct(name, {key: field(schema, key, below, name) for key, below in schema["properties"].items()})
    return shapes.ANY


def field(schema: Mapping[str, Any], key: str, below: Mapping[str, Any], name: str) -> shapes.Field:
    """The field `key` of an object's schema."""
    always = not below.get("nullable") and ("default" in below or key in schema.get("required", ()))
    return shapes.Field(shape(below, f"{name}.{key}"), always, tuple(below.get("enum", ())))


def model(schema: Mapping[str, Any], reserved: Mapping[str, tuple[Any, Any]]) -> type[Spec]:
    """The model of an object's schema, with fields beside its properties.

    Raises:
        SchemaError: a pattern is none that the model can hold to.
    """
    made: type[Spec] = _object(schema, reserved)
    return made


def faults(schema: Mapping[str, Any], path: Path_) -> Iterator[Complaint]:
    """Patterns that cannot be held to, and defaults that their own schema refuses."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(annotation(schema))
    except SchemaError:
        below = [*schema.get("properties", {}).items()]
        if "pattern" in schema:
            told = "pattern cannot be held to: it looks ahead or behind"
            yield Complaint((*path, "pattern"), "InvalidSchema", told, "write it without (?=, (?!, (?<")
        for key, one in below:
            yield from faults(one, (*path, "properties", key))
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                yield from faults(schema[key], (*path, key))
        return
    for place, one in _schemas(schema, path):
        if "default" in one:
            try:
                (adapter if one is schema else TypeAdapter(annotation(one))).validate_python(one["default"])
            except ValidationError as error:
                detail = error.errors(include_url=False)[0]
                inside = tuple(part for part in detail["loc"] if part != "[key]")
                said = detail["msg"][:1].lower() + detail["msg"][1:]
                yield Complaint((*place, "default", *inside), "InvalidSchema", f"default does not fit its own schema: {said}")


def _schemas(schema: Mapping[str, Any], path: Path_) -> Iterator[tuple[Path_, Mapping[str, Any]]]:
    yield path, schema
    for key, below in schema.get("properties", {}).items():
        yield from _schemas(below, (*path, "properties", key))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _schemas(schema[key], (*path, key))


def annotation(schema: Mapping[str, Any]) -> Any:
    """The type of values of a schema, as pydantic has types."""
    inner = _annotation(schema)
    return Union[inner, None] if schema.get("nullable") else inner  # noqa: UP007 - the types are made at run time


def _annotation(schema: Mapping[str, Any]) -> Any:  # noqa: PLR0911 - a table of types, one way out each
    if schema.get("x-kubernetes-int-or-string"):
        return Annotated[Any, BeforeValidator(_int_or_string)]
    if "enum" in schema:
        return Literal.__getitem__(tuple(schema["enum"]))
    match schema.get("type"):
        case "string":
            constraints = StringConstraints(
                strict=True, pattern=schema.get("pattern"), min_length=schema.get("minLength"), max_length=schema.get("maxLength")
            )
            return _formatted(Annotated[str, constraints], schema.get("format"))
        case "integer":
            return Annotated[int, Strict(), Field(**_bounds(schema)), AfterValidator(_sized(32 if schema.get("format") == "int32" else 64))]
        case "number":
            return Annotated[float, Strict(), Field(allow_inf_nan=False, **_bounds(schema))]
        case "boolean":
            return Annotated[bool, Strict()]
        case "array":
            return _array(schema)
        case "object":
            return _mapping(schema)
        case _:
            return Any


def _sized(bits: int) -> Callable[[int], int]:
    def check(value: int) -> int:
        if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            raise ValueError(f"{value} does not fit into {bits} bits")
        return value

    return check


def _mapping(schema: Mapping[str, Any]) -> Any:
    if "additionalProperties" in schema:
        size = Field(min_length=schema.get("minProperties"), max_length=schema.get("maxProperties"))
        return Annotated[dict[Annotated[str, Strict()], annotation(schema["additionalProperties"])], size]  # type: ignore[misc]
    free = schema.get("x-kubernetes-preserve-unknown-fields") and not schema.get("properties")
    return dict[str, Any] if free else _object(schema, {})


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    low, high = ("gt" if schema.get("exclusiveMinimum") else "ge"), ("lt" if schema.get("exclusiveMaximum") else "le")
    found = {low: schema.get("minimum"), high: schema.get("maximum"), "multiple_of": schema.get("multipleOf")}
    return {name: value for name, value in found.items() if value is not None}


def _object(schema: Mapping[str, Any], reserved: Mapping[str, tuple[Any, Any]]) -> Any:
    fields: dict[str, Any] = {}
    required = schema.get("required", ())
    for number, (key, below) in enumerate(schema.get("properties", {}).items()):
        # pydantic keeps some names for itself; the alias is what documents have
        fields[f"f{number}_"] = (annotation(below), _field(key, below, required=key in required))
    for key, (type_, default) in reserved.items():
        fields[key] = (type_, Field(default=default, alias=key))
    base = _Open if schema.get("x-kubernetes-preserve-unknown-fields") else Spec
    made = create_model(f"Claim{next(_NUMBERS)}", __base__=base, **fields)
    low, high = schema.get("minProperties"), schema.get("maxProperties")
    if low is None and high is None:
        return made
    return Annotated[made, BeforeValidator(_counted(low, high))]


def _field(key: str, schema: Mapping[str, Any], *, required: bool) -> Any:
    if "default" in schema:
        adapter: list[TypeAdapter[Any]] = []

        def make() -> Any:
            if not adapter:
                adapter.append(TypeAdapter(annotation(schema)))
            return adapter[0].validate_python(schema["default"])

        return Field(default_factory=make, alias=key)
    return Field(alias=key) if required else Field(default=None, alias=key)


def _array(schema: Mapping[str, Any]) -> Any:
    inner: Any = list.__class_getitem__(annotation(schema["items"]))
    size = Field(min_length=schema.get("minItems"), max_length=schema.get("maxItems"))
    if schema.get("uniqueItems") or schema.get("x-kubernetes-list-type") == "set":
        return Annotated[inner, BeforeValidator(_distinct(())), size]
    if keys := schema.get("x-kubernetes-list-map-keys"):
        return Annotated[inner, BeforeValidator(_distinct(tuple(keys))), size]
    return Annotated[inner, size]


def _distinct(keys: tuple[str, ...]) -> Callable[[Any], Any]:
    def check(items: Any) -> Any:
        seen: list[Any] = []
        for item in items if isinstance(items, list) else ():
            key = [item.get(name) for name in keys] if keys and isinstance(item, dict) else item
            if key in seen:
                told = (
                    f"two items have {', '.join(f'{name} {value}' for name, value in zip(keys, key, strict=True))}"
                    if keys
                    else f"{item} is there twice"
                )
                raise ValueError(f"{told}; remove one of the two")
            seen.append(key)
        return items

    return check


def _counted(low: int | None, high: int | None) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if isinstance(value, dict) and not (low or 0) <= len(value) <= (high if high is not None else len(value)):
            raise ValueError(f"must have {low or 0} to {high if high is not None else 'any number of'} fields, not {len(value)}")
        return value

    return check


def _int_or_string(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value} is neither a whole number nor a text")  # noqa: TRY004 - pydantic asks for ValueError
    return value


def _formatted(type_: Any, name: str | None) -> Any:
    return Annotated[type_, AfterValidator(_holding(_FORMATS[name], name))] if name is not None and name in _FORMATS else type_


def _holding(parse: Callable[[str], Any], name: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            parse(text)
        except (ValueError, binascii.Error):
            raise ValueError(f'"{text}" is no {name}') from None
        return text

    return check


def _matching(pattern: str) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)

    return parse


def _address(version: int) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        if ip_address(text).version != version:
            raise ValueError(text)

    return parse


_FORMATS: Mapping[str, Callable[[str], Any]] = {
    "date": _matching(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"),
    "date-time": datetime.fromisoformat,
    "duration": Duration.check,
    "ipv4": _address(4),
    "ipv6": _address(6),
    "cidr": ip_network,
    "uri": _matching(r"[a-z][a-z0-9+.-]*:\S+"),
    "email": _matching(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "hostname": _matching(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"),
    "uuid": UUID,
    "byte": lambda text: base64.b64decode(text, validate=True),
}


def document(api_version: str, kind: str, metadata: type[Spec], spec: Any, *, required: bool) -> type[Spec]:
    """The model of whole claims."""
    fields: dict[str, Any] = {
        "api_version": (Literal.__getitem__((api_version,)), Field(alias="apiVersion")),
        "kind": (Literal.__getitem__((kind,)), Field(alias="kind")),
        "metadata": (metadata, Field(alias="metadata")),
        "spec": (
            spec,
            Field(alias="spec") if required else Field(default_factory=lambda: TypeAdapter(spec).validate_python({}), alias="spec"),
        ),
    }
    return create_model(f"{kind}{next(_NUMBERS)}", __base__=Spec, **fields)
