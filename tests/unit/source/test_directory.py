"""Directories and memory as sources, and how an environment's list becomes sources."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from transom.errors import SourceError
from transom.source import opening
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


def test_a_work_tree_shows_its_commit(repository: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of a Git work tree shows the commit, and that files below it differ from it: changed or new, but not those beside it."""
    commit = repository.commit({"platform/a.yaml": "a: 1\n", ".gitignore": "*.log\n"})
    source_ = DirectorySource("platform", repository.folder / "platform")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert source_.snapshot().revision == commit
    (repository.folder / "beside.yaml").touch()
    (repository.folder / "platform" / "ignored.log").touch()
    assert source_.snapshot().revision == commit
    new = repository.folder / "platform" / "new.yaml"
    new.touch()
    assert source_.snapshot().revision == f"{commit}-dirty"
    new.unlink()
    (repository.folder / "platform" / "a.yaml").write_text("a: 2\n")
    assert source_.snapshot().revision == f"{commit}-dirty"


def test_a_work_tree_without_a_commit(tmp_path: Path) -> None:
    """Before the first commit, and where `.git` is something else, a folder has no revision."""
    (tmp_path / "a.yaml").touch()
    for make in (["git", "init", "--quiet"], ["rm", "-r", ".git"], ["mkfifo", ".git"]):
        subprocess.run(make, cwd=tmp_path, check=True)
        assert DirectorySource("platform", tmp_path).snapshot().revision == "directory"


def test_a_source_read_from_elsewhere(tmp_path: Path) -> None:
    """A folder that stands for a repository is its root, of which the path counts; one that stands for a directory is the directory."""
    repository_ = SourceSpec.model_validate({"name": "a", "repoURL": "https://git.example.com/a.git", "path": "deploy"})
    directory = SourceSpec.model_validate({"name": "b", "path": "platform"})
    assert opening.override(repository_, tmp_path) == DirectorySource("a", tmp_path / "deploy")
    assert opening.override(directory, tmp_path) == DirectorySource("b", tmp_path)


def test_addresses_on_this_machine(tmp_path: Path) -> None:
    """A repository that is named by a path lies relative to the project, as directories do."""
    for url, wanted in (("../library", f"{tmp_path}/../library"), ("/srv/library", "/srv/library"), ("file:///srv/l", "file:///srv/l")):
        spec = SourceSpec.model_validate({"name": "a", "repoURL": url})
        opened = source(spec, tmp_path, tmp_path / "cache")
        assert isinstance(opened, GitSource)
        assert opened.url == wanted


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
