"""The routes that take deliveries, as a host of Git meets them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from transom.errors import TemporaryError
from transom.specs.source import SourceSpec
from transom.webhooks.forges import Forge, Secrets
from transom.webhooks.pushes import Push
from transom.webhooks.routes import Hooks, routes

SECRET = "not-a-real-secret"
BODY = json.dumps(
    {"ref": "refs/heads/main", "after": "1" * 40, "repository": {"clone_url": "https://github.com/team-a/platform.git"}}
).encode()


@dataclass
class Woken:
    """What the controller was told."""

    told: list[tuple[str, str]] = field(default_factory=list)
    down: bool = False

    def wake(self, environment: str, push: Push) -> None:
        """Told, unless its database is down."""
        if self.down:
            raise TemporaryError("the database did not answer")
        self.told.append((environment, push.ref))


def application(woken: Woken, **more: object) -> Starlette:
    """The routes alone."""
    sources = {"dev": (SourceSpec.model_validate({"name": "platform", "repoURL": "git@github.com:team-a/platform"}),)}
    hooks = Hooks({Forge.GITHUB: Secrets((SECRET,))}, lambda: sources, woken.wake, **more)  # type: ignore[arg-type]
    return Starlette(routes=routes(hooks))


def headers(body: bytes = BODY) -> dict[str, str]:
    """Those of a push that is GitHub's."""
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": "push", "X-GitHub-Delivery": "d1", "X-Hub-Signature-256": f"sha256={signature}"}


def post(
    app: Starlette, *, body: bytes | AsyncIterator[bytes] = BODY, given: dict[str, str] | None = None, to: str = "github"
) -> httpx.Response:
    """One delivery."""

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://controller") as client:
            return await client.post(f"/webhooks/{to}", content=body, headers=headers() if given is None else given)

    return asyncio.run(send())


def test_a_push_wakes_its_environment_once() -> None:
    """202 with what was woken; the second time 409, and nothing is woken."""
    woken = Woken()
    app = application(woken)
    first, second = post(app), post(app)
    assert (first.status_code, first.json()) == (202, {"environments": ["dev"]})
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert woken.told == [("dev", "refs/heads/main")]


def test_a_forged_push_wakes_nothing() -> None:
    """401, with a problem that says what to compare and not what it should have been."""
    woken = Woken()
    refused = post(application(woken), given={**headers(), "X-Hub-Signature-256": "sha256=" + "0" * 64})
    assert (refused.status_code, refused.json()["title"]) == (401, "WebhookForged")
    assert SECRET not in refused.text
    assert woken.told == []


def test_a_host_without_a_secret_has_no_route() -> None:
    """What nobody set up is not there."""
    assert post(application(Woken()), to="gitlab").status_code == 404


def test_a_body_is_refused_while_it_comes() -> None:
    """Whether its length is told or not, no more is read than may be."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 1024

    app = application(Woken(), largest=4096)
    assert post(app, body=b" " * 5000).status_code == 413
    assert post(app, body=endless()).status_code == 413
    assert sent < 10


def test_a_slow_body_is_given_up() -> None:
    """A client that says a little now and then holds nothing for long."""

    async def slow() -> dict[str, int]:
        async def receive() -> dict[str, object]:
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": b" ", "more_body": True}

        answered: dict[str, int] = {}

        async def send(message: dict[str, int]) -> None:
            if "status" in message:
                answered["status"] = message["status"]

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/webhooks/github",
            "headers": [],
            "query_string": b"",
            "client": ("192.0.2.1", 1),
        }
        await application(Woken(), patience=0.2)(scope, receive, send)  # type: ignore[arg-type]
        return answered

    assert asyncio.run(slow()) == {"status": 408}


def test_what_could_not_be_followed_may_come_again() -> None:
    """While the controller's database is down a delivery is answered with 503, and is taken when the host sends it again."""
    woken = Woken(down=True)
    app = application(woken)
    assert post(app).status_code == 503
    woken.down = False
    assert post(app).status_code == 202
    assert woken.told == [("dev", "refs/heads/main")]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No line that the routes write holds the secret or the body."""
    yield
    assert SECRET not in caplog.text
