"""Turns an environment's list of sources into real sources."""

from __future__ import annotations

from pathlib import Path

from transom.source.base import Source
from transom.source.directory import DirectorySource
from transom.source.git import GitSource
from transom.specs.environment import SourceSpec


def source(spec: SourceSpec, project: Path, cache: Path) -> Source:
    """The source that `spec` describes; paths of directories are relative to `project`, clones lie in `cache`."""
    if spec.repo_url is None:
        return DirectorySource(spec.name, project / spec.path)
    return GitSource(spec.name, spec.repo_url, spec.target_revision or "", spec.path, cache)
