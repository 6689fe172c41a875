"""Git sources, against real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from transom.errors import SourceError, SourceUnreachable
from transom.source.git import GitSource


@pytest.fixture
def source(repository: Any, tmp_path: Path) -> Callable[..., GitSource]:
    """Sources that read the repository; all of a test share one cache."""

    def make(revision: str = "", path: str = ".", url: str = "", **more: Any) -> GitSource:
        return GitSource("platform", url or str(repository.folder), revision, path, tmp_path / "cache", **more)

    return make


def test_every_way_to_name_a_commit(repository: Any, source: Callable[..., GitSource]) -> None:
    """Default branch, branch, full ref, both kinds of tag, full and short commit lead to the commit they name."""
    first = repository.git("rev-parse", "HEAD")
    repository.git("tag", "light")
    repository.git("tag", "--annotate", "--message=x", "v1.0.0")
    second = repository.commit({"tenants/a.yaml": "two\n"})
    named = {
        "": second,
        "main": second,
        "HEAD": second,
        "refs/heads/main": second,
        "light": first,
        "v1.0.0": first,
        first: first,
        first[:9]: first,
    }
    for revision, commit in named.items():
        snapshot = source(revision).snapshot()
        assert snapshot.revision == commit, revision
        assert (snapshot.root / "tenants/a.yaml").read_text() == ("one\n" if commit == first else "two\n")


def test_a_branch_moves(repository: Any, source: Callable[..., GitSource]) -> None:
    """A branch is looked up anew each time; the earlier snapshot stays what it was."""
    before = source("main").snapshot()
    after_commit = repository.commit({"tenants/a.yaml": "two\n"})
    after = source("main").snapshot()
    assert after.revision == after_commit
    assert (before.root / "tenants/a.yaml").read_text() == "one\n"


def test_rewritten_history_is_refused(repository: Any, source: Callable[..., GitSource]) -> None:
    """A branch that does not come after where it was last read is an error, until the source allows it; then it is seen where it is now."""
    repository.commit({"tenants/a.yaml": "two\n"})
    before = source("main").snapshot().revision
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    rewritten = repository.commit({"tenants/a.yaml": "three\n"})
    with pytest.raises(SourceError) as caught:
        source("main").snapshot()
    assert caught.value.reason == "SourceForcePushed"
    assert before in caught.value.hint
    assert source("main", allow_force_push=True).snapshot().revision == rewritten
    assert source("main").snapshot().revision == rewritten


@pytest.mark.parametrize("further", [1, 70])
def test_a_branch_that_went_on_is_no_rewritten_one(repository: Any, source: Callable[..., GitSource], further: int) -> None:
    """However many commits came since, a branch that only went on is read."""
    source("main").snapshot()
    last = [repository.commit({"tenants/a.yaml": f"{number}\n"}) for number in range(further)][-1]
    assert source("main").snapshot().revision == last


def test_moved_tags_are_refused(repository: Any, source: Callable[..., GitSource]) -> None:
    """A tag that means another commit than it did is an error, until the source allows it; one that was deleted is told as gone."""
    repository.git("tag", "release")
    source("release").snapshot()
    second = repository.commit({"tenants/a.yaml": "two\n"})
    repository.git("tag", "--force", "release")
    with pytest.raises(SourceError) as caught:
        source("release").snapshot()
    assert caught.value.reason == "TagMoved"
    assert source("release", allow_force_push=True).snapshot().revision == second
    repository.git("tag", "--delete", "release")
    with pytest.raises(SourceError, match="tag release is gone") as caught:
        source("release").snapshot()
    assert caught.value.reason == "RevisionVanished"


def test_a_deleted_branch_is_missed(repository: Any, source: Callable[..., GitSource]) -> None:
    """A branch that is gone is told with the commit at which it stood; a stale copy would deploy what nobody can see any more."""
    stood = repository.commit({"tenants/a.yaml": "two\n"}, branch="feature-x")
    source("feature-x").snapshot()
    repository.git("checkout", "--quiet", "main")
    repository.git("branch", "--quiet", "-D", "feature-x")
    with pytest.raises(SourceError, match="branch feature-x is gone") as caught:
        source("feature-x").snapshot()
    assert caught.value.reason == "RevisionVanished"
    assert stood in caught.value.hint


def test_a_branch_that_never_was(source: Callable[..., GitSource]) -> None:
    """A name that was never seen is missing, and the message says what there is."""
    with pytest.raises(SourceError) as caught:
        source("release-9").snapshot()
    assert (caught.value.reason, caught.value.hint) == ("RevisionMissing", "it has main")


def test_a_default_branch_may_change(repository: Any, source: Callable[..., GitSource]) -> None:
    """Without a revision it is the host's default branch of now, not that of the first clone."""
    source().snapshot()
    trunk = repository.commit({"tenants/a.yaml": "two\n"}, branch="trunk")
    assert source().snapshot().revision == trunk


