"""A Git repository as a source: a revision is resolved to one commit, and its files are unpacked into a cache by commit.

The cache keeps a bare clone per repository, with no more history than was asked for, and the unpacked files per commit, shared by
environments, runs and processes. What is made in it gets its name only once it is whole, so that a killed run leaves nothing that a later
one would take for finished. Neither addresses nor credentials are written into it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from transom.errors import SourceError
from transom.redaction import redact
from transom.source import credentials, failures, keeping, revisions, sightings, signatures, unpacking
from transom.source.base import Snapshot, Source
from transom.source.command import Repository, seconds
from transom.source.failures import GitFailed
from transom.source.revisions import COMMIT, Named, Refs
from transom.source.sightings import Sightings
from transom.source.signatures import Signers

_KEPT = "refs/transom"
"""Below this name a clone keeps the commits that were read from it."""


@dataclass(frozen=True, slots=True)
class GitSource(Source):
    """Folder `path` of the repository at `url`, at `revision`.

    Attributes:
        name: the source's name in its environment.
        url: address of the repository.
        revision: branch, tag, commit or a range of versions; its default branch when empty.
        path: folder inside the repository.
        cache: folder for clones and unpacked commits; made when missing.
        tag_prefix: what stands before versions in tags.
        signers: whose signature is asked for; nobody's when None.
        allow_force_push: whether rewritten branches and moved tags are followed.
        submodules: `refuse` or `ignore`.
        label: what stands before paths in messages, where several repositories may hold the same.
        environ: where credentials are looked for.
    """

    name: str
    url: str
    revision: str
    path: str
    cache: Path
    tag_prefix: str = ""
    signers: Signers | None = None
    allow_force_push: bool = False
    submodules: str = "refuse"
    label: str = ""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False, compare=False)

    def snapshot(self) -> Snapshot:
        """The files at the commit that the revision means now; a full commit hash that was read before needs no network."""
        if Path(self.path).is_absolute() or ".." in Path(self.path).parts:
            told = f'{self._where}: path "{self.path}" leads out of the repository'
            raise SourceError(told, reason="PathOutsideSource", hint="name a folder inside it")
        if COMMIT.fullmatch(self.revision) and self.signers is None and keeping.use(self.cache, self._folder(self.revision)):
            return self._at(self.revision)
        found = credentials.of(self.name, self.url, self.environ)
        try:
            with self._locked(), credentials.reach(found, self.url) as reach:
                named = self._read(Repository(self._clone, self.environ, reach.settings, reach.variables))
        except GitFailed as failed:
            raise failures.error(_scrubbed(failed, found), self._where, credentials.prefix(self.name), seconds(self.environ)) from None
        return self._at(named.commit)

    def part_of(self, commit: str, branch: str, signers: Signers | None = None) -> bool:
        """Whether `commit` is part of the origin's `branch` as it is now; with `signers`, also that one of them has signed it.

        Raises:
            SourceError: there is no such branch, or nobody who may has signed the commit.
            SourceUnreachable: its host did not answer.
        """
        found = credentials.of(self.name, self.url, self.environ)
        try:
            with self._locked(), credentials.reach(found, self.url) as reach:
                origin = Repository(self._clone, self.environ, reach.settings, reach.variables)
                self._ready()
                listed = origin.git("ls-remote", "--", self.url, f"refs/heads/{branch}").split()
                if not listed:
                    raise SourceError(
                        f"{self._where} has no branch {branch}", reason="RevisionMissing", hint="correct guards.reviewed.branch"
                    )
                if signers is not None:
                    self._fetched(origin, Named(commit))
                    signatures.check(origin, commit, signers, self._where)
                if listed[0] == commit:
                    return True
                self._fetch_all(origin)
                return is_ancestor(origin, commit, listed[0])
        except GitFailed as failed:
            raise failures.error(_scrubbed(failed, found), self._where, credentials.prefix(self.name), seconds(self.environ)) from None

    @property
    def _where(self) -> str:
        return f"source {self.name}: {redact(self.url)}"

    @property
    def _key(self) -> str:
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def _clone(self) -> Path:
        return self.cache / "clones" / self._key

    def _folder(self, commit: str) -> Path:
        """Where the files of `commit` are unpacked: only those below `path`."""
        of_path = hashlib.sha256(f"{self.path}\0{self.submodules}".encode()).hexdigest()[:8]
        return self.cache / "commits" / (commit if (self.path, self.submodules) == (".", "refuse") else f"{commit}-{of_path}")

    def _at(self, commit: str) -> Snapshot:
        files = self._folder(commit).resolve()
        root = (files / self.path).resolve()
        if not root.is_relative_to(files):
            told = f'{self._where}: path "{self.path}" is a link that leads out of the repository'
            raise SourceError(told, reason="PathOutsideSource", hint="name a folder inside it")
        if not root.exists():
            told = f'{self._where} has no folder "{self.path}" at {commit[:12]}'
            raise SourceError(told, reason="SourcePathMissing", hint="correct the source's path")
        if not root.is_dir() or not any(root.iterdir()):
            raise SourceError(
                f'{self._where} has no files in "{self.path}" at {commit[:12]}',
                reason="SourceEmpty",
                hint="correct the source's path; an empty source would delete everything, so it is refused",
            )
        below = root.relative_to(files).as_posix()
        head = "" if below == "." else f"{below}/"
        return Snapshot(self.name, commit, root, shown=self.label + head, listing=keeping.listing(files), listed_below=head)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time works on a repository's clone; the lock goes with the process."""
        folder = self.cache / "clones"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{self._key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _read(self, origin: Repository) -> Named:
        """The commit that is meant, checked, and its files at hand.

        Raises:
            GitFailed: git ended badly.
            SourceError: the revision, or what it leads to, is not to be read.
        """
        self._ready()
        named = self._resolved(origin)
        if self.signers is not None:
            self._fetched(origin, named)
            signatures.check(origin, named.commit, self.signers, self._where)
        if not keeping.use(self.cache, self._folder(named.commit)):
            self._fetched(origin, named)
            self._unpack(origin, named.commit)
        sightings_ = Sightings(self.cache / "sightings" / f"{self._key}.json")
        sightings_.note(named)
        return named

    def _ready(self) -> None:
        """A bare repository to fetch into."""
        bare = self._clone
        if not all((bare / part).exists() for part in ("HEAD", "objects", "refs", "info/attributes")):
            shutil.rmtree(bare, ignore_errors=True)
            half_made = bare.with_suffix(".half")
            shutil.rmtree(half_made, ignore_errors=True)
            half_made.mkdir(parents=True)
            Repository(half_made, self.environ).git("init", "--bare", "--quiet", "--template=", str(half_made.absolute()))
            (half_made / "info").mkdir(exist_ok=True)
            (half_made / "info" / "attributes").write_text(unpacking.ATTRIBUTES, encoding="utf-8")
            half_made.rename(bare)
        keeping.use(self.cache, bare)

    def _resolved(self, origin: Repository) -> Named:
        if COMMIT.fullmatch(self.revision):
            return Named(self.revision)
        seen = Sightings(self.cache / "sightings" / f"{self._key}.json")
        refs = self._refs(origin)
        try:
            named = revisions.resolve(refs, self.revision, self.tag_prefix, self._where)
        except SourceError as error:
            if error.reason in ("RevisionMissing", "RepositoryEmpty"):
                self._tell_vanished(seen)
            raise
        if named is None:
            return self._abbreviated(origin, refs)
        if not self.allow_force_push:
            self._hold_against(seen, named, origin)
        return named

    def _refs(self, origin: Repository) -> Refs:
        more = (self.revision,) if self.revision.startswith("refs/") else ()
        patterns = ("HEAD", "refs/heads/*", "refs/tags/*", *more)
        return revisions.listed(origin.git("ls-remote", "--symref", "--", self.url, *patterns))

    def _tell_vanished(self, seen: Sightings) -> None:
        names = (self.revision,) if self.revision.startswith("refs/") else (f"refs/heads/{self.revision}", f"refs/tags/{self.revision}")
        for name in names:
            if commit := seen.of(name):
                raise sightings.vanished(name, commit, self._where)

    def _hold_against(self, seen: Sightings, named: Named, origin: Repository) -> None:
        last = seen.of(named.ref)
        if not last or last == named.commit:
            return
        with tempfile.TemporaryDirectory(prefix="history-", dir=self.cache) as name:
            scratch = Repository(Path(name), self.environ, origin.settings, origin.variables)
            scratch.git("init", "--bare", "--quiet", "--template=", name)
            sightings.check(named, last, scratch, self.url, self._where)

    def _abbreviated(self, origin: Repository, refs: Refs) -> Named:
        """The commit that is meant by its first digits: only the whole history can tell."""
        self._fetch_all(origin)
        try:
            return Named(origin.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.revision}^{{commit}}"))
        except GitFailed:
            raise revisions.missing(refs, self.revision, self._where) from None

    def _fetched(self, origin: Repository, named: Named) -> None:
        """Sees to it that the clone has the commit: that one alone where the host gives it, else all branches and tags."""
        commit = named.commit
        if _holds(origin, commit):
            return
        quiet = ("--quiet", "--no-tags", "--force", "--no-write-fetch-head")
        try:
            origin.git("fetch", *quiet, "--depth=1", "--", self.url, f"{commit}:{_KEPT}/{commit}")
        except GitFailed as failed:
            if not failures.UNADVERTISED.search(failed.said):
                raise
            self._fetch_all(origin)
        if not _holds(origin, commit):
            told = f'{self._where} has no branch, tag or commit "{self.revision or commit}"'
            raise SourceError(told, reason="RevisionMissing", hint="correct targetRevision, or push the commit")
        keeping.made(self._clone)

    def _fetch_all(self, origin: Repository) -> None:
        shallow = ("--unshallow",) if origin.git("rev-parse", "--is-shallow-repository") == "true" else ()
        everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        origin.git("fetch", "--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", *shallow, "--", self.url, *everything)
        keeping.made(self._clone)

    def _unpack(self, origin: Repository, commit: str) -> None:
        folder = self._folder(commit)
        half_made = folder.with_name(f"{folder.name}.{self._key}.half")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True)
        try:
            unpacking.unpack(origin, commit, self.path, half_made, submodules=self.submodules, where=f"{self._where} at {commit[:12]}")
            keeping.list_beside(folder, origin.git("ls-tree", "-r", "-z", "--full-tree", commit))
            try:
                half_made.rename(folder)
            except OSError:
                if not folder.exists():  # a fork with the same commit was faster: its files are the same
                    raise
            keeping.made(folder)
        finally:
            shutil.rmtree(half_made, ignore_errors=True)
        keeping.tidy(self.cache, self.environ)


def _holds(repository: Repository, commit: str) -> bool:
    try:
        repository.git("cat-file", "-e", f"{commit}^{{commit}}")
    except GitFailed:
        return False
    return True


def is_ancestor(repository: Repository, commit: str, other: str) -> bool:
    """Whether `commit` is `other`, or comes before it."""
    try:
        repository.git("merge-base", "--is-ancestor", commit, other)
    except GitFailed:
        return False
    return True


def _scrubbed(failed: GitFailed, found: credentials.Credentials) -> GitFailed:
    said = failed.said
    for secret in found.secrets:
        said = said.replace(secret, "***")
    return GitFailed(said, late=failed.late)
