"""What a pull request would do to every environment: the record between whoever finds it out and whoever tells it.

`transom plan --base` fills it, the comment and the annotations are pure functions of it. Frozen, serialisable, versioned; secrets were
masked before a value got into a change set, and places are already those that a person wrote.
"""

from __future__ import annotations

from typing import Literal

from transom.changes import ChangeSet, Frozen

FORMAT: Literal[1] = 1
"""Version of the serialised form; a reader refuses a newer one."""


class Mistake(Frozen):
    """A problem of the documents at the place that a person wrote; `reason` is its stable code."""

    path: str
    line: int
    column: int
    reason: str
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    environments: tuple[str, ...] = ()
    """Those that it was found in."""


class Refused(Frozen):
    """What a guard or a policy does not let happen, what to write to allow it, and where."""

    rule: str
    message: str
    hint: str
    document: str = ""
    path: str = ""
    line: int = 1
    column: int = 1


class EnvironmentReview(Frozen):
    """One environment.

    Attributes:
        change: what the pull request does, one change set per stack, of purpose `plan`: what an apply of it does beyond what one of the
            base would. Where both change one property, `before` is what the base asks for.
        pending: what an apply of the base would do already, of purpose `plan`.
        withdrawn: the part of `pending` that an apply of the pull request does not do any more.
        drift: what differs live from what was last applied, of purpose `drift`; empty where nobody looked.
        looked_for_drift: whether somebody looked.
        refusals: what guards and policies refuse of it.
        untouched: stacks that the change does not touch, which were not planned.
        notes: what a reader should know about how this was found, e.g. that the base could not be planned.
        error: why the environment could not be planned; the others are told all the same.
    """

    environment: str
    change: tuple[ChangeSet, ...] = ()
    pending: tuple[ChangeSet, ...] = ()
    withdrawn: tuple[ChangeSet, ...] = ()
    drift: tuple[ChangeSet, ...] = ()
    looked_for_drift: bool = False
    refusals: tuple[Refused, ...] = ()
    untouched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""


class PullRequestReview(Frozen):
    """All environments, and the mistakes that prevented a plan.

    Attributes:
        base: commit or revision that the change is held against; empty where it was not asked for, and everything counts as the change's.
        head: commit of the change, where it is one.
        untouched: environments that the change does not touch, which were not planned.
    """

    format: Literal[1] = FORMAT
    base: str = ""
    head: str = ""
    environments: tuple[EnvironmentReview, ...] = ()
    untouched: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
