"""State: what is written after a create, an update or a read, and the inputs that a read finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.plugins import values
from sandbox.plugins.aws import diff, policies, schema
from sandbox.plugins.aws.check import DEFAULTS
from sandbox.plugins.aws.entry import Entry, Props
from sandbox.plugins.aws.schema import Property
from sandbox.plugins.aws.settings import Settings


def effective(entry: Entry, inputs: Mapping[str, Any], settings: Settings) -> Props:
    """Give the inputs with what the provider's configuration adds: its region, and as `tagsAll` its default tags below the own ones."""
    full = dict(inputs)
    if "region" in schema.resource(entry.pulumi) and settings.region:
        full.setdefault("region", settings.region)
    if "tags" in entry.inputs:
        own = inputs.get("tags") or {}
        full["tagsAll"] = values.UNKNOWN if values.has_unknown(own) else {**settings.default_tags, **own}
    return full


def outputs(entry: Entry, live: Props, before: Mapping[str, Any], settings: Settings) -> Props:
    """Give the state of a live resource.

    Args:
        entry: its type.
        live: its properties as read, with all its tags under `tags`.
        before: its inputs after a create or update, its state before a read: what AWS does not give back is kept from there, and so is
            the wording of JSON that means the same.
        settings: whose default and ignored tags apply.
    """
    state = {key: value for key, value in live.items() if value is not None}
    for name in entry.kept:
        value = before.get(name)
        if value is not None:
            state[name] = value
    for name in entry.json:
        if "." not in name and name in state and before.get(name) is not None and policies.equivalent(state[name], before[name]):
            state[name] = before[name]
    if "tags" in entry.inputs:
        state |= _tags(live.get("tags") or {}, before.get("tags") or {}, settings)
    return state


def secret(entry: Entry, state: Mapping[str, Any], like: Mapping[str, Any]) -> Props:
    """Give the state with everything marked secret that the schema calls sensitive or that is secret at the same place of `like`."""
    properties = schema.resource(entry.pulumi)
    marked = {
        name: values.Secret(value) if name in properties and properties[name].sensitive and value not in (None, values.UNKNOWN) else value
        for name, value in state.items()
    }
    return values.mark_secrets(marked, like)


def preview(entry: Entry, inputs: Mapping[str, Any]) -> Props:
    """Give the state that a create would write, unknown where only AWS can tell."""
    state = {name: value for name, value in inputs.items() if name != DEFAULTS}
    for name, prop in schema.resource(entry.pulumi).items():
        if prop.computed and name not in state:
            state[name] = values.UNKNOWN
    return state


def preview_update(entry: Entry, old: Mapping[str, Any], inputs: Mapping[str, Any]) -> Props:
    """Give the state that an update would write: what AWS computes stays, what is no longer given goes."""
    properties = schema.resource(entry.pulumi)
    stays = {
        name: value for name, value in old.items() if name not in properties or properties[name].computed or not properties[name].given
    }
    planned = {**stays, **{name: value for name, value in inputs.items() if name != DEFAULTS}}
    if any(each.path[0] not in {"tags", "tagsAll"} for each in diff.differences(entry, old, inputs)):
        planned |= dict.fromkeys(entry.renewed, values.UNKNOWN)
    return planned


def found_inputs(entry: Entry, old: Mapping[str, Any], state: Mapping[str, Any], before: Mapping[str, Any]) -> Props:
    """Give the inputs as a read finds them: those of the last time with their live values, and what has changed beside them.

    Args:
        entry: the resource's type.
        old: its inputs the last time; empty for an import, which takes over everything that says something.
        state: its state now.
        before: its state the last time.
    """
    properties = schema.resource(entry.pulumi)
    found: Props = {}
    for name, prop in properties.items():
        if not prop.given or not entry.knows(name):
            continue
        live = state.get(name)
        if name in old:
            if name in entry.kept or diff.equal(entry, name, live, old[name]):
                found[name] = old[name]
            elif live is not None:
                found[name] = _projected(prop, live, old[name])
        elif not diff.empty(live) and _worth(entry, name, prop, (live, before.get(name)), importing=not old):
            found[name] = _projected(prop, live, None)
    if old and DEFAULTS in old:
        found[DEFAULTS] = old[DEFAULTS]
    elif not old:
        found[DEFAULTS] = []
    return found


def _worth(entry: Entry, name: str, prop: Property, pair: tuple[Any, Any], *, importing: bool) -> bool:
    live, before = pair
    if name in entry.defaults and live == entry.defaults[name] and not importing:
        return False
    if importing:
        return name != "region"
    return not prop.computed and live != before


def _projected(prop: Property, live: Any, old: Any) -> Any:
    """Give a live value without the members that the program never gave and that AWS computes."""
    if not prop.properties:
        return live
    if isinstance(live, list):
        partners = old if isinstance(old, list) else []
        return [_members(prop, item, partners[index] if index < len(partners) else None) for index, item in enumerate(live)]
    return _members(prop, live, old)


def _members(prop: Property, live: Mapping[str, Any], old: Any) -> Props:
    had = old if isinstance(old, Mapping) else {}
    return {
        name: _projected(member, live[name], had.get(name))
        for name, member in prop.properties.items()
        if member.given and live.get(name) is not None and (name in had or not (member.computed or diff.empty(live[name])))
    }


def _tags(live: Mapping[str, str], own: Mapping[str, str], settings: Settings) -> Props:
    seen = {key: value for key, value in live.items() if not settings.ignore_tags.matches(key)}
    mine = {key: value for key, value in seen.items() if key in own or settings.default_tags.get(key) != value}
    return {"tags": mine, "tagsAll": seen}
