"""Programs that hand out tokens: asked once, asked again in time, and what they print never repeated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins.kubernetes.credentials import CredentialError, TokenProgram

V1 = "client.authentication.k8s.io/v1"
COUNTING = """
import json, pathlib, sys
log = pathlib.Path(sys.argv[1]); log.write_text((log.read_text() if log.exists() else "") + "x")
status = {"token": f"t{len(log.read_text())}", "expirationTimestamp": sys.argv[2]}
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}))
"""


def program(code: str, *arguments: str, **more: Any) -> TokenProgram:
    """A program that runs Python code."""
    return TokenProgram({"apiVersion": V1, "command": sys.executable, "args": ["-c", code, *arguments], **more})


@pytest.mark.parametrize("ends, asked", [("2999-01-01T00:00:00Z", "x"), ("2001-01-01T00:00:00Z", "xx")])
def test_a_token_is_asked_for_again_when_it_has_ended(tmp_path: Path, ends: str, asked: str) -> None:
    """A token that is valid is used; one that has ended is not."""
    one = program(COUNTING, str(tmp_path / "log"), ends)
    assert one.token() == "t1"
    assert one.token() == f"t{len(asked)}"
    assert (tmp_path / "log").read_text() == asked


def test_a_program_sees_what_the_kubeconfig_gives_it() -> None:
    """Variables of `env` arrive, and so does the request in the form of client-go."""
    code = """
import json, os
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
print(json.dumps({"apiVersion": info["apiVersion"], "status": {"token": os.environ["GIVEN"]}}))
"""
    assert program(code, env=[{"name": "GIVEN", "value": "seen"}]).token() == "seen"


@pytest.mark.parametrize(
    "code, said",
    [
        ("import sys; sys.exit('no credentials')", "failed with exit code 1: no credentials"),
        ("print('hunter2')", "gives no token"),
        (
            'print(\'{"apiVersion": "client.authentication.k8s.io/v1beta1", "status": {"token": "hunter2"}}\')',
            "not client.authentication.k8s.io/v1",
        ),
    ],
)
def test_what_a_program_gets_wrong(code: str, said: str) -> None:
    """The reason is told, and what might be a credential is not."""
    with pytest.raises(CredentialError) as caught:
        program(code).token()
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_program_that_is_not_there() -> None:
    """Its install hint is told."""
    missing = TokenProgram({"apiVersion": V1, "command": "no-such-program", "installHint": "get it"})
    with pytest.raises(CredentialError, match="no-such-program not found: get it"):
        missing.token()
