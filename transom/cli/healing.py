"""The way back: what drifted is put back to what was last applied, and what nobody declared is taken away where that is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import click

from transom import guards
from transom.catalog.model import Catalog
from transom.changes import Change, ChangeSet, DiffKind, Operation, PropertyChange
from transom.cli import clusters, deploying, running, wiring
from transom.cli.output import progress
from transom.drift import Finding, State, unmanaged
from transom.engine import Engine, fleet
from transom.engine.paths import parse
from transom.engine.values import BLINDED, clean
from transom.errors import PermanentError, TransomError
from transom.history.journal import Journal
from transom.history.records import Act
from transom.live import objects, removal
from transom.live.cluster import ClusterApi
from transom.redaction import redact

_KUBERNETES = "kubernetes:"


@dataclass(frozen=True, slots=True)
class Healing:
    """What to heal with and how.

    Attributes:
        foreign: whether fields that nobody declared are taken away, too.
        named: keys of findings that were asked for by name, and are healed though somebody acknowledged them.
        only: applications that it is limited to, for the history.
    """

    kept: Journal
    engine: Engine
    catalogs: Mapping[str, Catalog]
    foreign: bool = False
    named: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()
    message: str = ""
    lock_wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be healed, and what of it will be left as it is.

    Attributes:
        targets: URNs that the engine puts back, by stack.
        foreign: findings whose undeclared fields are taken away.
        left: findings that stay out of place, each with why.
    """

    targets: Mapping[str, tuple[str, ...]]
    foreign: tuple[Finding, ...]
    left: tuple[tuple[Finding, str], ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.targets and not self.foreign


def planned(healing: Healing, findings: Iterable[Finding]) -> Plan:
    """What of the findings can be put back, and what cannot."""
    targets: dict[str, list[str]] = {}
    foreign: list[Finding] = []
    left: list[tuple[Finding, str]] = []
    for finding in findings:
        if not finding.differs or (finding.acknowledged and finding.key not in healing.named):
            continue
        if finding.healable:
            targets.setdefault(finding.stack, []).append(finding.urn)
        elif finding.real:
            left.append((finding, "; ".join(sorted({one.unhealable for one in finding.real if one.unhealable}))))
        if finding.foreign and healing.foreign:
            foreign.append(finding)
        elif finding.foreign:
            left.append((finding, f"{', '.join(one.path for one in finding.foreign)}: nobody declared it; --foreign takes it away"))
    return Plan({stack: tuple(sorted(urns)) for stack, urns in targets.items()}, tuple(foreign), tuple(left))


def heal(healing: Healing, plan: Plan) -> fleet.Result:
    """Does it, with the guards before and a record in the history; what prevented a plan is the result where something did.

    Raises:
        GuardRefused: a guard refuses; nothing was changed.
    """
    members = _members(healing, plan)
    planned_ = running.plan(healing.engine, members, running.Places(healing.catalogs)) if members else fleet.Result(())
    if not planned_.succeeded:
        return planned_
    removals = _removals(plan)
    guards.refuse(guards.judge(healing.catalogs, [*planned_.changesets, *(one.model_copy(update={"purpose": "plan"}) for one in removals)]))
    environments = {member.request.environment for member in members.values()} | {one.environment for one in plan.foreign}
    touched = {name: catalog for name, catalog in healing.catalogs.items() if name in environments}
    intent = deploying.Intent(Act.HEAL, healing.message, only=healing.only)

    def take_away(so_far: fleet.Result) -> fleet.Result:
        return _without_foreign(healing, plan, so_far)

    with progress("healing") as listen:
        return deploying.deploy(deploying.Deploying(healing.kept, healing.engine, intent, after=take_away), touched, members, listen)


def _members(healing: Healing, plan: Plan) -> dict[str, fleet.Member]:
    """The stacks with something to put back; each waits for those before it that have, too."""
    found = {stack: member for stack, member in wiring.members(healing.catalogs).items() if stack in plan.targets}
    return {
        stack: fleet.Member(
            replace(member.request, targets=plan.targets[stack], message=healing.message, lock_wait=healing.lock_wait, refresh=True),
            tuple(need for need in member.needs if need in found),
        )
        for stack, member in found.items()
    }


# -- what nobody declared


def _removals(plan: Plan) -> list[ChangeSet]:
    """What is taken away, as one change set per stack."""
    stacks: dict[str, list[Finding]] = {}
    for finding in plan.foreign:
        stacks.setdefault(finding.stack, []).append(finding)
    return [
        ChangeSet(purpose="apply", environment=found[0].environment, stack=stack, changes=tuple(_change(one) for one in found))
        for stack, found in stacks.items()
    ]


def _change(finding: Finding, paths: Collection[str] | None = None) -> Change:
    return Change(
        urn=finding.urn,
        type=finding.type,
        name=finding.name,
        operation=Operation.UPDATE,
        id=finding.id,
        document=finding.document,
        properties=tuple(
            PropertyChange(path=one.path, kind=DiffKind.DELETE, before=one.live)
            for one in finding.foreign
            if paths is None or one.path in paths
        ),
    )


@dataclass
class _Doing:
    """Connections and kinds of the clusters that were asked so far."""

    healing: Healing
    apis: dict[tuple[str, str], tuple[ClusterApi, Mapping[str, objects.Kind]]] = field(default_factory=dict)

    def take_away(self, finding: Finding) -> Change | None:
        """Takes the undeclared fields of one object away; None where they are gone already."""
        cluster, _, _ = finding.name.partition("/")
        api, kinds = self._cluster(finding.environment, cluster)
        kind = kinds.get(unmanaged.group_kind(finding.type))
        if kind is None:
            raise PermanentError(
                f"cluster {cluster} serves no {finding.type} any more", reason="LiveMoved", hint="look again: transom drift"
            )
        namespace, _, name = finding.id.rpartition("/")
        fields = [removal.Field(parse(one.path), one.path, _same(one.live)) for one in finding.foreign]
        gone = removal.take_away(api, kind, (namespace, name), fields)
        return _change(finding, gone) if gone else None

    def _cluster(self, environment: str, name: str) -> tuple[ClusterApi, Mapping[str, objects.Kind]]:
        known = self.apis.get((environment, name))
        if known is None:
            api = clusters.connect(self.healing.catalogs[environment], name, self.healing.engine)
            known = api, {unmanaged.group_kind(kind.type): kind for kind in objects.kinds(api)}
            self.apis[environment, name] = known
        return known


def _same(reported: object) -> removal.Same:
    """Whether a live value reads as the one that was reported; secrets were masked there, so they are here."""
    return lambda live: bool(clean(live, BLINDED) == reported)


def _without_foreign(healing: Healing, plan: Plan, so_far: fleet.Result) -> fleet.Result:
    """The result, with what was taken away; nothing is where the engine failed before."""
    if not so_far.succeeded or not plan.foreign:
        return so_far
    doing = _Doing(healing)
    outcomes = {outcome.stack: outcome for outcome in so_far.outcomes}
    for changeset in _removals(plan):
        findings = [finding for finding in plan.foreign if finding.stack == changeset.stack]
        changes = [change for finding in findings if (change := _taken(doing, finding)) is not None]
        before = outcomes[changeset.stack].changes if changeset.stack in outcomes else None
        done = changeset.model_copy(
            update={"changes": (*(before.changes if before else ()), *changes), "succeeded": not any(change.failed for change in changes)}
        )
        outcomes[changeset.stack] = fleet.Outcome(changeset.stack, done)
    return fleet.Result(tuple(outcomes.values()))


def _taken(doing: _Doing, finding: Finding) -> Change | None:
    try:
        return doing.take_away(finding)
    except TransomError as error:
        return _change(finding).model_copy(update={"failed": True, "messages": (str(error),)})


def tell_of_what_is_left(plan: Plan) -> None:
    """Says on standard error what stays out of place, and why."""
    for finding, why in plan.left:
        what = "is gone" if finding.state is State.MISSING else "is left as it is"
        click.echo(redact(f"{finding.document} {finding.name} {what}: {why}"), err=True)
