"""The stage: claims among rendered documents give way to what they are made of, and stay beside it as documents of the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from transom.catalog import permissions, validate
from transom.catalog.composites import notes
from transom.errors import Problem
from transom.rendering.render import Rendered, Rendering
from transom.rendering.units import Room, Unit
from transom.specs.base import API_VERSION

if TYPE_CHECKING:
    from transom.catalog.composites.definitions import Definitions
    from transom.catalog.composites.parts import GroupKind
    from transom.catalog.stages import Ground

_ROOMS = frozenset({Room.APPLICATION, Room.RESOURCES})
"""Where claims may stand."""


def compose(ground: Ground, rendering: Rendering) -> Rendering:
    """Definitions are read and taken out, claims are composed; everything else passes."""
    defining = [one for one in rendering.documents if _defines(one)]
    stray = [one for one in rendering.documents if one.unit.room is Room.COMPOSITIONS and not _defines(one)]
    if not defining and not stray:
        return rendering  # most repositories define nothing: neither CEL nor protobuf is imported
    from transom.catalog.composites import claims, definitions, scopes
    from transom.catalog.composites import compose as composing

    entries, problems, wrong_kinds = definitions.entries(defining)
    problems += [*(_stray(one) for one in stray), *permissions.of_platform(entries, ground.environment)]
    known = definitions.read(entries)
    problems += known.problems
    broken = known.broken | wrong_kinds
    environment = scopes.environment(ground.environment.document)
    taken = {id(one) for one in (*defining, *stray)}
    documents: list[Rendered] = []
    failed: list[Unit] = list(rendering.failed)
    applications = _applications(rendering.documents)
    composed: list[Rendered] = []
    seen: dict[str, Rendered] = {}
    for one in rendering.documents:
        key = str(one.data.get("apiVersion")), str(one.data.get("kind"))
        if id(one) in taken:
            continue
        if key not in known.kinds:
            found = tuple(_unknown(one, key, known, broken))
            problems += found
            if not found and not _may_be(key, broken):
                documents.append(one)
            else:
                failed.append(one.unit)
            continue
        if one.unit.room not in _ROOMS:
            where = one.trace.locate(one.data, ("kind",))
            hint = "move it into an application's folder, databases/ or resources/"
            problems.append(Problem(where, "UnexpectedKind", f"a claim of {key[1]} belongs to a tenant", hint))
            continue
        first = seen.setdefault(claims.identity_of(one), one)
        if first is not one:
            where = one.trace.locate(one.data, ("metadata", "name"))
            place = first.trace.locate(first.data, ("metadata", "name"))
            told = f"{claims.identity_of(one).replace('/', ' ')} is declared twice, first at {place}"
            problems.append(Problem(where, "DuplicateDocument", told, "rename or remove one of the two"))
            continue
        beside = applications.get(one.unit.folder)
        claim, wrong = claims.valid(one, known.kinds[key], beside.tenant if beside else None)
        made, more = composing.composed(claim, environment, known) if claim else (None, ())
        problems += (*wrong, *more)
        if made is None:
            failed.append(one.unit)
        else:
            documents += made.documents
            composed += [_placed(claim, beside) for claim in made.claims]
    return Rendering(tuple(documents), (*rendering.problems, *notes.named(tuple(problems))), tuple(failed), tuple(composed))


def _may_be(key: GroupKind, broken: frozenset[GroupKind]) -> bool:
    """Whether a document may be a claim of a kind whose definition has mistakes."""
    return key[0].partition("/")[0] in {api_version.partition("/")[0] for api_version, _ in broken}


def _defines(one: Rendered) -> bool:
    return one.data.get("kind") == "CompositeDefinition" and validate.is_ours(one.data)


def _stray(one: Rendered) -> Problem:
    where = one.trace.locate(one.data, ("kind",))
    hint = "move it, or a test of a definition into a folder DEFINITION.tests/"
    return Problem(where, "UnexpectedKind", f"this folder holds definitions, and this is of kind {one.data.get('kind')}", hint)


@dataclass(frozen=True, slots=True)
class _Beside:
    """The application in a folder, as far as it is written."""

    name: str
    tenant: str | None


def _applications(documents: Sequence[Rendered]) -> dict[Path, _Beside]:
    """The application of each folder."""
    found: dict[Path, _Beside] = {}
    for one in documents:
        if one.data.get("kind") == "Application" and one.data.get("apiVersion") == API_VERSION and one.unit.room is Room.APPLICATION:
            spec, metadata = one.data.get("spec"), one.data.get("metadata")
            tenant = spec.get("tenant") if isinstance(spec, dict) else None
            name = metadata.get("name") if isinstance(metadata, dict) else None
            found.setdefault(one.unit.folder, _Beside(str(name), tenant if isinstance(tenant, str) else None))
    return found


def _placed(claim: Rendered, beside: _Beside | None) -> Rendered:
    """The claim with the application that its Kubernetes objects belong to."""
    if beside is None or not claim.data["composed"]["manifests"]:
        return claim
    return replace(claim, data={**claim.data, "composed": {**claim.data["composed"], "application": beside.name}})


def _unknown(one: Rendered, key: GroupKind, known: Definitions, broken: frozenset[GroupKind]) -> Iterator[Problem]:
    """Documents of a defined group whose version or kind is not defined."""
    group = key[0].partition("/")[0]
    everything = known.known | broken
    if key in everything or group not in {api_version.partition("/")[0] for api_version, _ in everything}:
        return
    if group in {api_version.partition("/")[0] for api_version, _ in broken}:
        return  # what is meant may be among what is broken
    versions = {api_version for api_version, kind in everything if kind == key[1]}
    if versions:
        where, message = ("apiVersion",), f'apiVersion "{key[0]}" is not known'
        yield Problem(
            one.trace.locate(one.data, where), "UnknownVersion", message, f"{key[1]} is defined in {' and '.join(sorted(versions))}"
        )
    else:
        kinds = {kind for api_version, kind in everything if api_version.partition("/")[0] == group}
        yield Problem(
            one.trace.locate(one.data, ("kind",)), "UnknownKind", f"kind {key[1]} is not defined in {group}", validate.near(key[1], kinds)
        )
