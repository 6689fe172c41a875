"""Routes of Starlette that take deliveries: `POST /webhooks/github`, `/webhooks/gitlab`, `/webhooks/gitea`, as far as each has a secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from transom.errors import TransomError, WebhookRefused
from transom.specs.source import SourceSpec
from transom.webhooks.deliveries import Deliveries, MemoryDeliveries
from transom.webhooks.forges import Forge, Secrets
from transom.webhooks.pushes import Push
from transom.webhooks.receiving import LARGEST, Delivery, receive, require_size

_log = logging.getLogger(__name__)
_ACCEPTED, _TIMEOUT, _UNAVAILABLE = 202, 408, 503


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the routes stand on.

    Attributes:
        secrets: of each host's webhook; a host without one has no route.
        sources: gives the sources of each environment, as they are declared now.
        wake: told each environment that is to be fetched, and the push; called in a thread. A TransomError is answered with 503, and the
            delivery may come again.
        deliveries: what came before.
        largest: bytes of a body.
        patience: seconds that a body may take to arrive.
        clock: aware.
    """

    secrets: Mapping[Forge, Secrets]
    sources: Callable[[], Mapping[str, Sequence[SourceSpec]]]
    wake: Callable[[str, Push], None]
    deliveries: Deliveries = field(default_factory=MemoryDeliveries)
    largest: int = LARGEST
    patience: float = 10.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def routes(hooks: Hooks) -> list[Route]:
    """One route for each host with a secret; nobody needs to be logged in there, and nothing is answered but what the sender knows."""
    return [Route(f"/webhooks/{forge}", _endpoint(forge, hooks), methods=["POST"], name=f"webhook-{forge}") for forge in hooks.secrets]


def _endpoint(forge: Forge, hooks: Hooks) -> Callable[[Request], object]:
    async def take(request: Request) -> Response:
        try:
            delivery = await _delivery(request, hooks)
            woken = await run_in_threadpool(_act, forge, hooks, delivery)
        except WebhookRefused as error:
            _log.warning("webhook of %s refused: %s", forge, error, extra={"client": request.client.host if request.client else ""})
            return _problem(error, error.code)
        except TransomError as error:
            _log.warning("webhook of %s could not be followed: %s", forge, error)
            return _problem(error, _UNAVAILABLE)
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse({"environments": list(woken)}, status_code=_ACCEPTED)

    return take


def _act(forge: Forge, hooks: Hooks, delivery: Delivery) -> tuple[str, ...]:
    received = receive(forge, hooks.secrets[forge], delivery, hooks.sources(), (hooks.deliveries, hooks.clock()))
    if received.push is None:
        return ()
    try:
        for environment in received.environments:
            hooks.wake(environment, received.push)
    except Exception:  # also a defect of ours: the host sends it again, and it is not taken for a replay then
        hooks.deliveries.forget(received.keys)
        raise
    return received.environments


async def _delivery(request: Request, hooks: Hooks) -> Delivery:
    """What was sent; no more of it is read than may be, and not for longer.

    Raises:
        WebhookRefused: it is too large, or too slow.
    """
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit():
        require_size(int(told[:20]), hooks.largest)
    body = bytearray()
    try:
        async with asyncio.timeout(hooks.patience):
            async for chunk in request.stream():
                body += chunk
                require_size(len(body), hooks.largest)
    except TimeoutError:
        raise WebhookRefused(
            f"the delivery did not arrive within {hooks.patience:g} s",
            code=_TIMEOUT,
            reason="WebhookTooSlow",
            hint="look at what stands between the host and the controller; the push is found at the next interval",
        ) from None
    return Delivery({name.lower(): value for name, value in request.headers.items()}, bytes(body))


def _problem(error: TransomError, code: int) -> Response:
    """An error as RFC 9457 has it."""
    told = {"type": "about:blank", "title": error.reason, "status": code, "detail": error.message, "hint": error.hint}
    return JSONResponse(told, status_code=code, media_type="application/problem+json")
