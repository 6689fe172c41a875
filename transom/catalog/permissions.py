"""What tenants may and may not: sources, clusters and kinds, each refused at the line that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transom.catalog.model import Entry, Identity, Manifest
from transom.catalog.validate import near
from transom.errors import Location, Problem
from transom.rendering.render import Rendered
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import API_VERSION, Document
from transom.specs.environment import Environment
from transom.specs.tenant import Tenant

OURS = API_VERSION.partition("/")[0]

PLATFORM = frozenset({"Environment", "Cluster", "Network", "Tenant", "CompositeDefinition"})
"""Kinds that no tenant declares."""


def of_platform(entries: Iterable[Entry[Any]], environment: Entry[Environment]) -> Iterator[Problem]:
    """The platform's own kinds in a tenant's folder or source: whoever may write there could otherwise make themselves a tenant."""
    given = _given(environment)
    for entry in entries:
        if entry.kind not in PLATFORM:
            continue
        source = entry.trace.snapshot.source
        if entry.unit is not None and entry.unit.room is Room.APPLICATION:
            hint = "move it to tenants/" if entry.kind == "Tenant" else "move it to infrastructure/"
            message = f"{entry.kind} {entry.name} belongs to the platform, not into an application's folder"
            yield Problem(entry.at("kind"), "ForbiddenKind", message, hint)
        elif source in given:
            message = f'{entry.kind} {entry.name} belongs to the platform, and source "{source}" is for tenants'
            yield Problem(entry.at("kind"), "ForbiddenSource", message, f"move it to another source ({_limit(environment, source)})")


def of_objects(objects: Iterable[Rendered], environment: Entry[Environment]) -> Iterator[Problem]:
    """What every cluster gets, in a source that is for tenants."""
    given = _given(environment)
    for one in objects:
        source = one.trace.snapshot.source
        if source in given and one.unit.room in (Room.BASE, Room.CLUSTER):
            message = f'{one.data.get("kind")} is for whole clusters, and source "{source}" is for tenants'
            hint = f"move it to another source ({_limit(environment, source)})"
            yield Problem(one.trace.locate(one.data, ("kind",)), "ForbiddenSource", message, hint)


def of_sources(entries: Mapping[Identity, Entry[Document]], environment: Entry[Environment]) -> Iterator[Problem]:
    """Tenants that sources are for are declared."""
    declared = [entry.name for entry in entries.values() if isinstance(entry.document, Tenant)]
    for index, source in enumerate(environment.document.spec.sources):
        for place, name in enumerate(source.tenants or ()):
            if name not in declared:
                where = environment.at("spec", "sources", index, "tenants", place)
                hint = near(name, declared) or "declare it, or correct the name"
                yield Problem(where, "UnknownReference", f'Tenant "{name}" is not declared', hint)


def _given(environment: Entry[Environment]) -> Mapping[str, tuple[str, ...]]:
    """The tenants that each source is for, by its name; sources that may declare anything are left out."""
    return {source.name: source.tenants for source in environment.document.spec.sources if source.tenants is not None}


def _limit(environment: Entry[Environment], source: str) -> Location:
    names = [one.name for one in environment.document.spec.sources]
    return environment.at("spec", "sources", names.index(source), "tenants")


def of_document(entry: Entry[Any], tenant: Entry[Tenant], environment: Entry[Environment]) -> Iterator[Problem]:
    """Whether an application or a resource is of a kind, and from sources, that its tenant may use."""
    allowed = tenant.document.spec.allowed
    if not allowed.kinds.admits(OURS, entry.kind):
        message = f"tenant {tenant.name} may not declare {OURS}/{entry.kind}"
        yield Problem(entry.at("kind"), "ForbiddenKind", message, f"its kinds are set at {tenant.at('spec', 'allowed', 'kinds')}")
    written = entry.trace.snapshot.source
    given = _given(environment).get(written)
    if given is not None and tenant.name not in given:
        message = f'{entry.kind} {entry.name} is of tenant {tenant.name}, and source "{written}" is for {", ".join(given)}'
        yield Problem(entry.at("metadata", "name"), "ForbiddenSource", message, f"set at {_limit(environment, written)}")
        return
    if allowed.sources is None:
        return
    hint = f"it may use {', '.join(allowed.sources)} ({tenant.at('spec', 'allowed', 'sources')})"
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
