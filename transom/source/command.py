"""Git as a program: started with nothing of the caller's repository in its way, asked no questions, stopped when it takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from transom.errors import ToolMissing
from transom.source.failures import GitFailed

TIMEOUT = "TRANSOM_GIT_TIMEOUT"
"""Environment variable: seconds that one git command may take."""
_SECONDS = 600
_CONNECT = 30
"""Seconds for ssh to connect."""

Settings = tuple[tuple[str, str], ...]
"""Git configuration: names and values; a name may come twice."""

_CONFIG: Mapping[str, str] = {
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
    "transfer.credentialsInUrl": "die",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "core.hooksPath": os.devnull,
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
}
"""Settings that hold for every command, whatever the user's own configuration says."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A bare repository on disk, and how its origin is reached.

    Attributes:
        folder: the bare repository.
        environ: the variables of whoever runs this.
        settings: configuration beyond the usual; may hold credentials, which travel in git's environment only.
        variables: further variables for git, e.g. for ssh.
    """

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    settings: Settings = field(default=(), repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def git(self, *words: str) -> str:
        """What git prints.

        Raises:
            GitFailed: it ended badly, or took too long.
        """
        return self.raw(*words).decode("utf-8", "replace").strip("\n")

    def raw(self, *words: str, say: str = "") -> bytes:
        """As `git`, bytes for bytes; `say` is given to it as standard input.

        Raises:
            GitFailed: as `git`.
        """
        with self._started(words, wants_input=bool(say)) as process:
            try:
                out, said = process.communicate(say.encode() if say else None, timeout=seconds(self.environ))
            except subprocess.TimeoutExpired:
                raise GitFailed("", late=True) from None
            if process.returncode:
                raise GitFailed(said.decode("utf-8", "replace"))
            return bytes(out)

    def _started(self, words: Sequence[str], *, wants_input: bool) -> _Ended:
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # without git GitPython would fail at its import
        from git import Git, GitCommandNotFound

        try:
            # a session of its own: git's helpers go with it when it is stopped
            started: Any = Git(self.folder).execute(
                ["git", *words],
                as_process=True,
                env=self._variables(),
                istream=subprocess.PIPE if wants_input else subprocess.DEVNULL,
                start_new_session=True,
            )
        except GitCommandNotFound:
            raise ToolMissing("git is not on this machine", hint="install it: sources that have a repoURL are read with git") from None
        return _Ended(started)

    def _variables(self) -> dict[str, str]:
        """Git's environment: the repository that the caller stands in, and what a trace would show of credentials, are taken out of it."""
        folder = str(self.folder.absolute())
        count = int(self.environ.get("GIT_CONFIG_COUNT") or 0)
        settings = (*_CONFIG.items(), *self.settings)
        out = {
            **self.environ,
            "GIT_DIR": folder,
            "GIT_OBJECT_DIRECTORY": f"{folder}/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
            "GIT_NAMESPACE": "",
            "GIT_CONFIG_PARAMETERS": "",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_HTTP_LOW_SPEED_LIMIT": "1",
            "GIT_HTTP_LOW_SPEED_TIME": str(min(60, seconds(self.environ))),
            "GIT_SSH_COMMAND": self.environ.get("GIT_SSH_COMMAND", ssh_command()),
            "GIT_CONFIG_COUNT": str(count + len(settings)),
            "LANGUAGE": "C",
            "LC_ALL": "C",
        }
        out |= {name: "0" for name in self.environ if name.startswith("GIT_TRACE")}
        for index, (name, value) in enumerate(settings, count):
            out[f"GIT_CONFIG_KEY_{index}"] = name
            out[f"GIT_CONFIG_VALUE_{index}"] = value
        return out | dict(self.variables)


class _Ended:
    """A process that has ended, with its helpers, when the block ends."""

    def __init__(self, started: Any) -> None:
        self.started = started  # GitPython stops what nobody holds any more
        self.process: subprocess.Popen[bytes] = started.proc

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self.process

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


def ssh_command(*options: str) -> str:
    """The ssh that git starts: asks nothing, takes no unknown host."""
    usual = ("BatchMode=yes", "StrictHostKeyChecking=yes", f"ConnectTimeout={_CONNECT}", "ServerAliveInterval=15", "ForwardAgent=no")
    return " ".join(["ssh", *(f"-o{option}" for option in (*options, *usual))])


def seconds(environ: Mapping[str, str]) -> int:
    """How long one git command may take."""
    given = environ.get(TIMEOUT, "")
    return int(given) if given.isdecimal() and int(given) else _SECONDS
