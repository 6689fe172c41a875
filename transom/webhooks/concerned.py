"""Which environments read what was pushed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from transom.catalog.neighbours.repositories import normal
from transom.specs.scalars import VersionRange
from transom.specs.source import SourceSpec
from transom.webhooks.pushes import Push

_BRANCH, _TAG = "refs/heads/", "refs/tags/"


def environments(push: Push, sources: Mapping[str, Sequence[SourceSpec]]) -> tuple[str, ...]:
    """Names of the environments that read the repository at a revision which the push may have moved, in the order of `sources`.

    Args:
        push: what was pushed.
        sources: of each environment, by its name.
    """
    return tuple(name for name, own in sources.items() if any(concerns(push, source) for source in own))


def concerns(push: Push, source: SourceSpec) -> bool:
    """Whether a source may be another after a push. A branch or tag that was deleted counts: the source then cannot be read any more."""
    if source.repo_url is None or not push.repositories & _addresses(source):
        return False
    wanted = source.target_revision
    if wanted is None or wanted == "HEAD":
        return push.ref.startswith(_BRANCH) and push.default_branch in ("", push.ref.removeprefix(_BRANCH))
    if VersionRange.looks_like(wanted):
        return _tag_in_range(push.ref, wanted, source.tag_prefix or "")
    return push.ref in (wanted, _BRANCH + wanted, _TAG + wanted)


def _tag_in_range(ref: str, wanted: str, prefix: str) -> bool:
    tag = ref.removeprefix(_TAG)
    if tag == ref or not tag.startswith(prefix):
        return False
    version = tag.removeprefix(prefix).removeprefix("v")
    return VersionRange(wanted).highest({tag: version}) is not None


def _addresses(source: SourceSpec) -> frozenset[str]:
    given: Iterable[str | None] = (source.repo_url, *source.also_known_as)
    return frozenset(normal(one) for one in given if one)
