"""Deliveries of GitHub, GitLab and Gitea: who may send one, what it asks for, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from transom.errors import WebhookRefused
from transom.specs.source import SourceSpec
from transom.webhooks.deliveries import MemoryDeliveries
from transom.webhooks.forges import Forge, Secrets
from transom.webhooks.receiving import LARGEST, Delivery, Received, receive

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SECRET = "not-a-real-secret"
SIGNING = f"whsec_{base64.b64encode(b'not-a-real-signing-token-at-all!').decode()}"
COMMIT = "4f2c91d0aa5e4be39ad6f1d0f4a2c4cbb1f1d0e2"


def source(url: str, revision: str | None = None, **more: Any) -> SourceSpec:
    """A source."""
    given = {"targetRevision": revision} if revision else {}
    return SourceSpec.model_validate({"name": "platform", "repoURL": url, **given, **more})


SOURCES = {
    "dev": (source("https://github.com/team-a/Platform.git"),),
    "staging": (source("git@github.com:team-a/platform", "main"), source("https://github.com/team-a/ledger", "main")),
    "production": (source("ssh://git@github.com:22/team-a/platform.git", ">=1.2 <2"),),
    "other": (source("https://github.com/team-b/platform"),),
}


def github_body(ref: str = "refs/heads/main", repository: str = "team-a/platform", **more: Any) -> bytes:
    """A push as GitHub tells it."""
    told = {
        "ref": ref,
        "before": "0" * 40,
        "after": COMMIT,
        "repository": {
            "full_name": repository,
            "clone_url": f"https://github.com/{repository}.git",
            "ssh_url": f"git@github.com:{repository}.git",
            "default_branch": "main",
        },
        "pusher": {"name": "ada"},
        **more,
    }
    return json.dumps(told).encode()


def gitlab_body(ref: str = "refs/heads/main") -> bytes:
    """A push as GitLab tells it."""
    told = {
        "object_kind": "push",
        "ref": ref,
        "after": COMMIT,
        "user_username": "ada",
        "project": {
            "path_with_namespace": "team-a/platform",
            "default_branch": "main",
            "git_http_url": "https://github.com/team-a/platform.git",
            "git_ssh_url": "git@github.com:team-a/platform.git",
        },
        "repository": {"name": "platform", "url": "git@github.com:team-a/platform.git"},
    }
    return json.dumps(told).encode()


def hexadecimal(body: bytes, secret: str = SECRET) -> str:
    """HMAC-SHA256 as GitHub and Gitea write it."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def github(body: bytes, delivery: str = "d1", secret: str = SECRET, event: str = "push") -> Delivery:
    """A delivery of GitHub."""
    return Delivery(
        {"x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": f"sha256={hexadecimal(body, secret)}"}, body
    )


def gitea(body: bytes, delivery: str = "d1", secret: str = SECRET) -> Delivery:
    """A delivery of Gitea."""
    return Delivery({"x-gitea-event": "push", "x-gitea-delivery": delivery, "x-gitea-signature": hexadecimal(body, secret)}, body)


def gitlab(body: bytes, delivery: str = "d1", secret: str = SECRET) -> Delivery:
    """A delivery of GitLab with a secret token."""
    return Delivery({"x-gitlab-event": "Push Hook", "x-gitlab-event-uuid": delivery, "x-gitlab-token": secret}, body)


