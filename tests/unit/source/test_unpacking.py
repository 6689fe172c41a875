"""What of a commit is laid out, and what the cache keeps of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from transom.errors import SourceError, TransomError
from transom.source import keeping, opening
from transom.source.base import Snapshot
from transom.source.git import GitSource


def _reason(source: GitSource) -> str:
    with pytest.raises(SourceError) as caught:
        source.snapshot()
    assert caught.value.hint
    return caught.value.reason


def _tree(repository: Any, *entries: tuple[str, str, str]) -> str:
    """Commits a tree of these entries (mode, name, content), however odd, onto main."""
    lines = []
    for mode, name, content in entries:
        if mode == "160000":
            blob = content
        elif mode == "040000":
            blob = _tree_only(repository, ("100644", "x.yaml", content))
        else:
            blob = _piped(repository, content, "hash-object", "-w", "--stdin")
        lines.append(f"{mode} {'tree' if mode == '040000' else 'commit' if mode == '160000' else 'blob'} {blob}\t{name}\n")
    tree = _piped(repository, "".join(lines), "mktree", "--missing")
    commit = repository.git("commit-tree", tree, "-m", "odd")
    repository.git("update-ref", "refs/heads/main", commit)
    return commit


def _tree_only(repository: Any, entry: tuple[str, str, str]) -> str:
    blob = _piped(repository, entry[2], "hash-object", "-w", "--stdin")
    return _piped(repository, f"{entry[0]} blob {blob}\t{entry[1]}\n", "mktree")


def _piped(repository: Any, text: str, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=repository.folder, input=text, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "entries, reason",
    [
        ([("100644", "A.yaml", "1"), ("100644", "a.yaml", "2")], "NameClash"),
        ([("040000", "Apps", "1"), ("040000", "apps", "2")], "NameClash"),
        ([("100644", "\u00e9.yaml", "1"), ("100644", "e\u0301.yaml", "2")], "NameClash"),
        ([("040000", ".git", "[core]")], "PathOutsideSource"),
        ([("040000", ".GIT", "[core]")], "PathOutsideSource"),
        ([("040000", "..", "x")], "PathOutsideSource"),
        ([("120000", "link", "/etc/passwd")], "PathOutsideSource"),
        ([("120000", "link", "../outside")], "PathOutsideSource"),
        ([("120000", "link", "link")], "PathOutsideSource"),
        ([("160000", "vendor", "1" * 40), ("100644", "a.yaml", "1")], "SubmoduleRefused"),
    ],
)
def test_trees_that_are_refused(
    repository: Any, source: Callable[..., GitSource], tmp_path: Path, entries: list[tuple[str, str, str]], reason: str
) -> None:
    """What means one thing here and another elsewhere, or leads out, is refused before anything of it is laid out under its name."""
    commit = _tree(repository, *entries)
    assert _reason(source("main", allow_force_push=True)) == reason
    assert not (tmp_path / "cache" / "commits" / commit).exists()
    assert not list((tmp_path / "cache").rglob("*.half*"))


def test_a_link_by_way_of_a_link(repository: Any, source: Callable[..., GitSource]) -> None:
    """A link that leads out only together with another one is seen."""
    deep = repository.folder / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "top").symlink_to("../..")
    (repository.folder / "leak").symlink_to("a/b/top/../outside")
    repository.commit({})
    assert _reason(source("main")) == "PathOutsideSource"


def test_submodules_may_be_left_empty(repository: Any, source: Callable[..., GitSource]) -> None:
    """With `submodules: ignore` the rest of the source is read."""
    _tree(repository, ("160000", "vendor", "1" * 40), ("100644", "a.yaml", "1"))
    root = source("main", allow_force_push=True, submodules="ignore").snapshot().root
    assert (root / "a.yaml").read_text() == "1"
    assert list((root / "vendor").iterdir()) == []


def test_only_the_path_is_laid_out(repository: Any, source: Callable[..., GitSource]) -> None:
    """What lies beside the source's path is neither laid out nor judged."""
    repository.commit({"platform/tenants/a.yaml": "1", "other/big.yaml": "2"})
    (repository.folder / "other" / "leak").symlink_to("/etc/passwd")
    repository.commit({})
    snapshot = source("main", path="platform").snapshot()
    assert (snapshot.root / "tenants" / "a.yaml").read_text() == "1"
    assert not (snapshot.root.parent / "other").exists()
    assert _reason(source("main")) == "PathOutsideSource"


def test_a_path_is_no_pattern(repository: Any, source: Callable[..., GitSource]) -> None:
    """Signs of patterns in a path stand for themselves."""
    repository.commit({"team*/a.yaml": "1", "teams/b.yaml": "2"})
    assert [file.name for file in source("main", path="team*").snapshot().root.iterdir()] == ["a.yaml"]


