"""Puts outputs in the place of references: `${Database/orders-db.outputs.host}` in an object becomes the database's host, as an output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from transom.catalog import references

Components = Mapping[str, pulumi.ComponentResource]
"""Components by the identity of their documents."""


def resolved(data: Any, components: Components) -> Any:
    """A document with outputs in it; the same object where it refers to nothing."""
    match data:
        case str():
            return text(data, components)
        case dict():
            items = {key: resolved(value, components) for key, value in data.items()}
            return items if any(items[key] is not data[key] for key in items) else data
        case list():
            found = [resolved(value, components) for value in data]
            return found if any(one is not other for one, other in zip(found, data, strict=True)) else data
        case _:
            return data


def text(string: str, components: Components) -> str | pulumi.Output[str]:
    """A text with outputs in it; a plain one as it is. What holds a secret is one."""
    found = references.of(string)
    if not found:
        return string
    pieces = references.PATTERN.split(string)
    plain = pieces[:: references.PATTERN.groups + 1]
    parts: list[pulumi.Input[str]] = []
    for index, piece in enumerate(plain):
        parts.append(piece)
        if index < len(found):
            parts.append(_value(components[found[index].identity], found[index].output))
    return pulumi.Output.concat(*parts)


def _value(component: pulumi.ComponentResource, output: str) -> pulumi.Output[str]:
    """The attribute of the component that an output is called after: `secretArn` is `secret_arn`."""
    name = re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", output)
    value: pulumi.Output[Any] = getattr(component, name)
    return value.apply(str)