def signed_gitlab(body: bytes, delivery: str = "d1", at: datetime = NOW, secret: str = SIGNING) -> Delivery:
    """A delivery of GitLab with a signing token, signed by the reference implementation of Standard Webhooks."""
    signature = Webhook(secret).sign(msg_id=delivery, timestamp=at, data=body.decode())
    headers = {
        "x-gitlab-event": "Push Hook",
        "webhook-id": delivery,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Delivery(headers, body)


def take(forge: Forge, delivery: Delivery, known: MemoryDeliveries | None = None, secrets: tuple[str, ...] = (SECRET,)) -> Received:
    """What comes of it at noon."""
    return receive(forge, Secrets(secrets), delivery, SOURCES, (known or MemoryDeliveries(), NOW))


MAKERS: tuple[tuple[Forge, Callable[..., Delivery], bytes, tuple[str, ...]], ...] = (
    (Forge.GITHUB, github, github_body(), (SECRET,)),
    (Forge.GITEA, gitea, github_body(), (SECRET,)),
    (Forge.GITLAB, gitlab, gitlab_body(), (SECRET,)),
    (Forge.GITLAB, signed_gitlab, gitlab_body(), (SIGNING,)),
)
each = pytest.mark.parametrize("forge, make, body, secrets", MAKERS, ids=["github", "gitea", "gitlab", "gitlab-signed"])


@each
def test_a_push_wakes_what_reads_it(forge: Forge, make: Callable[..., Delivery], body: bytes, secrets: tuple[str, ...]) -> None:
    """A push of the default branch is for the environments that follow it, however they write the repository's address."""
    got = take(forge, make(body), secrets=secrets)
    assert got.environments == ("dev", "staging")
    assert got.push is not None
    assert (got.push.ref, got.push.commit) == ("refs/heads/main", COMMIT)


@each
def test_a_forged_delivery_is_refused(forge: Forge, make: Callable[..., Delivery], body: bytes, secrets: tuple[str, ...]) -> None:
    """Another secret, none, or the proof of another body lets nobody in; and what was refused is not remembered as seen."""
    other = "whsec_" + base64.b64encode(b"another").decode() if secrets == (SIGNING,) else "another"
    known = MemoryDeliveries()
    forged = make(body, secret=other)
    bare = Delivery({name: value for name, value in forged.headers.items() if name.endswith(("event", "delivery", "uuid"))}, body)
    changed = Delivery(make(body).headers, body.replace(b"main", b"evil"))
    for delivery in (forged, bare) if make is gitlab else (forged, bare, changed):
        with pytest.raises(WebhookRefused) as refused:
            take(forge, delivery, known, secrets)
        assert (refused.value.code, refused.value.reason) == (401, "WebhookForged")
        assert other not in str(refused.value)
        assert secrets[0] not in str(refused.value)
    assert take(forge, make(body), known, secrets).environments


@each
def test_a_replay_is_refused(forge: Forge, make: Callable[..., Delivery], body: bytes, secrets: tuple[str, ...]) -> None:
    """The same delivery is taken once; what follows it is taken."""
    known = MemoryDeliveries()
    take(forge, make(body), known, secrets)
    with pytest.raises(WebhookRefused) as refused:
        take(forge, make(body), known, secrets)
    assert (refused.value.code, refused.value.reason) == (409, "WebhookReplayed")
    later = body.replace(COMMIT.encode(), b"1" * 40)
    assert take(forge, make(later, "d2"), known, secrets).environments


@pytest.mark.parametrize("make, forge", [(github, Forge.GITHUB), (gitea, Forge.GITEA)])
def test_a_captured_body_under_another_id_is_a_replay(make: Callable[..., Delivery], forge: Forge) -> None:
    """The id is not signed there: whoever caught a delivery can change it, and gains nothing."""
    known = MemoryDeliveries()
    take(forge, make(github_body(), "d1"), known)
    with pytest.raises(WebhookRefused, match="came before"):
        take(forge, make(github_body(), "d2"), known)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signed_delivery_is_refused(minutes: int) -> None:
    """Where the time is signed it is looked at, also once the memory of deliveries has forgotten it."""
    with pytest.raises(WebhookRefused, match="too old"):
        take(Forge.GITLAB, signed_gitlab(gitlab_body(), at=NOW + timedelta(minutes=minutes)), secrets=(SIGNING,))


def test_a_signing_token_is_no_secret_token() -> None:
    """Where only a signing token is agreed on, the plain header proves nothing, not even with that token in it."""
    for token in (SIGNING, SECRET, ""):
        with pytest.raises(WebhookRefused, match="X-Gitlab-Token"):
            take(Forge.GITLAB, gitlab(gitlab_body(), secret=token), secrets=(SIGNING,))


def test_secrets_are_exchanged_without_a_gap() -> None:
    """While two secrets are given both are good."""
    for secret in ("old", "new"):
        body = github_body(extra=secret)
        assert take(Forge.GITHUB, github(body, secret, secret), secrets=("old", "new")).environments


@pytest.mark.parametrize("values", [(), ("",), ("good", "")])
def test_an_empty_secret_is_none(values: tuple[str, ...]) -> None:
    """A webhook without a secret would be open to all."""
    with pytest.raises(ValueError, match="secret"):
        Secrets(values)


def test_an_oversized_body_is_refused_unseen() -> None:
    """What is larger than any push is neither hashed nor read."""
    with pytest.raises(WebhookRefused) as refused:
        take(Forge.GITHUB, github(b" " * (LARGEST + 1)))
    assert refused.value.code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"payload=%7B%7D",
        b"[]",
        b"{}",
        b"[" * 200_000,
        b'{"ref": 1, "repository": {"clone_url": "https://github.com/team-a/platform"}}',
        b"\xff",
    ],
    ids=["form", "list", "empty", "deep", "number", "no text"],
)
def test_what_is_no_push_is_refused(body: bytes) -> None:
    """A body that is proven but cannot be read is the webhook's setting, and is said so."""
    with pytest.raises(WebhookRefused) as refused:
        take(Forge.GITHUB, github(body))
    assert (refused.value.code, refused.value.reason) == (400, "WebhookUnreadable")


