"""Property values between the engine's protobuf form and plain Python, for every stand-in plugin.

Plain means `None`, `bool`, `int`, `float`, `str`, `list`, `dict`, and besides them `Secret`, `UNKNOWN`, `Asset` and `Archive`.
The wire format and its signatures are those of the Pulumi SDK (`sdk/go/common/resource/plugin/rpc.go`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal

from google.protobuf import struct_pb2

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the public signature of a secret, not one
_ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
_RESOURCE: Final = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The engine marks an unknown by its type: string, bool, number, array, asset, archive, object.
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_LARGEST_EXACT_INTEGER: Final = 2**53


class SignatureError(ValueError):
    """A value is marked as something that nobody here knows."""


class Unknown(Enum):
    """The type of a value that only an apply can tell."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must be encrypted in state and never be printed."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(***)"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file's content as the program gave it: exactly one of text, path (on this machine) and uri is set."""

    text: str | None = None
    path: str | None = None
    uri: str | None = None
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Archive:
    """Many files: exactly one of assets (by name), path (on this machine) and uri is set."""

    assets: Mapping[str, Any] | None = None
    path: str | None = None
    uri: str | None = None
    hash: str = ""


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Give the Struct as a dict; nulls are kept, whole numbers become `int`.

    Output values become their value, secret or unknown; a reference to a resource becomes its id (its URN, if it has no id),
    as the real plugins read them. Raises SignatureError for a signature nobody knows.
    """
    return {key: _decode_value(value) for key, value in struct.fields.items()}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Give the dict as a Struct, with secrets and unknowns marked. Raises TypeError for what is no property value."""
    struct = struct_pb2.Struct()
    fields = struct.fields
    for key, value in properties.items():
        _encode_value(fields[key], value)
    return struct


def encode_public(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Like `encode`, for an engine that does not accept secrets: they are sent bare."""
    return encode(reveal(properties))


def reveal(value: Any) -> Any:
    """Give the value without any `Secret` around any part of it; mappings and lists are copied."""
    if isinstance(value, Secret):
        return reveal(value.value)
    if isinstance(value, Mapping):
        return {key: reveal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [reveal(inner) for inner in value]
    return value


def has_unknown(value: Any) -> bool:
    """Tell whether any part of the value is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Secret):
        return has_unknown(value.value)
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    return isinstance(value, list) and any(map(has_unknown, value))


def has_secret(value: Any) -> bool:
    """Tell whether any part of the value is secret."""
    if isinstance(value, Secret):
        return True
    if isinstance(value, Mapping):
        return any(map(has_secret, value.values()))
    return isinstance(value, list) and any(map(has_secret, value))


def without_nulls(value: Any) -> Any:
    """Give the value without the keys whose value is null, at every depth of mappings; lists keep their length."""
    if isinstance(value, Secret):
        return Secret(without_nulls(value.value))
    if isinstance(value, Mapping):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def mark_secrets(outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Give the outputs with everything marked secret that is secret at the same place of the inputs.

    Two mappings are walked together; anything else that holds a secret in the inputs is secret as a whole in the outputs,
    so a list with one secret element becomes a secret list (its order may differ on the way back).
    """
    marked = dict(outputs)
    for key, given in inputs.items():
        if key not in marked:
            continue
        kept = marked[key]
        if isinstance(kept, Mapping) and isinstance(given, Mapping):
            marked[key] = mark_secrets(kept, given)
        elif not isinstance(kept, Secret) and has_secret(given):
            marked[key] = Secret(kept)
    return marked


def _decode_value(value: struct_pb2.Value) -> Any:  # noqa: PLR0911 - one return for each kind of value
    match value.WhichOneof("kind"):
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in _UNKNOWNS else text
        case "struct_value":
            fields = value.struct_value.fields
            if _SIGNATURE in fields:
                return _decode_special(decode(value.struct_value))
            return {key: _decode_value(inner) for key, inner in fields.items()}
        case "list_value":
            return [_decode_value(inner) for inner in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() and abs(number) <= _LARGEST_EXACT_INTEGER else number
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _decode_special(fields: dict[str, Any]) -> Any:
    signature = fields[_SIGNATURE]
    match signature:
        case _ if signature == _SECRET:
            return Secret(fields.get("value"))
        case _ if signature == _OUTPUT:
            value = fields.get("value", UNKNOWN)
            return Secret(value) if fields.get("secret") is True else value
        case _ if signature == _RESOURCE:
            return fields.get("id") or fields.get("urn")
        case _ if signature == _ASSET:
            return Asset(fields.get("text"), fields.get("path"), fields.get("uri"), fields.get("hash", ""))
        case _ if signature == _ARCHIVE:
            return Archive(fields.get("assets"), fields.get("path"), fields.get("uri"), fields.get("hash", ""))
        case _:
            raise SignatureError(f"a property value carries the signature {signature!r}, which no Pulumi SDK known here writes")


def _encode_value(target: struct_pb2.Value, value: Any) -> None:
    # The order is that of frequency; `bool` must come before `int`, which it is one of.
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, Mapping):
        target.struct_value.SetInParent()
        fields = target.struct_value.fields
        for key, inner in value.items():
            _encode_value(fields[key], inner)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)):
        target.number_value = value
    elif isinstance(value, (list, tuple)):
        target.list_value.SetInParent()
        for inner in value:
            _encode_value(target.list_value.values.add(), inner)
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_STRING
    else:
        _encode_value(target, _special(value))


def _special(value: Any) -> dict[str, Any]:
    match value:
        case Secret():
            return {_SIGNATURE: _SECRET, "value": value.value}
        case Asset():
            return _file(value, _ASSET, "text")
        case Archive():
            return _file(value, _ARCHIVE, "assets")
        case _:
            raise TypeError(f"a {type(value).__name__} is no property value: use null, bool, number, string, list or mapping")


def _file(value: Asset | Archive, signature: str, content: Literal["text", "assets"]) -> dict[str, Any]:
    given = {name: getattr(value, name) for name in (content, "path", "uri") if getattr(value, name) is not None}
    return {_SIGNATURE: signature, "hash": value.hash, **given}
