"""What there is beside an environment's valid documents, so that pointing at it is not a second mistake."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transom.catalog.model import Identity


@dataclass(frozen=True, slots=True)
class Known:
    """What there is beside the environment's valid documents; pointing at it is not a second mistake.

    Attributes:
        elsewhere: valid documents that are no part of the environment, e.g. another environment's clusters.
        broken: documents that are wrong, told already.
        torn: folders of units whose application may be among what is broken.
    """

    elsewhere: frozenset[Identity] = frozenset()
    broken: frozenset[Identity] = frozenset()
    torn: frozenset[Path] = frozenset()

    def __contains__(self, identity: Identity) -> bool:
        return identity in self.elsewhere or identity in self.broken

    def breaks(self, kind: str) -> bool:
        """Whether a document of this kind is broken, so that one that seems to be missing may be there."""
        return any(identity.startswith(f"{kind}/") for identity in self.broken)
