"""State files that were left half written, and those that a living run is writing."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from transom.engine import checkpoint


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a project's state files, with one good stack."""
    monkeypatch.setattr(checkpoint, "_AGAIN", 0.01)
    folder = tmp_path / ".pulumi" / "stacks" / "platform"
    folder.mkdir(parents=True)
    for name in ("dev.json", "dev.json.bak", "dev.json.attrs"):
        (folder / name).write_text("{}")
    return folder


def mended(states: Path) -> tuple[checkpoint.Mended, ...]:
    """What is done in that folder's backend."""
    return checkpoint.mend(f"file://{states.parents[2]}", "platform")


def test_nothing_is_wrong(states: Path) -> None:
    """What can be read is left alone, and other backends write whole objects."""
    assert mended(states) == ()
    assert checkpoint.mend("s3://states", "platform") == ()


def test_a_note_is_removed_and_a_state_put_back(states: Path) -> None:
    """What the note says is not needed; what stood in the state is kept aside."""
    (states / "dev.json.attrs").write_text("")
    (states / "dev.json").write_text('{"half')
    (states / "dev.json.bak").write_text('{"whole": 1}')
    assert {(one.stack, one.older) for one in mended(states)} == {("dev", False), ("dev", True)}
    assert json.loads((states / "dev.json").read_text()) == {"whole": 1}
    assert (states / "dev.json.unreadable").read_text() == '{"half'
    assert not (states / "dev.json.attrs").exists()
    assert mended(states) == ()


def test_without_a_copy_nothing_is_done(states: Path) -> None:
    """An empty state is not better than none."""
    (states / "dev.json").write_text("")
    (states / "dev.json.bak").unlink()
    assert mended(states) == ()
    assert (states / "dev.json").read_text() == ""


def test_an_older_copy_will_do(states: Path) -> None:
    """Where the one before it cannot be read either, the newest of the engine's backups takes its place."""
    backups = states.parents[1] / "backups" / "platform" / "dev"
    backups.mkdir(parents=True)
    for number, moment in ((1, 100), (2, 200)):
        (backups / f"dev.{number}.json").write_text(json.dumps({"number": number}))
        os.utime(backups / f"dev.{number}.json", (moment, moment))
    (states / "dev.json").write_text('{"half')
    (states / "dev.json.bak").write_text('{"ha')
    assert any("dev.2.json" in one.sentence for one in mended(states))
    assert json.loads((states / "dev.json").read_text()) == {"number": 2}


def test_a_living_run_is_left_alone(states: Path) -> None:
    """Whoever holds the stack may be writing just that file."""
    (states / "dev.json.attrs").write_text("")
    locks = states.parents[1] / "locks" / "organization" / "platform" / "dev"
    locks.mkdir(parents=True)
    mine = {"pid": os.getpid(), "username": "ada", "hostname": socket.gethostname(), "timestamp": "2999-01-01T00:00:00Z"}
    (locks / "1.json").write_text(json.dumps(mine))
    assert mended(states) == ()
    (locks / "1.json").write_text(json.dumps(mine | {"pid": 2**22 + 1}))
    assert len(mended(states)) == 1