def test_no_filter_runs(repository: Any, source: Callable[..., GitSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attributes of the repository start no program of the machine's configuration and change no file."""
    text = "$Id$\nversion https://git-lfs.github.com/spec/v1\n"
    attributes = "* filter=lfs ident eol=crlf working-tree-encoding=UTF-16\n"
    _tree(repository, ("100644", ".gitattributes", attributes), ("100644", "b.yaml", text))
    ran = tmp_path / "ran"
    (tmp_path / "config").write_text(f'[filter "lfs"]\nsmudge = touch {ran}\nprocess = touch {ran}\nrequired = true\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    assert (source("main").snapshot().root / "b.yaml").read_text() == text
    assert not ran.exists()


def test_one_commit_is_fetched(repository: Any, source: Callable[..., GitSource], tmp_path: Path) -> None:
    """Only the commit that is read comes over, not its history; what did not change comes over once."""
    for number in range(5):
        repository.commit({"tenants/a.yaml": f"{number}\n", "other.yaml": "same\n"})
    url = f"file://{repository.folder}"
    source("main", url=url).snapshot()
    (clone,) = (folder for folder in (tmp_path / "cache" / "clones").iterdir() if folder.is_dir())

    def objects(kind: str) -> int:
        command = ["git", "--git-dir", str(clone), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split().count(kind)

    assert (objects("commit"), objects("blob")) == (1, 2)
    repository.commit({"tenants/a.yaml": "last\n"})
    source("main", url=url).snapshot()
    assert (objects("commit"), objects("blob")) == (2, 3)


_COUNTING = """#!/bin/sh
echo "$1" >> {log}
PATH="${{PATH#*:}}" exec git "$@"
"""


def test_nothing_is_fetched_twice(source: Callable[..., GitSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a branch stands still its host is asked where it stands, and for nothing more; a full commit is not asked for at all."""
    log, spy = tmp_path / "log", tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(_COUNTING.format(log=log))
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:", prepend=":")
    commit = source("main").snapshot().revision
    assert "fetch" in log.read_text().split()
    log.write_text("")
    source("main").snapshot()
    assert log.read_text().split() == ["ls-remote"]
    log.write_text("")
    source(commit).snapshot()
    assert log.read_text() == ""


def test_another_path_of_a_commit_needs_no_network(repository: Any, source: Callable[..., GitSource]) -> None:
    """What was fetched serves every path of it."""
    commit = repository.commit({"one/a.yaml": "1", "two/b.yaml": "2"})
    source(commit, path="one").snapshot()
    repository.folder.rename(repository.folder.with_name("away"))
    assert (source(commit, path="two").snapshot().root / "b.yaml").read_text() == "2"


def test_an_old_host_gives_all_branches(repository: Any, source: Callable[..., GitSource]) -> None:
    """A host that gives no single commit is asked for its branches and tags."""
    lost = repository.git("rev-parse", "HEAD")
    repository.commit({"tenants/a.yaml": "two\n"})
    repository.git("config", "protocol.version", "0")
    repository.git("config", "uploadpack.allowAnySHA1InWant", "false")
    environ = {**os.environ, "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.version", "GIT_CONFIG_VALUE_0": "0"}
    assert source(lost, url=f"file://{repository.folder}", environ=environ).snapshot().revision == lost


@pytest.mark.parametrize("used_days_ago, left", [(2, 0), (0, 1)])
def test_the_cache_is_bounded(repository: Any, source: Callable[..., GitSource], tmp_path: Path, used_days_ago: float, left: int) -> None:
    """Past the bound the least recently used goes, but nothing that was used within a day; what went is made anew when it is asked for."""
    old = source("main").snapshot()
    for mark in (tmp_path / "cache").rglob("*.used"):
        os.utime(mark, times=(time.time() - used_days_ago * 86_400,) * 2)
    repository.commit({"tenants/a.yaml": "two\n"})
    source("main", environ={**os.environ, keeping.LIMIT: "0"}).snapshot()
    assert old.root.exists() == left
    assert (source(old.revision).snapshot().root / "tenants/a.yaml").read_text() == "one\n"


def test_what_is_being_used_stays(source: Callable[..., GitSource], tmp_path: Path) -> None:
    """A run that finds a commit in the cache marks it before it reads it, so that a run that tidies up leaves it."""
    commit = source("main").snapshot()
    (mark,) = (tmp_path / "cache" / "commits").glob("*.used")
    os.utime(mark, times=(0, 0))
    source(commit.revision).snapshot()
    assert keeping.tidy(tmp_path / "cache", {keeping.LIMIT: "0"}) == ()
    assert commit.root.exists()


def test_sources_are_read_side_by_side(repository: Any, tmp_path: Path) -> None:
    """Several sources are opened at the same time, each once, and one that fails does not stop the others."""
    others = []
    for name in ("one", "two", "three"):
        shutil.copytree(repository.folder, tmp_path / name)
        others.append(GitSource(name, str(tmp_path / name), "main", ".", tmp_path / "cache"))
    missing = GitSource("four", str(tmp_path / "nowhere"), "main", ".", tmp_path / "cache")
    opened = opening.together([*others, missing, others[0]])
    assert len(opened) == 4
    assert [type(opened[one]) for one in others] == [Snapshot] * 3
    assert isinstance(opened[missing], TransomError)


def test_many_threads_and_one_cache(repository: Any, source: Callable[..., GitSource]) -> None:
    """Environments that are read side by side share a clone without disturbing each other."""
    commits = [repository.commit({"tenants/a.yaml": f"{number}\n"}) for number in range(4)]
    start = threading.Barrier(8)

    def read(number: int) -> str:
        start.wait()
        return (source(commits[number % 4]).snapshot().root / "tenants/a.yaml").read_text()

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(read, range(8))) == [f"{number % 4}\n" for number in range(8)]
