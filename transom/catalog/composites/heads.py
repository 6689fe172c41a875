"""What a definition is by itself: its kind and its schema, before others are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from transom.catalog.composites import models, openapi
from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.parts import Head
from transom.catalog.model import Entry
from transom.catalog.validate import GROUP
from transom.specs.base import Metadata
from transom.specs.composite import CompositeDefinition
from transom.specs.kinds import KINDS
from transom.specs.scalars import Int, Name

_READ_ELSEWHERE = ("argoproj.io", "fluxcd.io")
"""Groups that Transom reads as they are."""
_KUBERNETES = frozenset({"apps", "batch", "autoscaling", "policy", "extensions"})


def read(entry: Entry[CompositeDefinition]) -> Head:
    """The kind and the schema of a definition, and what is wrong with them."""
    spec, path = entry.document.spec, ("spec", "schema")
    head = Head(entry, list(_reserved(entry)))
    schema = entry.data["spec"]["schema"]
    head.complaints += openapi.check(schema, path)
    if head.complaints:
        return head
    head.complaints += models.faults(schema, path)
    if head.complaints:
        return head
    fields: dict[str, Any] = {"tenant": (Name | None, None), "revision": (Int | None, None)}
    below = models.model(schema, fields)
    head.fields = {key: models.field(schema, key, one, "claim.spec") for key, one in schema.get("properties", {}).items()}
    required = bool(schema.get("required"))
    head.model = models.document(f"{spec.group}/{spec.version}", spec.kind, Metadata, below, required=required)
    return head


def _reserved(entry: Entry[CompositeDefinition]) -> Iterator[Complaint]:
    spec = entry.document.spec
    group = spec.group
    if group == GROUP or group.endswith(f".{GROUP}"):
        yield Complaint(("spec", "group"), "ReservedGroup", f'group "{group}" is Transom\'s own', "choose one below a domain of yours")
    elif group.endswith((".k8s.io", ".kubernetes.io")) or group in {"k8s.io", "kubernetes.io", *_KUBERNETES}:
        yield Complaint(("spec", "group"), "ReservedGroup", f'group "{group}" is Kubernetes\' own', "choose one below a domain of yours")
    elif any(group == one or group.endswith(f".{one}") for one in _READ_ELSEWHERE):
        yield Complaint(
            ("spec", "group"), "ReservedGroup", f'group "{group}" is read by Transom already', "choose one below a domain of yours"
        )
    if spec.kind in KINDS:
        told = f"kind {spec.kind} is Transom's own, and names in state are made of kind and name"
        yield Complaint(("spec", "kind"), "ReservedGroup", told, f"choose another name, e.g. Managed{spec.kind}")
