"""What a Read knows about an object: everything from the last inputs, or, in an import, only its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sandbox.plugins.kubernetes import normal, objects
from sandbox.plugins.kubernetes.checkpoint import Checkpoint
from sandbox.plugins.kubernetes.objects import Kind, Object

_NOT_INPUTS: Final = frozenset({"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"})
_NOT_INPUT_ANNOTATIONS: Final = frozenset({"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"})


def is_adopting(inputs: Object, kept: Checkpoint) -> bool:
    """Tell whether nothing is known of the object but its id."""
    return not objects.kind(inputs).kind and not objects.kind(kept.live).kind


def identified(inputs: Object, token: str, kept: Checkpoint, resource_id: str) -> Object:
    """Give inputs that name an object; where they do not, kind, namespace and name come from the state, the type and the id."""
    if objects.kind(inputs).kind:
        return inputs
    namespace, name = objects.split_identity(resource_id)
    kind = objects.kind(kept.live) if objects.kind(kept.live).kind else kind_of_type(token)
    named = objects.with_metadata(inputs, name=objects.name(inputs) or name, namespace=objects.namespace(inputs) or namespace)
    return {**named, "apiVersion": kind.api_version, "kind": kind.kind}


def kind_of_type(token: str) -> Kind:
    """Give the kind of the object that a resource's type is about; a ConfigMapPatch is about a ConfigMap."""
    kind = objects.kind_of_type(token)
    target = replace(kind, kind=kind.kind.removesuffix("Patch"))
    return target if target != kind and normal.is_built_in(target) else kind


def inputs(pruned: Object, live: Object) -> Object:
    """Give the inputs of an imported object: all of its fields but status and what the server alone sets.

    Of a custom resource only its identity is taken, because the real plugin has no schema to tell inputs by.
    """
    if not normal.is_built_in(objects.kind(live)):
        return pruned
    found = live.get("metadata")
    metadata = {key: value for key, value in (found if isinstance(found, Mapping) else {}).items() if key not in _NOT_INPUTS}
    if "annotations" in metadata:
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key not in _NOT_INPUT_ANNOTATIONS}
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": metadata}
