"""What the checker found out: an expression as a tree, each part with its shape and its place in the text.

The checked form is that of `cel.expr.CheckedExpr` (CEL specification, proto/cel/expr/checked.proto and syntax.proto); only the fields that
are read here are declared, by their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

from transom.expressions import shapes
from transom.expressions.descriptors import OUTPUT_MESSAGE
from transom.expressions.shapes import ListOf, MapOf, Maybe, Scalar, Shape, Struct

_PRIMITIVES = {1: shapes.BOOLEAN, 2: shapes.INTEGER, 3: Scalar("unsigned"), 4: shapes.NUMBER, 5: shapes.STRING, 6: Scalar("bytes")}
_WELL_KNOWN = {2: Scalar("timestamp"), 3: Scalar("duration")}

_MESSAGES: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "CheckedExpr": {"types": (3, "*TypeEntry"), "source": (5, "SourceInfo"), "expr": (4, "Expr")},
    "TypeEntry": {"key": (1, "int64"), "value": (2, "Type")},
    "PositionEntry": {"key": (1, "int64"), "value": (2, "int32")},
    "SourceInfo": {"positions": (4, "*PositionEntry")},
    "Type": {
        "primitive": (3, "int32"), "wrapper": (4, "int32"), "known": (5, "int32"), "list": (6, "ListType"), "map": (7, "MapType"),
        "null": (2, "int32"), "message": (9, "string"), "type": (11, "Type"), "abstract": (14, "AbstractType"),
    },
    "ListType": {"item": (1, "Type")},
    "MapType": {"value": (2, "Type")},
    "AbstractType": {"name": (1, "string"), "parameters": (2, "*Type")},
    "Expr": {
        "id": (2, "int64"), "const": (3, "Constant"), "ident": (4, "Ident"), "select": (5, "Select"), "call": (6, "Call"),
        "list": (7, "CreateList"), "struct": (8, "CreateStruct"), "fold": (9, "Fold"),
    },
    "Constant": {
        "null": (1, "int32"), "bool": (2, "bool"), "int": (3, "int64"), "uint": (4, "uint64"), "double": (5, "double"),
        "string": (6, "string"), "bytes": (7, "bytes"),
    },
    "Ident": {"name": (1, "string")},
    "Select": {"operand": (1, "Expr"), "field": (2, "string"), "test": (3, "bool")},
    "Call": {"target": (1, "Expr"), "function": (2, "string"), "arguments": (3, "*Expr")},
    "CreateList": {"elements": (1, "*Expr")},
    "CreateStruct": {"entries": (2, "*MapEntry")},
    "MapEntry": {"key": (3, "Expr"), "value": (4, "Expr")},
    "Fold": {
        "variable": (1, "string"), "range": (2, "Expr"), "accumulator": (3, "string"), "start": (4, "Expr"), "condition": (5, "Expr"),
        "step": (6, "Expr"), "result": (7, "Expr"), "second": (8, "string"),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an expression.

    Attributes:
        kind: `const`, `ident`, `select`, `has`, `call`, `list`, `map` or `fold` (what `map`, `filter`, `all` and the like unfold to).
        name: the field of a select or has, the function of a call, the name of an ident; empty for others.
        value: of a const.
        below: operand of a select; target and arguments of a call; elements; keys and values in turn; range, start, condition, step and
            result of a fold.
        shape: what the checker says it comes to; None where it says nothing.
        offset: characters from the beginning of the text.
    """

    kind: str
    name: str = ""
    value: Any = None
    below: tuple[Node, ...] = ()
    shape: Shape | None = field(default=None, compare=False)
    offset: int = field(default=0, compare=False)

    def everything(self) -> Iterator[Node]:
        """This part and all below it, outer ones first."""
        yield self
        for node in self.below:
            yield from node.everything()

    @property
    def path(self) -> tuple[str, ...]:
        """`("claim", "spec", "size")` for `claim.spec.size`; empty for anything but a variable and fields of it."""
        if self.kind == "ident":
            return (self.name,)
        above = self.below[0].path if self.kind in ("select", "has") else ()
        return (*above, self.name) if above else ()


