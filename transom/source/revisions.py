"""Revisions: what an environment writes (branch, tag, commit, range of versions) becomes one commit, by what the host lists now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from transom.errors import SourceError
from transom.specs.scalars import VersionRange

COMMIT = re.compile(r"[0-9a-f]{40}")
SHORT_COMMIT = re.compile(r"[0-9a-f]{4,39}")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"
_FEW = 10


@dataclass(frozen=True, slots=True)
class Refs:
    """What a host lists.

    Attributes:
        head: full name of its default branch; empty when it has none.
        commits: the commit of each branch and tag by its full name, e.g. `refs/heads/main`.
    """

    head: str = ""
    commits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """One commit, and the full name of the branch or tag that led to it; empty for a commit that was named itself."""

    commit: str
    ref: str = ""


def listed(said: str) -> Refs:
    """What `git ls-remote --symref` printed. An annotated tag stands for the commit that it names."""
    head, commits = "", {}
    for line in said.splitlines():
        first, _, name = line.partition("\t")
        if first.startswith("ref: "):
            head = first.removeprefix("ref: ") if name == "HEAD" else head
        else:
            commits[name] = first
    peeled = {name.removesuffix("^{}"): commit for name, commit in commits.items() if name.endswith("^{}")}
    return Refs(head, {name: commit for name, commit in (commits | peeled).items() if not name.endswith("^{}")})


def resolve(refs: Refs, wanted: str, tag_prefix: str, where: str) -> Named | None:
    """The commit that `wanted` means; None for an abbreviated commit that is the end of no branch and no tag.

    Raises:
        SourceError: there is no such revision, or more than one.
    """
    if not any(name.startswith((_HEADS, _TAGS)) for name in refs.commits):
        raise SourceError(f"{where} has no commits yet", reason="RepositoryEmpty", hint="commit and push its first documents")
    if wanted in ("", "HEAD"):
        return _default(refs, where)
    if wanted.startswith("refs/"):
        if commit := refs.commits.get(wanted):
            return Named(commit, wanted)
        raise missing(refs, wanted, where)
    found = [name for name in (_HEADS + wanted, _TAGS + wanted) if name in refs.commits]
    is_range = VersionRange.looks_like(wanted)
    if len(found) + is_range > 1:
        known = ["a range of versions"] * is_range + [f"a {_word(name)}" for name in found]
        raise SourceError(
            f'{where}: targetRevision "{wanted}" is {" and ".join(known)}',
            reason="RevisionAmbiguous",
            hint=f"write {' or '.join(found)}" + (' or, for the range, e.g. ">=1 <2"' if is_range else ""),
        )
    if is_range:
        return _highest(refs, VersionRange(VersionRange.check(wanted)), tag_prefix, where)
    if found:
        return Named(refs.commits[found[0]], found[0])
    if SHORT_COMMIT.fullmatch(wanted):
        return _abbreviated(refs, wanted)
    raise missing(refs, wanted, where)


def _default(refs: Refs, where: str) -> Named:
    if refs.head in refs.commits:
        return Named(refs.commits[refs.head], refs.head)
    if commit := refs.commits.get("HEAD"):  # the host stands at no branch
        return Named(commit, "")
    hint = f"write targetRevision: it has {_some(refs)}"
    raise SourceError(f"{where}: its default branch {refs.head or 'HEAD'} does not exist", reason="RevisionMissing", hint=hint)


def _highest(refs: Refs, versions: VersionRange, tag_prefix: str, where: str) -> Named:
    tags = [name.removeprefix(_TAGS) for name in refs.commits if name.startswith(_TAGS + tag_prefix)]
    known = {tag: tag.removeprefix(tag_prefix).removeprefix("v") for tag in tags}
    highest = versions.highest(known)
    if highest is None:
        latest = VersionRange(">=0.0.0-0").highest(known)
        some = (
            f"its highest version is {latest}" if latest else f"none of its tags {f'below {tag_prefix} ' if tag_prefix else ''}is a version"
        )
        raise SourceError(
            f'{where} has no tag for targetRevision "{versions}"',
            reason="NoMatchingVersion",
            hint=some + ("; pre-releases count where the range names one, e.g. >=1.2.0-0" if latest and "-" in known[latest] else ""),
        )
    return Named(refs.commits[_TAGS + highest], _TAGS + highest)


def _abbreviated(refs: Refs, wanted: str) -> Named | None:
    found = {commit for commit in refs.commits.values() if commit.startswith(wanted)}
    return Named(found.pop()) if len(found) == 1 else None


def missing(refs: Refs, wanted: str, where: str) -> SourceError:
    """The error for a revision that the repository does not have, with the nearest names that it has."""
    names = [_short(name) for name in refs.commits if name != "HEAD"]
    near = get_close_matches(_short(wanted), names, n=3) or get_close_matches(f"v{wanted}", names, n=1, cutoff=1)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {_some(refs)}"
    return SourceError(f'{where} has no branch, tag or commit "{wanted}"', reason="RevisionMissing", hint=hint)


def _some(refs: Refs) -> str:
    names = [_short(name) for name in refs.commits if name != "HEAD"]
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return f"{', '.join(names[:_FEW])}{more}"


def _short(name: str) -> str:
    return name.removeprefix(_HEADS).removeprefix(_TAGS)


def _word(name: str) -> str:
    return "branch" if name.startswith(_HEADS) else "tag"


def told(name: str) -> str:
    """How messages name a ref: `branch main`, `tag v1.2.0`."""
    return f"{_word(name)} {_short(name)}"
