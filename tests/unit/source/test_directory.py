"""Directories and memory as sources, and how an environment's list becomes sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from transom.errors import SourceError
from transom.source.directory import DirectorySource
from transom.source.git import GitSource
from transom.source.memory import MemorySource
from transom.source.opening import source
from transom.specs.environment import SourceSpec


def test_a_directory_is_read_in_place(tmp_path: Path) -> None:
    """A directory is a snapshot as it is; nothing is copied, and it has no revision."""
    (tmp_path / "a.yaml").write_text("a: 1\n")
    snapshot = DirectorySource("platform", tmp_path).snapshot()
    assert (snapshot.root, snapshot.revision) == (tmp_path.resolve(), "directory")


def test_paths_are_shown_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message names a file so that it can be opened from where one stands: relative below, absolute elsewhere."""
    (tmp_path / "here" / "platform").mkdir(parents=True)
    (tmp_path / "here" / "platform" / "a.yaml").touch()
    monkeypatch.chdir(tmp_path / "here")
    for folder, shown in (("platform", "platform/a.yaml"), (".", "platform/a.yaml"), (tmp_path, f"{tmp_path}/here/platform/a.yaml")):
        snapshot = DirectorySource("platform", Path(folder)).snapshot()
        assert snapshot.path_of(tmp_path / "here" / "platform" / "a.yaml") == shown


@pytest.mark.parametrize("name, reason", [("nowhere", "SourceMissing"), ("file", "SourceMissing"), ("empty", "SourceEmpty")])
def test_nothing_there(tmp_path: Path, name: str, reason: str) -> None:
    """A missing or empty source stops the run: taken for an empty list it would delete everything."""
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError) as caught:
        DirectorySource("platform", tmp_path / name).snapshot()
    assert caught.value.reason == reason
    assert caught.value.hint


def test_memory(tmp_path: Path) -> None:
    """Files in memory are laid out as a snapshot; none is refused as with every source."""
    snapshot = MemorySource("platform", {"a/b.yaml": "ö"}, tmp_path).snapshot()
    assert (snapshot.root / "a/b.yaml").read_text(encoding="utf-8") == "ö"
    with pytest.raises(SourceError):
        MemorySource("platform", {}, tmp_path).snapshot()


def test_opening(tmp_path: Path) -> None:
    """With a repoURL it is Git, without a directory below the project."""
    local = SourceSpec.model_validate({"name": "a", "path": "platform"})
    remote = SourceSpec.model_validate({"name": "b", "repoURL": "https://example.com/b.git", "targetRevision": "v1"})
    assert source(local, tmp_path, tmp_path / "cache") == DirectorySource("a", tmp_path / "platform")
    assert source(remote, tmp_path, tmp_path / "cache") == GitSource("b", "https://example.com/b.git", "v1", ".", tmp_path / "cache")
