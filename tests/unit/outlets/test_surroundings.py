"""Which pull request a job is about: from the variables of the two hosts, and nothing guessed."""

# ruff: noqa: E501 - the variables of one job stand in one line

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from transom.errors import PermanentError
from transom.outlets import surroundings
from transom.outlets.base import Target
from transom.outlets.surroundings import Given

ACTIONS = {
    "GITHUB_REPOSITORY": "team/platform", "GITHUB_REF": "refs/pull/12/merge", "GITHUB_SHA": "merge", "GITHUB_TOKEN": "t",
    "GITHUB_API_URL": "https://git.example.com/api/v3", "GITHUB_SERVER_URL": "https://git.example.com",
}  # fmt: skip
CI = {"CI_PROJECT_ID": "7", "CI_MERGE_REQUEST_IID": "3", "CI_COMMIT_SHA": "c", "CI_API_V4_URL": "https://git.example.com/api/v4", "CI_PROJECT_URL": "https://git.example.com/p"}  # fmt: skip


def test_actions(tmp_path: Path) -> None:
    """The event says the head's commit; the run's own commit is a merge that exists nowhere else."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12, "head": {"sha": "head"}}}))
    found = surroundings.github({**ACTIONS, "GITHUB_EVENT_PATH": str(event)})
    assert found == Target("team/platform", 12, "head", "https://git.example.com/api/v3", "https://git.example.com/team/platform", "t")
    assert surroundings.github(ACTIONS).head == "merge"


def test_a_run_that_another_run_started(tmp_path: Path) -> None:
    """The privileged half of a workflow for forks comments on the pull request of the other half."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": {"pull_requests": [{"number": 4, "head": {"sha": "fork"}}]}}))
    found = surroundings.github({**ACTIONS, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(event)})
    assert (found.number, found.head) == (4, "fork")


def test_a_run_for_a_fork(tmp_path: Path) -> None:
    """The host names no pull request of a fork: its number is given, and the commit is that of the run, never that of the main branch."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": {"pull_requests": [], "head_sha": "fork"}}))
    variables = {**ACTIONS, "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_PATH": str(event)}
    assert surroundings.github(variables).number == 0
    found = surroundings.github(variables, Given(number=4))
    assert (found.number, found.head) == (4, "fork")


@pytest.mark.parametrize("look, variables", [(surroundings.github, ACTIONS), (surroundings.gitlab, CI)])
def test_what_is_given_comes_first(look: Callable[[dict[str, str], Given], Target], variables: dict[str, str]) -> None:
    """A number that is given is not told together with the commit of another one."""
    found = look(variables, Given(number=9))
    assert (found.number, found.head) == (9, "")
    assert look(variables, Given(number=9, head="h")).head == "h"


def test_gitlab() -> None:
    """Project, request and commit of a merge request's pipeline."""
    assert surroundings.gitlab(CI) == Target("7", 3, "c", "https://git.example.com/api/v4", "https://git.example.com/p")


@pytest.mark.parametrize("look", [surroundings.github, surroundings.gitlab])
def test_outside_of_ci(look: object) -> None:
    """Nothing is guessed: what to set is told."""
    with pytest.raises(PermanentError, match="it is not known which repository is meant"):
        look({})  # type: ignore[operator]
