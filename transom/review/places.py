"""Places: which line a person wrote, and which application it is part of, for every change and every message of a change set. Pure.

The engine knows documents by identity only. Where they stand is known to the catalog that the run was made from; where one stood that is
not there any more, to an earlier catalog: the one that was applied last, or that of the base of a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transom.catalog.model import Catalog, Identity, Manifest
from transom.changes import Change, ChangeSet, Diagnostic, Operation

_KUBERNETES = "kubernetes:"


def placed(changeset: ChangeSet, catalog: Catalog, earlier: Catalog | None = None) -> ChangeSet:
    """The change set with the place and the application of every change and message.

    Args:
        changeset: of a stack of the catalog's environment.
        catalog: what the run was made from.
        earlier: knows documents and objects that `catalog` has no more; None where nothing is known of before.
    """
    known = tuple(_Ground.of(one) for one in (catalog, earlier) if one is not None)
    changes = tuple(_change(change, known) for change in changeset.changes)
    diagnostics = tuple(_diagnostic(diagnostic, known) for diagnostic in changeset.diagnostics)
    at = {change.urn: change.location for change in changes}
    violations = tuple(one.model_copy(update={"location": at.get(one.urn) or _place(one.document, known)}) for one in changeset.violations)
    told = sorted({one.document for one in changes} | {one.document for one in diagnostics} | {one.document for one in violations})
    documents = {identity: place for identity in told if (place := _place(identity, known))}
    return changeset.model_copy(update={"changes": changes, "diagnostics": diagnostics, "violations": violations, "documents": documents})


def lacking(changeset: ChangeSet, catalog: Catalog) -> bool:
    """Whether the change set is about something that the catalog may not have any more, and an earlier one is worth reading."""
    return any(
        change.operation in (Operation.DELETE, Operation.FORGET) or change.document not in catalog.entries
        for change in changeset.changes
        if change.document
    )


@dataclass(frozen=True, slots=True)
class _Ground:
    """What one catalog knows.

    Attributes:
        catalog: itself.
        objects: each Kubernetes object by its document, type token and `NAMESPACE/NAME` (or `NAME`).
        beside: applications by the folder that they are rendered from.
        users: applications that are bound to a resource, by its identity.
    """

    catalog: Catalog
    objects: Mapping[tuple[Identity, str, str], Manifest]
    beside: Mapping[tuple[Path, str], tuple[str, ...]]
    users: Mapping[Identity, tuple[str, ...]]

    @classmethod
    def of(cls, catalog: Catalog) -> _Ground:
        """The ground that a catalog is."""
        objects = {
            (owner, _token(manifest.data), "/".join(part for part in (manifest.namespace, manifest.name) if part)): manifest
            for owner, manifests in catalog.manifests.items()
            for manifest in manifests
        }
        beside: dict[tuple[Path, str], tuple[str, ...]] = {}
        users: dict[Identity, tuple[str, ...]] = {}
        for name, entry in catalog.applications.items():
            if entry.unit is not None:
                beside[entry.unit.key] = (*beside.get(entry.unit.key, ()), name)
            for identity in dict.fromkeys("/".join(one.target) for one in entry.document.spec.bindings):
                users[identity] = (*users.get(identity, ()), name)
        return cls(catalog, objects, beside, users)

    def application(self, identity: Identity) -> str:
        """The application that a document is, lies beside, or that alone is bound to it."""
        kind, _, name = identity.partition("/")
        if kind == "Application":
            return name
        entry = self.catalog.entries.get(identity)
        if entry is None:
            return ""
        beside = self.beside.get(entry.unit.key, ()) if entry.unit is not None else ()
        users = self.users.get(identity, ())
        return next((one[0] for one in (beside, users) if len(one) == 1), "")


def _token(data: Mapping[str, Any]) -> str:
    """The type that a Kubernetes object is registered as."""
    version = str(data["apiVersion"])
    return f"{_KUBERNETES}{'core/' if '/' not in version else ''}{version}:{data['kind']}"


def _change(change: Change, known: tuple[_Ground, ...]) -> Change:
    manifest = _object(change, known)
    place = str(manifest.at()) if manifest is not None else _place(change.document, known)
    return change.model_copy(update={"location": place, "application": _application(change.document, known)})


def _diagnostic(diagnostic: Diagnostic, known: tuple[_Ground, ...]) -> Diagnostic:
    return diagnostic.model_copy(update={"location": _place(diagnostic.document, known)})


def _object(change: Change, known: tuple[_Ground, ...]) -> Manifest | None:
    """The very object, where a person wrote it: its name in the program is `CLUSTER/NAMESPACE/NAME` or `CLUSTER/NAME`."""
    if not change.type.startswith(_KUBERNETES):
        return None
    key = (change.document, change.type, change.name.partition("/")[2])
    return next((ground.objects[key] for ground in known if key in ground.objects), None)


def _place(identity: Identity, known: tuple[_Ground, ...]) -> str:
    return next((str(ground.catalog.entries[identity].at()) for ground in known if identity in ground.catalog.entries), "")


def _application(identity: Identity, known: tuple[_Ground, ...]) -> str:
    return next((found for ground in known if (found := ground.application(identity))), "")
