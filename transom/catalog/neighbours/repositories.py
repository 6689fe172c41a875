"""Which of the environment's sources a neighbour's document means, and which folder of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from transom.redaction import redact
from transom.source.base import Snapshot
from transom.specs.source import SourceSpec

DEFAULT_REVISIONS = frozenset({"", "HEAD"})
"""What leaves the revision to the source."""

_SCP = re.compile(r"^(?:[\w.-]+@)?(?P<host>[\w.-]+):(?!//)(?P<path>.+)$")
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^@/]+@)?(?P<host>[^/:]*)(?::\d+)?/(?P<path>.*)$", re.IGNORECASE)


def normal(url: str) -> str:
    """One word for all ways to write a repository's address: without scheme, user, port and `.git`, in lower case."""
    found = _URL.match(url) or _SCP.match(url)
    text = f"{found['host']}/{found['path']}" if found else url
    return re.sub(r"/+", "/", text).rstrip("/").removesuffix(".git").lower()


class Unmatched(Exception):  # noqa: N818 - never leaves this room: a problem at the line that asked is made of it
    """No source is meant, or not clearly one: reason, message, hint."""

    def __init__(self, *, reason: str, message: str, hint: str) -> None:
        self.reason, self.message, self.hint = reason, message, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Repositories:
    """The sources of an environment with their files at hand."""

    environment: str
    sources: Sequence[SourceSpec]
    snapshots: Mapping[str, Snapshot]
    """By the source's name."""

    def find(self, url: str, revision: str) -> SourceSpec:
        """The source that holds `url` at `revision`.

        Raises:
            Unmatched: there is none, or none at that revision.
        """
        wanted = normal(url)
        alike = [source for source in self.sources if wanted in _addresses(source)]
        shown = redact(url)
        if not alike:
            has = ", ".join(sorted({redact(one) for source in self.sources for one in (source.repo_url, *source.also_known_as) if one}))
            known = f"it has {has}; " if has else ""
            hint = f"{known}add the repository to spec.sources, or to alsoKnownAs of the source that it is"
            raise Unmatched(reason="UnknownRepository", message=f"{shown} is no source of environment {self.environment}", hint=hint)
        if revision in DEFAULT_REVISIONS:
            return alike[0]
        same = [source for source in alike if source.repo_url is None or _short(source.target_revision or "") == _short(revision)]
        if not same:
            at = ", ".join(f"{source.name} at {source.target_revision or 'its default branch'}" for source in alike)
            hint = f"it is read as {at}; write that revision, HEAD, or add a source with targetRevision: {revision}"
            raise Unmatched(
                reason="UnknownRevision", message=f'{shown} is not read at "{revision}" in environment {self.environment}', hint=hint
            )
        return same[0]

    def folder(self, source: SourceSpec, path: str) -> Path:
        """The folder or file `path` of a source; relative to the repository's root, wherever in it the source begins.

        Raises:
            Unmatched: it is not there, or leads out of the source.
        """
        snapshot = self.snapshots[source.name]
        inside = _inside(source, path)
        if inside is None:
            hint = f"source {source.name} begins at {source.path}: let it begin above both"
            raise Unmatched(reason="PathOutsideSource", message=f'"{path}" lies outside of source {source.name}', hint=hint)
        target = (snapshot.root / inside).resolve()
        if not target.is_relative_to(snapshot.root.resolve()):
            raise Unmatched(reason="PathOutsideSource", message=f'"{path}" leads out of the source', hint="name a folder of the repository")
        if not target.exists():
            raise Unmatched(
                reason="MissingFile", message=f'"{path}" does not exist in source {source.name}', hint=_nearest(target, snapshot.root)
            )
        return target


def _addresses(source: SourceSpec) -> frozenset[str]:
    return frozenset(normal(one) for one in (source.repo_url, *source.also_known_as) if one)


def _short(revision: str) -> str:
    return re.sub(r"^refs/(heads|tags)/", "", revision)


def _inside(source: SourceSpec, path: str) -> str | None:
    """`path` as seen from where the source begins; None when it lies elsewhere."""
    wanted = PurePosixPath(re.sub(r"^(\./|/)+", "", path) or ".")
    begins = PurePosixPath(source.path) if source.repo_url else PurePosixPath()
    if ".." in wanted.parts:
        return None
    return wanted.relative_to(begins).as_posix() if wanted.is_relative_to(begins) else None


def _nearest(missing: Path, root: Path) -> str:
    from difflib import get_close_matches

    parent = missing.parent
    while not parent.is_dir() and parent != root:
        missing, parent = parent, parent.parent
    beside = [entry.name for entry in parent.iterdir() if not entry.name.startswith(".")] if parent.is_dir() else []
    near = get_close_matches(missing.name, beside, n=3)
    return f"did you mean {' or '.join(near)}?" if near else "correct the path, which begins at the repository's root"
