"""Who runs a command, as far as the machine it runs on tells."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping

from transom.history.records import Actor

_SERVICES = (
    ("GITHUB_ACTIONS", "GITHUB_ACTOR", "GitHub Actions run", "GITHUB_RUN_ID"),
    ("GITLAB_CI", "GITLAB_USER_LOGIN", "GitLab pipeline", "CI_PIPELINE_ID"),
    ("BUILDKITE", "BUILDKITE_BUILD_CREATOR", "Buildkite build", "BUILDKITE_BUILD_NUMBER"),
    ("JENKINS_URL", "BUILD_USER_ID", "Jenkins build", "BUILD_NUMBER"),
)
"""A variable that tells the service, and those with the person, the service's word for a run, and its number (each service's manual)."""


def here(environ: Mapping[str, str] = os.environ) -> Actor:
    """The actor of this process: TRANSOM_ACTOR where it is set, else the CI service's person, else the user of the machine."""
    host, pid = socket.gethostname(), os.getpid()
    for sign, person, word, number in _SERVICES:
        if environ.get(sign):
            via = f"{word} {environ.get(number, '')}".strip()
            return Actor(name=environ.get("TRANSOM_ACTOR") or environ.get(person) or "unknown", via=via, host=host, pid=pid)
    return Actor(name=environ.get("TRANSOM_ACTOR") or _user(), host=host, pid=pid)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user id may have no name
        return "unknown"
