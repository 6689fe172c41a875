"""A Git repository as a source: branch, tag or commit, resolved once and unpacked into a cache by commit.

The cache keeps a bare clone per repository and the unpacked files per commit, shared by environments and runs. Credentials are Git's own
business (credential helpers, ssh agent, environment); none are written or shown here.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transom.errors import SourceError, SourceUnreachable
from transom.redaction import redact
from transom.source.base import Snapshot, Source

if TYPE_CHECKING:
    from git import Repo

_COMMIT = re.compile(r"[0-9a-f]{40}")
_ASK_NOTHING = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")}


@dataclass(frozen=True, slots=True)
class GitSource(Source):
    """Folder `path` of the repository at `url`, at `revision` (branch, tag, commit; its default branch when empty)."""

    name: str
    url: str
    revision: str
    path: str
    cache: Path
    """Folder for clones and unpacked commits; made when missing."""

    def snapshot(self) -> Snapshot:
        """The files at the commit that the revision names now."""
        clone = self._clone()
        commit = self._resolve(clone)
        root = (self._unpacked(clone, commit) / self.path).resolve()
        if not root.is_dir() or not any(root.iterdir()):
            raise SourceError(
                f"source {self.name}: {redact(self.url)} has no files in {self.path} at {commit[:12]}",
                reason="SourceEmpty",
                hint="correct the source's path; an empty source would delete everything, so it is refused",
            )
        return Snapshot(source=self.name, revision=commit, root=root)

    def _clone(self) -> Repo:
        from git import GitCommandError, InvalidGitRepositoryError, NoSuchPathError, Repo

        bare = self.cache / "clones" / hashlib.sha256(self.url.encode()).hexdigest()[:16]
        try:
            if not bare.exists():
                bare.parent.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryDirectory(dir=bare.parent) as half_made:
                    Repo.clone_from(self.url, half_made, bare=True, env=_ASK_NOTHING).close()
                    shutil.copytree(half_made, bare, dirs_exist_ok=True)
                return Repo(bare)
            clone = Repo(bare)
            with clone.git.custom_environment(**_ASK_NOTHING):
                if not self._is_commit_at_hand(clone):
                    clone.git.fetch("--prune", "--force", "--tags", self.url, "+refs/heads/*:refs/heads/*")
        except GitCommandError as error:
            raise self._unreachable(error.stderr) from None
        except (InvalidGitRepositoryError, NoSuchPathError):
            shutil.rmtree(bare, ignore_errors=True)
            return self._clone()
        return clone

    def _is_commit_at_hand(self, clone: Repo) -> bool:
        """A full commit hash never means anything else later: no need to ask the host again."""
        if not _COMMIT.fullmatch(self.revision):
            return False
        try:
            clone.commit(self.revision)
        except ValueError:
            return False
        return True

    def _unreachable(self, stderr: str) -> SourceError | SourceUnreachable:
        said = redact(stderr.strip().removeprefix("stderr:").strip(" '\n"))
        where = f"source {self.name}: {redact(self.url)}"
        if re.search(r"not found|does not (exist|appear)|[Aa]uthentication|[Pp]ermission denied|could not read Username", said):
            return SourceError(
                f"{where} cannot be read: {said}",
                reason="SourceMissing",
                hint="check repoURL, and that whoever runs this may read it with git",
            )
        return SourceUnreachable(f"{where} did not answer: {said}", hint="try again; nothing was changed")

    def _resolve(self, clone: Repo) -> str:
        from git import BadName

        wanted = self.revision or "HEAD"
        for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}", wanted):
            try:
                return clone.commit(name).hexsha
            except (BadName, ValueError, IndexError):
                continue
        near = sorted(reference.name for reference in clone.references)[:10]
        raise SourceError(
            f'source {self.name}: {redact(self.url)} has no branch, tag or commit "{wanted}"',
            reason="RevisionMissing",
            hint=f"it has {', '.join(near)}" if near else "it has no commits yet",
        )

    def _unpacked(self, clone: Repo, commit: str) -> Path:
        """Folder with the files of `commit`: made whole under another name first, so that a killed run leaves nothing half-made."""
        folder = self.cache / "commits" / commit
        if folder.exists():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as half_made:
            archive, files = Path(half_made) / "archive.tar", Path(half_made) / "files"
            with archive.open("wb") as stream:
                clone.archive(stream, commit)
            with tarfile.open(archive) as tar:
                tar.extractall(files, filter="data")
            try:
                files.rename(folder)
            except OSError:
                if not folder.exists():  # another run was faster: its files are the same
                    raise
        return folder
