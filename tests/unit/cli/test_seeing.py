"""Health from the clusters: against an API server on this machine that serves Deployments, and against none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import BASIC
from transom.catalog import digests
from transom.live import standing
from transom.live.cluster import ClusterApi
from transom.status.health import Health, Word
from transom.status.report import report

RESOURCES = [{"resource": "deployments", "responseKind": {"kind": "Deployment"}, "scope": "Namespaced", "verbs": ["get", "list"]}]
GROUPS = [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": RESOURCES}]}]
WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
ANSWERS: dict[str, tuple[int, Any]] = {
    "/api": (200, {"items": []}),
    "/apis": (200, {"items": GROUPS}),
    "/apis/apps/v1/namespaces/shop/deployments/web": (200, WEB),
    "/apis/apps/v1/namespaces/shop/deployments/closed": (403, {"message": "deployments is forbidden"}),
}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code, told = ANSWERS.get(self.path, (404, {"message": "not found"}))
        text = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where the server listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def _api(name: str, address: str) -> ClusterApi:
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": {"server": address}}],
        "users": [{"name": "me", "user": {}}],
    }
    return ClusterApi(name, kubeconfig=json.dumps(config))


def test_what_is_there_what_is_gone_and_what_nobody_knows(address: str) -> None:
    """An object, one that is gone, one of a kind that is gone, a refusal and a cluster that is away are five different things."""
    wanted = [standing.Wanted(name, "here", "apps/v1", "Deployment", "shop", name) for name in ("web", "gone", "closed")]
    wanted += [standing.Wanted("kind", "here", "example.com/v1", "Thing", "shop", "x")]
    wanted += [standing.Wanted("away", "away", "apps/v1", "Deployment", "shop", "web")]
    looks = standing.look(wanted, lambda name: _api(name, address if name == "here" else "http://127.0.0.1:1"))
    assert looks.found == {"web": WEB, "gone": None, "kind": None}
    assert looks.unseen["closed"] == "cluster here: deployments is forbidden"
    assert "cluster away does not answer" in looks.unseen["away"]
    assert set(looks.unreachable) == {"away"}


def test_what_was_seen_counts_instead_of_the_state(tmp_path: Path) -> None:
    """A resource that the state calls healthy is as its cluster says, and so is its document."""
    catalog = repository.catalog(tmp_path, BASIC)
    urn = "urn:pulumi:dev::transom::transom:index:Environment$transom:kubernetes:Application$kubernetes:core/v1:ConfigMap::main/shop/x"
    parent = "urn:pulumi:dev::transom::transom:index:Environment$transom:kubernetes:Application::shop"
    resources = [
        {
            "urn": "urn:pulumi:dev::transom::pulumi:pulumi:Stack::transom-dev",
            "type": "pulumi:pulumi:Stack",
            "outputs": {"documents": dict(digests.documents(catalog, catalog.entries))},
        },
        {"urn": parent, "type": "transom:kubernetes:Application"},
        {"urn": urn, "type": "kubernetes:core/v1:ConfigMap", "custom": True, "parent": parent, "inputs": {"kind": "ConfigMap"}},
    ]
    states = {"dev": {"deployment": {"resources": resources}}}
    gone = Health(Word.MISSING, "is not on its cluster any more")
    words = [one.health for seen in ({}, {urn: gone}) if (one := report(catalog, states, seen).document("Application/shop")) is not None]
    assert words == [Health(), gone]
