"""Which pull request a job of CI is about, from the variables that its host gives it. Pure, but for the event's file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transom.errors import PermanentError
from transom.outlets.base import Target

_PULL = re.compile(r"refs/pull/(\d+)/")


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody names instead of leaving it to the job's variables; whatever is named is to be held against the host.

    Attributes:
        number: of the pull request; 0 where the job knows it.
        head: its head commit; empty where the job knows it, or where the host is to say.
    """

    number: int = 0
    head: str = ""

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.number or self.head)


def github(variables: Mapping[str, str], given: Given = Given()) -> Target:
    """The target of a job of GitHub Actions (docs.github.com: variables reference).

    In a run that another workflow started (`workflow_run`) the pull request is that of the run which started it. GitHub names none
    where it comes from a fork (docs.github.com: REST, workflow runs, `pull_requests`): its number must be given. The commit is known.

    Raises:
        PermanentError: no job, and nothing given instead.
    """
    event = _event(variables.get("GITHUB_EVENT_PATH", ""))
    run = event.get("workflow_run") or {}
    pull = event.get("pull_request") or next(iter(run.get("pull_requests") or ()), None) or {}
    found = _PULL.match(variables.get("GITHUB_REF", ""))
    number = given.number or int(pull.get("number") or (found[1] if found else 0))
    own = "" if given.number else variables.get("GITHUB_SHA", "")
    head = given.head or str(run.get("head_sha") or (pull.get("head") or {}).get("sha") or own)
    repository = _needed(variables, "GITHUB_REPOSITORY", "owner/name")
    server = variables.get("GITHUB_SERVER_URL", "https://github.com")
    token = variables.get("GITHUB_TOKEN") or variables.get("GH_TOKEN", "")
    api = variables.get("GITHUB_API_URL", "https://api.github.com")
    return Target(repository, number, head, api, f"{server}/{repository}", token)


def gitlab(variables: Mapping[str, str], given: Given = Given()) -> Target:
    """The target of a job of GitLab CI (docs.gitlab.com: predefined variables).

    Raises:
        PermanentError: no job, and nothing given instead.
    """
    project = variables.get("CI_PROJECT_ID") or _needed(variables, "CI_PROJECT_PATH", "group/project")
    own = "" if given.number else variables.get("CI_COMMIT_SHA", "")
    head = given.head or variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or own
    api = variables.get("CI_API_V4_URL", "https://gitlab.com/api/v4")
    number = given.number or int(variables.get("CI_MERGE_REQUEST_IID") or 0)
    return Target(project, number, head, api, variables.get("CI_PROJECT_URL", ""), variables.get("GITLAB_TOKEN", ""))


def _event(path: str) -> dict[str, Any]:
    if not path or not Path(path).is_file():
        return {}
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _needed(variables: Mapping[str, str], name: str, example: str) -> str:
    if found := variables.get(name):
        return found
    raise PermanentError(
        "it is not known which repository is meant", reason="NoPullRequest", hint=f"run it in a job of CI, or set {name} to {example}"
    )
