"""Which variables an expression may read where, and their values.

| place | variables |
|---|---|
| `includeWhen`, `forEach`, `metadata.name` | claim, environment, names of `forEach` (in `metadata.name` and in later lists) |
| the rest of a template | those, and resources: names, and outputs to be placed |
| `connection` | claim, environment, resources: names, and outputs to be placed |
| `status`, `readyWhen` | claim, environment, resources: names, and outputs with their values |
| rules of the schema | self |
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from transom.catalog.references import OUTPUTS
from transom.expressions import shapes
from transom.expressions.engine import Scope
from transom.expressions.shapes import Field, ListOf, MapOf, Shape, Struct
from transom.specs.environment import Environment, SizeClass

NAMES = ("claim", "environment", "resources", "self")
"""Variables that `forEach` cannot take the name of."""


@dataclass(frozen=True, slots=True)
class Member:
    """What expressions see of one resource.

    Attributes:
        kind: of its document.
        conditional: whether it may be left out.
        loops: shapes of what `forEach` runs over, by name; not empty makes it a list.
        connection: names of the variables that it gives, when it is a claim itself.
        status: shapes of what it shows, when it is a claim itself.
        is_unknown: whether it is a claim whose definition has mistakes, or cannot be found: one mistake is enough.
    """

    kind: str
    conditional: bool = False
    loops: Mapping[str, Shape] = field(default_factory=dict)
    connection: tuple[str, ...] = ()
    status: Mapping[str, Shape] = field(default_factory=dict)
    is_unknown: bool = False


def claim(spec: Mapping[str, Field]) -> Struct:
    """The shape of `claim`: the document with all defaults, its tenant filled in."""
    metadata = {
        "name": Field(shapes.STRING),
        "labels": Field(MapOf(shapes.STRING)),
        "annotations": Field(MapOf(shapes.STRING)),
    }
    below = {**spec, "tenant": Field(shapes.STRING), "revision": Field(shapes.INTEGER, always=False)}
    return Struct(
        "claim",
        {
            "apiVersion": Field(shapes.STRING),
            "kind": Field(shapes.STRING),
            "metadata": Field(Struct("claim.metadata", metadata)),
            "spec": Field(Struct("claim.spec", below)),
        },
    )


ENVIRONMENT = Struct(
    "environment",
    {
        "name": Field(shapes.STRING),
        "labels": Field(MapOf(shapes.STRING)),
        "region": Field(shapes.STRING),
        "accountId": Field(shapes.STRING, always=False),
        "tags": Field(MapOf(shapes.STRING)),
    },
)


def environment_shape() -> Struct:
    """The shape of `environment`."""
    return Struct("environment", {**ENVIRONMENT.fields, "sizes": Field(MapOf(_of_model(SizeClass, "environment.sizes[]")))})


def environment(document: Environment) -> dict[str, Any]:
    """The value of `environment`."""
    spec = document.spec
    found: dict[str, Any] = {
        "name": document.metadata.name,
        "labels": dict(document.metadata.labels),
        "region": str(spec.aws.region),
        "tags": dict(spec.tags),
        "sizes": {name: size.model_dump(mode="json", by_alias=True, exclude_none=True) for name, size in spec.sizes.items()},
    }
    return found | ({"accountId": spec.aws.account_id} if spec.aws.account_id else {})


def resources(members: Mapping[str, Member], *, placing: bool) -> Struct:
    """The shape of `resources`; `placing` where outputs are not known yet."""
    fields: dict[str, Field] = {}
    for name, member in members.items():
        if member.is_unknown:
            fields[name] = Field(shapes.ANY, always=not member.conditional)
            continue
        one = _member(f"resources.{name}", member, placing=placing)
        fields[name] = Field(ListOf(one) if member.loops else one, always=not member.conditional)
    return Struct("resources", fields)


def _member(name: str, member: Member, *, placing: bool) -> Struct:
    fields: dict[str, Field] = {"name": Field(shapes.STRING)}
    if member.kind in OUTPUTS:
        given = OUTPUTS[member.kind].items()
        outputs = {
            output: Field(shapes.OUTPUT if placing else shapes.Scalar(known.type)) for output, known in given if placing or known.shown
        }
        fields["outputs"] = Field(Struct(f"{name}.outputs", outputs))
    if member.connection and placing:
        fields["connection"] = Field(Struct(f"{name}.connection", {key: Field(shapes.OUTPUT) for key in member.connection}))
    if member.status and not placing:
        fields["status"] = Field(Struct(f"{name}.status", {key: Field(shape) for key, shape in member.status.items()}))
    return Struct(name, fields)


class Scopes:
    """The scopes of one definition, each made once."""

    def __init__(self, claim: Struct, environment: Struct, members: Mapping[str, Member]) -> None:
        self._base: Mapping[str, Shape] = {"claim": claim, "environment": environment}
        self._members = members
        self._made: dict[tuple[Any, ...], Scope] = {}

    def plain(self, loops: Mapping[str, Shape]) -> Scope:
        """Claim, environment, and what loops run over."""
        return self._scope("plain", {**self._base, **loops}, loops)

    def placing(self, loops: Mapping[str, Shape]) -> Scope:
        """And resources, their outputs to be placed."""
        return self._scope("placing", {**self._base, "resources": resources(self._members, placing=True), **loops}, loops)

    def telling(self) -> Scope:
        """And resources, their outputs with values."""
        return self._scope("telling", {**self._base, "resources": resources(self._members, placing=False)}, {})

    def _scope(self, word: str, variables: Mapping[str, Shape], loops: Mapping[str, Shape]) -> Scope:
        key = (word, *((name, id(shape)) for name, shape in loops.items()))
        if key not in self._made:
            self._made[key] = Scope(variables)
        return self._made[key]


def _of_model(model: type[BaseModel], name: str) -> Struct:
    fields = {}
    for key, one in model.model_fields.items():
        alias = one.alias or key
        values = get_args(one.annotation) if get_origin(one.annotation) is Literal else ()
        fields[alias] = Field(_of_type(one.annotation, f"{name}.{alias}"), one.is_required() or one.default is not None, tuple(values))
    return Struct(name, fields)


def _of_type(annotation: Any, name: str) -> Shape:  # noqa: PLR0911 - a table of types, one way out each
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
    arguments: Sequence[Any] = get_args(annotation)
    match get_origin(annotation) or annotation:
        case origin if origin is dict:
            return MapOf(_of_type(arguments[1], f"{name}[]"))
        case origin if origin in (list, tuple):
            return ListOf(_of_type(arguments[0], f"{name}[]"))
        case kind if isinstance(kind, type) and issubclass(kind, BaseModel):
            return _of_model(kind, name)
        case kind if kind is bool:
            return shapes.BOOLEAN
        case kind if kind is int:
            return shapes.INTEGER
        case kind if kind is float:
            return shapes.NUMBER
        case kind if (isinstance(kind, type) and issubclass(kind, str)) or kind is Literal:
            return shapes.STRING
        case _:
            return shapes.ANY
