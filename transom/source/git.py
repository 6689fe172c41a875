"""A Git repository as a source: branch, tag or commit, resolved once and unpacked into a cache by commit.

The cache keeps a bare clone per repository and the unpacked files per commit, shared by environments, runs and processes. What is made in
it gets its name only once it is whole, so that a killed run leaves nothing that a later one would take for finished. Credentials are Git's
own business (credential helpers, ssh agent, environment); none are written or shown here.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from transom.errors import SourceError, SourceUnreachable
from transom.redaction import redact
from transom.source.base import Snapshot, Source

if TYPE_CHECKING:
    from git import Git

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHORT_COMMIT = re.compile(r"[0-9a-f]{4,40}")
_REFUSED = re.compile(
    r"not found|does not (exist|appear)|[Aa]uthentication|[Pp]ermission denied|could not read Username|Host key verification"
    r"|returned error: 40[0134]|is not a git command|protocol .* is not (allowed|supported)|not a git repository|dubious ownership"
)
"""What Git says when asking again would change nothing."""

_ATTRIBUTES = "* -export-ignore -export-subst -text\n"
"""`git archive` would leave out or change files that the repository's own .gitattributes say so of; here every file counts as committed."""


@dataclass(frozen=True, slots=True)
class GitSource(Source):
    """Folder `path` of the repository at `url`, at `revision` (branch, else tag, else commit; its default branch when empty)."""

    name: str
    url: str
    revision: str
    path: str
    cache: Path
    """Folder for clones and unpacked commits; made when missing."""

    def snapshot(self) -> Snapshot:
        """The files at the commit that the revision names now; a full commit hash that was unpacked before needs no network."""
        folder = self.cache / "commits" / self.revision
        if _COMMIT.fullmatch(self.revision) and folder.is_dir():
            return self._at(folder, self.revision)
        with self._locked():
            git = self._clone()
            commit = self._resolve(git)
            return self._at(self._unpacked(git, commit), commit)

    def _at(self, files: Path, commit: str) -> Snapshot:
        files = files.resolve()
        root = (files / self.path).resolve()
        where = f"source {self.name}: {redact(self.url)}"
        if not root.is_relative_to(files):
            raise SourceError(
                f'{where}: path "{self.path}" leads out of the repository', reason="PathOutsideSource", hint="name a folder inside it"
            )
        if not root.is_dir() or not any(root.iterdir()):
            raise SourceError(
                f'{where} has no files in "{self.path}" at {commit[:12]}',
                reason="SourceEmpty",
                hint="correct the source's path; an empty source would delete everything, so it is refused",
            )
        below = root.relative_to(files).as_posix()
        return Snapshot(source=self.name, revision=commit, root=root, shown="" if below == "." else f"{below}/")

    @property
    def _key(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time works on a repository's clone; the lock goes with the process."""
        folder = self.cache / "clones"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{self._key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _clone(self) -> Git:
        """The bare clone, as fresh as it needs to be."""
        from git import GitCommandError

        bare = self.cache / "clones" / self._key
        if not self._is_whole(bare):
            shutil.rmtree(bare, ignore_errors=True)
            half_made = bare.with_suffix(".half")
            shutil.rmtree(half_made, ignore_errors=True)
            half_made.mkdir(parents=True)
            git = _git(half_made)
            git.init("--bare", "--quiet", str(half_made))
            (half_made / "info").mkdir(exist_ok=True)
            (half_made / "info" / "attributes").write_text(_ATTRIBUTES, encoding="utf-8")
            self._fetch(git)
            half_made.rename(bare)
            return _git(bare)
        git = _git(bare)
        if _COMMIT.fullmatch(self.revision):
            try:
                git.cat_file("-e", f"{self.revision}^{{commit}}")
            except GitCommandError:
                pass
            else:
                return git  # a full commit hash never means anything else later: no need to ask the host again
        self._fetch(git)
        return git

    @staticmethod
    def _is_whole(bare: Path) -> bool:
        return all((bare / part).exists() for part in ("HEAD", "objects", "refs", "info/attributes"))

    def _fetch(self, git: Git) -> None:
        """All branches and tags as they are now; those that are gone go here too. The URL is never written into the clone."""
        from git import GitCommandError

        try:
            git.fetch(
                "--quiet", "--prune", "--force", "--no-auto-gc", "--", self.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"
            )
        except GitCommandError as error:
            raise self._unreachable(error.stderr) from None

    def _unreachable(self, stderr: str) -> SourceError | SourceUnreachable:
        said = " ".join(redact(stderr.strip().removeprefix("stderr:").strip(" '\n")).split())
        where = f"source {self.name}: {redact(self.url)}"
        if _REFUSED.search(said):
            return SourceError(
                f"{where} cannot be read: {said}",
                reason="SourceMissing",
                hint="check repoURL, and that whoever runs this may read it with git",
            )
        return SourceUnreachable(f"{where} did not answer: {said}", hint="try again; nothing was changed")

    def _resolve(self, git: Git) -> str:
        from git import GitCommandError

        wanted = self.revision or "HEAD"
        names = [f"refs/heads/{wanted}", f"refs/tags/{wanted}"]
        if wanted == "HEAD":
            names = [self._default_branch(git)]
        elif wanted.startswith("refs/"):
            names = [wanted]
        found = [str(git.for_each_ref("--format=%(refname) %(objectname)", name)).split() for name in names if name]
        objects = [words[1] for name, words in zip(names, found, strict=False) if words and words[0] == name]
        objects += [wanted] if _SHORT_COMMIT.fullmatch(wanted) else []
        for known in objects:
            try:
                return str(git.rev_parse("--verify", "--quiet", "--end-of-options", f"{known}^{{commit}}"))
            except GitCommandError:
                continue
        raise SourceError(
            f'source {self.name}: {redact(self.url)} has no branch, tag or commit "{wanted}"',
            reason="RevisionMissing",
            hint=self._has(git, wanted),
        )

    def _default_branch(self, git: Git) -> str:
        """Full name of the branch that the host's HEAD names; empty when there is none."""
        from git import GitCommandError

        try:
            said = str(git.ls_remote("--symref", "--", self.url, "HEAD"))
        except GitCommandError as error:
            raise self._unreachable(error.stderr) from None
        named = re.search(r"^ref: (refs/heads/\S+)\tHEAD$", said, re.MULTILINE)
        return named[1] if named else ""

    @staticmethod
    def _has(git: Git, wanted: str) -> str:
        from difflib import get_close_matches

        listed = str(git.for_each_ref("--format=%(refname:strip=2)", "refs/heads", "refs/tags")).splitlines()
        if not listed:
            return "it has no commits yet"
        if near := get_close_matches(wanted, listed, n=3):
            return f"did you mean {' or '.join(near)}?"
        few = 10
        more = f" and {len(listed) - few} more" if len(listed) > few else ""
        return f"it has {', '.join(listed[:few])}{more}"

    def _unpacked(self, git: Git, commit: str) -> Path:
        """Folder with the files of `commit`."""
        folder = self.cache / "commits" / commit
        if folder.exists():
            return folder
        half_made = folder.with_name(f"{commit}.{self._key}.half")
        shutil.rmtree(half_made, ignore_errors=True)
        files = half_made / "files"
        files.mkdir(parents=True)
        try:
            git.archive("--format=tar", f"--output={half_made.absolute() / 'archive.tar'}", commit)
            with tarfile.open(half_made / "archive.tar") as tar:
                tar.extractall(files, filter="data")
            try:
                files.rename(folder)
            except OSError:
                if not folder.exists():  # a fork with the same commit was faster: its files are the same
                    raise
        except tarfile.FilterError as error:
            link = error.tarinfo.name
            raise SourceError(
                f"source {self.name}: {redact(self.url)} at {commit[:12]}: {link} is a link that leads out of the repository",
                reason="PathOutsideSource",
                hint="keep the file itself in the repository",
            ) from None
        finally:
            shutil.rmtree(half_made, ignore_errors=True)
        return folder


def _git(bare: Path) -> Git:
    """Git on a bare repository, whatever repository the caller stands in; it asks no questions and gives up on a host that stalls."""
    from git import Git

    git = Git(bare)
    git.update_environment(
        GIT_DIR=str(bare.absolute()),
        GIT_TERMINAL_PROMPT="0",
        GIT_SSH_COMMAND=os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes -oConnectTimeout=30"),
        GIT_HTTP_LOW_SPEED_LIMIT="1",
        GIT_HTTP_LOW_SPEED_TIME="60",
        LC_ALL="C",
    )
    return git
