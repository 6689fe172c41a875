"""Files held in memory as a source, for tests and for trying out a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source.base import Snapshot, Source


@dataclass(frozen=True, slots=True)
class MemorySource(Source):
    """`files` maps paths to texts; they are laid out in `folder`, which must be empty and is the caller's to remove."""

    name: str
    files: Mapping[str, str]
    folder: Path
    revision: str = "memory"

    def snapshot(self) -> Snapshot:
        """The files, written below the folder."""
        if not self.files:
            raise SourceError(f"source {self.name} is empty", reason="SourceEmpty", hint="give it at least one file")
        for path, text in self.files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return Snapshot(source=self.name, revision=self.revision, root=self.folder)
