"""What the tests of sources share: real repositories, a host that speaks Git over HTTP with passwords, and one over SSH with keys."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from transom.source.git import GitSource

_AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}


class Repository:
    """A Git repository on disk, written to with git itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str, **more: str) -> str:
        """Run git; what it prints."""
        environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env={**environ, **_AUTHOR, **more}, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, files: dict[str, str], *, branch: str = "main") -> str:
        """Write files, commit them, and give the commit."""
        if self.git("branch", "--show-current") != branch:
            self.git("checkout", "--quiet", "-B", branch)
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=one")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with one commit on main."""
    made = Repository(tmp_path / "repository")
    made.commit({"tenants/a.yaml": "one\n"})
    return made


@pytest.fixture
def source(repository: Repository, tmp_path: Path) -> Callable[..., GitSource]:
    """Sources that read the repository; all of a test share one cache."""

    def make(revision: str = "", path: str = ".", url: str = "", **more: Any) -> GitSource:
        return GitSource("platform", url or str(repository.folder), revision, path, tmp_path / "cache", **more)

    return make


@dataclass
class Host:
    """A host on a loopback port: its address, what it was asked for with which Authorization, and how it behaves."""

    port: int = 0
    password: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    redirect: str = ""

    @property
    def address(self) -> str:
        """`127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Address of the repository."""
        return f"http://{self.address}/repository"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _application(host: Host, root: Path) -> Callable[..., Any]:
    """`git http-backend` behind a password."""

    def respond(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        given = environ.get("HTTP_AUTHORIZATION", "")
        host.requests.append((environ["PATH_INFO"], given))
        if host.redirect:
            start("301 Moved Permanently", [("Location", f"{host.redirect}{environ['PATH_INFO']}?{environ['QUERY_STRING']}")])
            return [b""]
        if host.password:
            _, _, said = base64.b64decode(given.removeprefix("Basic ") or b"").decode().partition(":")
            if said != host.password:
                start("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')])
                return [b"no"]
        variables = {name: value for name, value in environ.items() if isinstance(value, str) and name.isupper()}
        variables |= {"GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1", "PATH": os.environ["PATH"], "REMOTE_USER": "robot"}
        if protocol := environ.get("HTTP_GIT_PROTOCOL"):
            variables["GIT_PROTOCOL"] = protocol
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        done = subprocess.run(["git", "http-backend"], input=body, env=variables, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n")]
        status = next((value for name, value in headers if name == "Status"), "200 OK")
        start(status, [one for one in headers if one[0] != "Status"])
        return [content]

    return respond


@pytest.fixture
def http_host(repository: Repository) -> Iterator[Callable[..., Host]]:
    """Starts hosts that serve the repository over HTTP."""
    running: list[tuple[WSGIServer, threading.Thread]] = []

    def start(*, certificate: Path | None = None, **more: Any) -> Host:
        host = Host(**more)
        server = make_server("127.0.0.1", 0, _application(host, repository.folder.parent), handler_class=_Quiet)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        host.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        running.append((server, thread))
        return host

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class SshHost:
    """A host on a loopback port that lets one key in; `known` is its line of a known_hosts file."""

    port: int
    key: str
    other_key: str
    known: str
    folder: Path

    @property
    def url(self) -> str:
        """Address of the repository."""
        return f"ssh://git@127.0.0.1:{self.port}{self.folder}"


def _key_pair(folder: Path, name: str) -> tuple[str, str]:
    """A private and a public key."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True)
    private, public = folder / name, folder / f"{name}.pub"
    pair = private.read_text(), public.read_text().strip()
    private.unlink()
    return pair


@pytest.fixture
def ssh_host(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    """A host that serves the repository over SSH."""
    keys = tmp_path_factory.mktemp("keys")
    (key, public), (other, _) = _key_pair(keys, "one"), _key_pair(keys, "other")
    program = [sys.executable, str(Path(__file__).with_name("sshhost.py")), public]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        port, _, host_key = running.stdout.readline().strip().partition(" ")
        yield SshHost(int(port), key, other, f"[127.0.0.1]:{port} {host_key}\n", repository.folder)
        running.kill()
