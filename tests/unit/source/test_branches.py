"""A change of files becomes a branch, and nothing else of the repository is touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from transom.errors import SourceError
from transom.source import branches
from transom.source.branches import Files, Origin


def told(files: Files) -> tuple[str, branches.Changes]:
    """One file changed, one new, one gone."""
    assert files.read("tenants/a.yaml") == b"one\n"
    return "Promote\n\n- all of it\n", {"tenants/a.yaml": b"two\n", "tenants/new.yaml": "größer\n".encode(), "gone.yaml": None}


@pytest.fixture
def origin(repository: Any) -> Origin:
    """A work tree with a change that nobody has committed, and one in the index."""
    repository.commit({"gone.yaml": "gone\n", "run.sh": "#!/bin/sh\n"})
    (repository.folder / "tenants" / "a.yaml").write_text("in the middle of something\n")
    (repository.folder / "staged.yaml").write_text("staged\n")
    repository.git("add", "staged.yaml")
    return Origin("platform", str(repository.folder), "HEAD")


def test_a_branch_is_made_and_the_work_tree_stays(repository: Any, origin: Origin) -> None:
    """The branch has one commit on top of the base with the message; status, branch and files of the work tree are as before."""
    before = repository.git("status", "--porcelain=v2", "--branch"), repository.git("rev-parse", "main")
    made = branches.write(origin, "promote-production", told)
    assert made is not None
    assert repository.git("rev-parse", "promote-production") == made.commit
    assert repository.git("rev-parse", "promote-production^") == before[1]
    assert repository.git("log", "-1", "--format=%B", "promote-production") == "Promote\n\n- all of it"
    changed = repository.git("diff", "--name-status", "main", "promote-production").splitlines()
    assert changed == ["D\tgone.yaml", "M\ttenants/a.yaml", "A\ttenants/new.yaml"]
    assert repository.git("show", "promote-production:tenants/new.yaml") == "größer"
    assert (repository.git("status", "--porcelain=v2", "--branch"), repository.git("rev-parse", "main")) == before
    assert (repository.folder / "tenants" / "a.yaml").read_text() == "in the middle of something\n"


def test_a_branch_that_is_there_is_not_touched(repository: Any, origin: Origin) -> None:
    """Nothing is pushed over, also where it would be a fast-forward; a name that is none is told."""
    repository.git("branch", "taken")
    with pytest.raises(SourceError, match="has a branch taken already") as raised:
        branches.write(origin, "taken", told)
    assert raised.value.reason == "BranchRefused"
    assert repository.git("rev-parse", "taken") == repository.git("rev-parse", "main")
    for wrong in ("two words", "-f", "a..b"):
        with pytest.raises(SourceError, match="no name of a branch"):
            branches.write(origin, wrong, told)


def test_no_change_is_no_branch(repository: Any, origin: Origin) -> None:
    """A commit without a change is not made."""
    assert branches.write(origin, "same", lambda files: ("same", {"tenants/a.yaml": files.read("tenants/a.yaml")})) is None
    assert repository.git("branch", "--list", "same") == ""


def test_modes_and_bytes_are_kept(repository: Any, origin: Origin) -> None:
    """A file that can be run stays so; bytes that are no text arrive as they are."""
    repository.git("update-index", "--chmod=+x", "run.sh")
    repository.git("commit", "--quiet", "--message=run")
    made = branches.write(origin, "bytes", lambda _: ("bytes", {"run.sh": b"#!/bin/sh\nexit\n", "raw": b"\xff\x00\n"}))
    assert made is not None
    assert repository.git("ls-tree", "bytes", "run.sh").startswith("100755")
    assert Path(repository.folder).is_dir()
    size = repository.git("cat-file", "-s", "bytes:raw")
    assert size == "3"


def test_the_files_at_two_points(repository: Any, origin: Origin) -> None:
    """Who makes the change sees what there is now, what there was, and which commits lie between."""
    first = repository.git("rev-parse", "main~1")

    def look(files: Files) -> tuple[str, branches.Changes]:
        assert set(files.tree("")) == {"gone.yaml", "run.sh", "tenants/a.yaml", "staged.yaml"} - {"staged.yaml"}
        assert set(files.tree("", first)) == {"tenants/a.yaml"}
        assert files.read("gone.yaml", first) is None
        assert files.has(first)
        assert not files.has("d" * 40)
        assert len(files.log(first)) == 1
        return "", {}

    assert branches.write(origin, "looked", look) is None
