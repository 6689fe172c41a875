"""Hosts of pull requests, against a server that answers as theirs do: nothing is told twice, faults are waited out or told.

The server is in `hosts.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hosts import Fault, State, serving

from transom.errors import HostBusy, HostRefused
from transom.outlets.base import Host, Release, Target
from transom.outlets.github import GitHub
from transom.outlets.gitlab import GitLab
from transom.outlets.memory import MemoryHost
from transom.review.verdict import Annotation, Level, Verdict

MARKER = "<!-- transom: test -->"
BODY = f"{MARKER}\nwhat this change does\n"
TOKEN = "not-a-real-token"
NOTES = tuple(Annotation("a.yaml", line, 1, Level.FAILURE, "Wrong", f"at {line}") for line in range(1, 121))


@pytest.fixture(name="state")
def _state() -> Iterator[State]:
    with serving() as state:
        yield state


@pytest.fixture(name="host", params=["GitHub", "GitLab", "memory"])
def _host(request: pytest.FixtureRequest, state: State) -> Host:
    return made(request.param, state)


def made(name: str, state: State) -> Host:
    """The host of that name, in front of the server."""
    api = state.address if name == "GitHub" else f"{state.address}/api/v4"
    target = Target("o/r" if name == "GitHub" else "7", 12, "4f2c91d0", api, "https://host/o/r", TOKEN)
    return {"GitHub": GitHub(target, tries=3, longest_wait=3.0), "GitLab": GitLab(target), "memory": MemoryHost()}[name]


def test_a_comment_is_created_once_and_changed_from_then_on(host: Host, state: State) -> None:
    """However often it is told, there is one comment, with what was said last."""
    first = host.comment(MARKER, BODY)
    second = host.comment(MARKER, BODY.replace("does", "did"))
    assert (first.created, second.created) == (True, False)
    assert [one["body"] for one in state.comments] in ([], [BODY.replace("does", "did")])
    assert isinstance(host, MemoryHost) or first.address


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
def test_its_own_comment_is_found_behind_hundreds_of_others(name: str, state: State) -> None:
    """Comments of others are turned page by page, and none of them is touched, whatever it says of Transom."""
    host = made(name, state)
    others = [
        {"id": number, "url": f"{state.address}/repos/o/r/issues/comments/{number}", "html_url": "", "body": f"about {MARKER}"}
        for number in range(260)
    ]
    state.comments.extend(others)
    host.comment(MARKER, BODY)
    assert host.comment(MARKER, BODY).created is False
    assert len(state.comments) == 261
    assert all(one["body"] == f"about {MARKER}" for one in others)


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
def test_a_comment_that_was_deleted_meanwhile_is_created_anew(name: str, state: State) -> None:
    """Between finding and changing anybody may have deleted it."""
    host = made(name, state)
    host.comment(MARKER, BODY)
    state.faults.append(Fault(404, {"message": "Not Found"}, only="PATCH" if name == "GitHub" else "PUT"))
    assert host.comment(MARKER, BODY).created


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
def test_faults_of_the_host_are_waited_out(name: str, state: State) -> None:
    """A server that fails now and then, or asks to wait a second, gets the comment all the same."""
    host = made(name, state)
    state.faults += [Fault(502, {"message": "Bad Gateway"}), Fault(429, {"message": "Too many"}, {"Retry-After": "1"}), Fault(503)]
    assert host.comment(MARKER, BODY).created


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
@pytest.mark.parametrize(
    "status, hint",
    [
        (401, "the token is missing"),
        (403, "the token needs the permission"),
        (404, "whether repository and number are right"),
        (422, "its words say why"),
        (409, "run it again"),
    ],
)
def test_refusals_say_what_to_do(name: str, status: int, hint: str, state: State) -> None:
    """What a host refuses is told with what is missing, and never with the token."""
    host = made(name, state)
    state.faults += [Fault(status, {"message": "Validation Failed", "errors": [{"message": "body is too long"}]}, only="POST")] * 9
    with pytest.raises((HostRefused, HostBusy)) as caught:
        host.comment(MARKER, BODY)
    assert hint in str(caught.value) or (status == 409 and isinstance(caught.value, HostBusy))
    assert TOKEN not in str(caught.value)


def test_a_host_that_is_not_there() -> None:
    """An address where nobody answers is told as such."""
    gone = Target("o/r", 1, "x", "http://127.0.0.1:9", "", TOKEN)
    for host in (GitHub(gone, tries=0), GitLab(gone, tries=0)):
        with pytest.raises(HostBusy, match="look whether the address"):
            host.comment(MARKER, BODY)


@pytest.mark.parametrize("name", ["GitHub", "GitLab", "memory"])
@pytest.mark.parametrize("good", [True, False])
def test_a_verdict(name: str, *, good: bool, state: State) -> None:
    """Every annotation arrives, in requests that the host takes."""
    host = made(name, state)
    host.status("transom", Verdict(good, "3 changes" if good else "2 mistakes", NOTES))
    if name == "GitHub":
        (run,) = state.runs
        assert run["conclusion"] == ("success" if good else "failure")
        assert [one["start_line"] for one in run["all"]] == [one.line for one in NOTES]
    if name == "GitLab":
        assert [one["state"] for one in state.statuses] == ["success" if good else "failed"]


def test_a_token_that_may_not_write_check_runs(state: State) -> None:
    """The commit then gets a status."""
    state.check_runs_allowed = False
    made("GitHub", state).status("transom", Verdict(good=False, summary="2 mistakes"))
    assert [(one["state"], one["context"]) for one in state.statuses] == [("failure", "transom")]


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
def test_where_a_pull_request_stands(name: str, state: State) -> None:
    """The host's own word; a pull request that is not there is told."""
    state.heads[12] = "a" * 40
    assert made(name, state).head() == "a" * 40
    state.heads.clear()
    with pytest.raises(HostRefused, match=r"did not find the (pull|merge) request: 404"):
        made(name, state).head()


def test_one_issue_is_kept_open_or_closed(host: Host, state: State) -> None:
    """Opened once, changed while there is something to say, closed when there is nothing."""
    assert host.issue(MARKER, "Drift in dev", BODY).created
    assert not host.issue(MARKER, "Drift in dev", f"{BODY}more").created
    host.issue(MARKER, "Drift in dev", "")
    assert [one["state"].removesuffix("d") for one in state.issues] in ([], ["close"])
    assert host.issue(MARKER, "Drift in dev", BODY).created


def test_the_token_is_sent_and_never_shown(state: State) -> None:
    """It reaches the host's API in a header, and stands in no record's text."""
    for name in ("GitHub", "GitLab"):
        host = made(name, state)
        host.comment(MARKER, BODY)
        assert TOKEN not in repr(host)
    assert any(TOKEN in one for one in state.tokens)


def test_a_release_is_told_once_for_each_commit_and_environment(host: Host, state: State) -> None:
    """The host's page of environments shows one deployment, with what became of it last."""
    assert host.release(Release("dev", good=True, summary="applied")).created
    assert not host.release(Release("dev", good=True, summary="applied again")).created
    assert host.release(Release("staging", good=False, summary="it failed", address="https://transom.example.com/runs/r1")).created
    if isinstance(host, MemoryHost):
        assert {name: one.good for name, one in host.releases.items()} == {"dev": True, "staging": False}
        return
    ends = {one["environment"]: one["states"][-1] for one in state.deployments}
    assert ends == {"dev": "success", "staging": "failure" if isinstance(host, GitHub) else "failed"}
    assert {one["sha"] for one in state.deployments} == {"4f2c91d0"}
