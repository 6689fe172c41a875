"""Credentials: they reach the host they are for, and nothing and nobody else. Against real hosts on loopback ports."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from transom.errors import SourceError, SourceUnreachable
from transom.source import credentials
from transom.source.git import GitSource

TOKEN = "example-t0ken-of-the-tests"


def _kept(folder: Path, *words: str) -> list[Path]:
    """Files below a folder that hold one of the words."""
    return [file for file in folder.rglob("*") if file.is_file() and any(word.encode() in file.read_bytes() for word in words)]


def _ends(word: str) -> bool:
    """Whether every process of ours with the word in its command line comes to its end."""
    for _ in range(100):
        listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
        if not [line for line in listed if word in line]:
            return True
        time.sleep(0.1)
    return False


def test_a_token_opens_a_repository(http_host: Callable[..., Any], source: Callable[..., GitSource], tmp_path: Path) -> None:
    """With the token of the environment the repository is read, and the token is nowhere on disk afterwards."""
    host = http_host(password=TOKEN)
    environ = {"TRANSOM_SOURCE_PLATFORM_TOKEN": TOKEN, "TRANSOM_SOURCE_PLATFORM_HOST": host.address}
    snapshot = source("main", url=host.url, environ=environ).snapshot()
    assert (snapshot.root / "tenants/a.yaml").read_text() == "one\n"
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert {given for _, given in host.requests} == {f"Basic {basic}"}
    assert _kept(tmp_path, TOKEN, basic) == []


def test_no_command_line_shows_a_token(
    http_host: Callable[..., Any], source: Callable[..., GitSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lists the machine's processes sees no token, nor does a trace that the user asked for."""
    host = http_host(password=TOKEN)
    spy = tmp_path / "bin" / "git"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/seen\nPATH="${{PATH#*:}}" exec git "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:", prepend=":")
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    for name, value in {"TOKEN": TOKEN, "HOST": host.address}.items():
        monkeypatch.setenv(f"TRANSOM_SOURCE_PLATFORM_{name}", value)
    source("main", url=host.url).snapshot()
    assert "fetch" in (tmp_path / "seen").read_text()
    assert _kept(tmp_path, TOKEN, base64.b64encode(TOKEN.encode()).decode()[:20]) == []


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_wrong_token_is_told_without_it(http_host: Callable[..., Any], source: Callable[..., GitSource], given: str) -> None:
    """A host that refuses is told as such, with the variables to set; the token that was refused is not repeated."""
    host = http_host(password=TOKEN)
    environ = {"TRANSOM_SOURCE_PLATFORM_TOKEN": given and f"{given}-{TOKEN}", "TRANSOM_SOURCE_PLATFORM_HOST": host.address}
    with pytest.raises(SourceError) as caught:
        source("main", url=host.url, environ=environ).snapshot()
    assert caught.value.reason == "CredentialsRefused"
    assert "TRANSOM_SOURCE_PLATFORM_TOKEN" in caught.value.hint
    assert TOKEN not in str(caught.value)


def _certificate(folder: Path) -> Path:
    """A certificate that no authority has issued, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "certificate.pem").write_bytes(private + made.public_bytes(Encoding.PEM))
    return folder / "certificate.pem"


def test_an_unknown_certificate(
    http_host: Callable[..., Any], source: Callable[..., GitSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that nobody vouches for gets no token; with its authority at hand it is read."""
    certificate = _certificate(tmp_path)
    host = http_host(password=TOKEN, certificate=certificate)
    environ = {"TRANSOM_SOURCE_PLATFORM_TOKEN": TOKEN, "TRANSOM_SOURCE_PLATFORM_HOST": host.address}
    with pytest.raises(SourceError) as caught:
        source("main", url=f"https://{host.address}/repository", environ=environ).snapshot()
    assert caught.value.reason == "CertificateRefused"
    assert host.requests == []
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
    assert source("main", url=f"https://{host.address}/repository", environ=environ).snapshot().revision


def test_a_missing_repository_is_no_refusal(http_host: Callable[..., Any], source: Callable[..., GitSource]) -> None:
    """What the host does not have is told as missing."""
    host = http_host()
    with pytest.raises(SourceError) as caught:
        source("main", url=f"http://{host.address}/nowhere").snapshot()
    assert caught.value.reason == "SourceMissing"


def test_general_credentials_are_for_their_host_only(http_host: Callable[..., Any], source: Callable[..., GitSource]) -> None:
    """Credentials for every source go to the host that they are for, and to no other."""
    host, other = http_host(password=TOKEN), http_host()
    environ = {"TRANSOM_SOURCE_TOKEN": TOKEN, "TRANSOM_SOURCE_HOST": host.address}
    source("main", url=host.url, environ=environ).snapshot()
    source("main", url=other.url, environ=environ).snapshot()
    assert all(given for _, given in host.requests)
    assert not any(given for _, given in other.requests)


_FOR_EXAMPLE = {"TRANSOM_SOURCE_PLATFORM_TOKEN": TOKEN, "TRANSOM_SOURCE_PLATFORM_HOST": "git.example.com"}


