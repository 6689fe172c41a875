"""Status of claims: as healthy as what they are made of, ready once their definition's conditions are true, showing what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from transom.catalog.model import Catalog
from transom.specs.composite import Claim
from transom.status import health
from transom.status.health import Health, Word

if TYPE_CHECKING:
    from transom.catalog.composites.telling import Told
    from transom.status.report import DocumentStatus

Outputs = Mapping[str, Mapping[str, Any]]
"""What components keep in the state, by the identity of their documents."""


def completed(catalog: Catalog, documents: Sequence[DocumentStatus], outputs: Outputs) -> list[DocumentStatus]:
    """The documents, claims among them with what they are made of."""
    claims = {identity: entry.document for identity, entry in catalog.entries.items() if isinstance(entry.document, Claim)}
    if not claims:
        return list(documents)
    found = {document.identity: document for document in documents}
    told: dict[str, Told] = {}
    for identity in claims:
        _tell(identity, claims, outputs, told)
    return [
        _claim(document, claims[document.identity], found, told[document.identity]) if document.identity in claims else document
        for document in documents
    ]


def _tell(identity: str, claims: Mapping[str, Claim], outputs: Outputs, told: dict[str, Told]) -> None:
    """What a claim shows, those inside it first; definitions are no rings, so that this ends."""
    if identity in told:
        return
    from transom.catalog.composites import telling

    claim = claims[identity]
    for inner in _inside(claim.composed.facts.get("resources", {})):
        if inner in claims:
            _tell(inner, claims, outputs, told)
    told[identity] = telling.told(claim, outputs, told)


def _inside(resources: Mapping[str, Any]) -> list[str]:
    return [one["identity"] for group in resources.values() for one in (group if isinstance(group, list) else [group])]


def _claim(document: DocumentStatus, claim: Claim, found: Mapping[str, DocumentStatus], told: Told) -> DocumentStatus:
    parts = [found[identity] for identity in claim.composed.documents if identity in found]
    healths = [
        Health(part.health.word, f"{part.identity}: {part.health.message}") if part.health.message else part.health for part in parts
    ]
    if document.health.word is Word.MISSING:
        healths.append(document.health)
    elif told.waiting:
        healths.append(Health(Word.PROGRESSING, f"waits for {', '.join(told.waiting)}"))
    worst = health.worst(healths)
    resources = tuple(resource for part in parts for resource in part.resources)
    return replace(document, health=worst, message=document.message or worst.message, resources=resources, status=dict(told.status))
