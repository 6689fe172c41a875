"""Check: a program's inputs validated against the schema and the entry, defaulted and named, as the real provider does first of all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.aws import paths, policies, schema
from sandbox.plugins.aws.entry import Autoname, Entry
from sandbox.plugins.aws.schema import Property
from sandbox.plugins.aws.settings import nearest
from sandbox.plugins.serving import Failure

DEFAULTS: Final = "__defaults"
_HEX: Final = 7


@dataclass(frozen=True, slots=True)
class Naming:
    """What a name is made of where a program gives none.

    Attributes:
        resource: the resource's name in the program.
        seed: the engine's random seed, so that the same plan gives the same name.
        proposed: the name that the project's autonaming settings propose; empty for none.
        mode: `propose`, `enforce` or `disable`.
    """

    resource: str
    seed: bytes = b""
    proposed: str = ""
    mode: str = "propose"


@dataclass(frozen=True, slots=True)
class Checked:
    """The inputs to keep, with defaults and marks of secrets, and why any of them is refused."""

    inputs: dict[str, Any]
    failures: tuple[Failure, ...]


@dataclass(frozen=True)
class _Walk:
    entry: Entry
    failures: list[Failure] = field(default_factory=list)

    def refuse(self, path: paths.Path, reason: str) -> None:
        self.failures.append(Failure(reason, paths.text(path)))


def check(entry: Entry, given: Mapping[str, Any], old: Mapping[str, Any], naming: Naming) -> Checked:
    """Give the inputs as they will be used.

    Args:
        entry: the resource type.
        given: the program's inputs; may hold secrets and unknowns anywhere.
        old: the inputs of the last time, empty for a new resource: its generated name is kept.
        naming: how a missing name is made.
    """
    walk = _Walk(entry)
    properties = schema.resource(entry.pulumi)
    inputs = dict(_members(walk, (), properties, given))
    defaulted = set()
    for name, value in entry.defaults.items():
        if name not in inputs:
            inputs[name] = value
            defaulted.add(name)
    if entry.autoname is not None and entry.autoname.property not in inputs:
        named = _name(entry.autoname, inputs, old, naming)
        if named is None:
            walk.refuse((entry.autoname.property,), "autonaming is switched off, so the resource needs a name")
        else:
            inputs[entry.autoname.property] = named
            defaulted.add(entry.autoname.property)
    if not walk.failures:
        plain = values.reveal(inputs)
        for name, reason in entry.check(plain):
            walk.refuse((name,) if name else (), reason)
    return Checked({**inputs, DEFAULTS: sorted(defaulted)}, tuple(walk.failures))


def _members(walk: _Walk, at: paths.Path, properties: Mapping[str, Property], given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if name.startswith("__") or value is None:
            continue
        path = (*at, name)
        reason = _unknown(walk.entry, path, properties)
        if reason:
            walk.refuse(path, reason)
            continue
        yield name, _value(walk, path, properties[name], value)
    auto = walk.entry.autoname
    for name, prop in properties.items():
        if auto is not None and (*at, name) == (auto.property,):
            continue
        if prop.required and given.get(name) is None:
            walk.refuse((*at, name), f"missing required property {name!r}: the argument is required, but no definition was found")


def _unknown(entry: Entry, path: paths.Path, properties: Mapping[str, Property]) -> str:
    name = str(path[-1])
    known = sorted(key for key, prop in properties.items() if prop.given)
    if name not in properties:
        return f"invalid or unknown key {name!r}: {entry.pulumi} has no such property{nearest(name, known)}"
    if not properties[name].given:
        return f"{name!r} is computed by AWS and cannot be set{nearest(name, known)}"
    implemented = entry.knows(name) if len(path) == 1 else paths.generic(path) not in entry.refused
    if implemented and properties[name].kind != "any":
        return ""
    return f"the real provider knows {paths.generic(path)!r} of {entry.pulumi}, the sandbox's stand-in does not implement it"


def _value(walk: _Walk, path: paths.Path, prop: Property, value: Any) -> Any:
    if isinstance(value, values.Secret):
        return values.Secret(_value(walk, path, prop, value.value))
    if value is values.UNKNOWN:
        return value
    if prop.properties:
        return _nested(walk, path, prop, value)
    if prop.kind in {"list", "set", "map"}:
        return _plain(walk, path, prop, value)
    return _validated(walk, path, prop.kind, value)


def _plain(walk: _Walk, path: paths.Path, prop: Property, value: Any) -> Any:
    """Give a list, set or map of plain values."""
    if prop.kind == "map" and isinstance(value, Mapping):
        return {key: _validated(walk, (*path, key), prop.element, item) for key, item in value.items() if item is not None}
    if prop.kind != "map" and isinstance(value, list):
        return [_validated(walk, (*path, index), prop.element, item) for index, item in enumerate(value)]
    walk.refuse(path, f"expected a {prop.kind}, got {_called(value)}")
    return value


def _nested(walk: _Walk, path: paths.Path, prop: Property, value: Any) -> Any:
    if prop.kind == "object":
        if not isinstance(value, Mapping):
            walk.refuse(path, f"expected an object, got {_called(value)}")
            return value
        return dict(_members(walk, path, prop.properties, value))
    if not isinstance(value, list):
        walk.refuse(path, f"expected a list of objects, got {_called(value)}")
        return value
    element = Property("o", "object", "any", prop.properties)
    if prop.required and not value:
        walk.refuse(path, "at least one is required")
    return [_value(walk, (*path, index), element, item) for index, item in enumerate(value)]


def _validated(walk: _Walk, path: paths.Path, kind: str, value: Any) -> Any:
    if isinstance(value, values.Secret):
        return values.Secret(_validated(walk, path, kind, value.value))
    if value is values.UNKNOWN or values.has_unknown(value):
        return values.UNKNOWN
    where = paths.generic(path)
    if where in walk.entry.json and not isinstance(value, str):
        value = policies.text(value)
    converted = _converted(kind, value)
    if converted is None:
        walk.refuse(path, f"expected {kind} type, got {_called(value)}")
        return value
    validator = walk.entry.checks.get(where)
    reason = validator(converted) if validator else None
    if reason:
        walk.refuse(path, f"{where} {reason}")
    return converted


def _converted(kind: str, value: Any) -> Any:
    """Give the value as its type, converted as the real plugin does ("80" is a number, true a string); None where it cannot be."""
    match kind:
        case "bool":
            return {"true": True, "false": False}.get(value) if isinstance(value, str) else value if isinstance(value, bool) else None
        case "number":
            return _number(value)
        case "string":
            if isinstance(value, bool):
                return str(value).lower()
            return str(value) if isinstance(value, (str, int, float)) else None
        case _:
            return value


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number


def _called(value: Any) -> str:
    # The value itself may be a secret: only its type is told.
    names = {str: "string", bool: "bool", int: "number", float: "number", list: "list", dict: "object"}
    return names.get(type(value), type(value).__name__)


def _name(auto: Autoname, inputs: Mapping[str, Any], old: Mapping[str, Any], naming: Naming) -> Any:
    if auto.property in old.get(DEFAULTS, ()) and auto.property in old:
        return old[auto.property]
    if naming.mode == "disable":
        return None
    if naming.proposed:
        return naming.proposed
    suffix = auto.suffix(values.reveal(inputs))
    stem = auto.prefix + (naming.resource.lower() if auto.lower else naming.resource)
    digits = hashlib.sha256(naming.seed + naming.resource.encode()).hexdigest()[:_HEX] if naming.seed else _random()
    return f"{stem[: auto.limit - _HEX - 1 - len(suffix)]}-{digits}{suffix}"


def _random() -> str:
    import secrets

    return secrets.token_hex(4)[:_HEX]
