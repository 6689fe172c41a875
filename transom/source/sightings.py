"""Sightings: where branches and tags stood when they were last read, so that rewritten history and moved tags are noticed.

They are kept per project beside the clones, by repository. Without them (a fresh cache) everything is seen for the first time.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from transom.errors import SourceError
from transom.source.command import Repository
from transom.source.failures import GitFailed
from transom.source.revisions import Named, told

_DEPTHS = (64, 2048)
"""Commits that are asked for, step by step, before all of the history is."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """The sightings of one repository, in `file`."""

    file: Path

    def of(self, ref: str) -> str:
        """The commit at which `ref` stood; empty when it was never seen."""
        return self._read().get(ref, "")

    def note(self, named: Named) -> None:
        """Remembers where a branch or tag stands now; a read-only disk costs the memory, not the run."""
        known = self._read()
        if not named.ref or known.get(named.ref) == named.commit:
            return
        with contextlib.suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.file.parent, delete=False, encoding="utf-8") as half_made:
                json.dump({**known, named.ref: named.commit}, half_made, indent=1, sort_keys=True)
            os.replace(half_made.name, self.file)  # noqa: PTH105 - atomic, and says so

    def _read(self) -> Mapping[str, str]:
        try:
            known = json.loads(self.file.read_bytes())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def vanished(ref: str, seen: str, where: str) -> SourceError:
    """The error for a branch or tag that was there when it was last looked for."""
    return SourceError(
        f"{where}: {told(ref)} is gone; it stood at {seen[:12]} when it was last read",
        reason="RevisionVanished",
        hint=f"write another targetRevision; {seen} reads what was there",
    )


def check(named: Named, seen: str, scratch: Repository, url: str, where: str) -> None:
    """Holds a branch or tag against where it was seen.

    Args:
        named: where it stands now.
        seen: the commit at which it stood; empty when it was never seen.
        scratch: a bare repository of no other use.
        url: the repository's address.
        where: the source in messages.

    Raises:
        SourceError: the tag was moved, or the branch's history was rewritten.
        GitFailed: the history cannot be read.
    """
    if not seen or seen == named.commit or not named.ref:
        return
    moved = f"{where}: {told(named.ref)} stood at {seen[:12]} when it was last read and stands at {named.commit[:12]} now"
    if named.ref.startswith("refs/tags/"):
        hint = "a tag that moves is no release: name another one, or write allowForcePush: true for this source if that was meant"
        raise SourceError(moved, reason="TagMoved", hint=hint)
    if not _is_ancestor(seen, named.commit, scratch, url):
        raise SourceError(
            f"{moved}, which does not come after it",
            reason="SourceForcePushed",
            hint=f"if its history was rewritten on purpose, write allowForcePush: true for this source; {seen} reads what was there",
        )


def _is_ancestor(old: str, new: str, scratch: Repository, url: str) -> bool:
    """Whether `old` is part of the history of `new`: commits alone are fetched where the host can leave the files out."""
    for depth in (*(f"--depth={count}" for count in _DEPTHS), "--unshallow"):
        try:
            scratch.git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=tree:0", depth, "--", url, f"{new}:refs/new")
        except GitFailed as failed:
            if "--unshallow on a complete repository" not in failed.said:
                raise
        # not by merge-base: git would fetch what was left out, one by one
        if old in scratch.git("rev-list", "refs/new").split():
            return True
        if scratch.git("rev-parse", "--is-shallow-repository") == "false":
            return False
    return False
