"""Whether a commit counts as reviewed, asked of real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from transom.source import signatures, standing
from transom.source.directory import DirectorySource
from transom.source.git import GitSource
from transom.source.memory import MemorySource
from transom.source.signatures import Signers


def git(folder: Path, *words: str) -> str:
    """Runs git as nobody in particular."""
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, text: str) -> str:
    """A commit with this text in it."""
    (folder / "a.yaml").write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with two commits on main and one on a branch beside it."""
    folder = tmp_path / "origin"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, "one")
    commit(folder, "two")
    git(folder, "switch", "-qc", "feature")
    commit(folder, "three")
    git(folder, "switch", "-q", "main")
    return folder


@pytest.mark.parametrize("revision,trouble", [("main", ""), ("main~1", ""), ("feature", "which is not part of main")])
def test_a_repository_is_asked(origin: Path, tmp_path: Path, revision: str, trouble: str) -> None:
    """The branch's tip and what comes before it are reviewed; what was pushed elsewhere is not."""
    found = git(origin, "rev-parse", revision)
    source = GitSource("platform", f"file://{origin}", found, ".", tmp_path / "cache")
    assert source.snapshot().revision == found
    told = standing.of(source, "platform", found, "main")
    assert trouble in told.trouble
    assert bool(told.trouble) is bool(trouble)


def test_a_branch_that_there_is_not(origin: Path, tmp_path: Path) -> None:
    """A wrong name is trouble, not permission."""
    found = git(origin, "rev-parse", "main")
    told = standing.of(GitSource("platform", f"file://{origin}", found, ".", tmp_path / "cache"), "platform", found, "trunk")
    assert "has no branch trunk" in told.trouble


def test_a_checkout_is_held_against_its_origin(origin: Path, tmp_path: Path) -> None:
    """What was committed here and not pushed, what is not committed, and a branch that was not fetched do not count as reviewed."""
    folder = tmp_path / "checkout"
    git(tmp_path, "clone", "-q", str(origin), str(folder))
    source = DirectorySource("platform", folder)

    def told() -> standing.Standing:
        return standing.of(source, "platform", source.snapshot().revision, "main")

    assert not told().trouble
    (folder / "b.yaml").write_text("by hand")
    assert "not committed" in told().trouble
    commit(folder, "four")
    assert "is not part of origin/main" in told().trouble
    git(folder, "push", "-q", "origin", "HEAD:refs/heads/elsewhere")
    assert told().trouble
    git(folder, "update-ref", "-d", "refs/remotes/origin/main")
    assert told().hint == "git fetch origin main"


def test_a_repository_without_an_origin(origin: Path) -> None:
    """Its own branch is all there is to ask."""
    source = DirectorySource("platform", origin)
    assert not standing.of(source, "platform", source.snapshot().revision, "main").trouble
    git(origin, "switch", "-q", "feature")
    assert standing.of(source, "platform", source.snapshot().revision, "main").trouble


def test_what_git_does_not_know(tmp_path: Path) -> None:
    """A plain folder is reviewed by nobody."""
    (tmp_path / "a.yaml").write_text("a: 1")
    source = DirectorySource("platform", tmp_path)
    assert "not under version control" in standing.of(source, "platform", source.snapshot().revision, "main").trouble
    assert standing.of(MemorySource("platform", {"a": "1"}, tmp_path / "m"), "platform", "memory", "main").trouble


def test_an_unsigned_commit(origin: Path, tmp_path: Path) -> None:
    """Where signatures are asked for a commit without one is trouble, in a checkout and in a repository."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, capture_output=True)
    signers = signatures.read(f"nobody@example.com {(tmp_path / 'key.pub').read_text()}", "", tmp_path, "test")
    found = git(origin, "rev-parse", "main")
    for source in (DirectorySource("platform", origin), GitSource("platform", f"file://{origin}", found, ".", tmp_path / "cache")):
        assert "is not signed" in standing.of(source, "platform", found, "main", signers).trouble
    git(origin, "-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "commit", "-q", "--allow-empty", "-S", "-m", "signed")
    signed = git(origin, "rev-parse", "main")
    for source in (DirectorySource("platform", origin), GitSource("platform", f"file://{origin}", signed, ".", tmp_path / "cache")):
        assert not standing.of(source, "platform", signed, "main", signers).trouble
    assert standing.of(DirectorySource("platform", origin), "platform", signed, "main", Signers(ssh="x ssh-ed25519 AAAA")).trouble
