"""Mistakes in an environment's notifications: each told where it stands, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import BASIC, ENVIRONMENT
from transom.errors import InvalidDocuments

HEAD = ENVIRONMENT + "  notifications:\n"
"""What stands in a case is line 12."""

CASES = (
    (
        "{name: chat, slack: {url: https://hooks.example.com/secret}}",
        33,
        "is a secret in plain text: write where it is, {env: NAME}",
        "a plain address is a secret",
    ),
    ("{name: chat, slack: {url: {}}}", 33, "exactly one of env and file", "no place of the secret"),
    ("{name: chat}", 7, "exactly one of slack, webhook, email, github, gitlab", "no place"),
    ("{name: ops, webhook: {url: http://ops.example.com, secret: {env: OPS}}}", 34, "http:// would send it in clear", "in clear"),
    ("{name: ops, webhook: {url: https://a:b@ops.example.com, secret: {env: OPS}}}", 34, "holds credentials", "credentials in the address"),
    ("{name: chat, events: [sync.faild], slack: {url: {env: CHAT}}}", 29, "sync.failed", "a slip of the pen"),
    (
        "{name: chat, texts: {sync.failed: $whatever}, slack: {url: {env: CHAT}}}",
        27,
        "$whatever; there are $environment",
        "no such placeholder",
    ),
    (
        "{name: chat, events: [drift.opened], texts: {sync.failed: x}, slack: {url: {env: CHAT}}}",
        51,
        "is not among events",
        "words for nothing",
    ),
    (
        "{name: ops, email: {to: [a@example.com], from: b@example.com, server: mail.example.com, security: none}}",
        105,
        "in clear",
        "mail in clear",
    ),
    (
        "{name: ops, email: {to: [a@example.com], from: b@example.com, server: mail.example.com, username: x}}",
        105,
        "go together",
        "half a login",
    ),
    ("{name: git, github: {token: {env: TOKEN}, sources: [plattform]}}", 3, 'names source "plattform"', "no such source"),
)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is told of an environment with one notification."""
    try:
        return [str(one) for one in repository.problems(folder, BASIC, HEAD + f"    - {text}\n")]
    except InvalidDocuments as error:
        return [str(one) for one in error.problems]


@pytest.mark.parametrize("text, column, wanted, why", CASES, ids=[case[3] for case in CASES])
def test_mistakes_are_told_where_they_stand(tmp_path: Path, text: str, column: int, wanted: str, why: str) -> None:
    """One mistake gives one line, at the place that a person has to change."""
    (told,) = mistakes(tmp_path, text)
    place, _, said = told.partition(": ")
    assert place.rpartition("/")[2] == f"dev.yaml:{5 if why == 'no such source' else 12}:{column}", why
    assert wanted in said
    assert "hooks.example.com" not in told


def test_two_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    """Deliveries are told apart by name."""
    one = "{name: chat, slack: {url: {env: CHAT}}}"
    (told,) = mistakes(tmp_path, f"{one}\n    - {one}")
    assert 'two notifications are named "chat"' in told


def test_all_places_together_are_right(tmp_path: Path) -> None:
    """The places of the documentation."""
    right = (
        "{name: chat, slack: {url: {env: CHAT}}, texts: {sync.failed: '$title: $message'}}",
        "{name: ops, webhook: {url: https://ops.example.com/hook, secret: {file: /run/secrets/ops}}, events: [sync.failed]}",
        "{name: mail, email: {to: [a@example.com], from: b@example.com, server: mail.example.com}}",
        "{name: git, gitlab: {token: {env: TOKEN}, api: https://git.example.com/api/v4, sources: [platform]}}",
    )
    assert mistakes(tmp_path, "\n    - ".join(right)) == []
