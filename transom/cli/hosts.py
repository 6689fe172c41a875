"""The hosts that a verb may tell something, by the word that stands for them on the command line."""

from __future__ import annotations

from transom.errors import PermanentError
from transom.outlets import Host, Target

NAMES = ("github", "gitlab")


def made(name: str, target: Target) -> Host:
    """The host of that name; nothing is asked yet."""
    if name == "github":
        from transom.outlets.github import GitHub

        return GitHub(target)
    from transom.outlets.gitlab import GitLab

    return GitLab(target)


def require(wanted: dict[str, object], hint: str) -> None:
    """Says what is missing of what is needed, by its name for people.

    Raises:
        PermanentError: something is.
    """
    for what, value in wanted.items():
        if not value:
            raise PermanentError(f"{what} is not known", reason="NoPullRequest", hint=hint)


def token(name: str) -> str:
    """The variable that holds the host's token."""
    return "GITHUB_TOKEN" if name == "github" else "GITLAB_TOKEN"
