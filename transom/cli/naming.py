"""What `--only` names: a document, a URN, an object as `KIND/NAMESPACE/NAME`, or a finding by its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from transom.catalog.model import Catalog
from transom.changes import ChangeSet, Sighting
from transom.drift import Finding, Report, Unmanaged
from transom.drift.findings import key
from transom.errors import PermanentError


def keys(words: Iterable[str], report: Report, changesets: Iterable[ChangeSet], catalogs: Mapping[str, Catalog]) -> frozenset[str]:
    """Keys of everything that the words name, drifted or not.

    Raises:
        PermanentError: a word names nothing that was looked at.
    """
    sightings = [(changes.environment, sighting) for changes in changesets for sighting in changes.sightings]
    found: set[str] = set()
    for word in words:
        mine = {one.key for one in (*report.findings, *report.noise) if word in _names(one, one.environment)}
        mine |= {one.key for one in report.unmanaged if word in _names_of(one)}
        mine |= {key(environment, one.type, one.name) for environment, one in sightings if word in _names(one, environment)}
        known = any(word in catalog.entries for catalog in catalogs.values())
        if not mine and not known:
            names = {name for environment, one in sightings for name in _names(one, environment)}
            near = get_close_matches(word, names | {name for catalog in catalogs.values() for name in catalog.entries}, n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else "write KIND/NAME of a document, KIND/NAMESPACE/NAME of an object, a URN or a finding"
            )
            raise PermanentError(f"nothing that was applied is called {word}", reason="UnknownReference", hint=hint)
        found |= mine
    return frozenset(found)


def _names_of(one: Unmanaged) -> set[str]:
    return {one.key, f"{one.environment}/{one.key}", f"{one.type.rpartition(':')[2]}/{one.namespace}/{one.name}"}


def _names(one: Sighting | Finding, environment: str) -> set[str]:
    """Everything that a resource may be called by."""
    kind = one.type.rpartition(":")[2]
    own = key(environment, one.type, one.name)
    names = {one.document, one.urn, own, f"{environment}/{own}", f"{kind}/{one.name}", one.name}
    if one.type.startswith("kubernetes:"):
        names.add(f"{kind}/{one.name.partition('/')[2]}")
    return names - {""}
