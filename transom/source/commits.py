"""When commits were made, from a repository on this machine."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

MOST = 1000
"""Commits looked at of one deployment; more of them tell a median nothing new."""


def times(repository: Path | None, before: str, commit: str) -> tuple[datetime, ...]:
    """When the commits were made that `commit` has and `before` has not, merges left out; none where the repository does not know both.

    The committer's time: that of a commit on the branch, not of its first draft.
    """
    if repository is None:
        return ()
    import git

    try:
        with git.Repo(repository) as opened:
            said = opened.git.log("--no-merges", f"--max-count={MOST}", "--format=%cI", "--end-of-options", f"{before}..{commit}")
    except (git.InvalidGitRepositoryError, git.NoSuchPathError, git.GitCommandError):
        return ()
    return tuple(datetime.fromisoformat(line) for line in str(said).splitlines())


def clone_of(cache: Path, url: str) -> Path | None:
    """The cache's clone of a repository, as `transom.source.git` keeps it; None where there is none yet."""
    folder = cache / "clones" / hashlib.sha256(url.encode()).hexdigest()[:16]
    return folder if folder.is_dir() else None
