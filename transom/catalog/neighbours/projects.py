"""Projects of Argo CD: they become tenants that are not confined, and their applications are held to what they allow."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from transom.catalog.manifests import group_and_kind
from transom.catalog.neighbours.argo import AppProjectSpec, GroupKind, ProjectDestination, Source
from transom.catalog.neighbours.argocd import HERE, IN_CLUSTER
from transom.catalog.neighbours.ground import Converted, Surroundings
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.repositories import normal
from transom.rendering.render import Rendered
from transom.rendering.yamltext import Path_

DEFAULT = "default"
"""The project that every installation has, and that allows everything."""


def tenants(applications: Iterable[Converted], projects: dict[str, Theirs], around: Surroundings) -> None:
    """Makes a tenant for each project that is none yet, and for the one that every installation has, where it is used."""
    for project in projects.values():
        around.make_tenant(project.name, project.rendered, {(): (), ("metadata",): ("metadata",), ("spec",): ("spec",)})
    for one in applications:
        if one.theirs.kind != "Application" or one.tenant in around.tenants or one.tenant in around.made:
            continue
        where = ("spec", "project") if "project" in one.theirs.model.spec.model_fields_set else ("spec",)
        if one.tenant == DEFAULT:
            around.make_tenant(DEFAULT, one.theirs.rendered, {(): where})


def hold(one: Converted, project: Theirs, unscoped: frozenset[tuple[str, str]], around: Surroundings) -> None:
    """Holds an application and its objects to what its project allows."""
    spec: AppProjectSpec = project.model.spec
    _repositories(one, project, spec, around)
    if not _goes(one, one.namespace, spec, around):
        shown = f'namespace "{one.namespace}" of {one.theirs.model.spec.destination.name or one.theirs.model.spec.destination.server}'
        hint = f"add it to spec.destinations ({project.at('spec')}), or go elsewhere"
        where = one.theirs.at("spec", "destination")
        around.wrong(where, "ForbiddenDestination", f"project {project.name} does not allow {shown}", hint)
        return
    for document in one.objects:
        _kind(one, document, project, unscoped, around)


def _repositories(one: Converted, project: Theirs, spec: AppProjectSpec, around: Surroundings) -> None:
    wanted = one.theirs.model.spec
    sources: list[tuple[Path_, Source]] = [(("spec", "sources", index), source) for index, source in enumerate(wanted.sources)]
    for path, source in sources or [(("spec", "source"), wanted.source)]:
        if not _allowed(spec.source_repos, source.repo_url):
            hint = f"add it to spec.sourceRepos ({project.at('spec')}), or take the manifests from another repository"
            where = one.theirs.at(*path, "repoURL")
            around.wrong(where, "ForbiddenSource", f"project {project.name} does not allow {source.repo_url}", hint)


def _allowed(patterns: Iterable[str], url: str) -> bool:
    listed = list(patterns)
    denied = any(_alike(url, pattern[1:]) for pattern in listed if pattern.startswith("!"))
    return not denied and any(_alike(url, pattern) for pattern in listed if not pattern.startswith("!"))


def _alike(url: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(url, pattern) or fnmatch.fnmatchcase(normal(url), normal(pattern))


def _goes(one: Converted, namespace: str, spec: AppProjectSpec, around: Surroundings) -> bool:
    """Whether a project lets its applications into a namespace of the application's cluster."""
    destination = one.theirs.model.spec.destination
    names, servers = {one.cluster or ""}, {destination.server.rstrip("/")}
    if destination.name == IN_CLUSTER or destination.server.rstrip("/") in HERE:
        names, servers = {IN_CLUSTER, *around.clusters}, set(HERE)
    elif one.cluster and one.cluster in around.clusters and (address := around.clusters[one.cluster].spec.server):
        servers.add(address.rstrip("/"))
    wanted = [entry for entry in spec.destinations if _there(entry, names, servers)]
    if any(entry.namespace.startswith("!") and fnmatch.fnmatchcase(namespace, entry.namespace[1:]) for entry in wanted):
        return False
    if any(_never(entry, names, servers) for entry in spec.destinations):
        return False
    return any(fnmatch.fnmatchcase(namespace, entry.namespace) for entry in wanted if not entry.namespace.startswith("!"))


def _there(entry: ProjectDestination, names: set[str], servers: set[str]) -> bool:
    if entry.server:
        return not entry.server.startswith("!") and any(fnmatch.fnmatchcase(one, entry.server.rstrip("/")) for one in servers)
    return bool(entry.name) and not entry.name.startswith("!") and any(fnmatch.fnmatchcase(one, entry.name) for one in names)


def _never(entry: ProjectDestination, names: set[str], servers: set[str]) -> bool:
    """Whether an entry forbids the cluster itself."""
    if entry.server.startswith("!"):
        return any(fnmatch.fnmatchcase(one, entry.server[1:].rstrip("/")) for one in servers)
    return entry.name.startswith("!") and any(fnmatch.fnmatchcase(one, entry.name[1:]) for one in names)


def _kind(one: Converted, document: Rendered, project: Theirs, unscoped: frozenset[tuple[str, str]], around: Surroundings) -> None:
    spec: AppProjectSpec = project.model.spec
    group, kind = group_and_kind(document.data)
    metadata = document.data.get("metadata")
    name = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
    where = document.trace.locate(document.data, ("kind",))
    if (group, kind) in unscoped:
        allowed = _listed(spec.cluster_resource_whitelist, group, kind, name) and not _listed(
            spec.cluster_resource_blacklist, group, kind, name
        )
        field_name = "clusterResourceWhitelist"
    else:
        listed = spec.namespace_resource_whitelist
        allowed = (listed is None or _listed(listed, group, kind, name)) and not _listed(
            spec.namespace_resource_blacklist, group, kind, name
        )
        field_name = "namespaceResourceWhitelist" if listed is not None else "namespaceResourceBlacklist"
        own = str(metadata.get("namespace") or "") if isinstance(metadata, dict) else ""
        if own and own != one.namespace and not _goes(one, own, spec, around):
            place = document.trace.locate(document.data, ("metadata", "namespace"))
            hint = f"add it to spec.destinations ({project.at('spec')}), or leave metadata.namespace out"
            around.wrong(place, "ForbiddenDestination", f'project {project.name} does not allow namespace "{own}"', hint)
    if not allowed:
        hint = f"see spec.{field_name} ({project.at('spec')}), or remove the object from application {one.name}"
        around.wrong(where, "ForbiddenKind", f"project {project.name} does not allow {kind}{f' of {group}' if group else ''}", hint)


def _listed(kinds: Iterable[GroupKind], group: str, kind: str, name: str) -> bool:
    return any(
        fnmatch.fnmatchcase(group, one.group) and fnmatch.fnmatchcase(kind, one.kind) and fnmatch.fnmatchcase(name, one.name or "*")
        for one in kinds
    )
