"""The one error tree. Whatever leaves Transom as a failure is one of these, or a defect.

TransomError                 reason, subject, message, hint
├── PermanentError           trying again changes nothing until somebody acts
│   ├── InvalidDocuments     one or more problems in the user's repository, all told at once        exit 3
│   ├── SourceError          a source is missing, empty or not what the environment names           exit 1
│   ├── SourcesFailed        several sources cannot be read, all told at once                       exit 1
│   ├── RenderingError       a unit cannot be rendered, and no line of a file can be blamed         exit 1
│   ├── GuardRefused         a rule refused what was asked                                          exit 4
│   ├── EngineError          the engine ended as failed                                             exit 1
│   │   ├── StackNotFound    the backend has no stack of that name                                  exit 1
│   │   ├── StackExists      the backend already has a stack of that name                           exit 1
│   │   ├── BackendRefused   the backend does not let us in                                         exit 1
│   │   ├── BadPassphrase    the stack's secrets cannot be read                                     exit 1
│   │   ├── StateDamaged     the stack's state contradicts itself                                   exit 1
│   │   └── RunCancelled     somebody stopped the run                                               exit 1
│   ├── HostRefused          a host of pull requests does not take what it is told                  exit 1
│   ├── ClusterRefused       an API server said no                                                  exit 1
│   ├── WebhookRefused       what came in by a webhook is not taken                                 exit 1
│   ├── NotificationRefused  a place does not take what it is told                                  exit 1
│   ├── NotThere             the controller knows nothing of this name                              exit 1
│   ├── Conflict             what is asked of the controller cannot be done as things are now       exit 1
│   └── ToolMissing          a program that is needed is not on this machine                        exit 1
│       └── PluginMissing    a plugin of the engine is not on this machine                          exit 1
└── TemporaryError           trying again may help
    ├── StackLocked          another run holds the stack                                            exit 5
    ├── BackendUnreachable   the backend did not answer                                             exit 1
    ├── RunTimedOut          the run was stopped because it took longer than allowed                exit 1
    ├── HostBusy             a host of pull requests asks to wait, or did not answer                exit 1
    ├── NotificationUndelivered  a place did not answer, or asks to wait                           exit 1
    └── SourceUnreachable    the source's host did not answer                                       exit 1
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from transom.exitcodes import ExitCode


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file that a person wrote: path relative to its source, line and column counted from 1.

    Attributes:
        history: how what stands there got into a document that nobody wrote; a problem told at this place ends with it.
        note: of what else the place is told, e.g. `for PostgreSQLInstance/orders` in a definition; told once for all of them.
    """

    path: str
    line: int = 1
    column: int = 1
    history: str = field(default="", compare=False)
    note: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Severity(StrEnum):
    """Whether a problem makes the documents invalid, or is told and passed over."""

    ERROR = "error"
    WARNING = "warning"


_LONGEST = 1000
"""Characters of a message or hint: what is quoted of a document may be of any length."""


def _readable(text: str) -> str:
    """Words as they can be printed: cut where they are endless, and without characters that would steer a terminal."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode() for one in text)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in the user's repository: where it is, a stable CamelCase reason, what is wrong and what to do.

    A warning is told beside the mistakes and fails nothing, unless it is asked to (`--strict`).
    """

    where: Location
    reason: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __post_init__(self) -> None:
        """Keeps the words printable, and takes the place's history into them, so that every outlet tells it."""
        message = _readable(self.message)
        object.__setattr__(self, "hint", _readable(self.hint))
        object.__setattr__(self, "message", f"{message}, {_readable(self.where.history)}" if self.where.history else message)
        if self.where.history:
            object.__setattr__(self, "where", Location(self.where.path, self.where.line, self.where.column))

    @property
    def is_warning(self) -> bool:
        """Whether it is told and passed over."""
        return self.severity is Severity.WARNING

    def __str__(self) -> str:
        word = "warning: " if self.is_warning else ""
        return f"{self.where}: {word}{self.message}" + (f"; {self.hint}" if self.hint else "")


