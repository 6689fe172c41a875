"""Credentials that a program hands out, as a kubeconfig's `exec` names it: `aws eks get-token` and the like.

Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins. Only tokens are understood,
which is what the cloud's programs give; a program's own words are told, what it prints as a credential never is.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_KNOWN: Final = frozenset({"apiVersion", "command", "args", "env", "installHint", "interactiveMode", "provideClusterInfo", "."})
_PATIENCE: Final = 60.0
_EARLY: Final = timedelta(seconds=30)
_TAIL: Final = 300
"""Characters of a program's complaint that an error shows."""


class CredentialError(ValueError):
    """The program gives no token; the message says why."""


class TokenProgram:
    """A program and the token that it gave last; asked again shortly before that ends. Usable from many threads."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Take a kubeconfig's `exec`. Raises CredentialError for what is not understood of it."""
        unknown = sorted(set(given) - _KNOWN)
        if unknown or given.get("provideClusterInfo"):
            raise CredentialError(f"exec asks for {', '.join(unknown) or 'provideClusterInfo'}, which the sandbox's stand-in does not do")
        if given.get("apiVersion") not in _VERSIONS:
            raise CredentialError(f"exec: invalid apiVersion {given.get('apiVersion')!r}; one of {', '.join(_VERSIONS)}")
        if not given.get("command"):
            raise CredentialError("exec names no command")
        self._given = given
        self._token, self._ends = "", datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def token(self) -> str:
        """Give a token that is valid now. Raises CredentialError where the program gives none."""
        with self._lock:
            if datetime.now(UTC) + _EARLY >= self._ends:
                self._token, self._ends = self._asked()
            return self._token

    def _asked(self) -> tuple[str, datetime]:
        command = str(self._given["command"])
        arguments = [str(word) for word in self._given.get("args") or ()]
        added = {str(each["name"]): str(each["value"]) for each in self._given.get("env") or ()}
        info = {
            "KUBERNETES_EXEC_INFO": json.dumps(
                {"apiVersion": self._given["apiVersion"], "kind": "ExecCredential", "spec": {"interactive": False}}
            )
        }
        try:
            done = subprocess.run(
                [command, *arguments],
                env={**os.environ, **info, **added},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        except FileNotFoundError as error:
            hint = f": {self._given['installHint']}" if self._given.get("installHint") else ""
            raise CredentialError(f"exec: executable {command} not found{hint}") from error
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CredentialError(f"exec: executable {command} cannot be run: {type(error).__name__}") from error
        if done.returncode:
            told = done.stderr.strip()[-_TAIL:]
            raise CredentialError(f"getting credentials: exec: executable {command} failed with exit code {done.returncode}: {told}")
        return _read(command, done.stdout, str(self._given["apiVersion"]))


def _read(command: str, printed: str, version: str) -> tuple[str, datetime]:
    try:
        answer = json.loads(printed)
        if answer["apiVersion"] != version:
            raise CredentialError(f"exec: executable {command} gives {answer['apiVersion']}, not {version}")
        status = answer["status"]
        token = str(status["token"])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, CredentialError):
            raise
        raise CredentialError(f"exec: executable {command} gives no token") from error
    ends = status.get("expirationTimestamp")
    return token, datetime.fromisoformat(ends) if ends else datetime.max.replace(tzinfo=UTC)
