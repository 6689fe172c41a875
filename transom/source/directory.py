"""A folder on disk as a source: what is in it now, committed or not."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source.base import Snapshot, Source
from transom.source.revisions import COMMIT

DIRECTORY = "directory"
"""Revision of a folder that is no part of a Git work tree, or of one without a commit."""


@dataclass(frozen=True, slots=True)
class DirectorySource(Source):
    """The folder `path`, absolute or relative to the working directory."""

    name: str
    path: Path

    def snapshot(self) -> Snapshot:
        """The folder itself; nothing is copied. A file below it that Git ignores is read too, and makes no difference to the revision."""
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
        return Snapshot(source=self.name, revision=_revision(root), root=root, shown=_as_seen_from_here(root))


def _revision(root: Path) -> str:
    """What the folder shows: the commit of its Git work tree, with `-dirty` where a file below it differs; else `directory`."""
    if not any((folder / ".git").exists() for folder in (root, *root.parents)):
        return DIRECTORY
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--", "."]
    try:
        done = subprocess.run(
            command, cwd=root, env={**environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}, capture_output=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return DIRECTORY
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    commit = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if done.returncode or not COMMIT.fullmatch(commit):
        return DIRECTORY
    return commit + ("-dirty" if any(not line.startswith("#") for line in lines) else "")


def _as_seen_from_here(root: Path) -> str:
    here = Path.cwd().resolve()
    if root == here:
        return ""
    return (os.path.relpath(root, here) if root.is_relative_to(here) else str(root)) + "/"
