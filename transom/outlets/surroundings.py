"""Which pull request a job of CI is about, from the variables that its host gives it. Pure, but for the event's file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transom.errors import PermanentError
from transom.outlets.base import Target

_PULL = re.compile(r"refs/pull/(\d+)/")


def github(variables: Mapping[str, str]) -> Target:
    """The target of a job of GitHub Actions (docs.github.com: variables reference).

    In a run that another workflow started (`workflow_run`) the pull request is that of the run which started it.

    Raises:
        PermanentError: no job, and nothing given instead.
    """
    event = _event(variables.get("GITHUB_EVENT_PATH", ""))
    pull = event.get("pull_request") or next(iter((event.get("workflow_run") or {}).get("pull_requests") or ()), None) or {}
    found = _PULL.match(variables.get("GITHUB_REF", ""))
    number = int(pull.get("number") or (found[1] if found else 0))
    head = str((pull.get("head") or {}).get("sha") or variables.get("GITHUB_SHA", ""))
    repository = _needed(variables, "GITHUB_REPOSITORY", "owner/name")
    server = variables.get("GITHUB_SERVER_URL", "https://github.com")
    token = variables.get("GITHUB_TOKEN") or variables.get("GH_TOKEN", "")
    api = variables.get("GITHUB_API_URL", "https://api.github.com")
    return Target(repository, number, head, api, f"{server}/{repository}", token)


def gitlab(variables: Mapping[str, str]) -> Target:
    """The target of a job of GitLab CI (docs.gitlab.com: predefined variables).

    Raises:
        PermanentError: no job, and nothing given instead.
    """
    project = variables.get("CI_PROJECT_ID") or _needed(variables, "CI_PROJECT_PATH", "group/project")
    head = variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or variables.get("CI_COMMIT_SHA", "")
    api = variables.get("CI_API_V4_URL", "https://gitlab.com/api/v4")
    number = int(variables.get("CI_MERGE_REQUEST_IID") or 0)
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
