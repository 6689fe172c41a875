"""Brings inputs into the one form in which they can be compared with live objects.

The real plugin sends every object of a built-in kind through its Go type and back: fields that the type does not have vanish,
empty values that the type omits vanish, quantities get their canonical text. Where that fails, because some value has the wrong
type, the object stays as it is and the API server will refuse it. `types.json` holds the Go types (see `generate/main.go`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.kubernetes import objects, quantity
from sandbox.plugins.kubernetes.objects import Object

# Set by the server; a program that copies a manifest from a cluster may carry them along.
_READ_ONLY: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
_INTEGERS: Final = {"int32": 2**31, "int64": 2**63}
_LINE_BREAKS: Final = {ord(sign): None for sign in "\r\n"}  # Go's decoder passes over them
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")
_OMITTED_WHEN_EMPTY: Final = frozenset({"bool", "int32", "int64", "string", "bytes"})


class _MismatchError(ValueError):
    """A value has another type than the field it is meant for."""


def inputs(obj: Mapping[str, Any]) -> Object:
    """Give the object's normal form; one with unknown parts, or of a kind that is not built in, only loses read-only metadata."""
    normal = dict(obj)
    if not values.has_unknown(obj):
        normal = _normalised(normal)
    metadata = normal.get("metadata")
    if isinstance(metadata, Mapping) and any(key in metadata for key in _READ_ONLY):
        normal["metadata"] = {key: value for key, value in metadata.items() if key not in _READ_ONLY}
    return normal


def is_built_in(kind: objects.Kind) -> bool:
    """Tell whether the kind is one of Kubernetes itself, as far as its Go client has a type for it."""
    return f"{kind.api_version}/{kind.kind}" in _table()["kinds"] or kind.group in ("apiextensions.k8s.io", "apiregistration.k8s.io")


def is_list(kind: objects.Kind) -> bool:
    """Tell whether the kind is the List of a built-in kind."""
    return kind.kind.endswith("List") and f"{kind.api_version}/{kind.kind.removesuffix('List')}" in _table()["kinds"]


def _normalised(obj: Object) -> Object:
    if objects.is_definition(obj):
        return _definition(obj)
    if objects.is_secret(obj):
        return _secret(obj)
    kind = objects.kind(obj)
    type_name = _table()["kinds"].get(str(kind))
    if type_name is None:
        return obj
    try:
        return dict(_struct(obj, type_name))
    except _MismatchError:
        return obj


def _definition(obj: Object) -> Object:
    # The server drops a false `preserveUnknownFields` (it is deprecated), and `status` is never an input.
    kept = {key: value for key, value in obj.items() if key != "status"}
    spec = kept.get("spec")
    if isinstance(spec, Mapping) and spec.get("preserveUnknownFields") is False:
        kept["spec"] = {key: value for key, value in spec.items() if key != "preserveUnknownFields"}
    return kept


def _secret(obj: Object) -> Object:
    plain, given = obj.get("stringData"), obj.get("data")
    if not isinstance(plain, Mapping) or not plain or not all(isinstance(value, str) for value in plain.values()):
        # The server decodes and encodes the data again, which folds line breaks; what is no base64 it will refuse.
        return {**obj, "data": {key: _reencoded(value) for key, value in given.items()}} if isinstance(given, Mapping) else obj
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
    kept = {key: value for key, value in obj.items() if key != "stringData"}
    # stringData wins over data, as the server merges them.
    return {**kept, "data": {**(given if isinstance(given, Mapping) else {}), **encoded}}


def _reencoded(value: Any) -> Any:
    try:
        return _bytes(value) if isinstance(value, str) else value
    except _MismatchError:
        return value


@cache
def _table() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "types.json").read_bytes())
    return loaded


def _struct(value: Any, type_name: str) -> Object:
    if not isinstance(value, Mapping):
        raise _MismatchError
    fields = _table()["types"][type_name]
    kept = {}
    for key, given in value.items():
        field_type = fields.get(key)
        if field_type is None or given is None:
            continue
        omit = field_type.endswith("?")
        converted = _value(given, field_type.removesuffix("?"))
        if not (omit and not field_type.startswith("*") and _is_empty(converted, field_type)):
            kept[key] = converted
    return kept


def _is_empty(value: Any, field_type: str) -> bool:
    # Go omits false, 0, "" and empty lists and maps; a struct is never empty, nor are the scalars that Go holds as structs.
    plain = field_type.removesuffix("?")
    return not value and (plain in _OMITTED_WHEN_EMPTY or plain.startswith(("[]", "{}")))


def _value(value: Any, field_type: str) -> Any:
    if field_type.startswith("*"):
        return _value(value, field_type[1:])
    if field_type.startswith("[]"):
        if not isinstance(value, list):
            raise _MismatchError
        return [None if inner is None else _value(inner, field_type[2:]) for inner in value]
    if field_type.startswith("{}"):
        if not isinstance(value, Mapping):
            raise _MismatchError
        return {key: _value(inner, field_type[2:]) for key, inner in value.items() if inner is not None}
    if field_type in _table()["types"]:
        return _struct(value, field_type)
    return _scalar(value, field_type)


def _scalar(value: Any, field_type: str) -> Any:  # noqa: PLR0911 - one return for each scalar type
    match field_type:
        case "any":
            return value
        case "string" if isinstance(value, str):
            return value
        case "bool" if isinstance(value, bool):
            return value
        case "int32" | "int64" if _is_integer(value, _INTEGERS[field_type]):
            return int(value)
        case "intorstring" if isinstance(value, str) or _is_integer(value, _INTEGERS["int32"]):
            return value if isinstance(value, str) else int(value)
        case "quantity":
            return _quantity(value)
        case "bytes" if isinstance(value, str):
            return _bytes(value)
        case "time" | "microtime" if isinstance(value, str) and _TIME.match(value):
            return value
        case _:
            raise _MismatchError


def _is_integer(value: Any, limit: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return float(value).is_integer() and -limit <= value < limit


def _quantity(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _MismatchError
    try:
        return quantity.canonical(value if isinstance(value, str) else repr(value))
    except ValueError as error:
        raise _MismatchError from error


def _bytes(value: str) -> str:
    try:
        return base64.b64encode(base64.b64decode(value.translate(_LINE_BREAKS), validate=True)).decode()
    except binascii.Error as error:
        raise _MismatchError from error
