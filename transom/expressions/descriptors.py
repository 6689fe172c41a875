"""Shapes as the CEL checker takes them: messages of protobuf, made at run time, one per struct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2

from transom.expressions.shapes import ListOf, MapOf, Maybe, Scalar, Shape, Struct

_FIELD = descriptor_pb2.FieldDescriptorProto
_OPTIONAL, _REPEATED = _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED
_PACKAGE = "transom"
_SCALARS = {
    "string": _FIELD.TYPE_STRING,
    "integer": _FIELD.TYPE_INT64,
    "number": _FIELD.TYPE_DOUBLE,
    "boolean": _FIELD.TYPE_BOOL,
}
OUTPUT_MESSAGE = f"{_PACKAGE}.Output"
"""The type of outputs: no operator and no function of CEL takes it."""


class Messages:
    """The messages of some shapes; `structs` says which struct a message is."""

    def __init__(self) -> None:
        self.structs: dict[str, Struct] = {}
        self._names: dict[int, str] = {}
        self._file = descriptor_pb2.FileDescriptorProto(
            name="transom.proto", package=_PACKAGE, syntax="proto2", dependency=["google/protobuf/struct.proto"]
        )
        self._file.message_type.add(name="Output")

    def pool(self) -> Any:
        """The pool that the checker looks messages up in; nothing can be added after this."""
        values = descriptor_pb2.FileDescriptorProto()
        struct_pb2.DESCRIPTOR.CopyToProto(values)
        pool = descriptor_pool.DescriptorPool()
        pool.Add(values)
        pool.Add(self._file)
        return pool

    def signature(self, shape: Shape) -> str:
        """The shape as CEL writes types: `list<transom.S0>`."""
        match shape:
            case Struct():
                return self.message(shape)
            case ListOf(item):
                return f"list<{self.signature(item)}>"
            case MapOf(value):
                return f"map<string, {self.signature(value)}>"
            case Maybe(value):
                return f"optional_type<{self.signature(value)}>"
            case Scalar(name):
                return {"string": "string", "integer": "int", "number": "double", "boolean": "bool", "output": OUTPUT_MESSAGE}.get(
                    name, "dyn"
                )

    def message(self, struct: Struct) -> str:
        """Full name of the struct's message, which is made when there is none yet."""
        if id(struct) in self._names:
            return self._names[id(struct)]
        short = f"S{len(self._names)}"
        full = f"{_PACKAGE}.{short}"
        self._names[id(struct)] = full
        self.structs[full] = struct
        made = descriptor_pb2.DescriptorProto(name=short)
        for number, (name, field) in enumerate(struct.fields.items(), start=1):
            self._field(made, full, (name, number), field.shape)
        self._file.message_type.append(made)
        return full

    def _field(self, made: descriptor_pb2.DescriptorProto, full: str, key: tuple[str, int], shape: Shape) -> None:
        name, number = key
        # the JSON name is never read; a distinct one keeps protobuf from warning about names that differ by underscores only
        said = {"name": name, "number": number, "json_name": f"f{number}"}
        match shape:
            case ListOf(item) if not isinstance(item, ListOf | MapOf):
                made.field.add(**said, label=_REPEATED, **self._type(item))
            case MapOf(value) if not isinstance(value, ListOf | MapOf):
                camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))  # as protobuf names the entries of a map
                entry = made.nested_type.add(name=f"{camel}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=_OPTIONAL, type=_FIELD.TYPE_STRING)
                entry.field.add(name="value", number=2, label=_OPTIONAL, **self._type(value))
                made.field.add(**said, label=_REPEATED, type=_FIELD.TYPE_MESSAGE, type_name=f".{full}.{entry.name}")
            case _:
                made.field.add(**said, label=_OPTIONAL, **self._type(shape))

    def _type(self, shape: Shape) -> Mapping[str, Any]:
        """Lists of lists and the like have no message: what is in them is held to its type only once there are values."""
        match shape:
            case Struct():
                return {"type": _FIELD.TYPE_MESSAGE, "type_name": f".{self.message(shape)}"}
            case Scalar("output"):
                return {"type": _FIELD.TYPE_MESSAGE, "type_name": f".{OUTPUT_MESSAGE}"}
            case Scalar(name) if name in _SCALARS:
                return {"type": _SCALARS[name]}
            case _:
                return {"type": _FIELD.TYPE_MESSAGE, "type_name": ".google.protobuf.Value"}
