"""Going back: the documents of an earlier deployment, put together with what must not go back by itself. Pure.

What holds data (databases, buckets: every document that is protected by default) and what everything stands on (clusters, networks) stays
as it was applied last. An earlier document of a database may ask for a smaller disk, an older engine or another instance altogether, and a
rollback is made in a hurry: such a document goes back only when it is named. Nothing that holds data is deleted because an earlier
deployment did not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from transom.catalog import order
from transom.catalog.model import Catalog, Entry, Identity, Manifest
from transom.errors import PermanentError

V = TypeVar("V")

_GROUND = frozenset({"Cluster", "Network"})
"""Kinds that hold no data of their own and carry everything that does."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a rollback applies.

    Attributes:
        catalog: the documents; its commits are those of the earlier deployment, unless single applications were named.
        stayed: documents that differ in the earlier deployment and stay as they are now, by identity.
    """

    catalog: Catalog
    stayed: tuple[Identity, ...]


def restored(current: Catalog, earlier: Catalog, *, only: Iterable[str] = (), including: Iterable[Identity] = ()) -> Restored:
    """The documents of `earlier`, with what holds data as in `current`.

    Args:
        current: what was applied last. Its environment document is the one in force: region, sizes and shards do not go back.
        earlier: what to go back to.
        only: names of applications to take from `earlier`; everything else stays as in `current`. Empty for all.
        including: identities of documents with data that are to go back too.

    Raises:
        PermanentError: a name is known to neither, or something that goes back needs a document that is there no more.
    """
    wanted, named = frozenset(only), frozenset(including)
    _refuse_unknown(current, earlier, wanted, named)

    def goes_back(identity: Identity) -> bool:
        if identity in named:
            return True
        if _holds_data(current.entries.get(identity) or earlier.entries[identity]):
            return False
        kind, _, name = identity.partition("/")
        return not wanted or (kind == "Application" and name in wanted)

    chosen = {identity: earlier if goes_back(identity) else current for identity in {**current.entries, **earlier.entries}}
    sources = {identity: source for identity, source in chosen.items() if identity in source.entries}
    stayed = tuple(
        sorted(
            identity
            for identity, source in chosen.items()
            if source is current and (not wanted or identity in named) and content(current, identity) != content(earlier, identity)
        )
    )
    back = assembled(current, sources)
    # Of one application's way back the commits still tell what everything else is at.
    return Restored(back if wanted else replace(back, snapshots=earlier.snapshots), stayed)


def assembled(current: Catalog, sources: Mapping[Identity, Catalog]) -> Catalog:
    """One catalog of documents from several, in dependency order.

    Raises:
        PermanentError: something needs a document that is not among them.
    """
    _refuse_loose_ends(sources)
    needs = {identity: source.needs.get(identity, ()) for identity, source in sources.items()}
    return replace(
        current,
        entries={identity: sources[identity].entries[identity] for identity in order.sort(needs)},
        needs=needs,
        owners=_of(sources, lambda source: source.owners),
        placements={
            identity.partition("/")[2]: source.placements[identity.partition("/")[2]]
            for identity, source in sources.items()
            if identity.startswith("Application/") and identity.partition("/")[2] in source.placements
        },
        manifests=_of(sources, lambda source: source.manifests),
    )


def _of(sources: Mapping[Identity, Catalog], part: Callable[[Catalog], Mapping[Identity, V]]) -> dict[Identity, V]:
    return {identity: part(source)[identity] for identity, source in sources.items() if identity in part(source)}


def _holds_data(entry: Entry[Any]) -> bool:
    return entry.kind in _GROUND or hasattr(getattr(entry.document, "spec", None), "protected")


def content(catalog: Catalog, identity: Identity) -> tuple[Mapping[str, Any] | None, list[Mapping[str, Any]]]:
    """What a document comes to: itself and its manifests; nothing where the catalog does not have it."""
    entry = catalog.entries.get(identity)
    manifests: tuple[Manifest, ...] = catalog.manifests.get(identity, ())
    return (entry.data if entry else None), [manifest.data for manifest in manifests]


def _refuse_unknown(current: Catalog, earlier: Catalog, wanted: frozenset[str], named: frozenset[Identity]) -> None:
    for name in sorted(wanted):
        if f"Application/{name}" not in earlier.entries:
            hint = f"it had {', '.join(earlier.applications) or 'none'}"
            raise PermanentError(f"the earlier deployment has no application {name}", reason="UnknownReference", hint=hint)
    for identity in sorted(named):
        if identity not in current.entries and identity not in earlier.entries:
            raise PermanentError(
                f"neither deployment has a {identity}", reason="UnknownReference", hint="write KIND/NAME, e.g. Database/shop"
            )


def _refuse_loose_ends(sources: Mapping[Identity, Catalog]) -> None:
    for identity, source in sources.items():
        for needed in source.needs.get(identity, ()):
            if needed not in sources:
                raise PermanentError(
                    f"{identity} of the earlier deployment needs {needed}, which is not there any more",
                    reason="UnknownReference",
                    hint=f"--with {needed} creates it anew, empty; or go back to another deployment",
                )
