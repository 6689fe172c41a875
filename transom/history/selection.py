"""Part of what Git asks for, and the rest as it was applied last: applications that were named, or all but those that wait. Pure.

An application with `sync.automated: false` waits until it is named, as one without automated sync does in Argo CD. Nothing of it is looked
for in the engine: what waits is simply the document, and the manifests, that were applied last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transom.catalog.model import Catalog, Identity
from transom.errors import PermanentError
from transom.history.restore import assembled, content


@dataclass(frozen=True, slots=True)
class Selected:
    """What an apply takes.

    Attributes:
        catalog: the documents.
        waiting: applications that Git has otherwise than they were applied, and that nobody named.
    """

    catalog: Catalog
    waiting: tuple[str, ...] = ()


def manual(catalog: Catalog) -> frozenset[str]:
    """Names of the applications that follow Git only when they are named."""
    defaults = catalog.environment.document.spec.sync
    return frozenset(name for name, entry in catalog.applications.items() if entry.document.spec.sync.over(defaults).automated is False)


def automatic(wanted: Catalog, applied: Catalog | None) -> Selected:
    """Everything that Git asks for, but for the applications that wait."""
    waits = {f"Application/{name}" for name in manual(wanted)}
    sources = {identity: wanted for identity in wanted.entries if identity not in waits}
    for identity in waits & (applied.entries.keys() if applied else set()):
        sources[identity] = applied  # type: ignore[assignment]  # it is there, or this set was empty
    waiting = (identity for identity in waits if applied is None or content(applied, identity) != content(wanted, identity))
    for identity, source in sources.items():
        for needed in source.needs.get(identity, ()):
            if needed not in sources:
                raise PermanentError(
                    f"{identity} needs {needed}, which waits to be applied by name",
                    reason="ApplicationWaits",
                    hint=f"transom apply {wanted.name} --app {needed.partition('/')[2]}",
                )
    return Selected(assembled(wanted, sources), tuple(sorted(identity.partition("/")[2] for identity in waiting)))


def named(wanted: Catalog, applied: Catalog | None, names: Iterable[str]) -> Selected:
    """These applications with all that they need as Git has it, and everything else as it was applied last.

    Raises:
        PermanentError: Git has no application of that name, or something that was applied needs what is there no more.
    """
    base = applied or wanted
    chosen: set[Identity] = set()
    for name in names:
        if f"Application/{name}" not in wanted.entries:
            hint = f"it has {', '.join(wanted.applications) or 'none'}"
            raise PermanentError(f"environment {wanted.name} has no application {name}", reason="UnknownReference", hint=hint)
        chosen |= _needed(wanted, f"Application/{name}")
    sources = dict.fromkeys(applied.entries if applied else (), base)
    sources |= dict.fromkeys(chosen, wanted)
    return Selected(assembled(base, sources))


def _needed(catalog: Catalog, identity: Identity) -> set[Identity]:
    """A document and all that it needs, at any distance."""
    found: set[Identity] = set()
    waiting = [identity]
    while waiting:
        one = waiting.pop()
        if one not in found and one in catalog.entries:
            found.add(one)
            waiting += catalog.needs.get(one, ())
    return found