def mistakes(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems that make documents invalid, without the warnings."""
    return tuple(problem for problem in problems if not problem.is_warning)


def counted(problems: Iterable[Problem]) -> str:
    """How many there are: `2 mistakes, 1 warning`; what there is none of is left out."""
    told = tuple(problems)
    wrong = len(mistakes(told))
    counts = ((wrong, "mistake"), (len(told) - wrong, "warning"))
    return ", ".join(f"{count} {word}{'s' if count != 1 else ''}" for count, word in counts if count)


class TransomError(Exception):
    """The root: what happened, to what, and what to do about it.

    Attributes:
        reason: stable CamelCase word for programs.
        subject: file:line:column, a document, a URN or a program; empty when the message names it.
        message: what happened.
        hint: what to do; may be empty only where nothing can be done.
        where: the line of the project that is to blame, where one is.
    """

    where: Location | None = None
    default_reason: ClassVar[str] = "Failed"
    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, subject: str = "", hint: str = "", reason: str = "") -> None:
        self.reason = reason or self.default_reason
        self.subject = subject
        self.message = message
        self.hint = hint
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.subject}: " if self.subject else ""
        return f"{head}{self.message}" + (f"; {self.hint}" if self.hint else "")


class PermanentError(TransomError):
    """Trying again changes nothing until somebody acts."""


class TemporaryError(TransomError):
    """Trying again may help."""


class InvalidDocuments(PermanentError):  # noqa: N818 - reads as what it says: the documents are invalid
    """The repository holds mistakes; every one is told, sorted by place, and the warnings with them."""

    default_reason = "InvalidDocuments"
    exit_code = ExitCode.INVALID

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)) or "no problem", hint="")
        self.summary = counted(self.problems)


class SourceError(PermanentError):
    """A source is missing, empty or not what the environment names."""

    default_reason = "SourceInvalid"


class SourceUnreachable(TemporaryError):  # noqa: N818 - a state, as the conditions of the field name it
    """The source's host did not answer."""

    default_reason = "SourceUnreachable"


class SourcesFailed(PermanentError):  # noqa: N818 - reads as what it says: sources failed
    """Several sources cannot be read; every one is told.

    Attributes:
        errors: what is wrong with each.
    """

    default_reason = "SourcesFailed"

    def __init__(self, errors: Iterable[TransomError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\nerror: ".join(map(str, self.errors)))


class RenderingError(PermanentError):
    """A unit cannot be rendered, and no line of a file can be blamed."""

    default_reason = "RenderingFailed"


class GuardRefused(PermanentError):  # noqa: N818 - a decision
    """A rule refused what was asked; the hint says what to write to allow it, and where."""

    default_reason = "GuardRefused"
    exit_code = ExitCode.REFUSED


class EngineError(PermanentError):
    """The Pulumi engine ended as failed; the change set beside it says for which resources."""

    default_reason = "EngineFailed"


class StackNotFound(EngineError):  # noqa: N818 - a state
    """The backend has no stack of that name."""

    default_reason = "StackNotFound"


class StackExists(EngineError):  # noqa: N818 - a state
    """The backend already has a stack of that name."""

    default_reason = "StackExists"


class BackendRefused(EngineError):  # noqa: N818 - a decision
    """The backend does not let us in: no credentials, or the wrong ones."""

    default_reason = "BackendRefused"


class BadPassphrase(EngineError):  # noqa: N818 - a state
    """The stack's secrets cannot be read: the passphrase is missing or is not the one they were written with."""

    default_reason = "BadPassphrase"


class StateDamaged(EngineError):  # noqa: N818 - a state
    """The stack's state contradicts itself."""

    default_reason = "StateDamaged"


class RunCancelled(EngineError):  # noqa: N818 - a state
    """Somebody stopped the run; what it had done by then is kept in the state."""

    default_reason = "RunCancelled"


class ClusterRefused(PermanentError):  # noqa: N818 - a decision
    """An API server said no; `code` is HTTP's, `said` its own words."""

    default_reason = "ClusterRefused"

    def __init__(self, message: str, *, code: int, hint: str = "", said: str = "") -> None:
        self.code, self.said = code, said
        super().__init__(message, hint=hint)


class WebhookRefused(PermanentError):  # noqa: N818 - a decision
    """What came in by a webhook is not taken: it is forged, comes again, or cannot be read. `code` is what HTTP answers."""

    default_reason = "WebhookRefused"

    def __init__(self, message: str, *, code: int, hint: str = "", reason: str = "") -> None:
        self.code = code
        super().__init__(message, hint=hint, reason=reason)


class NotificationRefused(PermanentError):  # noqa: N818 - a decision
    """A place that is to be told something does not take it, or its secret is missing."""

    default_reason = "NotificationRefused"


class NotThere(PermanentError):  # noqa: N818 - an answer
    """There is nothing of this name."""


class Conflict(PermanentError):  # noqa: N818 - an answer
    """It cannot be done as things are now; the hint says what would make it possible."""


class ToolMissing(PermanentError):  # noqa: N818 - a state
    """A program that is needed is not on this machine; the hint says how to get it."""

    default_reason = "ToolMissing"


class PluginMissing(ToolMissing):
    """A plugin of the engine (a provider, the language host) is not on this machine; the hint says how to get it."""

    default_reason = "PluginMissing"


class HostRefused(PermanentError):  # noqa: N818 - a state
    """A host of pull requests does not take what it is told; the hint says what the token or the request lacks."""

    default_reason = "HostRefused"


class HostBusy(TemporaryError):  # noqa: N818 - a state
    """A host of pull requests asks to wait longer than is waited for, or did not answer."""

    default_reason = "HostBusy"


class NotificationUndelivered(TemporaryError):  # noqa: N818 - a state
    """A place that is to be told something did not answer, or asks to wait; `after` is how long, in seconds, 0 where it does not say."""

    default_reason = "NotificationUndelivered"

    def __init__(self, message: str, *, hint: str = "", after: float = 0.0) -> None:
        self.after = after
        super().__init__(message, hint=hint)


class BackendUnreachable(TemporaryError):  # noqa: N818 - a state
    """The backend did not answer."""

    default_reason = "BackendUnreachable"


class RunTimedOut(TemporaryError):  # noqa: N818 - a state
    """The run was stopped because it took longer than allowed."""

    default_reason = "RunTimedOut"


@dataclass(frozen=True, slots=True)
class LockOwner:
    """Who holds a stack's lock, as the lock says: user, host, process id, and since when (RFC 3339)."""

    user: str
    host: str
    pid: int
    since: str


class StackLocked(TemporaryError):  # noqa: N818 - a state
    """Another run holds the stack; the message says whose.

    Attributes:
        owners: the holders of its locks, as far as the backend tells; usually one.
    """

    default_reason = "StackLocked"
    exit_code = ExitCode.LOCKED

    def __init__(self, message: str, *, subject: str = "", hint: str = "", owners: Iterable[LockOwner] = ()) -> None:
        self.owners = tuple(owners)
        super().__init__(message, subject=subject, hint=hint)
