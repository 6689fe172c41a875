"""The Kubernetes objects of a stack as they are now, each read by its own name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from transom.errors import ClusterRefused, TransomError
from transom.live import objects
from transom.live.cluster import ClusterApi

_AT_ONCE = 4
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object to look at: the key that it is found again by, its cluster, API version, kind and place."""

    key: str
    cluster: str
    api_version: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found: the object by key, or None where it is gone; of which objects nothing is known, and why; the same by cluster."""

    found: Mapping[str, Mapping[str, Any] | None]
    unseen: Mapping[str, str]
    unreachable: Mapping[str, str]


def look(wanted: Iterable[Wanted], connect: Callable[[str], ClusterApi]) -> Looks:
    """Asks each cluster for its objects; one that does not answer is asked no more."""
    found: dict[str, Mapping[str, Any] | None] = {}
    unseen: dict[str, str] = {}
    unreachable: dict[str, str] = {}
    by_cluster: dict[str, list[Wanted]] = {}
    for one in wanted:
        by_cluster.setdefault(one.cluster, []).append(one)
    for cluster, mine in by_cluster.items():
        try:
            api = connect(cluster)
            kinds = {(kind.group_version.rpartition("/")[0], kind.kind): kind for kind in objects.kinds(api)}
        except TransomError as error:
            unreachable[cluster] = str(error)
            unseen |= {one.key: error.message for one in mine}
            continue
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            for one, (there, why) in zip(mine, pool.map(lambda one: _read(api, kinds, one), mine), strict=True):  # noqa: B023 - used up here
                if why:
                    unseen[one.key] = why
                else:
                    found[one.key] = there
    return Looks(found, unseen, unreachable)


def _read(api: ClusterApi, kinds: Mapping[tuple[str, str], objects.Kind], one: Wanted) -> tuple[Mapping[str, Any] | None, str]:
    """The object, or why nothing is known of it; neither where it is gone, or its kind."""
    kind = kinds.get((one.api_version.rpartition("/")[0], one.kind))
    if kind is None:
        return None, ""
    try:
        there: Mapping[str, Any] = api.get(kind.item(one.namespace, one.name))
    except ClusterRefused as refused:
        return None, "" if refused.code == _NOT_FOUND else refused.message
    except TransomError as error:
        return None, error.message
    return there, ""
