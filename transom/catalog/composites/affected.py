"""Whom a change touches: claims that become something else than they did, with every value that differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transom.catalog.composites.traces import Composed
from transom.catalog.immutable import State
from transom.catalog.model import Identity
from transom.errors import Location
from transom.rendering.trace import Trace
from transom.rendering.yamltext import NOTHING, Path_
from transom.specs.composite import Claim


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is another one: where in the document, and both; NOTHING where there is none."""

    path: Path_
    before: Any
    after: Any


def told(value: Any) -> str:
    """One side of a difference, as messages write it."""
    return "nothing" if value is NOTHING else json.dumps(value, ensure_ascii=False, default=str)


@dataclass(frozen=True, slots=True)
class Changed:
    """One document that a claim becomes, did become, or becomes otherwise.

    Attributes:
        document: kind and name.
        sign: `+`, `-` or `~`.
    """

    document: Identity
    sign: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Touched:
    """One claim that a change touches.

    Attributes:
        at: where it is written; where it was, when it is gone.
        sign: `+` for a new claim, `-` for one that is gone, `~` for one that becomes something else.
        revisions: of the definition, before and after; 0 for none.
    """

    claim: Identity
    at: Location
    sign: str
    revisions: tuple[int, int]
    documents: tuple[Changed, ...]


def claims(before: State, after: State) -> tuple[Touched, ...]:
    """Every claim that a person wrote and that becomes something else, sorted by kind and name."""
    was, now = _made(before), _made(after)
    found: list[Touched] = []
    for identity in sorted(was.keys() | now.keys()):
        old, new = was.get(identity), now.get(identity)
        documents = tuple(_changes(old.documents if old else {}, new.documents if new else {}))
        if not documents and old and new:
            continue
        sign = "~" if old and new else "+" if new else "-"
        place = (new or old).at  # type: ignore[union-attr]  # it is in one of the two
        found.append(Touched(identity, place, sign, (old.revision if old else 0, new.revision if new else 0), documents))
    return tuple(found)


def differences(before: Any, after: Any, path: Path_ = ()) -> Iterator[Difference]:
    """Every value that differs, at the deepest place where it does."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key, NOTHING), after.get(key, NOTHING), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*path, index))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Difference(path, before, after)


@dataclass(slots=True)
class _Made:
    at: Location
    revision: int
    documents: dict[Identity, Mapping[str, Any]]


def _made(state: State) -> dict[Identity, _Made]:
    """What each claim that a person wrote is made of."""
    found: dict[Identity, _Made] = {}
    for identity, entry in state.entries.items():
        if isinstance(entry.document, Claim) and not isinstance(entry.trace, Composed):
            composed = entry.document.composed
            given = {"connection": dict(composed.connection), "status": dict(composed.status)}
            found[identity] = _Made(entry.at(), composed.revision, {identity: given})
    for identity, entry in state.entries.items():
        if not isinstance(entry.document, Claim) and (root := _root(entry.trace)) in found:
            found[root].documents[identity] = entry.data
    manifests = (manifest for owned in state.manifests.values() for manifest in owned)
    for manifest in manifests:
        if (root := _root(manifest.trace)) in found:
            found[root].documents[f"{manifest.kind}/{manifest.name}"] = manifest.data
    return found


def _root(trace: Trace) -> Identity:
    """The claim that a person wrote, above all claims inside it; empty for what is no part of one."""
    identity = ""
    while isinstance(trace, Composed) and trace.claim is not None:
        identity, trace = trace.claim.identity, trace.claim.trace
    return identity


def _changes(before: Mapping[Identity, Any], after: Mapping[Identity, Any]) -> Sequence[Changed]:
    found: list[Changed] = []
    for identity in [*before, *(one for one in after if one not in before)]:
        if identity not in after:
            found.append(Changed(identity, "-"))
        elif identity not in before:
            found.append(Changed(identity, "+"))
        elif different := tuple(differences(before[identity], after[identity])):
            found.append(Changed(identity, "~", different))
    return found
