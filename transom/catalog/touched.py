"""What lies between two catalogs of one environment: which documents differ, and which stacks could come out otherwise for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from transom.catalog import digests, shards
from transom.catalog.model import Catalog, Identity
from transom.catalog.shards import Shard
from transom.errors import InvalidDocuments

_NOT_BUILT = ("guards", "sources", "validation", "allow")
"""Of an environment's document what no resource is made of: what sources hold is compared by itself."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change touches.

    Attributes:
        documents: identities of documents that are new, gone, or ask for something else.
        stacks: stacks of the later catalog that hold one of them, or something that needs one.
        others: its other stacks, which come out as they did.
    """

    documents: frozenset[Identity]
    stacks: frozenset[str]
    others: frozenset[str]


def touched(before: Catalog | None, after: Catalog) -> Touched:
    """What differs in `after`. Without a `before` everything does; so it does when the environment's own document says something else.

    Raises:
        InvalidDocuments: `after` cannot be cut into stacks.
    """
    cut = shards.cut(after)
    all_stacks = frozenset(shard.stack for shard in cut)
    if before is None:
        return Touched(frozenset(after.entries), all_stacks, frozenset())
    old, new = digests.documents(before, before.entries), digests.documents(after, after.entries)
    documents = frozenset(identity for identity in old.keys() | new.keys() if old.get(identity) != new.get(identity))
    moved = {identity for identity in old.keys() & new.keys() if _standing(before, identity) != _standing(after, identity)}
    documents |= moved
    if _environment(before) != _environment(after) or shards.is_sharded(before) != shards.is_sharded(after):
        return Touched(documents, all_stacks, frozenset())
    held = {shard.stack: frozenset(shard.documents) for shard in cut}
    was = {shard.stack: frozenset(shard.documents) for shard in _cut(before)}
    reached = documents | _reached(documents, after.needs)
    stacks = frozenset(stack for stack, mine in held.items() if stack not in was or reached & (mine | was[stack]))
    return Touched(documents, stacks, all_stacks - stacks)


def _cut(catalog: Catalog) -> Iterable[Shard]:
    try:
        return shards.cut(catalog)
    except InvalidDocuments:
        return ()


def _environment(catalog: Catalog) -> Mapping[str, Any]:
    data = catalog.environment.data
    return {**data, "spec": {key: value for key, value in data["spec"].items() if key not in _NOT_BUILT}}


def _standing(catalog: Catalog, identity: Identity) -> tuple[Any, ...]:
    """Whose a document is, and where it goes: said elsewhere than in itself."""
    return catalog.owners.get(identity), catalog.placements.get(identity.partition("/")[2])


def _reached(documents: Iterable[Identity], needs: Mapping[Identity, Iterable[Identity]]) -> frozenset[Identity]:
    """Everything that needs one of the documents, over any number of steps."""
    users: dict[Identity, list[Identity]] = {}
    for identity, needed in needs.items():
        for other in needed:
            users.setdefault(other, []).append(identity)
    reached: set[Identity] = set()
    waiting = list(documents)
    while waiting:
        for user in users.get(waiting.pop(), ()):
            if user not in reached:
                reached.add(user)
                waiting.append(user)
    return frozenset(reached)
