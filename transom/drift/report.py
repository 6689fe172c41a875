"""Change sets of purpose `drift` become one report. Pure.

Per resource and property, real drift is told apart from noise; the unreadable is counted by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from transom.changes import Change, ChangeSet, Diagnostic, DiffKind, Operation
from transom.drift import rules
from transom.drift.rules import BUILT_IN, Cause, Rule


class State(StrEnum):
    """How a resource was found."""

    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Property:
    """One property: what was last applied, what is live, why, and why it cannot be healed (empty where it can)."""

    path: str
    kind: DiffKind
    applied: Any
    live: Any
    cause: Cause = Cause.REAL
    reason: str = ""
    unhealable: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One resource that is not as applied, or could not be read."""

    environment: str
    stack: str
    document: str
    urn: str
    type: str
    name: str
    id: str
    state: State
    properties: tuple[Property, ...] = ()
    messages: tuple[str, ...] = ()

    @property
    def real(self) -> tuple[Property, ...]:
        """The properties that really drifted."""
        return tuple(found for found in self.properties if found.cause is Cause.REAL)

    @property
    def drifted(self) -> bool:
        """Whether it is really out of place; the unreadable is not known to be."""
        return self.state is State.MISSING or (self.state is State.CHANGED and (bool(self.real) or not self.properties))

    @property
    def healable(self) -> bool:
        """Whether an apply with refresh would put all of it back."""
        return self.state is not State.UNREADABLE and not any(found.unhealable for found in self.real)


@dataclass(frozen=True, slots=True)
class Report:
    """What a look for drift found in one run over any number of stacks.

    Attributes:
        findings: real drift and the unreadable, by environment, document and name.
        noise: resources of which nothing but noise, pending maintenance or an external controller's doing was seen.
        as_applied: how many resources are as they were applied, noise included.
        errors: why a stack could not be looked at at all, by stack.
        warnings: what the look could not see.
    """

    findings: tuple[Finding, ...]
    noise: tuple[Finding, ...] = ()
    as_applied: int = 0
    errors: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def drifted(self) -> int:
        """Resources that really drifted."""
        return sum(finding.drifted for finding in self.findings)

    @property
    def unreadable(self) -> int:
        """Resources that could not be read."""
        return sum(finding.state is State.UNREADABLE for finding in self.findings)

    @property
    def clean(self) -> bool:
        """Whether everything could be read and is as applied."""
        return not self.findings and not self.errors


def report(changesets: Iterable[ChangeSet], extra: tuple[Rule, ...] = ()) -> Report:
    """The report on the given change sets; `extra` rules come before the built-in ones.

    Raises:
        ValueError: a change set has another purpose.
    """
    findings: list[Finding] = []
    errors: list[tuple[str, str]] = []
    warnings: list[str] = []
    as_applied = 0
    for changeset in changesets:
        if changeset.purpose != "drift":
            raise ValueError(f"a change set of purpose {changeset.purpose!r} says nothing about drift")
        findings += [_finding(changeset, change, (*extra, *BUILT_IN)) for change in changeset.changes]
        findings += [
            _unread(changeset, diagnostic) for diagnostic in changeset.diagnostics if diagnostic.severity == "error" and diagnostic.urn
        ]
        errors += [(changeset.stack, changeset.error)] if changeset.error else []
        warnings += [f"{changeset.stack}: {diagnostic.message}" for diagnostic in changeset.diagnostics if diagnostic.severity == "warning"]
        as_applied += changeset.unchanged
    ordered = sorted(findings, key=_order)
    real = tuple(finding for finding in ordered if finding.drifted or finding.state is State.UNREADABLE)
    noise = tuple(finding for finding in ordered if finding not in real)
    return Report(real, noise, as_applied + len(noise), tuple(errors), tuple(warnings))


def only(whole: Report, documents: Collection[str]) -> Report:
    """The part of a report that is about these documents; how many other resources are as applied is not told."""
    findings, noise = (tuple(one for one in part if one.document in documents) for part in (whole.findings, whole.noise))
    return replace(whole, findings=findings, noise=noise, as_applied=len(noise))


def _order(finding: Finding) -> tuple[str, bool, str, int, str, str]:
    """By environment and document, the environment itself last; in a document what is missing first."""
    return finding.environment, finding.document == "", finding.document, list(State).index(finding.state), finding.type, finding.name


def _finding(changeset: ChangeSet, change: Change, all_rules: tuple[Rule, ...]) -> Finding:
    state = State.CHANGED
    if change.operation is Operation.DELETE:
        state = State.MISSING
    elif change.operation is Operation.READ:
        state = State.UNREADABLE
    properties = []
    for found in change.properties:
        cause, reason = rules.cause_of(change, found, all_rules)
        back = rules.unhealable(change, found) if cause is Cause.REAL else ""
        properties.append(Property(found.path, found.kind, found.before, found.after, cause, reason, back))
    return Finding(
        environment=changeset.environment,
        stack=changeset.stack,
        document=change.document,
        urn=change.urn,
        type=change.type,
        name=change.name,
        id=change.id,
        state=state,
        properties=tuple(properties),
        messages=change.messages,
    )


def _unread(changeset: ChangeSet, diagnostic: Diagnostic) -> Finding:
    """An error about a resource of which no step was seen."""
    qualified = diagnostic.urn.split("::")
    return Finding(
        environment=changeset.environment,
        stack=changeset.stack,
        document=diagnostic.document,
        urn=diagnostic.urn,
        type=qualified[2].rsplit("$", 1)[-1] if len(qualified) > 2 else "",  # noqa: PLR2004 - URN: stack, project, types, name
        name=qualified[-1],
        id="",
        state=State.UNREADABLE,
        messages=(diagnostic.message,),
    )