def test_a_near_name_is_suggested(source: Callable[..., GitSource]) -> None:
    """A misspelt branch is told with the one that was meant."""
    with pytest.raises(SourceError) as caught:
        source("mian").snapshot()
    assert caught.value.hint == "did you mean main?"


def test_expressions_are_no_revisions(repository: Any, source: Callable[..., GitSource]) -> None:
    """`main~1`, options and reflogs are not taken: what is deployed has a name that means the same to everybody."""
    repository.commit({"tenants/a.yaml": "two\n"})
    for revision in ("main~1", "main@{0}", "--all", ":/one", "main^"):
        with pytest.raises(SourceError):
            source(revision).snapshot()


def test_a_commit_needs_no_network_twice(repository: Any, source: Callable[..., GitSource]) -> None:
    """A full commit hash that was seen before is read while the host is down."""
    commit = source("main").snapshot().revision
    repository.folder.rename(repository.folder.with_name("away"))
    snapshot = source(commit).snapshot()
    assert (snapshot.root / "tenants/a.yaml").read_text() == "one\n"
    with pytest.raises(SourceError):
        source("main").snapshot()


def test_paths_in_messages_are_those_of_the_repository(repository: Any, source: Callable[..., GitSource]) -> None:
    """A source that is a folder of a repository shows its files as the repository has them."""
    repository.commit({"platform/tenants/a.yaml": "two\n"})
    snapshot = source(path="platform").snapshot()
    assert snapshot.path_of(snapshot.root / "tenants/a.yaml") == "platform/tenants/a.yaml"
    assert source().snapshot().shown == ""


@pytest.mark.parametrize(
    "path, reason",
    [("nowhere", "SourcePathMissing"), ("tenants/a.yaml", "SourceEmpty"), ("..", "PathOutsideSource"), ("/etc", "PathOutsideSource")],
)
def test_wrong_paths(source: Callable[..., GitSource], path: str, reason: str) -> None:
    """A path that holds nothing is refused, since it would delete everything; one that leads out is refused too."""
    with pytest.raises(SourceError) as caught:
        source(path=path).snapshot()
    assert caught.value.reason == reason


def test_an_empty_repository(tmp_path: Path) -> None:
    """A repository without a commit says so."""
    empty = tmp_path / "empty"
    subprocess.run(["git", "init", "--quiet", str(empty)], check=True)
    with pytest.raises(SourceError) as caught:
        GitSource("platform", str(empty), "", ".", tmp_path / "cache").snapshot()
    assert caught.value.reason == "RepositoryEmpty"


def test_a_missing_repository_is_permanent(tmp_path: Path) -> None:
    """A repository that is not there will not be there on the next try."""
    with pytest.raises(SourceError) as caught:
        GitSource("platform", str(tmp_path / "nowhere"), "", ".", tmp_path / "cache").snapshot()
    assert caught.value.reason == "SourceMissing"


def test_an_unreachable_host_is_temporary(tmp_path: Path) -> None:
    """A host that does not answer may answer later; credentials in its address are not shown, nor kept on disk."""
    url = "http://robot:s3cr3t-t0ken@127.0.0.1:9/platform.git"
    with pytest.raises(SourceUnreachable) as caught:
        GitSource("platform", url, "main", ".", tmp_path / "cache").snapshot()
    assert "127.0.0.1:9" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file() and "s3cr3t" in file.read_text(errors="replace")]


def test_the_address_is_not_kept(source: Callable[..., GitSource], repository: Any, tmp_path: Path) -> None:
    """The clone does not hold the address it came from: it may carry credentials."""
    source("main").snapshot()
    kept = [
        file.read_text(errors="replace")
        for file in (tmp_path / "cache" / "clones").rglob("*")
        if file.is_file() and file.name in ("config", "FETCH_HEAD")
    ]
    assert kept
    assert not [text for text in kept if "[remote" in text]
    assert repository.folder.exists()


