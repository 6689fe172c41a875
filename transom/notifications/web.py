"""Places that are told over HTTP: channels that take Slack's incoming webhooks, and any program, signed.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. Signatures: https://www.standardwebhooks.com, which is
HMAC-SHA256 over id, time and body, so that a receiver can refuse what is forged, old or repeated.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from transom.errors import NotificationRefused, NotificationUndelivered
from transom.notifications import secrets
from transom.notifications.messages import Message, Tone
from transom.notifications.places import Parcel, Place
from transom.redaction import redact

_SECONDS = 10.0
_GOOD = range(200, 300)
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_READ = 2000
"""Bytes of an answer that are looked at."""
_COLOURS: Mapping[Tone, str] = {Tone.GOOD: "#2f6f4f", Tone.BAD: "#b3392f", Tone.NEUTRAL: "#656d76"}
_LONGEST_WAIT = 3600


@dataclass(frozen=True, slots=True)
class Slack(Place):
    """A channel; what Slack would read as markup or as a mention stands there as it is."""

    environ: Mapping[str, str] = field(repr=False)

    def send(self, parcel: Parcel) -> str:
        """One message with an attachment, which all channels of this kind show."""
        assert parcel.spec.slack is not None  # noqa: S101 - the kind was looked at
        url = secrets.read(parcel.spec.slack.url, self.environ)
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise NotificationRefused(
                "the secret is no address", reason="NotificationRefused", hint="put the webhook's https address there"
            )
        return _post(url, slack(parcel.message), {})


def slack(message: Message) -> dict[str, Any]:
    """The body of a message for Slack's incoming webhooks."""
    attachment: dict[str, Any] = {
        "color": _COLOURS[message.tone],
        "fallback": _escaped(message.title),
        "title": _escaped(message.title),
        "text": _escaped(message.text),
        "fields": [{"title": name, "value": _escaped(value), "short": True} for name, value in message.facts],
    }
    if message.address:
        attachment["title_link"] = message.address
    return {"text": _escaped(message.title), "attachments": [attachment]}


def _escaped(text: str) -> str:
    """The signs that Slack gives a meaning (docs.slack.dev: formatting message text), and mentions, which others read without them."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"(?<!\w)@", "@\u200b", plain)


@dataclass(frozen=True, slots=True)
class Webhook(Place):
    """Any program."""

    environ: Mapping[str, str] = field(repr=False)
    clock: Callable[[], float] = time.time

    def send(self, parcel: Parcel) -> str:
        """The event and the message as JSON, signed; the id is the same at each attempt."""
        assert parcel.spec.webhook is not None  # noqa: S101 - the kind was looked at
        body = json.dumps(content(parcel), separators=(",", ":")).encode()
        at = str(int(self.clock()))
        signature = sign(secrets.read(parcel.spec.webhook.secret, self.environ), parcel.id, at, body)
        headers = {"webhook-id": parcel.id, "webhook-timestamp": at, "webhook-signature": signature}
        return _post(parcel.spec.webhook.url, body, headers)


def content(parcel: Parcel) -> dict[str, Any]:
    """What a program is told: the event's fields, and the message in words. `data` of the event stays here: it is for our own pages."""
    event, message = parcel.event, parcel.message
    return {
        "type": event.type,
        "timestamp": event.time.isoformat(),
        "data": {
            "number": event.number,
            "environment": event.environment,
            "application": event.application,
            "run": event.run,
            "revision": str(event.data.get("revision", "")),
            "title": message.title,
            "message": message.text,
            "address": message.address,
        },
    }


def sign(secret: str, id_: str, at: str, body: bytes) -> str:
    """The header `webhook-signature`; `secret` is any text, or `whsec_` and a key in base64."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise NotificationRefused(
                "the secret begins with whsec_, and what follows is no base64", reason="NotificationRefused", hint="correct the secret"
            ) from None
    return "v1," + base64.b64encode(hmac.digest(key, f"{id_}.{at}.".encode() + body, "sha256")).decode()


@cache
def _pool() -> Any:
    """Connections, verified and without redirects: a place that moved is written into the document."""
    import urllib3

    return urllib3.PoolManager(num_pools=20, timeout=urllib3.Timeout(total=_SECONDS), retries=False)


def _post(url: str, body: bytes | dict[str, Any], headers: Mapping[str, str]) -> str:
    """What the place answered; its address stays out of every message, for it may be a secret."""
    from urllib3.exceptions import HTTPError

    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        answer = _pool().request(
            "POST", url, body=raw, headers={"Content-Type": "application/json", "User-Agent": "transom", **headers}, preload_content=False
        )
        said = redact(answer.read(_READ).decode(errors="replace")).strip()[:300]
        answer.release_conn()
    except HTTPError as error:
        host = urlsplit(url).hostname
        raise NotificationUndelivered(f"{host} did not answer ({type(error).__name__})", hint="it is sent again by itself") from None
    if answer.status in _GOOD:
        return f"{answer.status} {said}".strip()
    told = f"{urlsplit(url).hostname} answered {answer.status} {said}".strip()
    if answer.status in _BUSY:
        raise NotificationUndelivered(told, hint="it is sent again by itself", after=_wait(answer.headers.get("Retry-After", "")))
    raise NotificationRefused(told, hint="look whether the place is still there and takes what is sent; its words say why")


def _wait(given: str) -> float:
    """Seconds that the place asks to wait; 0 where it asks for none, at most an hour."""
    return float(min(int(given[:6]), _LONGEST_WAIT)) if given.isascii() and given.isdigit() else 0.0
