"""The hosts that tell of pushes: what their deliveries are named, and how each proves where a delivery comes from.

GitHub: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries (HMAC-SHA256 of the body).
Gitea and Forgejo: https://docs.gitea.com/usage/webhooks (the same, without a prefix).
GitLab: https://docs.gitlab.com/user/project/integrations/webhooks (the secret itself in a header; with a signing token the signature of
https://www.standardwebhooks.com, which covers an id, the time and the body).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from transom.errors import WebhookRefused

UNAUTHORIZED = 401
_TOLERANCE = timedelta(minutes=5)
"""How far the time of a signed delivery may be from ours (Standard Webhooks: verifying timestamps)."""
_SIGNING = "whsec_"
"""What a signing token begins with; behind it stands the key in base64."""


class Forge(StrEnum):
    """A host of Git; Forgejo sends what Gitea sends."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the deliveries of one host are proven by: several while one is exchanged for another.

    Raises:
        ValueError: there is none, or an empty one, which would let everybody in.
    """

    values: tuple[str, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.values or not all(self.values):
            raise ValueError("a webhook needs a secret that is not empty")


@dataclass(frozen=True, slots=True)
class Proven:
    """A delivery that comes from its host.

    Attributes:
        event: its kind, in lower case: `push`, `ping`, `push hook`, …
        keys: what it is known again by. Where the host signs no id, the body's digest stands beside it: a thief could change the id.
    """

    event: str
    keys: tuple[str, ...]


def prove(forge: Forge, secrets: Secrets, headers: Mapping[str, str], body: bytes, now: datetime) -> Proven:
    """Whether a delivery comes from its host; the body is not read before.

    Args:
        forge: which host is spoken for.
        secrets: of the webhook.
        headers: by name in lower case.
        body: as it was sent.
        now: aware.

    Raises:
        WebhookRefused: the proof is missing, wrong or too old. Which of them is not told: it would only help who forges.
    """
    match forge:
        case Forge.GITHUB:
            given = headers.get("x-hub-signature-256", "").removeprefix("sha256=")
            _require(_signed(secrets, body, given), "X-Hub-Signature-256")
            return _body_known(headers, "x-github-event", "x-github-delivery", body)
        case Forge.GITEA:
            given = headers.get("x-forgejo-signature") or headers.get("x-gitea-signature", "")
            _require(_signed(secrets, body, given), "X-Gitea-Signature")
            return _body_known(headers, "x-gitea-event", "x-gitea-delivery", body)
        case Forge.GITLAB:
            return _gitlab(secrets, headers, body, now)
        case _:
            assert_never(forge)


def _gitlab(secrets: Secrets, headers: Mapping[str, str], body: bytes, now: datetime) -> Proven:
    event = headers.get("x-gitlab-event", "").lower()
    signing = Secrets(signed) if (signed := tuple(one for one in secrets.values if one.startswith(_SIGNING))) else None
    if signing is not None and "webhook-signature" in headers:
        _require(_standard(signing, headers, body, now), "webhook-signature")
        return Proven(event, (f"gitlab:{headers['webhook-id']}",))
    plain = [one for one in secrets.values if not one.startswith(_SIGNING)]
    _require(_any(hmac.compare_digest(headers.get("x-gitlab-token", "").encode(), one.encode()) for one in plain), "X-Gitlab-Token")
    # Who can send it again knows the secret, and may as well write a new one: the id keeps back only what GitLab itself sends twice.
    told = headers.get("x-gitlab-event-uuid") or headers.get("idempotency-key") or hashlib.sha256(body).hexdigest()
    return Proven(event, (f"gitlab:{told}",))


def _body_known(headers: Mapping[str, str], event: str, delivery: str, body: bytes) -> Proven:
    """A delivery whose host signs the body alone."""
    host = event.removeprefix("x-").removesuffix("-event")
    keys = [f"{host}:body:{hashlib.sha256(body).hexdigest()}"]
    if told := headers.get(delivery):
        keys.append(f"{host}:{told[:100]}")
    return Proven(headers.get(event, "").lower(), tuple(keys))


def _signed(secrets: Secrets, body: bytes, given: str) -> bool:
    """Whether `given` is the hexadecimal HMAC-SHA256 of the body under any of the secrets; every one is tried, in constant time."""
    return _any(hmac.compare_digest(hmac.digest(one.encode(), body, "sha256").hex().encode(), given.encode()) for one in secrets.values)


def _standard(secrets: Secrets, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
    """The signature of Standard Webhooks: `v1,` and the base64 HMAC-SHA256 of id, time and body with dots between; several may be given."""
    told, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not told or not at.isascii() or not at.isdigit() or abs(now.timestamp() - int(at[:12])) > _TOLERANCE.total_seconds():
        return False
    signed = f"{told}.{at}.".encode() + body
    wanted = [b"v1," + base64.b64encode(hmac.digest(_key(one), signed, "sha256")) for one in secrets.values]
    given = headers.get("webhook-signature", "").split()[:10]
    return _any(hmac.compare_digest(one, other.encode()) for one in wanted for other in given)


def _key(secret: str) -> bytes:
    """The key behind `whsec_`; GitLab also takes one that is no base64, and uses it as it is."""
    text = secret.removeprefix(_SIGNING)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()


def _any(found: Iterable[bool]) -> bool:
    """As `any`, but looks at all of them, so that the time taken does not tell which was right."""
    return sum([*found]) > 0


def _require(proven: bool, header: str) -> None:  # noqa: FBT001 - what was found out, and nothing that is chosen
    if not proven:
        raise WebhookRefused(
            f"the delivery's {header} is missing, wrong or too old",
            code=UNAUTHORIZED,
            reason="WebhookForged",
            hint="give the webhook the secret that the controller has, at the host and here",
        )
