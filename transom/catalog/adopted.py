"""What documents take over that was there before them: what the environment lets them, and each thing once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from transom.catalog.model import Entry
from transom.errors import Problem
from transom.specs.environment import Environment
from transom.specs.owned import Adopting


def problems(entries: Iterable[Entry[Any]], environment: Entry[Environment]) -> Iterator[Problem]:
    """Names that the environment does not let be taken over, or that a second document of the same kind takes over, too.

    Of two the first is the one whose name comes first.
    """
    first: dict[tuple[str, str], Entry[Any]] = {}
    for entry in sorted(entries, key=lambda one: one.identity):
        spec = getattr(entry.document, "spec", None)
        if not isinstance(spec, Adopting) or (wanted := spec.adopted) is None:
            continue
        place = entry.at("spec", "import", "id")
        if not any(fnmatchcase(wanted, pattern) for pattern in environment.document.spec.aws.adoptable):
            message = f'environment "{environment.name}" does not let "{wanted}" be taken over'
            yield Problem(place, "ForbiddenImport", message, f"list it under aws.adoptable: {environment.at('spec', 'aws')}")
        known = first.setdefault((entry.kind, wanted), entry)
        if known is not entry:
            message = f'{entry.kind} {entry.name} takes over "{wanted}", which {known.kind} {known.name} takes over'
            yield Problem(place, "DuplicateDocument", message, "take import out of one of the two")
