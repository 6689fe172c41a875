"""The engine's complaints become errors of our tree.

The only place that reads Pulumi's text, and only what it says before a run has started. Its exit code says little on a self-managed backend
(a lock ends with 255), so the text decides and the code only where it is definite. Each pattern is the engine's own sentence; the
acceptance tests provoke every one that can be provoked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

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
from transom.redaction import redact

_OWNER = re.compile(r"created by (?P<user>[^@\s]*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_PLUGIN = re.compile(
    r"no (?:resource|language) plugin '(?:pulumi-(?:resource|language)-)?(?P<missing>[\w-]+)"
    r"|could not find latest version for provider (?P<unversioned>[\w-]+)"
    r"|(?:could not find|could not load|failed to load|failed to install|error downloading)[^\n]*?plugin[^\n]*?"
    r"(?:pulumi-(?:resource|language)-|\[resource plugin )(?P<other>[\w-]+)"
)
"""A plugin that is not there and cannot be downloaded."""

_CANCELLED_CODE = 8
_CANCELLED = re.compile(r"^(?:error: )?(?:update|preview|refresh|destroy) cancell?ed$", re.MULTILINE)
STACK_NOT_FOUND = 6


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command of the engine ended."""

    code: int
    stdout: str
    stderr: str
    interrupted: bool = False
    """We asked it to stop while it ran."""

    @property
    def cancelled(self) -> bool:
        """Whether somebody stopped it; the code alone does not tell that of a run that had begun to fail."""
        return self.interrupted or self.code == _CANCELLED_CODE or _CANCELLED.search(f"{self.stderr}\n{self.stdout}") is not None

    @property
    def complaint(self) -> str:
        """What it says on stderr, without warnings, redacted; its last lines on stdout where that is empty."""
        lines = [line for line in self.stderr.splitlines() if line.strip() and not line.startswith("warning:")]
        text = "\n".join(lines) or "\n".join(self.stdout.strip().splitlines()[-5:])
        return redact(text.removeprefix("error: ").strip())


def locked(text: str, stack: str) -> TransomError:
    """The lock and its owners."""
    owners = [LockOwner(found["user"], found["host"], int(found["pid"]), found["since"]) for found in _OWNER.finditer(text)]
    whose = "; ".join(f"{owner.user}@{owner.host} (process {owner.pid}) since {owner.since}" for owner in owners)
    return StackLocked(
        f'stack "{stack}" is locked by {whose or "another run"}',
        hint=f"wait for that run to end; if it is dead, `pulumi cancel -s {stack}` breaks its lock",
        owners=owners,
    )


def _plugin(text: str, _stack: str) -> TransomError:
    found = _PLUGIN.search(text)
    name = (found["missing"] or found["unversioned"] or found["other"]) if found else ""
    return PluginMissing(
        f'the engine needs the plugin "{name}" and cannot get it'
        if name
        else f"the engine cannot get a plugin it needs: {first_line(text)}",
        hint="`transom doctor` says what is missing and how to get it",
    )


def _simple(kind: Callable[..., TransomError], message: str, hint: str) -> Callable[[str, str], TransomError]:
    def make(text: str, stack: str) -> TransomError:
        return kind(message.format(stack=stack, line=first_line(text)), hint=hint.format(stack=stack))

    return make


_SET_IT = "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the passphrase that the stack was made with"

TABLE: tuple[tuple[re.Pattern[str], Callable[[str, str], TransomError]], ...] = (
    (re.compile(r"the stack is currently locked by|\[409\] Conflict: Another update"), locked),
    (
        re.compile(r"no stack named '[^']*' found|stack '[^']*' not found"),
        _simple(StackNotFound, 'the backend has no stack "{stack}"', "`transom apply` creates it, or `pulumi stack init {stack}`"),
    ),
    (
        re.compile(r"stack '[^']*' already exists"),
        _simple(StackExists, 'the backend already has a stack "{stack}"', "select it instead of creating it"),
    ),
    (re.compile(r"incorrect passphrase"), _simple(BadPassphrase, 'the passphrase is not the one of stack "{stack}"', _SET_IT)),
    (
        re.compile(r"passphrase must be set|unable to find either `?PULUMI_CONFIG_PASSPHRASE"),
        _simple(BadPassphrase, 'stack "{stack}" needs its passphrase', _SET_IT),
    ),
    (_PLUGIN, _plugin),
    (
        re.compile(r"failed to load checkpoint: .*(?:EOF|unexpected end|invalid character)|\A(?:error: )?(?:EOF|place \d+: .*)\s*\Z"),
        _simple(
            StateDamaged, "a state file cannot be read: {line}", "put back a copy from the backend's .pulumi/backups, then run it again"
        ),
    ),
    (
        re.compile(r"snapshot integrity failure|integrity checking|refusing to proceed|failed to load checkpoint"),
        _simple(StateDamaged, "{line}", "`pulumi state repair -s {stack}`"),
    ),
    (
        re.compile(r"PULUMI_ACCESS_TOKEN must be set|\[401\] Unauthorized|\[403\]|not logged in|AccessDenied|invalid access token"),
        _simple(BackendRefused, "the backend does not let us in: {line}", "check PULUMI_BACKEND_URL and its credentials"),
    ),
    (
        re.compile(
            r"no such host|connection refused|i/o timeout|dial tcp|TLS handshake|unable to (?:check if|open) bucket|could not list bucket"
        ),
        _simple(BackendUnreachable, "the backend did not answer: {line}", "check PULUMI_BACKEND_URL and the network"),
    ),
    (
        re.compile(r"no Pulumi\.yaml project file found|no Pulumi project found"),
        _simple(EngineError, "there is no Pulumi project in this folder", "run this in the checkout that has Pulumi.yaml and __main__.py"),
    ),
)


def translate(ended: Ended, stack: str) -> TransomError:
    """The error that a command's end means; EngineError with its own words where it is none we know."""
    text = ended.complaint
    if ended.cancelled:
        return cancelled(stack)
    known = recognise(text, stack)
    if known is not None:
        return known
    if ended.code == STACK_NOT_FOUND:
        return StackNotFound(f'the backend has no stack "{stack}"', hint=f"`pulumi stack init {stack}`")
    return EngineError(text or f"the engine ended with code {ended.code} and said nothing", subject=f"stack {stack}")


def cancelled(stack: str) -> RunCancelled:
    """The error of a run that somebody stopped."""
    return RunCancelled(f'the run on stack "{stack}" was cancelled', hint="what it had done is kept in the state: run it again")


def recognise(text: str, stack: str) -> TransomError | None:
    """The error that a text of the engine means, or None."""
    return next((make(text, stack) for pattern, make in TABLE if pattern.search(text)), None)


def first_line(text: str) -> str:
    """The first line that says something, without `error: `, redacted."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return redact(line.strip().removeprefix("error: "))


def recognise_plugin(text: str, stack: str) -> TransomError | None:
    """The error of a plugin that is missing; the engine finds that out only when the program first needs it."""
    return _plugin(text, stack) if _PLUGIN.search(text) else None
