"""Links of claims: what they wait for, who may bind them, and whose outputs Kubernetes objects refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from transom.catalog import references
from transom.catalog.model import Entry, Identity, Manifest
from transom.catalog.references import OUTPUTS, Reference
from transom.catalog.validate import near
from transom.errors import Location, Problem
from transom.rendering.yamltext import Path_
from transom.specs.base import Document
from transom.specs.composite import Claim

_FIXED = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace"), ("metadata", "labels"))
"""Fields that make an object what it is, and must be known before anything is applied."""


def of(entries: Mapping[Identity, Entry[Document]]) -> Iterator[tuple[Entry[Claim], tuple[Identity, ...]]]:
    """Every claim with the documents that it is made of."""
    for entry in entries.values():
        if isinstance(entry.document, Claim):
            there = tuple(identity for identity in entry.document.composed.documents if identity in entries)
            yield entry, there  # type: ignore[misc]  # the document was looked at


def binding(application: Entry[Any], bound: Entry[Document], path: Path_) -> Iterator[Problem]:
    """What is wrong with binding this document as a claim."""
    if not isinstance(bound.document, Claim):
        hint = f"write {bound.kind.lower()}: {bound.name}"
        yield Problem(application.at(*path), "InvalidValue", f"{bound.kind} {bound.name} is no claim of a defined kind", hint)
    elif not bound.document.composed.connection:
        hint = f"CompositeDefinition {bound.document.composed.definition} declares no connection"
        yield Problem(application.at(*path), "NoConnection", f"{bound.kind} {bound.name} gives nothing to bind", hint)


def outputs(
    entries: Mapping[Identity, Entry[Document]], owners: Mapping[Identity, str], owner: Identity, manifests: Sequence[Manifest]
) -> tuple[set[Identity], list[tuple[Identity, Problem]]]:
    """Documents whose outputs these objects of an application refer to; what is wrong with the references, each with whose output it is."""
    needs: set[Identity] = set()
    problems: list[tuple[Identity, Problem]] = []
    for manifest in manifests:
        for path, reference in references.within(manifest.data):
            at = manifest.at(*path)
            found = _wrong(entries, owners, owner, (reference, at)) or _misplaced(manifest, path, (reference, at))
            if found is None:
                needs.add(reference.identity)
            else:
                problems.append((reference.identity, found))
    return needs, problems


_Placed = tuple[Reference, Location]


def _wrong(entries: Mapping[Identity, Entry[Document]], owners: Mapping[Identity, str], owner: Identity, placed: _Placed) -> Problem | None:
    reference, at = placed
    kind, name = reference.kind, reference.identity.partition("/")[2]
    if kind not in OUTPUTS:
        return Problem(at, "UnknownReference", f"{kind} has no outputs", f"known are {', '.join(sorted(OUTPUTS))}")
    if reference.known is None:
        return Problem(at, "UnknownReference", f'{kind} has no output "{reference.output}"', near(reference.output, OUTPUTS[kind]))
    if reference.identity not in entries:
        names = [entry.name for entry in entries.values() if entry.kind == kind]
        return Problem(at, "UnknownReference", f'{kind} "{name}" is not declared', near(name, names))
    if owners.get(reference.identity) != owners.get(owner):
        message = f"{kind} {name} belongs to tenant {owners.get(reference.identity)}, not to {owners.get(owner)}"
        return Problem(at, "ForbiddenBinding", message, "refer to a resource of the application's own tenant")
    return None


def _misplaced(manifest: Manifest, path: Path_, placed: _Placed) -> Problem | None:
    reference, at = placed
    if any(path[: len(fixed)] == fixed for fixed in _FIXED):
        message = "an output is known only when it is applied, and this must be known before"
        return Problem(at, "OutputNotKnown", message, "put it into spec or data")
    in_secret = (manifest.group, manifest.kind) == ("", "Secret") and path[0] == "stringData"
    if reference.known is not None and reference.known.secret and not in_secret:
        message = f"{reference.output} of {reference.identity} is a secret, and a {manifest.kind} shows it to everybody"
        return Problem(at, "SecretOutput", message, "put it into stringData of a Secret, or bind the resource")
    return None
