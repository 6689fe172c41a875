"""Change sets of purpose `drift` become one report. Pure.

Per resource and property, real drift is told apart from noise and from what others set; the unreadable is counted by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from transom.changes import Change, ChangeSet, Diagnostic, Operation, Sighting
from transom.drift import foreign, rules
from transom.drift.findings import Finding, Property, State, Unmanaged
from transom.drift.managers import HANDS
from transom.drift.rules import BUILT_IN, Cause, Rule


@dataclass(frozen=True, slots=True)
class Report:
    """What a look for drift found in one run over any number of stacks.

    Attributes:
        findings: real and foreign drift and the unreadable, by environment, document and name.
        noise: resources of which nothing but noise, pending maintenance or an external controller's doing was seen.
        unmanaged: objects in managed namespaces that no document declares. They are told, and are no drift.
        as_applied: how many resources are as they were applied, noise included; by environment.
        errors: why a stack could not be looked at at all, by stack.
        warnings: what the look could not see.
    """

    findings: tuple[Finding, ...]
    noise: tuple[Finding, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    environments: Mapping[str, int] = field(default_factory=dict)
    errors: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def as_applied(self) -> int:
        """Resources that are as they were applied, noise included."""
        return sum(self.environments.values())

    @property
    def drifted(self) -> int:
        """Resources that really drifted, without those that somebody acknowledged."""
        return sum(finding.drifted for finding in self.findings)

    @property
    def acknowledged(self) -> int:
        """Resources that drifted, and of which somebody said that they may."""
        return sum(finding.acknowledged is not None for finding in self.findings)

    @property
    def unreadable(self) -> int:
        """Resources that could not be read."""
        return sum(finding.state is State.UNREADABLE for finding in self.findings)

    @property
    def clean(self) -> bool:
        """Whether everything could be read, and is as applied or acknowledged."""
        return not self.drifted and not self.unreadable and not self.errors


def report(changesets: Iterable[ChangeSet], extra: tuple[Rule, ...] = ()) -> Report:
    """The report on the given change sets; `extra` rules come before the built-in ones.

    Raises:
        ValueError: a change set has another purpose.
    """
    findings: list[Finding] = []
    errors: list[tuple[str, str]] = []
    warnings: list[str] = []
    as_applied: Counter[str] = Counter()
    for changeset in changesets:
        if changeset.purpose != "drift":
            raise ValueError(f"a change set of purpose {changeset.purpose!r} says nothing about drift")
        found = list(_findings(changeset, extra))
        findings += found
        errors += [(changeset.stack, changeset.error)] if changeset.error else []
        warnings += [f"{changeset.stack}: {diagnostic.message}" for diagnostic in changeset.diagnostics if diagnostic.severity == "warning"]
        changed = {change.urn for change in changeset.changes}
        only_held = sum(finding.differs and finding.urn not in changed for finding in found if finding.state is State.CHANGED)
        only_noise = sum(not _counts(finding) and finding.urn in changed for finding in found)
        as_applied[changeset.environment] += changeset.unchanged - only_held + only_noise
    ordered = sorted(findings, key=_order)
    real = tuple(finding for finding in ordered if _counts(finding))
    noise = tuple(finding for finding in ordered if not _counts(finding))
    return Report(real, noise, environments=dict(as_applied), errors=tuple(errors), warnings=tuple(warnings))


def only(whole: Report, wanted: Collection[str]) -> Report:
    """The part of a report about these resources, by key; how many other resources are as applied is not told."""
    findings, noise = (tuple(one for one in part if one.key in wanted) for part in (whole.findings, whole.noise))
    unmanaged = tuple(one for one in whole.unmanaged if one.key in wanted)
    return replace(whole, findings=findings, noise=noise, unmanaged=unmanaged, environments=Counter(one.environment for one in noise))


def _counts(finding: Finding) -> bool:
    return finding.differs or finding.state is State.UNREADABLE


def _order(finding: Finding) -> tuple[str, bool, str, int, str, str]:
    """By environment and document, the environment itself last; in a document what is missing first."""
    return finding.environment, finding.document == "", finding.document, list(State).index(finding.state), finding.type, finding.name


def _findings(changeset: ChangeSet, extra: tuple[Rule, ...]) -> Iterator[Finding]:
    sightings = {sighting.urn: sighting for sighting in changeset.sightings}
    told = set()
    for change in changeset.changes:
        told.add(change.urn)
        yield _finding(changeset, change, sightings.get(change.urn), extra)
    for diagnostic in changeset.diagnostics:
        if diagnostic.severity == "error" and diagnostic.urn:
            told.add(diagnostic.urn)
            yield _unread(changeset, diagnostic)
    for urn, sighting in sightings.items():
        held = tuple(foreign.properties(sighting, (), (*extra, *HANDS, *BUILT_IN)))
        if held and urn not in told:
            yield _blank(changeset, sighting, held)


def _finding(changeset: ChangeSet, change: Change, sighting: Sighting | None, extra: tuple[Rule, ...]) -> Finding:
    state = State.CHANGED
    if change.operation is Operation.DELETE:
        state = State.MISSING
    elif change.operation is Operation.READ:
        state = State.UNREADABLE
    properties = []
    for found in change.properties:
        hold = foreign.holder(sighting, found.path)
        cause, reason = rules.cause_of(change, found, (*extra, *HANDS, *BUILT_IN), hold.manager if hold else "")
        back = rules.unhealable(change, found) if cause is Cause.REAL else ""
        by, at = (foreign.by(hold), hold.time) if hold else ("", "")
        properties.append(Property(found.path, found.kind, found.before, found.after, cause, reason, back, by, at))
    if sighting is not None and state is State.CHANGED:
        properties += foreign.properties(sighting, [found.path for found in properties], (*extra, *HANDS, *BUILT_IN))
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


def _blank(changeset: ChangeSet, sighting: Sighting, properties: tuple[Property, ...]) -> Finding:
    """What others hold of a resource that is otherwise as applied."""
    return Finding(
        environment=changeset.environment,
        stack=changeset.stack,
        document=sighting.document,
        urn=sighting.urn,
        type=sighting.type,
        name=sighting.name,
        id=sighting.id,
        state=State.CHANGED,
        properties=properties,
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
