"""A local server that answers as the APIs of GitHub and GitLab do, as far as comments, statuses, check runs and issues go.

Pages with Link and X-Next-Page headers, sizes that are refused, permissions, and faults on demand: each is taken from the front of `faults`
before a request is looked at.
"""

# ruff: noqa: C901, PLR0911, PLR0912 - tables of requests, one way out each

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Fault:
    """An answer instead of the right one."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    only: str = ""
    """Method that it is for; any when empty."""


@dataclass
class State:
    """What the server holds, and what it was asked."""

    address: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[int, str] = field(default_factory=dict)
    """Where pull requests stand, by number."""
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    check_runs_allowed: bool = True
    limit: int = 65_536
    number: int = 1000

    def next(self) -> int:
        """A new id."""
        self.number += 1
        return self.number


class _Handler(BaseHTTPRequestHandler):
    state: State

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _answer(self) -> None:
        state = self.state
        url = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        state.asked.append(f"{self.command} {self.path}")
        state.tokens.add(self.headers.get("Authorization", "") or self.headers.get("Private-Token", ""))
        for index, fault in enumerate(state.faults):
            if fault.only in ("", self.command):
                del state.faults[index]
                self._send(fault.status, fault.body, fault.headers)
                return
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self._send(*self._route(self.command, url.path.rstrip("/"), query, body))

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - the names of http.server

    def _route(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        state = self.state
        if path.startswith("/api/v4/projects/"):
            return self._gitlab(method, path.removeprefix("/api/v4/projects/"), query, body)
        parts = path.split("/")[4:]  # behind /repos/owner/name
        match method, parts:
            case "GET", ["pulls", number] if int(number) in state.heads:
                return 200, {"number": int(number), "head": {"sha": state.heads[int(number)]}}, {}
            case "GET", ["issues", _, "comments"]:
                return self._page(state.comments, query)
            case "POST", ["issues", _, "comments"]:
                if len(body["body"]) > state.limit:
                    return (
                        422,
                        {
                            "message": "Validation Failed",
                            "errors": [{"message": f"body is too long (maximum is {state.limit} characters)"}],
                        },
                        {},
                    )
                return 201, self._made(state.comments, {"body": body["body"]}, "issues/comments"), {}
            case "PATCH", ["issues", "comments", number]:
                found = next((one for one in state.comments if one["id"] == int(number)), None)
                if found is None:
                    return 404, {"message": "Not Found"}, {}
                found["body"] = body["body"]
                return 200, found, {}
            case "POST", ["check-runs"]:
                if not state.check_runs_allowed:
                    return 403, {"message": "You must authenticate via a GitHub App."}, {}
                if len(body["output"].get("annotations", [])) > 50:
                    return 422, {"message": "Invalid request. No more than 50 items are allowed"}, {}
                return 201, self._made(state.runs, {**body, "all": list(body["output"]["annotations"])}, "check-runs"), {}
            case "PATCH", ["check-runs", number]:
                found = next(one for one in state.runs if one["id"] == int(number))
                if len(body["output"]["annotations"]) > 50:
                    return 422, {"message": "Invalid request. No more than 50 items are allowed"}, {}
                found["all"] += body["output"]["annotations"]
                return 200, found, {}
            case "POST", ["statuses", _]:
                return 201, self._made(state.statuses, body, "statuses"), {}
            case "GET", ["commits", sha]:
                return 200, {"sha": sha, "url": f"{state.address}/repos/o/r/commits/{sha}"}, {}
            case "GET", ["deployments"]:
                alike = [one for one in state.deployments if (one["sha"], one["environment"]) == (query["sha"], query["environment"])]
                return self._page(alike, query)
            case "POST", ["deployments"]:
                if body["auto_merge"] or body["required_contexts"]:
                    return 409, {"message": "Conflict: Commit status checks failed"}, {}
                return 201, self._made(state.deployments, {**body, "sha": body["ref"], "states": []}, "deployments"), {}
            case "POST", ["deployments", number, "statuses"]:
                found = next(one for one in state.deployments if one["id"] == int(number))
                found["states"].append(body["state"])
                return 201, {**body, "url": f"{state.address}/x"}, {}
            case "GET", ["issues"]:
                return self._page([one for one in state.issues if one["state"] == query.get("state", "open")], query)
            case "POST", ["issues"]:
                made = {**body, "state": "open", "labels": [{"name": name} for name in body["labels"]]}
                return 201, self._made(state.issues, made, "issues"), {}
            case "PATCH", ["issues", number]:
                found = next(one for one in state.issues if one["number"] == int(number))
                found.update(body)
                return 200, found, {}
        return 404, {"message": "Not Found"}, {}

    def _gitlab(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        state = self.state
        match method, path.split("/")[1:]:
            case "GET", ["merge_requests", number] if int(number) in state.heads:
                return 200, {"iid": int(number), "sha": state.heads[int(number)]}, {}
            case "GET", ["merge_requests", _, "notes"]:
                return self._page(state.comments, query)
            case "POST", ["merge_requests", _, "notes"]:
                return 201, self._made(state.comments, {"body": body["body"]}, "notes"), {}
            case "PUT", ["merge_requests", _, "notes", number]:
                found = next((one for one in state.comments if one["id"] == int(number)), None)
                if found is None:
                    return 404, {"message": "404 Note Not Found"}, {}
                found["body"] = body["body"]
                return 200, found, {}
            case "POST", ["statuses", _]:
                return 201, self._made(state.statuses, body, "statuses"), {}
            case "GET", ["deployments"]:
                return self._page([one for one in state.deployments if one["environment"] == query["environment"]][::-1], query)
            case "POST", ["deployments"]:
                return 201, self._made(state.deployments, {**body, "states": [body["status"]]}, "deployments"), {}
            case "GET", ["issues"]:
                return self._page([one for one in state.issues if one["state"] == query.get("state", "opened")], query)
            case "POST", ["issues"]:
                return 201, self._made(state.issues, {**body, "state": "opened"}, "issues"), {}
            case "PUT", ["issues", number]:
                found = next(one for one in state.issues if one["iid"] == int(number))
                found.update({key: value for key, value in body.items() if key != "state_event"})
                if body.get("state_event") == "close":
                    found["state"] = "closed"
                return 200, found, {}
        return 404, {"message": "404 Not Found"}, {}

    def _made(self, among: list[dict[str, Any]], what: dict[str, Any], where: str) -> dict[str, Any]:
        number = self.state.next()
        url = f"{self.state.address}/repos/o/r/{where}/{number}"
        among.append(
            {
                "id": number,
                "iid": number,
                "number": number,
                "url": url,
                "html_url": f"https://host/{number}",
                "web_url": f"https://host/{number}",
                **what,
            }
        )
        return among[-1]

    def _page(self, items: list[dict[str, Any]], query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        size, page = min(100, int(query.get("per_page", 30))), int(query.get("page", 1))
        shown = items[(page - 1) * size : page * size]
        pages = max(1, -(-len(items) // size))
        headers = {
            "X-Page": str(page),
            "X-Per-Page": str(size),
            "X-Total-Pages": str(pages),
            "X-Next-Page": str(page + 1) if page < pages else "",
        }
        if page < pages:
            rest = "&".join(f"{key}={value}" for key, value in query.items() if key != "page")
            headers["Link"] = f'<{self.state.address}{urlsplit(self.path).path}?{rest}&page={page + 1}>; rel="next"'
        return 200, shown, headers

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def serving() -> Iterator[State]:
    """A server on a free port of loopback; what it holds."""
    state = State()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
