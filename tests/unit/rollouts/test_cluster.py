"""What is asked of an API server and written there, against a server that keeps what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from transom.errors import ClusterRefused, PermanentError
from transom.live.cluster import ClusterApi
from transom.rollouts.cluster import Cluster

ROLLOUTS = "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts"


class Server(ThreadingHTTPServer):
    """An API server with one Rollout in `shop`; what it was asked, and with which content type and body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[tuple[str, str, str | None, Any]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(None)

    def do_PATCH(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _answer(self, body: Any) -> None:
        self.server.asked.append((self.command, self.path, self.headers["Content-Type"], body))
        if "/forbidden/" in self.path:
            code, told = 403, {"message": "rollouts is forbidden"}
        elif not self.path.startswith(ROLLOUTS) or self.path.endswith("/gone"):
            code, told = 404, {"message": "not found"}
        else:
            code, told = 200, {"items": [{"metadata": {"name": "web"}}]} if body is None else {"patched": True}  # type: ignore[dict-item]
        text = json.dumps(told).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
        """Says nothing."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that the kubeconfig calls `second`; its `first` leads nowhere."""
    with Server() as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        clusters = {"here": f"http://127.0.0.1:{serving.server_port}", "nowhere": "http://127.0.0.1:1"}
        contexts = {"second": "here", "first": "nowhere"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "first",
            "users": [{"name": "me", "user": {}}],
            "clusters": [{"name": name, "cluster": {"server": url}} for name, url in clusters.items()],
            "contexts": [{"name": name, "context": {"cluster": cluster, "user": "me"}} for name, cluster in contexts.items()],
        }
        (tmp_path / "config").write_text(yaml.safe_dump(config), encoding="utf-8")
        monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))
        yield serving
        serving.shutdown()
        thread.join()


@pytest.mark.usefixtures("server")
def test_the_first_context_that_is_there_is_taken() -> None:
    """Of several names that a context may have, the first of the kubeconfig; a single one that is missing is told."""
    cluster = Cluster(ClusterApi("dev", ("missing", "second", "first")))
    assert [one["metadata"]["name"] for one in cluster.rollouts("shop")] == ["web"]
    for contexts in (("missing",), ("missing", "absent")):
        with pytest.raises(PermanentError, match=r"cluster dev: .*missing") as told:
            ClusterApi("dev", contexts)
        assert told.value.reason == "ClusterUnreachable"


def test_a_rollout_is_changed_by_a_merge_patch(server: Server) -> None:
    """The status goes to its own path; both with the content type that says how to read them."""
    cluster = Cluster(ClusterApi("dev", ("second",)))
    cluster.patch("shop", "web", {"abort": True}, of_status=True)
    cluster.patch("shop", "web", {"paused": False}, of_status=False)
    assert server.asked == [
        ("PATCH", f"{ROLLOUTS}/web/status", "application/merge-patch+json", {"status": {"abort": True}}),
        ("PATCH", f"{ROLLOUTS}/web", "application/merge-patch+json", {"spec": {"paused": False}}),
    ]


@pytest.mark.usefixtures("server")
def test_what_is_not_there_and_what_is_refused_differ() -> None:
    """A cluster that does not know the kind has no Rollouts; a Rollout that went meanwhile is gone; a refusal says what to ask for."""
    cluster = Cluster(ClusterApi("dev", ("second",)))
    assert cluster.rollouts("other") == []
    with pytest.raises(PermanentError, match="Rollout shop/gone is gone"):
        cluster.patch("shop", "gone", {}, of_status=False)
    with pytest.raises(ClusterRefused, match="cluster dev refuses: rollouts is forbidden") as refused:
        cluster.rollouts("forbidden")
    assert "rollouts/status" in refused.value.hint
