"""A folder on disk as a source: what is in it now, committed or not."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source.base import Snapshot, Source


@dataclass(frozen=True, slots=True)
class DirectorySource(Source):
    """The folder `path`, absolute or relative to the working directory."""

    name: str
    path: Path

    def snapshot(self) -> Snapshot:
        """The folder itself; nothing is copied."""
        root = self.path.resolve()
        if not root.is_dir():
            raise SourceError(
                f"source {self.name}: {self.path} is not a directory",
                reason="SourceMissing",
                hint="correct the source's path in the environment, which is relative to the project's folder",
            )
        if not any(root.iterdir()):
            raise SourceError(
                f"source {self.name}: {self.path} is empty",
                reason="SourceEmpty",
                hint="an empty source would delete everything, so it is refused; if that is wanted, destroy the stack",
            )
        return Snapshot(source=self.name, revision="directory", root=root, shown=_as_seen_from_here(root))


def _as_seen_from_here(root: Path) -> str:
    here = Path.cwd().resolve()
    if root == here:
        return ""
    return (os.path.relpath(root, here) if root.is_relative_to(here) else str(root)) + "/"
