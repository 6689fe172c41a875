"""Every complaint of the engine becomes an error of our tree."""

from __future__ import annotations

import pytest

from transom.engine import failures
from transom.engine.failures import Ended
from transom.errors import (
    BackendRefused,
    BackendUnreachable,
    BadPassphrase,
    EngineError,
    LockOwner,
    PluginMissing,
    RunCancelled,
    StackExists,
    StackLocked,
    StackNotFound,
    StateDamaged,
    TransomError,
)
from transom.exitcodes import ExitCode

LOCK = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with "
    "`pulumi cancel`.\n"
    "  file:///state/.pulumi/locks/organization/p/dev/1.json: created by ann@build-7 (pid 4711) at 2026-11-23T14:50:09Z"
)

CASES: list[tuple[str, int, type[TransomError], str]] = [
    (LOCK, 255, StackLocked, "ann@build-7 (process 4711) since 2026-11-23T14:50:09Z"),
    ("error: [409] Conflict: Another update is currently in progress.", 255, StackLocked, "another run"),
    ("error: no stack named 'dev' found", 255, StackNotFound, "dev"),
    ("error: something else", 6, StackNotFound, "dev"),
    ("error: stack 'organization/p/dev' already exists", 255, StackExists, "dev"),
    ("error: getting secrets manager: incorrect passphrase", 255, BadPassphrase, "passphrase"),
    (
        "error: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
        255,
        BadPassphrase,
        "needs its passphrase",
    ),
    ("error: no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.0.0", 255, PluginMissing, '"aws"'),
    (
        "error: failed to load language plugin python: no language plugin 'pulumi-language-python' found in the workspace or on your $PATH",
        255,
        PluginMissing,
        '"python"',
    ),
    (
        'error: could not find latest version for provider test: Get "https://api.github.com/x": dial tcp: no such host',
        255,
        PluginMissing,
        '"test"',
    ),
    ("error: failed to load checkpoint: EOF", 255, StateDamaged, "checkpoint"),
    ("error: snapshot integrity failure; refusing to use it", 255, StateDamaged, "integrity"),
    ("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", 255, BackendRefused, "PULUMI_ACCESS_TOKEN"),
    ("error: [401] Unauthorized: no credentials provided or are invalid", 255, BackendRefused, "401"),
    (
        "error: could not list bucket: operation error S3: ListObjectsV2, dial tcp: lookup nowhere: no such host",
        255,
        BackendUnreachable,
        "no such host",
    ),
    ("error: no Pulumi.yaml project file found (searching upwards from /x)", 255, EngineError, "no Pulumi project"),
    ("error: update canceled", 8, RunCancelled, "cancelled"),
    ("error: something nobody has seen: password=hunter2", 255, EngineError, "something nobody has seen: password=***"),
    ("", 1, EngineError, "said nothing"),
]


@pytest.mark.parametrize("stderr, code, kind, words", CASES)
def test_translate(stderr: str, code: int, kind: type[TransomError], words: str):
    """The kind is exact, the words name what matters, a permanent state has a hint."""
    error = failures.translate(Ended(code, "", f"warning: using pulumi-language-python from $PATH\n{stderr}"), "dev")
    assert type(error) is kind
    assert words in str(error)
    assert kind is EngineError or error.hint


def test_lock_owner():
    """Who holds the lock is told in parts, so that a dead one can be found out; exit 5."""
    error = failures.translate(Ended(255, "", LOCK), "dev")
    assert isinstance(error, StackLocked)
    assert error.owners == (LockOwner("ann", "build-7", 4711, "2026-11-23T14:50:09Z"),)
    assert error.exit_code is ExitCode.LOCKED


def test_stdout_speaks_where_stderr_is_silent():
    """Some commands complain on stdout; its end is taken."""
    assert "the end" in str(failures.translate(Ended(1, "a\nb\nc\nd\ne\nthe end", "warning: w"), "dev"))
