"""Reads and changes the parts that every Kubernetes object has: kind, name, namespace, annotations, labels.

Objects come from programs, so nothing about their form is sure: a part of the wrong type reads as absent, as in the real plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.plugins.serving import PluginError

Object = dict[str, Any]

SKIP_AWAIT: Final = "pulumi.com/skipAwait"
WAIT_FOR: Final = "pulumi.com/waitFor"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
PATCH_FORCE: Final = "pulumi.com/patchForce"
PATCH_FIELD_MANAGER: Final = "pulumi.com/patchFieldManager"
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
AUTONAMED: Final = "pulumi.com/autonamed"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: group (empty for the core), version and kind."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """As manifests write it: `v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"


def nested(value: Any, *path: str) -> Any:
    """Give what lies at the path of keys, or None where the path ends or leaves the mappings."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str:
    """Give the string at the path, or an empty one."""
    found = nested(value, *path)
    return found if isinstance(found, str) else ""


def name(obj: Mapping[str, Any]) -> str:
    """Give the object's name, or an empty string."""
    return text(obj, "metadata", "name")


def namespace(obj: Mapping[str, Any]) -> str:
    """Give the object's namespace, or an empty string."""
    return text(obj, "metadata", "namespace")


def kind(obj: Mapping[str, Any]) -> Kind:
    """Give the object's own kind, from its apiVersion and kind."""
    group, _, version = text(obj, "apiVersion").rpartition("/")
    return Kind("" if group == "core" else group, version, text(obj, "kind"))


def kind_of_type(token: str) -> Kind:
    """Give the kind that a resource's type names: `kubernetes:apps/v1:Deployment`. Raises PluginError for another form."""
    package, _, rest = token.partition(":")
    module, _, found = rest.partition(":")
    group, _, version = module.rpartition("/")
    if package != "kubernetes" or not group or not version or not found:
        raise PluginError(f"unrecognized resource type: {token!r} for this provider; expected kubernetes:GROUP/VERSION:KIND")
    return Kind("" if group == "core" else group, version, found)


def is_patch(token: str, obj: Mapping[str, Any]) -> bool:
    """Tell whether the resource manages some fields of an object that somebody else made: `...:ConfigMapPatch`."""
    declared = token.rpartition(":")[2]
    return declared.endswith("Patch") and declared != text(obj, "kind")


def annotations_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Give the annotations; none at all when one of them is no string, as the Kubernetes Go client reads them."""
    found = nested(obj, "metadata", "annotations")
    if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
        return {}
    return dict(found)


def annotated(obj: Mapping[str, Any], key: str) -> bool:
    """Tell whether the annotation is exactly "true"."""
    return annotations_of(obj).get(key) == "true"


def with_metadata(obj: Mapping[str, Any], **changes: Any) -> Object:
    """Give the object with these metadata fields set, or removed where the value is empty; nothing else is copied deeply."""
    metadata = obj.get("metadata")
    kept = dict(metadata) if isinstance(metadata, Mapping) else {}
    for key, value in changes.items():
        if value:
            kept[key] = value
        else:
            kept.pop(key, None)
    return {**obj, "metadata": kept}


def identity(obj: Mapping[str, Any]) -> str:
    """Give the resource id: `namespace/name`, or `name` for an object without namespace."""
    return f"{namespace(obj)}/{name(obj)}" if namespace(obj) else name(obj)


def split_identity(resource_id: str) -> tuple[str, str]:
    """Give (namespace, name) of a resource id; the namespace may be empty."""
    before, _, after = resource_id.partition("/")
    return (before, after.partition("/")[0]) if after else ("", before)


def is_secret(obj: Mapping[str, Any]) -> bool:
    """Tell whether the object is a core Secret."""
    found = kind(obj)
    return found.group == "" and found.kind == "Secret"


def is_config_map(obj: Mapping[str, Any]) -> bool:
    """Tell whether the object is a core ConfigMap."""
    found = kind(obj)
    return found.group == "" and found.kind == "ConfigMap"


def is_definition(obj: Mapping[str, Any]) -> bool:
    """Tell whether the object is a CustomResourceDefinition."""
    found = kind(obj)
    return found.group == "apiextensions.k8s.io" and found.kind == "CustomResourceDefinition"