def read(serialized: bytes, structs: Mapping[str, Struct]) -> Node:
    """The tree of a checked expression in its serialized form."""
    carried = any_pb2.Any.FromString(serialized)
    checked = _checked().FromString(carried.value)
    types = {entry.key: _shape(entry.value, structs) for entry in checked.types}
    places = {entry.key: entry.value for entry in checked.source.positions}
    return _node(checked.expr, types, places)


def _node(  # noqa: PLR0911 - a table of CEL's expressions, one way out each
    expr: Any, types: Mapping[int, Shape], places: Mapping[int, int]
) -> Node:
    def below(*parts: Any) -> tuple[Node, ...]:
        return tuple(_node(part, types, places) for part in parts)

    said: dict[str, Any] = {"shape": types.get(expr.id), "offset": places.get(expr.id, 0)}
    if expr.HasField("const"):
        which = next((name for name in _MESSAGES["Constant"] if expr.const.HasField(name)), "null")
        return Node("const", value=None if which == "null" else getattr(expr.const, which), **said)
    if expr.HasField("ident"):
        return Node("ident", expr.ident.name, **said)
    if expr.HasField("select"):
        return Node("has" if expr.select.test else "select", expr.select.field, below=below(expr.select.operand), **said)
    if expr.HasField("call"):
        target = [expr.call.target] if expr.call.HasField("target") else []
        return Node("call", expr.call.function, below=below(*target, *expr.call.arguments), **said)
    if expr.HasField("list"):
        return Node("list", below=below(*expr.list.elements), **said)
    if expr.HasField("fold"):
        fold = expr.fold
        return Node("fold", fold.variable, below=below(fold.range, fold.start, fold.condition, fold.step, fold.result), **said)
    pairs = [part for entry in expr.struct.entries for part in (entry.key, entry.value)]
    return Node("map", below=below(*pairs), **said)


def _shape(type_: Any, structs: Mapping[str, Struct]) -> Shape:  # noqa: PLR0911 - a table of CEL's types, one way out each
    if type_.HasField("primitive") or type_.HasField("wrapper"):
        return _PRIMITIVES.get(type_.primitive or type_.wrapper, shapes.ANY)
    if type_.HasField("known"):
        return _WELL_KNOWN.get(type_.known, shapes.ANY)
    if type_.HasField("list"):
        return ListOf(_shape(type_.list.item, structs))
    if type_.HasField("map"):
        return MapOf(_shape(type_.map.value, structs))
    if type_.HasField("message"):
        return shapes.OUTPUT if type_.message == OUTPUT_MESSAGE else structs.get(type_.message, shapes.ANY)
    if type_.HasField("abstract") and type_.abstract.name == "optional_type":
        return Maybe(_shape(type_.abstract.parameters[0], structs))
    if type_.HasField("null"):
        return shapes.NULL
    return Scalar("type") if type_.HasField("type") else shapes.ANY


@cache
def _checked() -> Any:
    """The class of checked expressions."""
    made = descriptor_pb2.FileDescriptorProto(name="checked.proto", package="checked", syntax="proto2")
    scalars = {
        kind: getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}")
        for kind in ("int32", "int64", "uint64", "double", "string", "bytes", "bool")
    }
    for name, fields in _MESSAGES.items():
        message = made.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            one = message.field.add(name=field_name, number=number, json_name=f"f{number}")
            one.label = one.LABEL_REPEATED if kind.startswith("*") else one.LABEL_OPTIONAL
            bare = kind.removeprefix("*")
            if bare in scalars:
                one.type = scalars[bare]
            else:
                one.type, one.type_name = one.TYPE_MESSAGE, f".checked.{bare}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(made)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("checked.CheckedExpr"))
