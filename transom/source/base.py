"""The seam: what a source is asked for and what it gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files of a source at one commit.

    Attributes:
        source: the source's name in its environment.
        revision: the commit's full hash; of a folder that with `-dirty` where files differ, or `directory` where there is none.
        root: folder that holds the files; read, never written.
        shown: what stands before a file's path in messages, so that the person who reads them finds the file; empty or ends with `/`.
        listing: file with what `git ls-tree -r -z` says of the commit, where there is one: the id of every file's content.
        listed_below: what stands before the paths of this snapshot in the listing; empty or ends with `/`.
    """

    source: str
    revision: str
    root: Path
    shown: str = ""
    listing: Path | None = None
    listed_below: str = ""

    def path_of(self, file: Path) -> str:
        """How messages name `file`, which lies below the root."""
        root, path = str(self.root), str(file)
        return self.shown + (path[len(root) + 1 :] if path.startswith(f"{root}/") else file.relative_to(self.root).as_posix())


class Source(ABC):
    """Something that documents can be read from."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """The files at the revision the environment names.

        Raises:
            SourceError: it is not there, or holds nothing.
            SourceUnreachable: its host did not answer.
        """
