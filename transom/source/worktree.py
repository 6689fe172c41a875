"""A folder of a checkout, and the repository that it lies in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transom.errors import SourceError


def resolve(folder: Path, revision: str, source: str) -> tuple[Path, str]:
    """Root of the repository that `folder` lies in, and the commit that it means by `revision`; `source` is its name in messages.

    Raises:
        SourceError: the folder lies outside of Git, or its repository has no such revision.
    """
    import git

    try:
        with git.Repo(folder, search_parent_directories=True) as repository:
            if repository.working_tree_dir is None:
                raise SourceError(f"source {source} lies in a repository without files", reason="RevisionMissing", hint="leave --base out")
            commit = repository.git.rev_parse("--verify", "--end-of-options", f"{revision}^{{commit}}")
            return Path(repository.working_tree_dir).resolve(), str(commit)
    except git.InvalidGitRepositoryError:
        message = f"source {source} is a folder outside of Git, which has no revision {revision}"
        raise SourceError(message, reason="RevisionMissing", hint="leave --base out, or put the folder into a repository") from None
    except git.GitCommandError:
        message = f'the repository of source {source} has no revision "{revision}"'
        hint = "fetch it first (a shallow clone lacks what came before): git fetch origin"
        raise SourceError(message, reason="RevisionMissing", hint=hint) from None


def differs(folder: Path, paths: Sequence[str], revision: str) -> bool:
    """Whether one of these paths below `folder` is other than at `revision`, committed or not.

    False outside of Git, and where the repository has no such revision.
    """
    import git

    try:
        with git.Repo(folder, search_parent_directories=True) as repository:
            known = repository.git.rev_parse("--verify", "--end-of-options", f"{revision}^{{commit}}")
            told = git.Git(folder).diff("--name-only", known, "--", *paths) if paths else ""
            return bool(told.strip())
    except (git.InvalidGitRepositoryError, git.GitCommandError):
        return False