@pytest.mark.parametrize(
    "url, environ",
    [
        ("https://git.example.com/a.git", {"TRANSOM_SOURCE_PLATFORM_TOKEN": TOKEN}),
        ("https://git.example.com/a.git", {"TRANSOM_SOURCE_TOKEN": TOKEN}),
        ("https://evil.example.org/a.git", _FOR_EXAMPLE),
        ("https://git.example.com:8443/a.git", _FOR_EXAMPLE),
        ("https://git.example.com@evil.example.org/a.git", _FOR_EXAMPLE),
        ("http://git.example.com/a.git", _FOR_EXAMPLE),
        (
            "git@evil.example.org:a.git",
            {"TRANSOM_SOURCE_PLATFORM_SSH_KEY": "-----BEGIN", "TRANSOM_SOURCE_PLATFORM_HOST": "git.example.com"},
        ),
    ],
)
def test_credentials_stay_with_their_host(url: str, environ: dict[str, str]) -> None:
    """A document that names another host, or the same one in clear, gets no credentials: it is an error before anything is sent."""
    with pytest.raises(SourceError) as caught:
        credentials.of("platform", url, environ)
    assert caught.value.reason == "CredentialsElsewhere"
    assert TOKEN not in str(caught.value)


def test_a_redirect_takes_no_token_along(http_host: Callable[..., Any], source: Callable[..., GitSource]) -> None:
    """A host that sends git elsewhere does not make it send the token there."""
    thief = http_host()
    host = http_host(redirect=f"http://{thief.address}")
    environ = {"TRANSOM_SOURCE_PLATFORM_TOKEN": TOKEN, "TRANSOM_SOURCE_PLATFORM_HOST": host.address}
    with pytest.raises(SourceError) as caught:
        source("main", url=host.url, environ=environ).snapshot()
    assert caught.value.reason == "SourceMoved"
    assert thief.requests == []


def test_a_key_opens_a_repository(ssh_host: Any, source: Callable[..., GitSource], tmp_path: Path) -> None:
    """With a private key of the environment the repository is read over SSH; the key is nowhere on disk, and its agent is gone."""
    environ = {"TRANSOM_SOURCE_PLATFORM_SSH_KEY": ssh_host.key, "TRANSOM_SOURCE_PLATFORM_KNOWN_HOSTS": ssh_host.known}
    snapshot = source("main", url=ssh_host.url, environ=environ).snapshot()
    assert (snapshot.root / "tenants/a.yaml").read_text() == "one\n"
    assert _kept(tmp_path, ssh_host.key.splitlines()[1]) == []
    assert _ends("transom-ssh-")


def test_a_key_may_lie_in_a_file(ssh_host: Any, source: Callable[..., GitSource], tmp_path: Path) -> None:
    """Variables may name files instead; a key in one line, as CI systems keep them, is taken too."""
    (tmp_path / "key").write_text(ssh_host.key)
    (tmp_path / "known").write_text(ssh_host.known)
    for key in (str(tmp_path / "key"), ssh_host.key.replace("\n", "\\n")):
        environ = {"TRANSOM_SOURCE_SSH_KEY": key, "TRANSOM_SOURCE_KNOWN_HOSTS": str(tmp_path / "known")}
        environ["TRANSOM_SOURCE_HOST"] = f"127.0.0.1:{ssh_host.port}"
        assert source("main", url=ssh_host.url, environ=environ).snapshot().revision


@pytest.mark.parametrize(
    "key, known, reason",
    [
        ("other_key", "known", "CredentialsRefused"),
        ("key", "", "HostKeyUnknown"),
        ("key", "changed", "HostKeyUnknown"),
        ("torn", "known", "CredentialsInvalid"),
        ("nowhere", "known", "CredentialsInvalid"),
    ],
)
def test_what_ssh_refuses(ssh_host: Any, source: Callable[..., GitSource], key: str, known: str, reason: str) -> None:
    """Another key, an unknown host, a host whose key has changed, a key that is none: each is its own error."""
    keys = {"torn": ssh_host.key[:80] + "\n", "nowhere": "/nowhere/key"}
    changed = f"[127.0.0.1]:{ssh_host.port} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000000\n"
    environ = {
        "TRANSOM_SOURCE_PLATFORM_SSH_KEY": keys.get(key) or getattr(ssh_host, key),
        "TRANSOM_SOURCE_PLATFORM_KNOWN_HOSTS": {"known": ssh_host.known, "changed": changed}.get(
            known, "other.example.com ssh-ed25519 AAAA\n"
        ),
    }
    with pytest.raises(SourceError) as caught:
        source("main", url=ssh_host.url, environ=environ).snapshot()
    assert caught.value.reason == reason
    assert "BEGIN" not in str(caught.value).replace("begins with -----BEGIN", "")


@pytest.fixture
def silent_host() -> Iterator[str]:
    """A host that takes connections and never answers; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listening.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()
    for one in held:
        one.close()


@pytest.mark.parametrize("scheme", ["http", "ssh"])
def test_a_host_that_never_answers(silent_host: str, source: Callable[..., GitSource], scheme: str) -> None:
    """A host that says nothing is given up on after the limit, and git's helpers with it."""
    with pytest.raises(SourceUnreachable) as caught:
        source("main", url=f"{scheme}://{silent_host}/repository", environ={"TRANSOM_GIT_TIMEOUT": "1"}).snapshot()
    assert caught.value.reason in ("SourceTimedOut", "SourceUnreachable")
    assert _ends(silent_host)
