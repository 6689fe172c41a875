"""Credentials of sources: from the environment to git, past every disk, command line and message.

A token travels as a header that git takes from its own environment, bound to one scheme, host and port. A private key is given to an ssh
agent of this run over a pipe and lives in its memory only. Both are bound to a host by a second variable, so that a document that names
another repository does not get them.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from transom.errors import SourceError
from transom.source.command import Settings, ssh_command
from transom.specs.source import host_of

_PREFIX = "TRANSOM_SOURCE"
_KINDS = ("TOKEN", "SSH_KEY", "KNOWN_HOSTS")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_AGENT_SECONDS = 900
"""After this long the agent forgets the key, whatever became of us."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the environment holds for one source; empty where nothing is held."""

    prefix: str
    token: str = field(default="", repr=False)
    username: str = ""
    ssh_key: str = field(default="", repr=False)
    known_hosts: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may hold."""
        return tuple(one for one in (self.token, _basic(self) if self.token else "", self.ssh_key) if one)


def prefix(name: str) -> str:
    """Beginning of the variables of the source `name`: `TRANSOM_SOURCE_PLATFORM`."""
    return f"{_PREFIX}_{name.upper().replace('-', '_')}"


def of(name: str, url: str, environ: Mapping[str, str]) -> Credentials:
    """The credentials for the source `name` at `url`: its own variables, else the general ones where they are for its host.

    Raises:
        SourceError: they are for another host, for none, or would go out in clear.
    """
    own = prefix(name)
    host = host_of(url)
    if not host:
        return Credentials(own)
    for given in (own, _PREFIX):
        if not any(environ.get(f"{given}_{kind}") for kind in _KINDS):
            continue
        meant = environ.get(f"{given}_HOST", "").strip().lower()
        if given == _PREFIX and meant != host:
            if not meant and environ.get(f"{given}_TOKEN"):
                raise _no_host(given, "TOKEN", host)
            continue
        found = Credentials(
            own,
            token=environ.get(f"{given}_TOKEN", "").strip(),
            username=environ.get(f"{given}_USERNAME", ""),
            ssh_key=_text(environ.get(f"{given}_SSH_KEY", ""), f"{given}_SSH_KEY", "-----BEGIN"),
            known_hosts=_text(environ.get(f"{given}_KNOWN_HOSTS", ""), f"{given}_KNOWN_HOSTS", " "),
        )
        _check(found, given, meant, url)
        return found
    return Credentials(own)


def _check(found: Credentials, given: str, meant: str, url: str) -> None:
    host = host_of(url)
    if found.token and url.startswith(("https://", "http://")):
        if not meant:
            raise _no_host(given, "TOKEN", host)
        if meant != host:
            raise SourceError(
                f"{given}_TOKEN is for {meant} ({given}_HOST), and repoURL leads to {host}",
                reason="CredentialsElsewhere",
                hint="correct repoURL, or both variables; nothing was sent",
            )
        if url.startswith("http://") and not host.startswith(_LOOPBACK):
            raise SourceError(
                f"{given}_TOKEN would go to {host} in clear",
                reason="CredentialsElsewhere",
                hint="write repoURL with https://; nothing was sent",
            )
    if meant and meant != host:
        raise SourceError(
            f"{given}_SSH_KEY is for {meant} ({given}_HOST), and repoURL leads to {host}",
            reason="CredentialsElsewhere",
            hint="correct repoURL, or both variables; nothing was sent",
        )


def _no_host(given: str, kind: str, host: str) -> SourceError:
    return SourceError(
        f"{given}_{kind} is set, and nothing says which host it is for",
        reason="CredentialsElsewhere",
        hint=f"set {given}_HOST={host} beside it, if that is the host it is for; nothing was sent",
    )


def _text(value: str, variable: str, mark: str) -> str:
    """The text of a variable that holds either itself or the path of a file."""
    if not value or mark in value:
        if "\n" not in value.strip():
            value = value.replace("\\n", "\n")
        return value.replace("\r\n", "\n").rstrip("\n") + "\n" if value else ""
    try:
        return Path(value).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise SourceError(
            f"{variable} is neither the text itself nor the path of a file that can be read",
            reason="CredentialsInvalid",
            hint="put the text into the variable, or name a file",
        ) from None


@dataclass(frozen=True, slots=True)
class Reach:
    """How git reaches a host: configuration and variables, neither of which is ever written down."""

    settings: Settings = field(default=(), repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@contextmanager
def reach(found: Credentials, url: str) -> Iterator[Reach]:
    """What git is given for `url` while the block lasts.

    Raises:
        SourceError: the private key cannot be used.
    """
    if url.startswith(("https://", "http://")):
        yield _http(found, url)
    elif found.ssh_key or found.known_hosts:
        with _ssh(found) as given:
            yield given
    else:
        yield Reach()


def _http(found: Credentials, url: str) -> Reach:
    if not found.token:
        return Reach()
    parts = urlsplit(url)
    header = f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
    settings = (
        (header, ""),  # those of the user's own configuration are left out: a host refuses two
        (header, f"Authorization: Basic {_basic(found)}"),
        ("http.followRedirects", "false"),  # git would take the header along to wherever it is sent
        ("credential.helper", ""),  # neither asked nor told
        ("core.askPass", ""),
    )
    return Reach(settings, {"GIT_ASKPASS": "", "SSH_ASKPASS": ""})


def _basic(found: Credentials) -> str:
    """User and token as HTTP has them. Hosts that take a token alone look at no user, but want one to be there."""
    return base64.b64encode(f"{found.username or 'x-access-token'}:{found.token}".encode()).decode()


@contextmanager
def _ssh(found: Credentials) -> Iterator[Reach]:
    with tempfile.TemporaryDirectory(prefix="transom-ssh-") as name:
        folder = Path(name)  # mode 0700
        options: list[str] = []
        if found.known_hosts:
            (folder / "known_hosts").write_text(found.known_hosts, encoding="utf-8")  # public keys: no secret
            options += [f"UserKnownHostsFile={folder / 'known_hosts'}", "GlobalKnownHostsFile=/dev/null"]
        if not found.ssh_key:
            yield Reach((), {"GIT_SSH_COMMAND": ssh_command(*options)})
            return
        with _agent(folder / "agent", found) as socket:
            options += [f"IdentityAgent={socket}", "IdentityFile=none", "IdentitiesOnly=no", "PreferredAuthentications=publickey"]
            yield Reach((), {"GIT_SSH_COMMAND": ssh_command(*options), "SSH_AUTH_SOCK": str(socket)})


@contextmanager
def _agent(socket: Path, found: Credentials) -> Iterator[Path]:
    """An ssh agent that holds the key; it ends with the block, and by itself when this process is gone."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith((_PREFIX, "SSH_ASKPASS", "DISPLAY"))}
    try:
        # `cat` ends when our end of its pipe is closed, however that comes about, and the agent soon after it
        agent = subprocess.Popen(
            ["ssh-agent", "-a", str(socket), "sh", "-c", "echo $SSH_AGENT_PID; exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
        )
    except FileNotFoundError:
        hint = "install OpenSSH's client: a private key is used through it"
        raise SourceError("ssh-agent is not on this machine", reason="CredentialsInvalid", hint=hint) from None
    with agent:
        assert agent.stdin and agent.stdout  # noqa: S101, PT018 - both are pipes, as asked for above
        pid = int(agent.stdout.readline() or 0)  # the agent listens before its command is started
        try:
            _add(found, {**environ, "SSH_AUTH_SOCK": str(socket)})
            yield socket
        finally:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            agent.stdin.close()


def _add(found: Credentials, environ: Mapping[str, str]) -> None:
    added = subprocess.run(
        ["ssh-add", "-q", "-t", str(_AGENT_SECONDS), "-"],
        input=found.ssh_key.encode(),
        env={**environ, "SSH_ASKPASS_REQUIRE": "never"},
        capture_output=True,
        timeout=30,
        start_new_session=True,  # without a terminal it cannot ask for a passphrase
        check=False,
    )
    if added.returncode:
        raise SourceError(
            f"{found.prefix}_SSH_KEY holds no private key that ssh-add takes",
            reason="CredentialsInvalid",
            hint="it begins with -----BEGIN, is whole, and has no passphrase",
        )
