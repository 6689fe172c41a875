"""The rules. Each is a function of a situation and gives what it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from transom.catalog.model import Catalog
from transom.changes import Change, ChangeSet, Operation
from transom.errors import Location
from transom.guards import stateful, windows
from transom.source.standing import Standing

_FEW = 3
"""Deletions up to which nobody counts per cent: one of two is half."""
_FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Situation:
    """What is about to happen to one environment.

    Attributes:
        catalog: its documents as they are asked for.
        changesets: the plans of all its stacks.
        now: with a time zone.
        standings: how the commits stand that the documents were read from; empty where they are not read from sources now, as those
            of a rollback are not.
    """

    catalog: Catalog
    changesets: Sequence[ChangeSet]
    now: datetime
    standings: Sequence[Standing] = ()

    @property
    def changes(self) -> list[Change]:
        """The changes of all stacks."""
        return [change for changeset in self.changesets for change in changeset.changes]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a rule does not let happen.

    Attributes:
        rule: its reason code.
        environment: where.
        message: what would have happened, and why not.
        hint: what to write to allow it.
        where: the line of the document that the hint is about.
        document: the document whose resource it is, by identity; empty for the environment as a whole.
    """

    rule: str
    environment: str
    message: str
    hint: str
    where: Location
    document: str = ""


def ceiling(situation: Situation) -> Iterator[Refusal]:
    """No run deletes more than the environment's ceiling."""
    spec = situation.catalog.environment.document.spec.guards
    deleted = [change for change in situation.changes if change.operation is Operation.DELETE]
    standing = sum(changeset.unchanged for changeset in situation.changesets) + sum(
        change.operation in (Operation.UPDATE, Operation.REPLACE, Operation.DELETE, Operation.FORGET) for change in situation.changes
    )
    count, allowed = len(deleted), spec.deletions.count
    permitted = max((one.count or 0 for one in spec.allow if one.holds("DeletionCeiling", situation.now.date())), default=0)
    share = 100 * count / standing if standing else 0
    if count <= permitted or (count <= allowed and (count <= _FEW or share <= spec.deletions.percent)):
        return
    limit = f"at most {allowed}" if count > allowed else f"at most {spec.deletions.percent} %"
    documents = _tally(deleted)
    yield _refusal(
        situation,
        "DeletionCeiling",
        f"{count} of {standing} resources would be deleted, and {limit} may be: {documents}",
        f"count: {count}",
    )


def data(situation: Situation) -> Iterator[Refusal]:
    """Nothing that holds data is deleted or replaced unless its document is named."""
    for change in situation.changes:
        deleted = change.operation is Operation.DELETE and change.type in stateful.DELETION
        replaced = change.operation is Operation.REPLACE and change.type in stateful.REPLACEMENT
        if not deleted and not replaced:
            continue
        rule = "StatefulDeletion" if deleted else "StatefulReplacement"
        allow = situation.catalog.environment.document.spec.guards.allow
        if any(one.holds(rule, situation.now.date(), change.document) for one in allow):
            continue
        causes = [one.path for one in change.properties if one.forces_replacement]
        because = f" because {', '.join(causes)} cannot be changed in place" if causes else ""
        did = "deleted" if deleted else "replaced"
        kind = change.type.rpartition(":")[2]
        message = f"{kind} {change.name} of {change.document or 'the environment'} holds data and would be {did}{because}"
        needed = f"document: {change.document}"
        yield _refusal(situation, "StatefulDeletion" if deleted else "StatefulReplacement", message, needed, change.document)


def time(situation: Situation) -> Iterator[Refusal]:
    """Nothing changes outside the windows of the environment, and of each application that would change."""
    spec = situation.catalog.environment.document.spec
    if not situation.changes or any(one.holds("OutsideWindow", situation.now.date()) for one in spec.guards.allow):
        return
    if why := windows.closed(spec.guards.windows, situation.now):
        yield _closed(situation, why)
        return
    touched = {change.document for change in situation.changes}
    for name, entry in situation.catalog.applications.items():
        own = entry.document.spec.sync.over(spec.sync).windows
        if entry.identity in touched and (why := windows.closed(own, situation.now)):
            yield _refusal(situation, "OutsideWindow", f"application {name} may not change now: {why}", "", entry.identity)


def reviewed(situation: Situation) -> Iterator[Refusal]:
    """Nothing is applied that is not part of the branch that reviewed changes are on, where the environment asks for that."""
    guards = situation.catalog.environment.document.spec.guards
    if guards.reviewed is None or any(one.holds("UnreviewedCommit", situation.now.date()) for one in guards.allow):
        return
    for standing in situation.standings:
        if standing.trouble:
            refusal = _refusal(situation, "UnreviewedCommit", f"source {standing.source} {standing.trouble}", "")
            yield replace(refusal, hint=f"{standing.hint}; {refusal.hint}" if standing.hint else refusal.hint)


def policies(situation: Situation) -> Iterator[Refusal]:
    """What a mandatory policy refuses, unless the policy is named, for the document or for all."""
    allow = situation.catalog.environment.document.spec.guards.allow
    today = situation.now.date()
    for one in (one for changeset in situation.changesets for one in changeset.violations if one.mandatory):
        name = f"{one.pack}/{one.policy}"
        if any(each.holds("PolicyViolation", today, one.document) and each.policy == name for each in allow):
            continue
        who = f"{one.urn.rpartition('::')[2]} of {one.document or 'the environment'}" if one.urn else "the stack"
        where = f" ({one.location})" if one.location else ""
        more = f"policy: {name}" + (f", document: {one.document}" if one.document else "")
        yield _refusal(
            situation, "PolicyViolation", f"policy {name} refuses {who}{where}: {' '.join(one.message.split())}", more, one.document
        )


def beforehand(situation: Situation) -> Iterator[Refusal]:
    """What can be said without a plan: the program itself asks this under a bare `pulumi up`."""
    yield from reviewed(situation)
    spec = situation.catalog.environment.document.spec
    if any(one.holds("OutsideWindow", situation.now.date()) for one in spec.guards.allow):
        return
    if why := windows.closed(spec.guards.windows, situation.now):
        yield _closed(situation, why)


def _closed(situation: Situation, why: str) -> Refusal:
    return _refusal(situation, "OutsideWindow", f"environment {situation.catalog.name} may not change now: {why}", "")


def minds_the_time(catalog: Catalog) -> bool:
    """Whether the environment or one of its applications has windows, or policies, so that any change at all may be refused."""
    spec = catalog.environment.document.spec
    return bool(spec.guards.windows or spec.guards.policies) or any(
        entry.document.spec.sync.over(spec.sync).windows for entry in catalog.applications.values()
    )


def _tally(changes: Sequence[Change]) -> str:
    """`Application/shop 4, Tenant/team-a 12`."""
    counts: Mapping[str, int] = {}
    for change in changes:
        counts = {**counts, change.document: counts.get(change.document, 0) + 1}
    return ", ".join(f"{document or 'the environment'} {count}" for document, count in sorted(counts.items()))


def _refusal(situation: Situation, reason: str, message: str, more: str, document: str = "") -> Refusal:
    entry = situation.catalog.environment
    until = (situation.now + _FORTNIGHT).date()
    allow = ", ".join(part for part in (f"rule: {reason}", more, f"until: {until}", "reason: …") if part)
    where = entry.at("spec", "guards", "allow") if "guards" in entry.data.get("spec", {}) else entry.at("spec")
    hint = f"to allow it, write into {where.path} under spec.guards.allow: - {{{allow}}}"
    return Refusal(reason, situation.catalog.name, message, hint, where, document)
