"""What is in the namespaces of a cluster: the metadata of every object of every kind that can be listed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from transom.errors import ClusterRefused, TransomError
from transom.live.cluster import ClusterApi

_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Objects without spec and data: no secret is ever read. https://kubernetes.io/docs/reference/using-api/api-concepts/"""
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
_PAGE = "500"
_AT_ONCE = 4
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as the API serves it."""

    group_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def type(self) -> str:
        """The type token that a resource of it has: `kubernetes:apps/v1:Deployment`."""
        return f"kubernetes:{'core/' if '/' not in self.group_version else ''}{self.group_version}:{self.kind}"

    def collection(self, namespace: str = "") -> str:
        """Path of all objects, of one namespace or of all."""
        base = f"/apis/{self.group_version}" if "/" in self.group_version else f"/api/{self.group_version}"
        return f"{base}/namespaces/{quote(namespace, safe='')}/{self.plural}" if namespace else f"{base}/{self.plural}"

    def item(self, namespace: str, name: str) -> str:
        """Path of one object."""
        return f"{self.collection(namespace if self.namespaced else '')}/{quote(name, safe='')}"


@dataclass(frozen=True, slots=True)
class Present:
    """An object that is there: its kind and its metadata, without managed fields of status."""

    kind: Kind
    namespace: str
    name: str
    metadata: Mapping[str, Any] = field(repr=False)

    @property
    def made(self) -> str:
        """When it was made, RFC 3339."""
        return str(self.metadata.get("creationTimestamp") or "")

    @property
    def maker(self) -> str:
        """The manager that set its fields first; empty where the book says nothing."""
        entries = [entry for entry in self.metadata.get("managedFields") or () if entry.get("subresource") != "status"]
        first = min(entries, key=lambda entry: str(entry.get("time") or "~"), default=None)
        return str(first.get("manager") or "") if first else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a look at a cluster found, and of which kinds it found nothing out, each with why."""

    present: tuple[Present, ...]
    unseen: tuple[str, ...] = ()


def kinds(api: ClusterApi) -> tuple[Kind, ...]:
    """Every kind that the cluster serves and can list, each in its preferred version: asked in two questions.

    https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery ; a server older than 1.27 is asked group by group.
    """
    found: dict[tuple[str, str], Kind] = {}
    for path in ("/api", "/apis"):
        told = api.get(path, accept=_DISCOVERY)
        if "items" not in told:
            return _walked(api)
        for group in told["items"]:
            for kind in _discovered(group):
                found.setdefault((str((group.get("metadata") or {}).get("name") or ""), kind.kind), kind)
    return tuple(found.values())


def _discovered(group: Mapping[str, Any]) -> Iterator[Kind]:
    """Kinds of a group, those of its preferred version first."""
    name = (group.get("metadata") or {}).get("name") or ""
    for version in group.get("versions") or ():
        for one in version.get("resources") or ():
            if "list" in (one.get("verbs") or ()) and (kind := (one.get("responseKind") or {}).get("kind")):
                spelled = f"{name}/{version['version']}" if name else version["version"]
                yield Kind(spelled, kind, one["resource"], one.get("scope") == "Namespaced")


def _walked(api: ClusterApi) -> tuple[Kind, ...]:
    groups = [("v1", "/api/v1")]
    groups += [
        (version, f"/apis/{version}")
        for group in api.get("/apis").get("groups") or ()
        if (version := group["preferredVersion"]["groupVersion"])
    ]
    return tuple(kind for version, path in groups for kind in _kinds(api, version, path))


def _kinds(api: ClusterApi, version: str, path: str) -> Iterator[Kind]:
    try:
        found = api.get(path).get("resources") or ()
    except ClusterRefused:
        return  # an aggregated API whose server is away takes nothing else with it
    for one in found:
        if "/" not in one["name"] and "list" in one["verbs"]:
            yield Kind(version, one["kind"], one["name"], bool(one["namespaced"]))


def listed(api: ClusterApi, namespaces: Callable[[], Collection[str]], skipped: Collection[str] = ()) -> Listed:
    """Every object in these namespaces, but for the `skipped` kinds, named `group/Kind` (`/Event` for the core group).

    `namespaces` is asked from several threads, after objects were listed; it may wait till they are known.

    Raises:
        TransomError: the cluster does not answer, or does not let us in.
    """
    wanted = [kind for kind in kinds(api) if kind.namespaced and _word(kind) not in skipped]
    present: list[Present] = []
    unseen: list[str] = []

    def of(kind: Kind) -> tuple[Kind, list[Present], str]:
        try:
            return kind, list(_of(api, kind, namespaces)), ""
        except TransomError as error:
            return kind, [], error.message

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for kind, found, complaint in pool.map(of, wanted):
            present += found
            unseen += [f"{_word(kind).lstrip('/')}: {complaint}"] if complaint else []
    return Listed(tuple(present), tuple(unseen))


def _of(api: ClusterApi, kind: Kind, namespaces: Callable[[], Collection[str]]) -> Iterator[Present]:
    """All of a kind in one question; where we may not ask that, one per namespace."""
    try:
        everywhere = list(_pages(api, kind, ""))
        wanted = namespaces() if everywhere else ()
        yield from [one for one in everywhere if one.namespace in wanted]
    except ClusterRefused as refused:
        if refused.code != _FORBIDDEN:
            raise
        for namespace in sorted(namespaces()):
            yield from _pages(api, kind, namespace)


def _pages(api: ClusterApi, kind: Kind, namespace: str) -> Iterator[Present]:
    query = {"limit": _PAGE}
    while True:
        page = api.get(kind.collection(namespace), query, _METADATA)
        for item in page.get("items") or ():
            metadata = item["metadata"]
            yield Present(kind, str(metadata.get("namespace") or ""), str(metadata["name"]), metadata)
        following = (page.get("metadata") or {}).get("continue")
        if not following:
            return
        query = {"limit": _PAGE, "continue": following}


def _word(kind: Kind) -> str:
    group, slash, _ = kind.group_version.rpartition("/")
    return f"{group if slash else ''}/{kind.kind}"
