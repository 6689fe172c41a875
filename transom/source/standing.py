"""How a commit stands: whether it is part of the branch that reviewed changes are on, and whether somebody who may has signed it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source import signatures
from transom.source.base import Source
from transom.source.command import Repository
from transom.source.directory import DirectorySource
from transom.source.failures import GitFailed
from transom.source.git import GitSource, is_ancestor
from transom.source.revisions import COMMIT
from transom.source.signatures import Signers


@dataclass(frozen=True, slots=True)
class Standing:
    """One source at one revision.

    Attributes:
        source: its name in the environment.
        revision: what was read.
        trouble: why it does not count as reviewed; empty when it does.
        hint: what to do about it.
    """

    source: str
    revision: str
    trouble: str = ""
    hint: str = ""


def of(source: Source, name: str, revision: str, branch: str, signers: Signers | None = None) -> Standing:
    """How `revision`, which was read from `source`, stands to `branch`.

    A directory is held against the branch of its repository's origin, as it was fetched last; where it has no origin, against the
    repository's own. What is in the directory and not committed is reviewed by nobody.
    """
    commit = revision.removesuffix("-dirty")
    if not COMMIT.fullmatch(commit):
        return Standing(name, revision, "is not under version control", "read it from a Git repository")
    if commit != revision:
        return Standing(
            name, revision, f"holds changes that are not committed, on top of {commit[:12]}", "commit them, and have them reviewed"
        )
    try:
        trouble, hint = _asked(source, commit, branch, signers)
    except SourceError as error:
        trouble, hint = error.message, error.hint
    return Standing(name, revision, trouble, hint)


def _asked(source: Source, commit: str, branch: str, signers: Signers | None) -> tuple[str, str]:
    if isinstance(source, GitSource):
        found = source.part_of(commit, branch, signers)
        where = branch
    elif isinstance(source, DirectorySource):
        repository = Repository(_git_folder(source.path.resolve()), os.environ)
        where = next((ref for ref in (f"origin/{branch}", branch) if _knows(repository, ref)), "")
        if not where or (where == branch and repository.git("remote")):
            return f"cannot be held against origin/{branch}, which is not in the checkout", f"git fetch origin {branch}"
        found = is_ancestor(repository, commit, where)
        if signers is not None:
            signatures.check(repository, commit, signers, "checkout")
    else:
        return "is not under version control", "read it from a Git repository"
    return ("", "") if found else (f"is at {commit[:12]}, which is not part of {where}", f"merge it into {branch} first, and apply that")


def _git_folder(folder: Path) -> Path:
    import git

    try:
        with git.Repo(folder, search_parent_directories=True) as repository:
            return Path(repository.common_dir)
    except git.InvalidGitRepositoryError:
        raise SourceError("is not under version control", hint="read it from a Git repository", reason="SourceMissing") from None


def _knows(repository: Repository, ref: str) -> bool:
    try:
        repository.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except GitFailed:
        return False
    return True
