"""A change of files becomes a branch of their repository: one commit on what the source follows, and nothing else is touched.

The commit is made in a bare repository of its own and pushed under a new name, never with force: a work tree, an index, a branch that is
there already stay as they are, also where the repository is a folder of this machine.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from transom.errors import SourceError
from transom.redaction import redact
from transom.source import credentials, failures
from transom.source.command import Repository, seconds
from transom.source.failures import GitFailed
from transom.source.revisions import COMMIT

Changes = Mapping[str, bytes | None]
"""Files by their path from the repository's root, with what is in them from now on; None for a file that goes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository that a branch is made in.

    Attributes:
        source: the source's name, which its credentials are looked up by.
        url: its address, or the root of a work tree on this machine.
        base: the branch or commit that the new branch starts at.
        below: the source's folder in it, as a prefix: empty, or ending with `/`.
    """

    source: str
    url: str
    base: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that was made."""

    name: str
    commit: str
    url: str
    files: tuple[str, ...]


class Files:
    """The files of a repository at two points, for whoever makes a change of them."""

    def __init__(self, repository: Repository, base: str) -> None:
        self._repository = repository
        self.base = base

    def read(self, path: str, commit: str = "") -> bytes | None:
        """A file's content at a commit, the base when left out; None where it has no such file."""
        found = self.tree(path, commit)
        return self._repository.raw("cat-file", "blob", found[path]) if path in found else None

    def tree(self, below: str, commit: str = "") -> Mapping[str, str]:
        """The ids of the files at `below` (a file, or a folder with `/` at its end; empty for all), by path."""
        listed = self._repository.raw("ls-tree", "-r", "-z", commit or self.base, *(["--", below] if below else [])).split(b"\0")
        pairs = [line.decode("utf-8", "surrogateescape").partition("\t") for line in listed if line]
        return {path: words.split()[2] for words, _, path in pairs if words.split()[1] == "blob"}

    def log(self, since: str, *below: str) -> tuple[str, ...]:
        """`HASH SUBJECT` of the commits from `since` (left out) to the base that touched these folders, newest first."""
        said = self._repository.git("log", "--no-merges", "--format=%H %s", f"{since}..{self.base}", "--", *below)
        return tuple(said.splitlines())

    def has(self, commit: str) -> bool:
        """Whether the base comes from this commit."""
        try:
            self._repository.git("merge-base", "--is-ancestor", commit, self.base)
        except GitFailed:
            return False
        return True


def write(
    origin: Origin, name: str, change: Callable[[Files], tuple[str, Changes]], environ: Mapping[str, str] = os.environ
) -> Branch | None:
    """Makes the branch `name` with one commit; None, and no branch, where the change is none.

    Args:
        origin: the repository.
        name: of the branch; there must be none of it yet.
        change: what the commit says, and what it changes, from the files at the base.
        environ: where credentials are looked for, and who commits.

    Raises:
        SourceError: the name is none, is taken, or the repository does not take the branch.
        SourceUnreachable: its host did not answer.
    """
    found = credentials.of(origin.source, origin.url, environ)
    where = f"source {origin.source}: {redact(origin.url)}"
    try:
        with _opened(origin, found, environ) as repository:
            _refuse_name(repository, origin, name)
            repository.git("fetch", "--no-tags", origin.url, f"{origin.base}:refs/heads/base")
            base = repository.git("rev-parse", "refs/heads/base")
            message, changes = change(Files(repository, base))
            commit = _commit(repository, base, message, changes)
            if not commit:
                return None
            repository.git("push", origin.url, f"{commit}:refs/heads/{name}")
            return Branch(name, commit, origin.url, tuple(sorted(changes)))
    except GitFailed as failed:
        raise failures.error(failed, where, credentials.prefix(origin.source), seconds(environ)) from None


@contextmanager
def _opened(origin: Origin, found: credentials.Credentials, environ: Mapping[str, str]) -> Iterator[Repository]:
    with tempfile.TemporaryDirectory(prefix="transom-branch-") as temporary, credentials.reach(found, origin.url) as reach:
        folder = Path(temporary) / "repository"
        folder.mkdir()
        index = {"GIT_INDEX_FILE": str(Path(temporary) / "index")}
        repository = Repository(folder, environ, reach.settings, {**reach.variables, **index})
        repository.git("init", "--bare", "--quiet", str(folder))
        yield replace(repository, variables={**repository.variables, **_identity(origin, repository, environ)})


def _identity(origin: Origin, repository: Repository, environ: Mapping[str, str]) -> dict[str, str]:
    """Who commits: as Git is told by the user, in the repository on this machine too; somebody of this machine's name where it is not."""
    told: dict[str, str] = {}
    for key, variable, fallback in (("user.name", "NAME", "Transom"), ("user.email", "EMAIL", "transom@localhost")):
        value = ""
        if (local := Path(origin.url)).is_dir():
            value = _asked(repository, "config", "--file", _config_of(local), key)
        value = value or _asked(repository, "config", key) or fallback
        for role in ("AUTHOR", "COMMITTER"):
            if not environ.get(f"GIT_{role}_{variable}"):
                told[f"GIT_{role}_{variable}"] = value
    return told


def _config_of(folder: Path) -> str:
    return str(folder / ".git" / "config" if (folder / ".git").is_dir() else folder / "config")


def _asked(repository: Repository, *words: str) -> str:
    try:
        return repository.git(*words)
    except GitFailed:
        return ""


def _refuse_name(repository: Repository, origin: Origin, name: str) -> None:
    try:
        repository.git("check-ref-format", "--branch", name)
    except GitFailed:
        raise SourceError(f'"{name}" is no name of a branch', reason="BranchRefused", hint="e.g. promote-production") from None
    if repository.git("ls-remote", origin.url, f"refs/heads/{name}"):
        raise SourceError(
            f"{redact(origin.url)} has a branch {name} already",
            reason="BranchRefused",
            hint="give another name, or delete that branch: nothing is pushed over it",
        )


def _commit(repository: Repository, base: str, message: str, changes: Changes) -> str:
    """The commit's hash; empty where nothing would change."""
    repository.git("read-tree", base)
    modes = {path: words.split()[0] for words, path in _listed(repository, base)}
    lines: list[str] = []
    for path, content in sorted(changes.items()):
        if content is None:
            lines.append(f"0 {'0' * len(base)}\t{path}\0")
            continue
        with tempfile.NamedTemporaryFile(prefix="transom-file-") as file:
            file.write(content)
            file.flush()
            blob = repository.git("hash-object", "-w", "--no-filters", "--", file.name)
        lines.append(f"{modes.get(path, '100644')} {blob}\t{path}\0")
    if lines:
        repository.raw("update-index", "-z", "--index-info", say="".join(lines))
    tree = repository.git("write-tree")
    if tree == repository.git("rev-parse", f"{base}^{{tree}}"):
        return ""
    commit = repository.raw("commit-tree", tree, "-p", base, "-F", "-", say=message).decode().strip()
    if not COMMIT.fullmatch(commit):
        raise GitFailed(f"commit-tree said {commit}")
    return commit


def _listed(repository: Repository, commit: str) -> Iterator[tuple[str, str]]:
    for line in repository.raw("ls-tree", "-r", "-z", commit).split(b"\0"):
        words, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
        if path:
            yield words, path
