"""Gives a name to an object whose program gave it none, and keeps it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from sandbox.plugins import values
from sandbox.plugins.kubernetes import objects
from sandbox.plugins.kubernetes.objects import Object


class Mode(IntEnum):
    """What the engine's autonaming configuration asks for; the numbers are those of its protocol."""

    PROPOSE = 0
    ENFORCE = 1
    DISABLE = 2


def adopted(obj: Object, old: Mapping[str, Any]) -> Object:
    """Give the object the generated name of its predecessor, if it has no name of its own."""
    if _is_unknown(obj, "name") or objects.name(obj) or not objects.annotated(old, objects.AUTONAMED):
        return obj
    return _named(obj, objects.name(old))


def generated(obj: Object, resource_name: str, seed: bytes, proposal: tuple[str, Mode]) -> Object:
    """Give the object a name of the resource's name and eight hex digits, unless it has one, generates one or will know one.

    Args:
        obj: the inputs.
        resource_name: the name in the resource's URN.
        seed: what the engine gave so that a preview and its update generate the same; may be empty.
        proposal: the engine's proposed name, possibly empty, and what to do about it. Raises ValueError where naming is disabled.
    """
    if _is_unknown(obj, "name") or _is_unknown(obj, "generateName") or objects.name(obj) or objects.text(obj, "metadata", "generateName"):
        return obj
    proposed, mode = proposal
    if mode is Mode.DISABLE:
        raise ValueError("autonaming is disabled, and the resource has no `.metadata.name`: set it in the program")
    return _named(obj, proposed or unique(f"{resource_name}-", seed))


def unique(prefix: str, seed: bytes = b"") -> str:
    """Give the prefix and eight hex digits: the same for the same seed, random without one."""
    return prefix + (hashlib.sha256(seed + prefix.encode()).hexdigest()[:8] if seed else secrets.token_hex(4))


def is_named(obj: Mapping[str, Any]) -> bool:
    """Tell whether the object has a name, or will have one that is not known yet."""
    return bool(objects.name(obj)) or _is_unknown(obj, "name")


def is_generated_by_server(obj: Mapping[str, Any]) -> bool:
    """Tell whether the API server is to generate the name (`metadata.generateName`)."""
    return not is_named(obj) and (bool(objects.text(obj, "metadata", "generateName")) or _is_unknown(obj, "generateName"))


def _is_unknown(obj: Mapping[str, Any], field: str) -> bool:
    metadata = obj.get("metadata")
    return metadata is values.UNKNOWN or objects.nested(metadata, field) is values.UNKNOWN


def _named(obj: Object, name: str) -> Object:
    found = objects.nested(obj, "metadata", "annotations")
    if found is values.UNKNOWN:  # nothing can be added to what is not known yet
        return objects.with_metadata(obj, name=name)
    kept = found if isinstance(found, Mapping) else {}
    return objects.with_metadata(obj, name=name, annotations={**kept, objects.AUTONAMED: "true"})
