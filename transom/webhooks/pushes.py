"""A proven delivery's body becomes a push: what was pushed where, in one form for all hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from transom.catalog.neighbours.repositories import normal
from transom.errors import WebhookRefused
from transom.webhooks.forges import Forge

_BAD_REQUEST = 400
_EVENTS: Mapping[Forge, frozenset[str]] = {
    Forge.GITHUB: frozenset({"push"}),
    Forge.GITEA: frozenset({"push"}),
    Forge.GITLAB: frozenset({"push hook", "tag push hook", "system hook"}),
}
_ADDRESSES = ("clone_url", "ssh_url", "git_url", "html_url", "url", "git_http_url", "git_ssh_url", "http_url", "web_url", "homepage")
"""Where the three hosts write a repository's addresses."""
_LONGEST = 2000
"""Characters of an address; no host lets one be longer."""
_REFS = ("refs/heads/", "refs/tags/")


@dataclass(frozen=True, slots=True)
class Push:
    """What was pushed.

    Attributes:
        repositories: the repository's addresses, each in the one form that `normal` gives.
        ref: in full: `refs/heads/main`, `refs/tags/v1.2.0`.
        commit: that it stands at now; empty where it was deleted.
        default_branch: of the repository; empty where the host does not say.
        by: who pushed, by the host's word.
    """

    repositories: frozenset[str]
    ref: str
    commit: str = ""
    default_branch: str = ""
    by: str = ""


def read(forge: Forge, event: str, body: bytes) -> Push | None:
    """The push that a delivery tells of; None for an event of another kind, e.g. the ping of a new webhook.

    Raises:
        WebhookRefused: it says that it is a push, and does not read as one.
    """
    if event not in _EVENTS[forge]:
        return None
    found = _loaded(body)
    if event == "system hook" and found.get("event_name") not in ("push", "tag_push"):
        return None
    repository = _mapping(found.get("repository")) | _project(forge, found)
    addresses = frozenset(normal(one) for one in _texts(repository, _ADDRESSES))
    ref = found.get("ref")
    if not addresses or not isinstance(ref, str) or not ref.startswith(_REFS):
        raise _unreadable("names no repository, or no branch or tag")
    commit = found.get("after")
    return Push(
        repositories=addresses,
        ref=ref,
        commit=commit if isinstance(commit, str) and commit.strip("0") else "",
        default_branch=_text(repository, "default_branch"),
        by=_who(forge, found),
    )


def _project(forge: Forge, found: Mapping[str, Any]) -> dict[str, Any]:
    """GitLab writes the repository's addresses in `project`, and some of them again in `repository`."""
    return _mapping(found.get("project")) if forge is Forge.GITLAB else {}


def _who(forge: Forge, found: Mapping[str, Any]) -> str:
    match forge:
        case Forge.GITHUB:
            return _text(_mapping(found.get("pusher")), "name")
        case Forge.GITEA:
            pusher = _mapping(found.get("pusher"))
            return _text(pusher, "login") or _text(pusher, "username")
        case Forge.GITLAB:
            return _text(found, "user_username") or _text(found, "user_name")
        case _:
            assert_never(forge)


def _loaded(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise _unreadable("is no JSON") from None
    if not isinstance(found, dict):
        raise _unreadable("is no object")
    return found


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value[:250] if isinstance(value, str) else ""


def _texts(found: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        value = found.get(key)
        if isinstance(value, str) and 0 < len(value) <= _LONGEST:
            yield value


def _unreadable(what: str) -> WebhookRefused:
    return WebhookRefused(
        f"the delivery's body {what}",
        code=_BAD_REQUEST,
        reason="WebhookUnreadable",
        hint="let the webhook send application/json, and events of pushes",
    )