@pytest.mark.parametrize("killed_at", ["clone", "unpack"])
def test_a_killed_run_leaves_nothing_half_made(repository: Any, source: Callable[..., GitSource], tmp_path: Path, killed_at: str) -> None:
    """What a run had not finished when it was killed is made anew, not taken for whole."""
    whole = source("main").snapshot()
    cache = tmp_path / "cache"
    if killed_at == "clone":
        bare = next(folder for folder in (cache / "clones").iterdir() if folder.is_dir())
        (bare / "HEAD").unlink()
        (cache / "clones" / f"{bare.name}.half").mkdir()
    half = cache / "commits" / f"{whole.revision}.{source()._key}.half" / "files"
    half.mkdir(parents=True)
    (half / "torn.yaml").write_text("half")
    for file in sorted(whole.root.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    whole.root.rmdir()
    again = source("main").snapshot()
    assert sorted(file.name for file in again.root.rglob("*.yaml")) == ["a.yaml"]
    assert not list(cache.rglob("*.half"))
    assert repository.folder.exists()


def test_links_out_of_the_repository_are_refused(repository: Any, source: Callable[..., GitSource], tmp_path: Path) -> None:
    """A link that leads out of the repository would read files of the machine; it is told by name, and nothing is kept."""
    (tmp_path / "secret.yaml").write_text("secret")
    (repository.folder / "tenants" / "leak.yaml").symlink_to(tmp_path / "secret.yaml")
    repository.commit({})
    with pytest.raises(SourceError, match=r"tenants/leak\.yaml is a link that leads out") as caught:
        source("main").snapshot()
    assert caught.value.reason == "PathOutsideSource"
    assert not [file for file in (tmp_path / "cache" / "commits").rglob("*") if file.is_file()]


def test_links_inside_are_kept(repository: Any, source: Callable[..., GitSource]) -> None:
    """A link from one file of the repository to another is what it is."""
    (repository.folder / "tenants" / "same.yaml").symlink_to("a.yaml")
    repository.commit({})
    assert (source("main").snapshot().root / "tenants/same.yaml").read_text() == "one\n"


def test_attributes_hide_nothing(repository: Any, source: Callable[..., GitSource]) -> None:
    """A file that .gitattributes keeps out of archives is still part of what is deployed, as it was committed."""
    repository.commit({".gitattributes": "a.yaml export-ignore\nb.yaml export-subst\n", "tenants/b.yaml": "$Format:%H$\n"})
    snapshot = source("main").snapshot()
    assert (snapshot.root / "tenants/a.yaml").read_text() == "one\n"
    assert (snapshot.root / "tenants/b.yaml").read_text() == "$Format:%H$\n"


def test_whatever_repository_the_caller_stands_in(
    source: Callable[..., GitSource], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Inside a Git hook GIT_DIR names another repository; ours is read all the same."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert source("main").snapshot().revision


_TWO = """
import sys
from pathlib import Path
from transom.source.git import GitSource
for _ in range(3):
    print(GitSource("platform", sys.argv[1], "main", ".", Path(sys.argv[2])).snapshot().revision)
"""


def test_two_processes_at_once(repository: Any, tmp_path: Path) -> None:
    """Several runs may fill one cache at the same time; each gets whole files."""
    commit = repository.git("rev-parse", "HEAD")
    command = [sys.executable, "-c", _TWO, str(repository.folder), str(tmp_path / "cache")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.split()) == (0, [commit] * 3), err


_SPY = """#!{python}
import fcntl, os, sys
from pathlib import Path
for lock in Path({cache!r}).glob("clones/*.lock"):
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = "held"
        else:
            held = "free"
    with open({log!r}, "a") as log:
        print(held, *sys.argv[1:2], file=log)
os.execv({git!r}, ["git", *sys.argv[1:]])
"""


def test_a_clone_is_worked_on_by_one_process(repository: Any, tmp_path: Path) -> None:
    """Whatever git is asked to do in the cache, it does while this process holds the repository's lock."""
    (tmp_path / "bin").mkdir()
    spy = tmp_path / "bin" / "git"
    real = shutil.which("git")
    spy.write_text(_SPY.format(python=sys.executable, cache=str(tmp_path / "cache"), log=str(tmp_path / "log"), git=real))
    spy.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    command = [sys.executable, "-c", _TWO, str(repository.folder), str(tmp_path / "cache")]
    subprocess.run(command, env=environ, check=True, capture_output=True, timeout=60)
    seen = {line.split()[0] for line in (tmp_path / "log").read_text().splitlines()}
    assert seen == {"held"}