def test_other_events_are_taken_and_ask_for_nothing() -> None:
    """The ping of a new webhook is answered well, or the host would show it as failed."""
    got = take(Forge.GITHUB, github(b'{"zen": "Keep it simple."}', event="ping"))
    assert (got.push, got.environments) == (None, ())


CASES = (
    ("refs/heads/main", "team-a/platform", ("dev", "staging"), "default branch and a branch by name"),
    ("refs/heads/feature", "team-a/platform", (), "nobody reads this branch"),
    ("refs/tags/v1.4.0", "team-a/platform", ("production",), "a version in the range"),
    ("refs/tags/v2.0.0", "team-a/platform", (), "a version beyond it"),
    ("refs/tags/main", "team-a/platform", ("staging",), "a tag of the name that is read"),
    ("refs/tags/nightly", "team-a/platform", (), "no version"),
    ("refs/heads/main", "team-a/ledger", ("staging",), "the second source of an environment"),
    ("refs/heads/main", "team-c/platform", (), "a repository that nobody reads is no mistake: hosts tell of all of them"),
    ("refs/heads/main", "team-a/platform-evil", (), "an address that only begins alike"),
)


@pytest.mark.parametrize("ref, repository, wanted, why", CASES, ids=[case[3] for case in CASES])
def test_a_push_concerns_who_reads_it(ref: str, repository: str, wanted: tuple[str, ...], why: str) -> None:
    """Only environments whose sources may have moved are woken."""
    assert take(Forge.GITHUB, github(github_body(ref, repository))).environments == wanted, why


def test_tags_of_a_product_have_its_prefix() -> None:
    """In a repository of several products a tag wakes those that read its product."""
    sources = {"dev": (source("https://github.com/team-a/platform", "1.x", tagPrefix="shop/"),)}
    for ref, wanted in (("refs/tags/shop/v1.3.0", ("dev",)), ("refs/tags/ledger/v1.3.0", ()), ("refs/tags/v1.3.0", ())):
        got = receive(Forge.GITHUB, Secrets((SECRET,)), github(github_body(ref)), sources, (MemoryDeliveries(), NOW))
        assert got.environments == wanted


def test_a_deleted_branch_wakes_who_read_it() -> None:
    """The source cannot be read any more, which is better told now than at the next interval."""
    got = take(Forge.GITHUB, github(github_body(after="0" * 40)))
    assert got.environments == ("dev", "staging")
    assert got.push is not None
    assert got.push.commit == ""


def test_a_directory_is_never_pushed_to() -> None:
    """An environment that reads a folder of this machine has nothing to be woken by."""
    sources = {"dev": (SourceSpec.model_validate({"name": "here", "path": "team-a/platform"}),)}
    got = receive(Forge.GITHUB, Secrets((SECRET,)), github(github_body()), sources, (MemoryDeliveries(), NOW))
    assert got.environments == ()


def test_the_memory_of_deliveries_is_bounded() -> None:
    """It neither grows without end nor forgets what is recent."""
    known = MemoryDeliveries(most=3, longest=timedelta(hours=1))
    assert all(known.first((f"k{number}",), NOW) for number in range(50))
    assert len(known._seen) <= 4
    assert not known.first(("k49",), NOW)
    assert known.first(("k49",), NOW + timedelta(hours=2))
