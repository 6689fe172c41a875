"""A plan that is kept: what was planned, and what it was planned from; and what of that is no longer so. Pure.

Nothing in it is needed to apply: documents and state are read again, the plan is made again, and both must be what they were. So a plan
that was shown and agreed to is the plan that is carried out, or none is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from transom.catalog import digests
from transom.catalog.model import Catalog
from transom.changes import Change, ChangeSet, Frozen

FORMAT: Literal[1] = 1
"""Version of the serialised form; a reader refuses a newer one."""

_FEW = 5
"""Differences of one sort that are told each by itself."""


class SavedStack(Frozen):
    """One stack."""

    stack: str
    state: str
    """Digest of its state."""
    changes: ChangeSet
    """What was planned; durations apart, this is what must come out again."""


class SavedEnvironment(Frozen):
    """One environment."""

    environment: str
    digest: str
    """Of everything that its documents ask for."""
    revisions: dict[str, str] = Field(default_factory=dict)
    """The commit of each source, by name."""
    documents: dict[str, str] = Field(default_factory=dict)
    """Digest of each document with its objects, by identity."""
    stacks: tuple[SavedStack, ...] = ()


class SavedPlan(Frozen):
    """A plan of one or more environments."""

    format: Literal[1] = FORMAT
    project: str
    made: AwareDatetime
    refresh: bool = False
    """Whether the live state was looked at first; an apply of this plan does so too."""
    environments: tuple[SavedEnvironment, ...]


def environment(catalog: Catalog, changes: Iterable[ChangeSet], states: Mapping[str, str]) -> SavedEnvironment:
    """One environment as it is now.

    Args:
        catalog: its documents.
        changes: plans of any stacks; those of other environments are passed over.
        states: digest of each stack's state.
    """
    return SavedEnvironment(
        environment=catalog.name,
        digest=catalog.digest,
        revisions={snapshot.source: snapshot.revision for snapshot in catalog.snapshots},
        documents=dict(digests.documents(catalog, catalog.entries)),
        stacks=tuple(
            SavedStack(stack=one.stack, state=states[one.stack], changes=one.model_copy(update={"duration": 0.0}))
            for one in changes
            if one.environment == catalog.name
        ),
    )


def moved(then: SavedEnvironment, now: SavedEnvironment) -> tuple[str, ...]:
    """What is not as it was when the plan was made, in words; empty when everything is."""
    return tuple(_moved(then, now))


def _moved(then: SavedEnvironment, now: SavedEnvironment) -> Iterator[str]:
    for source, revision in sorted(then.revisions.items()):
        if (found := now.revisions.get(source)) != revision:
            yield f"source {source} was at {_short(revision)} and is {'at ' + _short(found) if found else 'there no more'}"
    yield from _abridged(_documents(then, now))
    before, after = ({one.stack: one for one in part.stacks} for part in (then, now))
    for stack in sorted(before.keys() - after.keys()):
        yield f"stack {stack} is no longer part of the environment"
    for stack in sorted(after.keys() - before.keys()):
        yield f"stack {stack} is not in the plan"
    for stack in sorted(before.keys() & after.keys()):
        if before[stack].state != after[stack].state:
            yield f"the state of {stack} was changed by another run"
        yield from _abridged(_changes(before[stack].changes, after[stack].changes))


def _documents(then: SavedEnvironment, now: SavedEnvironment) -> Iterator[str]:
    if then.digest == now.digest:
        return
    differing = [one for one in sorted(then.documents.keys() | now.documents.keys()) if then.documents.get(one) != now.documents.get(one)]
    for identity in differing:
        what = "is gone" if identity not in now.documents else "is new" if identity not in then.documents else "asks for something else"
        yield f"{identity} {what}"
    if not differing:
        yield f"the document of environment {then.environment} asks for something else"


def _changes(then: ChangeSet, now: ChangeSet) -> Iterator[str]:
    before, after = ({change.urn: change for change in part.changes} for part in (then, now))
    for urn in sorted(before.keys() - after.keys()):
        yield f"{_named(before[urn])} was planned and is not needed any more"
    for urn in sorted(after.keys() - before.keys()):
        yield f"{_named(after[urn])} is not in the plan"
    for urn in sorted(before.keys() & after.keys()):
        if _essence(before[urn]) != _essence(after[urn]):
            yield f"{_named(after[urn])} is not as it was planned"


def _essence(change: Change) -> Any:
    """What a change does; where its document stands today is no part of it."""
    return change.operation, sorted(one.model_dump_json() for one in change.properties), change.failed


def _named(change: Change) -> str:
    return f"{change.operation.value} {change.type} {change.name}"


def _abridged(told: Iterable[str]) -> Iterator[str]:
    found = list(told)
    yield from found[:_FEW]
    if len(found) > _FEW:
        yield f"… and {len(found) - _FEW} more"


def _short(revision: str) -> str:
    return revision[:12] if len(revision) >= 40 and revision[:40].isalnum() else revision  # noqa: PLR2004 - a commit's length
