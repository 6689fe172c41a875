"""A catalog as text, and back: what was applied can be shown, compared and applied again without its sources.

Of where things stood only the place of each document is kept (path, line, column), which is all that anyone asks once a catalog is whole.
The same catalog gives the same text, byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from transom.catalog.model import Catalog, Entry, Manifest
from transom.errors import Location, PermanentError
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot
from transom.specs.base import Document
from transom.specs.environment import Environment
from transom.specs.kinds import model_of

FORMAT = 1
"""Version of the text; another one is refused."""

_NOWHERE = Path("/")


@dataclass(frozen=True, slots=True)
class Place(Trace):
    """A trace of which only the document's place is left: every value in it is told there."""

    at: Location = Location("")  # noqa: RUF009 - frozen
    by: str = ""

    @property
    def generated_by(self) -> str:
        """See Trace."""
        return self.by

    @property
    def file(self) -> str:
        """See Trace."""
        return self.at.path

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:  # noqa: ARG002 - as in Trace
        """The document's place."""
        return self.at


def dump(catalog: Catalog) -> str:
    """The catalog as JSON."""
    whole = {
        "format": FORMAT,
        "environment": _entry(catalog.environment),
        "sources": [[snapshot.source, snapshot.revision] for snapshot in catalog.snapshots],
        "entries": [_entry(entry) for entry in catalog.entries.values()],
        "needs": {identity: list(needs) for identity, needs in sorted(catalog.needs.items())},
        "owners": dict(sorted(catalog.owners.items())),
        "placements": dict(sorted(catalog.placements.items())),
        "manifests": {
            owner: [[manifest.data, manifest.namespace, _place(manifest.trace, manifest.at())] for manifest in manifests]
            for owner, manifests in sorted(catalog.manifests.items())
        },
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=str)


def load(text: str | bytes) -> Catalog:
    """The catalog that `dump` made the text of.

    Raises:
        PermanentError: it is no such text, of another version, or of kinds that this Transom does not know.
    """
    try:
        whole = json.loads(text)
        if whole["format"] != FORMAT:
            raise _unreadable(f"has format {whole['format']}, and this Transom reads {FORMAT}")
        snapshots = {name: Snapshot(name, revision, _NOWHERE) for name, revision in whole["sources"]}
        entries = [_read_entry(one, snapshots) for one in whole["entries"]]
        return Catalog(
            environment=cast("Entry[Environment]", _read_entry(whole["environment"], snapshots)),
            snapshots=tuple(snapshots.values()),
            entries={entry.identity: entry for entry in entries},
            needs={identity: tuple(needs) for identity, needs in whole["needs"].items()},
            owners=whole["owners"],
            placements=whole["placements"],
            manifests={
                owner: tuple(Manifest(data, namespace, _read_place(place, snapshots)) for data, namespace, place in manifests)
                for owner, manifests in whole["manifests"].items()
            },
        )
    except (KeyError, TypeError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        raise _unreadable(f"cannot be read: {error}") from error


def _unreadable(why: str) -> PermanentError:
    return PermanentError(f"the stored catalog {why}", reason="StoredCatalogUnreadable", hint="use the Transom that stored it, or Git")


def _entry(entry: Entry[Any]) -> list[Any]:
    return [entry.data, _place(entry.trace, entry.at())]


def _place(trace: Trace, at: Location) -> list[Any]:
    return [trace.snapshot.source, at.path, at.line, at.column, *([trace.generated_by] if trace.generated_by else ())]


def _read_entry(stored: list[Any], snapshots: Mapping[str, Snapshot]) -> Entry[Document]:
    data, place = stored
    return Entry(model_of(data).model_validate(data), data, _read_place(place, snapshots))


def _read_place(stored: list[Any], snapshots: Mapping[str, Snapshot]) -> Place:
    source, path, line, column, *by = stored
    snapshot = snapshots.get(source) or Snapshot(source, "", _NOWHERE)
    return Place(snapshot, _NOWHERE, at=Location(path, line, column), by=by[0] if by else "")
