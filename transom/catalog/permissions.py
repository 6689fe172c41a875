"""What tenants may and may not: sources, clusters and kinds, each refused at the line that asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transom.catalog.model import Entry, Identity, Manifest
from transom.errors import Problem
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import API_VERSION, Document
from transom.specs.tenant import Tenant

OURS = API_VERSION.partition("/")[0]

PLATFORM = frozenset({"Environment", "Cluster", "Network", "Tenant", "CompositeDefinition"})
"""Kinds that no tenant declares."""


def of_platform(entries: Mapping[Identity, Entry[Document]]) -> Iterator[Problem]:
    """The platform's own kinds in a tenant's folder: whoever may change the folder could otherwise make themselves a tenant."""
    for entry in entries.values():
        if entry.kind in PLATFORM and entry.unit is not None and entry.unit.room is Room.APPLICATION:
            hint = "move it to tenants/" if entry.kind == "Tenant" else "move it to infrastructure/"
            message = f"{entry.kind} {entry.name} belongs to the platform, not into an application's folder"
            yield Problem(entry.at("kind"), "ForbiddenKind", message, hint)


def of_document(entry: Entry[Any], tenant: Entry[Tenant]) -> Iterator[Problem]:
    """Whether an application or a resource is of a kind, and from sources, that its tenant may use."""
    allowed = tenant.document.spec.allowed
    if not allowed.kinds.admits(OURS, entry.kind):
        message = f"tenant {tenant.name} may not declare {OURS}/{entry.kind}"
        yield Problem(entry.at("kind"), "ForbiddenKind", message, f"its kinds are set at {tenant.at('spec', 'allowed', 'kinds')}")
    if allowed.sources is None:
        return
    hint = f"it may use {', '.join(allowed.sources)} ({tenant.at('spec', 'allowed', 'sources')})"
    written = entry.trace.snapshot.source
    if written not in allowed.sources:
        message = f'{entry.kind} {entry.name} of tenant {tenant.name} lies in source "{written}"'
        yield Problem(entry.at("metadata", "name"), "ForbiddenSource", message, hint)
    elif entry.unit is not None and entry.unit.snapshot.source not in allowed.sources:
        message = f'manifests of tenant {tenant.name} may not come from source "{entry.unit.snapshot.source}"'
        yield Problem(entry.at("spec", "source", "name"), "ForbiddenSource", message, hint)


def of_object(application: Entry[Application], tenant: Entry[Tenant], manifest: Manifest, *, unscoped: bool) -> Problem | None:
    """What is wrong with an object of this kind in an application; None when the tenant may have it."""
    kinds = tenant.document.spec.allowed.kinds
    word = f"{manifest.group}/{manifest.kind}".lstrip("/")
    if unscoped and not kinds.admits_unscoped(manifest.group, manifest.kind):
        message = f"{manifest.kind} {manifest.name} is cluster-wide, which tenant {tenant.name} may not have"
        hint = "move it to infrastructure/" if manifest.kind != "Namespace" else "add the namespace to the tenant's document instead"
        return Problem(manifest.at("kind"), "ForbiddenKind", message, hint)
    if not unscoped and not kinds.admits(manifest.group, manifest.kind):
        message = f"tenant {tenant.name} may not declare {word}, as {manifest.kind} {manifest.name} of Application {application.name} does"
        return Problem(manifest.at("kind"), "ForbiddenKind", message, f"its kinds are set at {tenant.at('spec', 'allowed', 'kinds')}")
    return None
