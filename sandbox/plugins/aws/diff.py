"""Diff: a resource's state against its inputs, property by property, with the paths and kinds that the Terraform bridge gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.plugins import values
from sandbox.plugins.aws import paths, policies, schema
from sandbox.plugins.aws.check import DEFAULTS
from sandbox.plugins.aws.entry import Entry
from sandbox.plugins.aws.schema import Property


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that differs: where, how, and whether only another resource can have the new value."""

    path: paths.Path
    kind: Literal["add", "update", "delete"]
    replace: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    entry: Entry
    state: Mapping[str, Any]


def differences(
    entry: Entry, state: Mapping[str, Any], inputs: Mapping[str, Any], ignored: Iterable[tuple[str, ...]] = ()
) -> list[Difference]:
    """Give what differs between a state and inputs, both plain (no secrets; inputs may hold unknowns), in the schema's order.

    An input that is not given and that AWS computes never differs; one that is not given and that AWS does not compute differs
    when the state holds a value that says something. `ignored` are paths of `ignoreChanges`.
    """
    side = _Side(entry, state)
    found: list[Difference] = []
    for name, prop in schema.resource(entry.pulumi).items():
        if prop.given and entry.knows(name):
            found += _value(side, (name,), prop, (state.get(name), inputs.get(name)))
    if "tags" in entry.inputs and not any(each.path[0] == "tags" for each in found):
        # Default tags changed: the resource's own tags are the same, what it ends up with is not.
        found += _map(side, ("tagsAll",), state.get("tagsAll") or {}, inputs.get("tagsAll") or {})
    return [_judged(side, each, inputs) for each in found if not paths.covered(each.path, ignored)]


def replaces_first(entry: Entry, inputs: Mapping[str, Any], found: Iterable[Difference]) -> bool:
    """Tell whether a replacement must delete first: its name was given by the program and stays, so the new one would collide."""
    auto = entry.autoname
    if auto is None or auto.property in inputs.get(DEFAULTS, ()):
        return False
    return not any(each.path[0] == auto.property for each in found)


def equal(entry: Entry, name: str, old: Any, new: Any) -> bool:
    """Tell whether two values of a top-level property mean the same."""
    prop = schema.resource(entry.pulumi)[name]
    return not list(_value(_Side(entry, {}), (name,), prop, (old, new)))


def empty(value: Any) -> bool:
    """Tell whether a value says nothing: null, zero, false, empty text, or an object of nothing else."""
    if isinstance(value, Mapping):
        return all(map(empty, value.values()))
    return value in (None, "", 0, False) or value == []


def _value(side: _Side, path: paths.Path, prop: Property, pair: tuple[Any, Any]) -> Iterator[Difference]:
    old, new = pair
    where = paths.generic(path)
    if new is values.UNKNOWN:
        yield Difference(path, "add" if old is None else "update")
    elif new is None:
        yield from _absent(side, path, prop, old)
    elif prop.kind in {"object", "map", "list", "set"} and not old and not empty(new):
        yield Difference(path, "add")
    elif prop.kind == "object":
        yield from _object(side, path, prop, (old or {}, new))
    elif prop.kind == "map":
        yield from _map(side, path, old or {}, new)
    elif prop.kind == "list":
        yield from _list(side, path, prop, (old or [], new))
    elif prop.kind == "set":
        yield from _set(side, path, prop, (old or [], new))
    elif not _same(side, where, old, new):
        yield Difference(path, "add" if old is None else "update")


def _absent(side: _Side, path: paths.Path, prop: Property, old: Any) -> Iterator[Difference]:
    if prop.computed or paths.generic(path) in side.entry.computed or empty(old):
        return
    if _same(side, paths.generic(path), old, None):
        return
    yield Difference(path, "delete")


def _same(side: _Side, where: str, old: Any, new: Any) -> bool:
    if old == new or (empty(old) and empty(new)):
        return True
    if where in side.entry.json and old is not None and new is not None:
        return policies.equivalent(old, new)
    rule = side.entry.same.get(where)
    return rule is not None and rule(old, new, side.state)


def _object(side: _Side, path: paths.Path, prop: Property, pair: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Iterator[Difference]:
    old, new = pair
    for name, member in prop.properties.items():
        if member.given:
            yield from _value(side, (*path, name), member, (old.get(name), new.get(name)))


def _map(side: _Side, path: paths.Path, old: Mapping[str, Any], new: Any) -> Iterator[Difference]:
    if new is values.UNKNOWN:
        yield Difference(path, "update")
        return
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            yield Difference((*path, key), "add")
        elif key not in new:
            yield Difference((*path, key), "delete")
        elif not _same(side, paths.generic((*path, key)), old[key], new[key]):
            yield Difference((*path, key), "update")


def _list(side: _Side, path: paths.Path, prop: Property, pair: tuple[list[Any], list[Any]]) -> Iterator[Difference]:
    old, new = pair
    element = _element(prop)
    for index in range(max(len(old), len(new))):
        if index >= len(old):
            yield Difference((*path, index), "add")
        elif index >= len(new):
            yield Difference((*path, index), "delete")
        else:
            yield from _value(side, (*path, index), element, (old[index], new[index]))


def _set(side: _Side, path: paths.Path, prop: Property, pair: tuple[list[Any], list[Any]]) -> Iterator[Difference]:
    """Pair equal elements whatever their order; what is left is paired in order, and its members are compared."""
    old, new = pair
    element = _element(prop)
    gone = dict(enumerate(old))
    come = {}
    for index, item in enumerate(new):
        match = next((at for at, had in gone.items() if not list(_value(side, (*path, index), element, (had, item)))), None)
        if match is None:
            come[index] = item
        else:
            del gone[match]
    left = list(gone.items())
    for (index, item), (_, had) in zip(come.items(), left, strict=False):
        yield from _value(side, (*path, index), element, (had, item))
    for index in list(come)[len(left) :]:
        yield Difference((*path, index), "add")
    for at, _ in left[len(come) :]:
        yield Difference((*path, at), "delete")


def _element(prop: Property) -> Property:
    return Property("o", "object", "any", prop.properties) if prop.properties else Property("o", prop.element, "any", {})


def _judged(side: _Side, found: Difference, inputs: Mapping[str, Any]) -> Difference:
    where = paths.generic(found.path)
    replace = where == "region" or any(where == path or where.startswith(f"{path}.") for path in side.entry.replaces)
    rule = side.entry.replaces_if.get(str(found.path[0]))
    if rule is not None and rule(side.state.get(str(found.path[0])), inputs.get(str(found.path[0]))):
        replace = True
    return Difference(found.path, found.kind, replace)
