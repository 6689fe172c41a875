"""`transom comment`: what it prints, writes and posts, from a stored review and for a repository with mistakes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.repository import CHECKOUT
from transom.changes import Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.cli import main
from transom.review.pullrequest import EnvironmentReview, PullRequestReview

sys.path.insert(0, str(CHECKOUT / "tests" / "unit" / "outlets"))

from hosts import serving

CHANGE = Change(
    urn="u", type="aws:s3/bucket:Bucket", name="b", operation=Operation.DELETE, document="Bucket/b", application="b", location="b.yaml:4:1"
)
REVIEW = PullRequestReview(
    base="b" * 40,
    environments=(
        EnvironmentReview(environment="dev", change=(ChangeSet(purpose="plan", environment="dev", stack="dev", changes=(CHANGE,)),)),
    ),
)


@pytest.fixture(name="stored")
def _stored(tmp_path: Path) -> Path:
    file = tmp_path / "review.json"
    file.write_text(REVIEW.model_dump_json(), encoding="utf-8")
    return file


def test_standard_output(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a host the comment is printed, marker and all."""
    assert main.run(["comment", "--from", str(stored)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("<!-- transom: default -->\n")
    assert "- delete `aws:s3/bucket:Bucket` `b` of `Bucket/b` (`b.yaml:4`)" in printed


def test_a_file_and_a_report(stored: Path, tmp_path: Path) -> None:
    """Both are written, and lines of the report are those of the documents."""
    told, report = tmp_path / "comment.md", tmp_path / "quality.json"
    assert main.run(["comment", "--from", str(stored), "--to", str(told), "--code-quality", str(report)]) == 0
    assert "delete" in told.read_text(encoding="utf-8")
    assert [one["location"]["lines"]["begin"] for one in json.loads(report.read_text(encoding="utf-8"))] == [4]


def test_github(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a job of GitHub Actions the comment is created, then changed; links lead to the head's files; the check run has the line."""
    with serving() as state:
        for name, value in {
            "GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_SHA": "4f2c91d0", "GITHUB_TOKEN": "t",
            "GITHUB_API_URL": state.address, "GITHUB_SERVER_URL": "https://git.example.com", "GITHUB_EVENT_PATH": "",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        assert main.run(["comment", "--from", str(stored), "--to", "github", "--marker", "platform"]) == 0
        assert main.run(["comment", "--from", str(stored), "--to", "github", "--marker", "platform"]) == 0
        (posted,) = state.comments
        assert "(https://git.example.com/o/r/blob/4f2c91d0/b.yaml#L4)" in posted["body"]
        assert [run["name"] for run in state.runs] == ["transom/platform", "transom/platform"]
        assert state.runs[0]["all"][0]["start_line"] == 4


@pytest.mark.parametrize("head, code", [("f" * 40, 0), ("e" * 40, 1)])
def test_a_pull_request_of_a_fork(
    head: str, code: int, stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number is given, and nothing is told on a pull request that stands at another commit than the run is about."""
    event = stored.with_name("event.json")
    event.write_text(json.dumps({"workflow_run": {"pull_requests": [], "head_sha": "f" * 40}}), encoding="utf-8")
    with serving() as state:
        state.heads[12] = head
        for name, value in {
            "GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": "m" * 40, "GITHUB_TOKEN": "t",
            "GITHUB_API_URL": state.address, "GITHUB_EVENT_PATH": str(event), "TRANSOM_PULL_REQUEST": "12",
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        assert main.run(["comment", "--from", str(stored), "--to", "github"]) == code
        assert len(state.comments) == (0 if code else 1)
        assert all(run["head_sha"] == "f" * 40 for run in state.runs)
        assert bool(code) == ("pull request 12 stands at" in capsys.readouterr().err)


def test_places_in_a_checkout_beside_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a fork's commit in a folder says is linked to as it lies in that commit; places elsewhere, and properties, stay."""
    folder = tmp_path / "change" / "examples"
    folder.mkdir(parents=True)
    (tmp_path / "change" / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    changes = tuple(
        CHANGE.model_copy(
            update={"name": name, "location": place, "properties": (PropertyChange(path="change/x", kind=DiffKind.ADD, after=1),)}
        )
        for name, place in (("a", "change/examples/b.yaml:4:1"), ("c", "environments/dev.yaml:2:1"))
    )
    one = REVIEW.environments[0]
    whole = one.change[0].model_copy(update={"changes": changes})
    stored = tmp_path / "review.json"
    stored.write_text(REVIEW.model_copy(update={"environments": (one.model_copy(update={"change": (whole,)}),)}).model_dump_json())
    told = tmp_path / "comment.md"
    assert main.run(["comment", "--from", str(stored), "--to", str(told), "--source", "platform=change/examples"]) == 0
    text = told.read_text(encoding="utf-8")
    assert "(`examples/b.yaml:4`)" in text
    assert "(`environments/dev.yaml:2`)" in text
    assert "+ change/x: 1" in text


def test_no_token(stored: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is told before anything is planned."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    assert main.run(["comment", "--from", str(stored), "--to", "github"]) == 1
    assert "GITHUB_TOKEN is not known" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["comment"], ["comment", "--base", "main", "--from", "pyproject.toml"]])
def test_neither_or_both(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A review is made or read."""
    assert main.run(words) == 1
    assert "write --base REV, or --from FILE" in capsys.readouterr().err
