"""A delivery, headers and body, becomes the environments that are to be looked at; or it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from transom.errors import WebhookRefused
from transom.specs.source import SourceSpec
from transom.webhooks import concerned, pushes
from transom.webhooks.deliveries import Deliveries
from transom.webhooks.forges import Forge, Secrets, prove
from transom.webhooks.pushes import Push

LARGEST = 5 * 1024 * 1024
"""Bytes of a body: a push of two thousand commits, as many as GitHub lists, with a few files each."""
_CONFLICT = 409
_TOO_LARGE = 413


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a delivery.

    Attributes:
        push: what was pushed; None for an event of another kind.
        environments: those that read it, in their order; none for a push that nothing reads. That is no mistake: hosts tell of all pushes.
        keys: what the delivery is known again by, for whoever cannot act on it and wants it once more.
    """

    push: Push | None
    environments: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What was sent: headers by name in lower case, and the body as it came."""

    headers: Mapping[str, str]
    body: bytes


def receive(
    forge: Forge, secrets: Secrets, delivery: Delivery, sources: Mapping[str, Sequence[SourceSpec]], known: tuple[Deliveries, datetime]
) -> Received:
    """What a delivery asks for.

    Args:
        forge: the host that it should come from.
        secrets: of its webhook.
        delivery: what was sent.
        sources: of each environment, by its name.
        known: what came before, and the time now.

    Raises:
        WebhookRefused: it is too large, does not come from there, came before, or cannot be read; in this order.
    """
    require_size(len(delivery.body))
    deliveries, now = known
    proven = prove(forge, secrets, delivery.headers, delivery.body, now)
    push = pushes.read(forge, proven.event, delivery.body)
    if not deliveries.first(proven.keys, now):
        raise WebhookRefused(
            "the delivery came before",
            code=_CONFLICT,
            reason="WebhookReplayed",
            hint="nothing is lost: the push was seen then; to look again, ask the controller for a sync",
        )
    return Received(push, concerned.environments(push, sources) if push else (), proven.keys)


def require_size(size: int, largest: int = LARGEST) -> None:
    """Refuses what is larger than any delivery that is read.

    Raises:
        WebhookRefused: `size`, in bytes, is above `largest`.
    """
    if size > largest:
        raise WebhookRefused(
            f"the delivery is larger than {largest} bytes",
            code=_TOO_LARGE,
            reason="WebhookTooLarge",
            hint="nothing is lost: the push is found at the next interval",
        )
