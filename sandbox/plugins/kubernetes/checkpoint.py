"""What the state keeps of an object: the live object, beside it the inputs it came from, and which parts of both are secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.kubernetes import objects
from sandbox.plugins.kubernetes.objects import Object
from sandbox.plugins.values import Secret

_INPUTS: Final = "__inputs"
_INITIAL_API_VERSION: Final = "__initialApiVersion"
_FIELD_MANAGER: Final = "__fieldManager"

# The SDKs cannot name a property with a dash, so schema extensions of custom resource definitions are written with underscores.
_DASHED: Final = {
    f"x_kubernetes_{rest}": f"x-kubernetes-{rest.replace('_', '-')}"
    for rest in ("embedded_resource", "int_or_string", "list_map_keys", "list_type", "map_type", "preserve_unknown_fields", "validations")
}
_UNDERSCORED: Final = {dashed: underscored for underscored, dashed in _DASHED.items()}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One object as the state keeps it, bare of secrets' marks."""

    inputs: Object
    live: Object
    initial_api_version: str = ""
    field_manager: str = ""


def manifest(properties: Mapping[str, Any]) -> Object:
    """Give properties as a manifest: without nulls and secrets' marks, schema extensions with dashes."""
    found: Object = _renamed(values.reveal(values.without_nulls(properties)), _DASHED)
    return found


def read(state: Mapping[str, Any]) -> Checkpoint:
    """Give what the state keeps; an object without state gives an empty checkpoint."""
    plain = manifest(state)
    inputs = plain.pop(_INPUTS, None)
    initial, manager = plain.pop(_INITIAL_API_VERSION, ""), plain.pop(_FIELD_MANAGER, "")
    return Checkpoint(inputs if isinstance(inputs, dict) else {}, plain, initial, manager)


def write(checkpoint: Checkpoint, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the state to keep; what is secret in the properties `given` by the program is secret in it, as is all data of a Secret."""
    live = protected(_properties(checkpoint.live), given)
    live[_INPUTS] = protected(_properties(checkpoint.inputs), given)
    live[_INITIAL_API_VERSION] = checkpoint.initial_api_version
    live[_FIELD_MANAGER] = checkpoint.field_manager
    return live


def protected(properties: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the properties with everything marked secret that is secret in `given`, and a Secret's data always."""
    sealed = ("data", "stringData") if properties.get("kind") == "Secret" else ()
    marked = {key: _sealed(value) if key in sealed else value for key, value in properties.items()}
    for key, wanted in given.items():
        if key not in marked:
            continue
        kept = marked[key]
        if isinstance(kept, Mapping) and isinstance(wanted, Mapping):
            marked[key] = protected(kept, wanted)
        elif values.has_secret(wanted):
            marked[key] = _sealed(kept)
    return marked


def inputs_of(obj: Object, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give an object as properties, with what is secret in `given` marked."""
    return protected(_properties(obj), given)


def field_manager(inputs: Mapping[str, Any], kept: str, fallback: Callable[[], str]) -> str:
    """Give the field manager's name: the program's annotation, else the one kept in the state, else the fallback's."""
    return objects.annotations_of(inputs).get(objects.PATCH_FIELD_MANAGER) or kept or fallback()


def _sealed(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _properties(obj: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _renamed(values.without_nulls(obj), _UNDERSCORED)
    return found


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {names.get(key, key): _renamed(inner, names) for key, inner in value.items()}
    return [_renamed(inner, names) for inner in value] if isinstance(value, list) else value
