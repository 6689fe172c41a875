"""Turns an environment's list of sources into real sources, and opens many of them side by side."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from transom.errors import TransomError
from transom.source import signatures
from transom.source.base import Snapshot, Source
from transom.source.directory import DirectorySource
from transom.source.git import GitSource
from transom.specs.source import SourceSpec, host_of

_AT_ONCE = 8
"""Repositories that are read side by side: what takes long is waiting for their hosts."""


def source(spec: SourceSpec, project: Path, cache: Path, environ: Mapping[str, str] = os.environ, label: str = "") -> Source:
    """The source that `spec` describes; paths on this machine are relative to `project`, clones lie in `cache`.

    `label` stands before the paths of a repository's files in messages.

    Raises:
        SourceError: the signers that it names cannot be read.
    """
    if spec.repo_url is None:
        return DirectorySource(spec.name, project / spec.path)
    is_path = "://" not in spec.repo_url and not host_of(spec.repo_url)
    verify = spec.verify
    return GitSource(
        spec.name,
        str((project / Path(spec.repo_url).expanduser()).absolute()) if is_path else spec.repo_url,
        spec.target_revision or "",
        spec.path.strip("/") if spec.path.strip("./") else ".",
        cache,
        tag_prefix=spec.tag_prefix or "",
        signers=signatures.read(verify.allowed_signers or "", verify.gpg_keys or "", project, f"source {spec.name}") if verify else None,
        allow_force_push=spec.allow_force_push,
        submodules=spec.submodules,
        label=label,
        environ=environ,
    )


def override(spec: SourceSpec, folder: Path) -> Source:
    """The source that `spec` describes, with its files as they lie in `folder`: the root of a repository's checkout, or the directory."""
    return DirectorySource(spec.name, folder / spec.path if spec.repo_url else folder)


def together(sources: Iterable[Source]) -> dict[Source, Snapshot | TransomError]:
    """Every source's files, or why they cannot be had; each source is read once, several at the same time."""
    wanted = list(dict.fromkeys(sources))
    if len(wanted) <= 1:
        return {one: _opened(one) for one in wanted}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(_opened, wanted), strict=True))


def _opened(one: Source) -> Snapshot | TransomError:
    try:
        return one.snapshot()
    except TransomError as error:
        return error
