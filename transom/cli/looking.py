"""One look for drift: what the engine found, what is in the namespaces beside it, who did it, and what earlier runs knew of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from transom import drift
from transom.catalog import shards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.changes import ChangeSet
from transom.cli import beside, running, wiring
from transom.cli.output import progress
from transom.drift import Acknowledged, Finding, Report, State, Unmanaged, ignoring
from transom.drift.text import told
from transom.engine import Engine, fleet
from transom.errors import TransomError
from transom.history import findings
from transom.history.findings import Findings, Known, Look, Seen
from transom.live import trail
from transom.specs.drift import DriftSpec

T = TypeVar("T", Finding, Unmanaged)

_AWS = "aws:"


@dataclass(frozen=True, slots=True)
class Looking:
    """Where to look and what is known: the project, the engine, what was last applied, and the findings of earlier runs."""

    project: Project
    engine: Engine
    catalogs: Mapping[str, Catalog]
    known: Findings
    since: Mapping[str, datetime]
    """When each environment was last applied: nobody can have changed before that what is drift now."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, and how the engine fared."""

    report: Report
    result: fleet.Result


def look(looking: Looking) -> Looked:
    """Looks at every stack of the environments, keeps what was found, and says what was known of it before."""
    members = wiring.members(looking.catalogs, ordered=False)
    specs = {name: _spec(looking.project, catalog) for name, catalog in looking.catalogs.items()}
    reporting = [catalog for name, catalog in looking.catalogs.items() if specs[name].unmanaged == "report"]
    with beside.listing(looking.engine, reporting) as listings:
        with progress("looking", doing=False) as listen:
            result = fleet.run(looking.engine.drift, members, at_once=running.at_once(), listen=listen)
        result = running.Places(looking.catalogs).of(result)
        return Looked(_joined(list(_reports(looking, result, specs, listings))), result)


def _reports(looking: Looking, result: fleet.Result, specs: Mapping[str, DriftSpec], listings: beside.Listings) -> Iterator[Report]:
    """What was found in each environment."""
    today = datetime.now(UTC).date()
    for name, catalog in looking.catalogs.items():
        mine = [changes for changes in result.changesets if changes.environment == name]
        report = drift.report(mine, ignoring.rules(specs[name], today))
        report = _told_by_aws(looking, catalog, mine, report)
        report = replace(report, warnings=(*report.warnings, *(f"{name}: {end}" for end in ignoring.ended(specs[name], today))))
        stacks = {one.stack for one in result.outcomes if shards.split(one.stack)[0] == name}
        scope = beside.Scope({changes.stack for changes in mine if not changes.error}, stacks)
        report = listings.beside(catalog, mine, report, scope)
        report = replace(report, unmanaged=ignoring.kept(specs[name], report.unmanaged, today))
        yield _remembered(looking.known, name, report, scope)


def stacks(looking: Looking) -> dict[str, str]:
    """The environment of each stack that is looked at."""
    return {stack: member.request.environment for stack, member in wiring.members(looking.catalogs, ordered=False).items()}


def _spec(project: Project, catalog: Catalog) -> DriftSpec:
    """What the environment's document on disk leaves out, where it can be read: a rule holds from when it is written."""
    with suppress(TransomError):
        return project.environment(catalog.name).document.spec.drift
    return catalog.environment.document.spec.drift


def _joined(reports: list[Report]) -> Report:
    environments: Counter[str] = Counter()
    for one in reports:
        environments.update(one.environments)
    return Report(
        findings=tuple(finding for one in reports for finding in one.findings),
        noise=tuple(finding for one in reports for finding in one.noise),
        unmanaged=tuple(thing for one in reports for thing in one.unmanaged),
        environments={name: environments[name] for one in reports for name in one.environments},
        errors=tuple(error for one in reports for error in one.errors),
        warnings=tuple(warning for one in reports for warning in one.warnings),
    )


# -- who and when, on AWS


def _told_by_aws(looking: Looking, catalog: Catalog, changesets: list[ChangeSet], report: Report) -> Report:
    """The report with who changed AWS resources and when, and without what waits for a maintenance window."""
    if not any(finding.type.startswith(_AWS) for finding in report.findings):
        return report
    asked = trail.Trail(catalog.environment.document.spec.aws.region, looking.since.get(catalog.name))
    findings_, noise = [], list(report.noise)
    settled = 0
    called = {one.urn: one.called for changes in changesets for one in changes.sightings}
    for finding in report.findings:
        told_ = drift.witnessed(
            finding, asked.pending(finding.type, finding.id), asked.last_change(finding.type, (finding.id, *called.get(finding.urn, ())))
        )
        if told_.differs or told_.state is State.UNREADABLE:
            findings_.append(told_)
        else:
            noise.append(told_)
            settled += 1
    environments = {**report.environments, catalog.name: report.environments.get(catalog.name, 0) + settled}
    warnings = (*report.warnings, *(f"{catalog.name}: {complaint}" for complaint in asked.complaints))
    return replace(report, findings=tuple(findings_), noise=tuple(noise), environments=environments, warnings=warnings)


# -- what earlier runs knew


def _remembered(known: Findings, environment: str, report: Report, scope: beside.Scope) -> Report:
    """Keeps what this run found, and the report with since when it is known and who acknowledged it."""
    seen = Look(
        seen=tuple(_seen(report)),
        looked=frozenset(scope.looked),
        existing=frozenset(scope.existing),
        unreadable=frozenset(finding.key for finding in report.findings if finding.state is State.UNREADABLE),
    )
    now = findings.now()
    try:
        ledger = known.change(environment, lambda before: findings.observed(before, seen, now))
    except TransomError as error:
        return replace(report, warnings=(*report.warnings, f"{environment}: what was found is not kept: {error}"))
    return replace(
        report,
        findings=tuple(_known(finding, ledger.findings.get(finding.key), now) for finding in report.findings),
        unmanaged=tuple(_known(thing, ledger.findings.get(thing.key), now) for thing in report.unmanaged),
    )


def _seen(report: Report) -> Iterator[Seen]:
    for finding in report.findings:
        if finding.differs:
            yield Seen(finding.key, finding.stack, finding.document, finding.type, finding.name, finding.points, told(finding))
    for thing in report.unmanaged:
        name = f"{thing.cluster}/{thing.namespace}/{thing.name}"
        yield Seen(thing.key, f"cluster {thing.cluster}", "", thing.type, name, thing.points, ("declared by no document",))


def _known(one: T, known: Known | None, now: datetime) -> T:
    if known is None or known.closed is not None:
        return one
    said = known.acknowledged(now)
    acknowledged = Acknowledged(said.by.name, _text(said.until), said.reason) if said else None
    return replace(one, since=_text(known.first_seen), acknowledged=acknowledged)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
