"""How the program says an error of our tree through the engine, and how it is heard on the other side.

The program runs in the language host's process; all that comes back is the text of a diagnostic. So the text opens with a line that names
the reason and goes on with the message as a person reads it under a bare `pulumi up`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from transom import errors
from transom.errors import InvalidDocuments, Location, Problem, TransomError, counted, mistakes

if TYPE_CHECKING:
    from pulumi import RunError

_OPENING = re.compile(r"^transom: (?P<kind>[A-Za-z]+)(?:/(?P<reason>[A-Za-z]+))?$", re.MULTILINE)
_PROBLEM = re.compile(r"^(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<reason>[A-Z][A-Za-z]+): (?P<message>.*)$", re.DOTALL)
_SEPARATOR = "\n  - "


def failure(error: TransomError) -> RunError:
    """What the program raises in place of `error`.

    `raise program.failure(error) from None`. The engine shows its text without a stack trace.
    """
    from pulumi import RunError

    return RunError(said(error))


def said(error: TransomError) -> str:
    """The text that carries `error`."""
    opening = f"transom: {type(error).__name__}/{error.reason}"
    if isinstance(error, InvalidDocuments):
        wrong = mistakes(error.problems)
        told = (f"{problem.where}: {problem.reason}: {_indented(problem)}" for problem in wrong)
        return f"{opening}\n{counted(wrong)}:{_SEPARATOR}{_SEPARATOR.join(told)}"
    return f"{opening}\n{error}"


def heard(text: str) -> TransomError | None:
    """The error that a diagnostic's text carries, or None. Words of a kind that this version does not know become an EngineError."""
    opening = _OPENING.search(text)
    if opening is None:
        return None
    body = text[opening.end() :].strip()
    kind = getattr(errors, opening["kind"], None)
    if kind is InvalidDocuments:
        told = [_PROBLEM.match(part.strip()) for part in body.split(_SEPARATOR)[1:]]
        return InvalidDocuments(
            Problem(
                Location(match["path"], int(match["line"]), int(match["column"])), match["reason"], match["message"].replace("\n    ", "\n")
            )
            for match in told
            if match
        )
    if not (isinstance(kind, type) and issubclass(kind, TransomError)):
        kind = errors.EngineError
    return kind(body, reason=opening["reason"] or "") if kind is not errors.StackLocked else errors.StackLocked(body)


def _indented(problem: Problem) -> str:
    text = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
    return text.replace("\n", "\n    ")
