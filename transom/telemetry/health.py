"""Whether the process is alive and ready, and the routes that say so: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from transom.controller.seam import View
from transom.errors import TransomError
from transom.telemetry.metrics import Watch

_OK, _UNAVAILABLE = 200, 503
_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class Pulse:
    """When each loop of this process last turned. A loop that hangs cannot say so itself: whoever asks sees its silence.

    Attributes:
        patience: how long a loop may be silent; longer than any single step that it waits for.
        clock: aware.
    """

    patience: timedelta = timedelta(minutes=5)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _turned: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self, loop: str) -> None:
        """The loop turned."""
        with self._lock:
            self._turned[loop] = self.clock()

    def stop(self, loop: str) -> None:
        """The loop ended as it should."""
        with self._lock:
            self._turned.pop(loop, None)

    def silent(self) -> dict[str, timedelta]:
        """Loops that did not turn for too long, and for how long."""
        with self._lock:
            now = self.clock()
            return {loop: now - last for loop, last in sorted(self._turned.items()) if now - last > self.patience}


def alive(pulse: Pulse) -> tuple[int, str]:
    """HTTP status and words: 503 when a loop hangs, and only then; what else is wrong is not mended by a restart."""
    silent = pulse.silent()
    if not silent:
        return _OK, "ok"
    return _UNAVAILABLE, "\n".join(f"{loop} is silent since {int(span.total_seconds())} s" for loop, span in silent.items())


def ready(view: View) -> tuple[int, str]:
    """HTTP status and words: 503 while the state does not answer. Environments that fail are no reason: the pages say so."""
    try:
        view.newest_event()
    except TransomError as error:
        return _UNAVAILABLE, error.reason  # the message may name hosts, and nobody is logged in here
    return _OK, "ok"


def routes(view: View, pulse: Pulse, watch: Watch) -> list[Route]:
    """The three routes. They tell no names of applications and need no login; keep them inside by the network."""
    return [
        Route("/healthz", _said(lambda: alive(pulse)), name="health"),
        Route("/readyz", _said(lambda: ready(view)), name="readiness"),
        Route("/metrics", _metrics(watch), name="metrics"),
    ]


def _said(ask: Callable[[], tuple[int, str]]) -> Callable[[Request], object]:
    async def answer(_: Request) -> Response:
        status, words = await run_in_threadpool(ask)
        return PlainTextResponse(words + "\n", status_code=status, headers=_NOT_KEPT)

    return answer


def _metrics(watch: Watch) -> Callable[[Request], object]:
    async def answer(_: Request) -> Response:
        return Response(await run_in_threadpool(watch.text), media_type=_FORMAT, headers=_NOT_KEPT)

    return answer


_NOT_KEPT: Mapping[str, str] = {"Cache-Control": "no-store"}
