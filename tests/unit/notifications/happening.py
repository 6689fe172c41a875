"""What the tests of notifications share: events, environments, a view of events, and a server that takes what is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from transom.controller.model import Event
from transom.controller.seam import View
from transom.specs.environment import EnvironmentSpec

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
COMMIT = "4f2c91d0aa5e4be39ad6f1d0f4a2c4cbb1f1d0e2"


def event(type_: str, number: int = 1, **more: Any) -> Event:
    """Something that happened at noon."""
    given = {"environment": "dev", "application": "shop", "message": "because", "data": {"revision": f"platform@{COMMIT}"}}
    return Event.model_validate({"number": number, "time": NOW + timedelta(seconds=number), "type": type_, **given, **more})


def environment(*notifications: dict[str, Any], **more: Any) -> EnvironmentSpec:
    """An environment with these places."""
    base = {
        "sources": [{"name": "platform", "repoURL": "https://github.com/team-a/platform.git"}],
        "clusters": {"matchLabels": {"environment": "dev"}},
        "aws": {"region": "eu-central-1"},
    }
    return EnvironmentSpec.model_validate({**base, **more, "notifications": list(notifications)})


@dataclass
class Events:
    """A view of nothing but events."""

    happened: list[Event] = field(default_factory=list)

    def add(self, *types: str, **more: Any) -> None:
        """Let something happen."""
        for one in types:
            self.happened.append(event(one, len(self.happened) + 1, **more))

    def events(self, after: int, limit: int = 100) -> tuple[Event, ...]:
        """As `View` has it."""
        return tuple(one for one in self.happened if one.number > after)[:limit]

    def view(self) -> View:
        """As the pump takes it."""
        return cast("View", self)


@dataclass
class Received:
    """What a server was sent, and what it is to answer next."""

    address: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Received]:
    """A server on loopback that keeps what it is sent."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = received.answers.pop(0) if received.answers else (200, {})
            self.send_response(status)
            for name, value in {"Content-Length": "2", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
