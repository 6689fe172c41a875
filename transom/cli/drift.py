"""`transom drift`: what live differs from what was last applied, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click

from transom import drift, guards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli import deploying, running, wiring
from transom.cli.output import lock_timeout_option, output_option, progress
from transom.drift import Report
from transom.engine import fleet
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.history.journal import Journal
from transom.history.records import Act
from transom.redaction import redact


@click.command("drift")
@click.argument("environments", nargs=-1)
@click.option("--heal", is_flag=True, help="Put back what was last applied. Takes no new commits.")
@click.option("--app", "applications", multiple=True, help="Only this application's resources. May be given several times.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift; after --heal, when there is some left.")
@click.option("--message", "-m", default="", help="Why it is healed; kept in the history.")
@lock_timeout_option
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    *,
    environments: tuple[str, ...],
    heal: bool,
    applications: tuple[str, ...],
    detailed_exitcode: bool,
    message: str,
    lock_wait: float,
    form: str,
) -> int:
    """Report what ENVIRONMENTS (all when none is named) look like live, against what was last applied. Changes nothing unless told to heal.

    What was last applied comes from the history: commits that were not applied yet are no drift, and Git need not be reachable.
    """
    project = wiring.project()
    engine = wiring.engine(project)
    kept = deploying.journal(engine, project)
    catalogs = _applied(kept, project, environments)
    wanted = frozenset(_documents(catalogs, applications))
    members = wiring.members(catalogs, ordered=False)
    with progress("looking", doing=False) as listen:
        result = running.Places(catalogs).of(fleet.run(engine.drift, members, at_once=running.at_once(), listen=listen))
    report = drift.only(drift.report(result.changesets), wanted) if wanted else drift.report(result.changesets)
    if not heal:
        return _tell(report, result, form, detailed_exitcode=detailed_exitcode)
    targets = _targets(report)
    if not targets:
        return _tell(report, result, form, detailed_exitcode=detailed_exitcode)
    members = {
        stack: fleet.Member(
            replace(member.request, targets=targets[stack], message=message, lock_wait=lock_wait, refresh=True), member.needs
        )
        for stack, member in wiring.members(catalogs).items()
        if stack in targets
    }
    members = {
        stack: fleet.Member(member.request, tuple(need for need in member.needs if need in members)) for stack, member in members.items()
    }
    planned = running.plan(engine, members, running.Places(catalogs))
    if not planned.succeeded:
        running.show(planned, form)
        return planned.exit_code
    guards.refuse(guards.judge(catalogs, planned.changesets))
    touched = {name: catalog for name, catalog in catalogs.items() if any(m.request.environment == name for m in members.values())}
    intent = deploying.Intent(Act.HEAL, message, only=applications)
    with progress("healing") as listen:
        healed = deploying.deploy(deploying.Deploying(kept, engine, intent), touched, members, listen)
    running.show(healed, form)
    return healed.exit_code


def _applied(kept: Journal, project: Project, environments: Sequence[str]) -> dict[str, Catalog]:
    """What was last applied to each environment; what Git asks for where the history knows of no apply."""
    out: dict[str, Catalog] = {}
    for name in wiring.names(project, environments):
        last = kept.last_applied(name)
        out[name] = kept.catalog(last) if last is not None else wiring.catalogs(project, [name])[name]
    return out


def _documents(catalogs: Mapping[str, Catalog], applications: Sequence[str]) -> list[str]:
    for name in applications:
        if not any(name in catalog.applications for catalog in catalogs.values()):
            from transom.catalog.validate import near

            known = {known for catalog in catalogs.values() for known in catalog.applications}
            raise PermanentError(f"no application {name} was applied", reason="UnknownReference", hint=near(name, known))
    return [f"Application/{name}" for name in applications]


def _targets(report: Report) -> dict[str, tuple[str, ...]]:
    """URNs to heal, by stack: what really drifted and can be put back."""
    found: dict[str, list[str]] = {}
    for finding in report.findings:
        if finding.drifted and finding.healable:
            found.setdefault(finding.stack, []).append(finding.urn)
        elif finding.drifted:
            why = "; ".join(one.unhealable for one in finding.real if one.unhealable)
            click.echo(redact(f"{finding.document} {finding.name} is left as it is: {why}"), err=True)
    return {stack: tuple(sorted(urns)) for stack, urns in found.items()}


def _tell(report: Report, result: fleet.Result, form: str, *, detailed_exitcode: bool) -> int:
    click.echo(redact(drift.as_json(report) if form == "json" else drift.text(report)), nl=False)
    for outcome in result.outcomes:
        if outcome.error:
            click.echo(redact(f"error: {outcome.stack}: {outcome.error}"), err=True)
    if any(outcome.error for outcome in result.outcomes) or report.unreadable:
        return result.exit_code or ExitCode.FAILED
    return ExitCode.CHANGES if report.drifted and detailed_exitcode else ExitCode.DONE
