"""`transom drift`: what live differs from what was last applied, and the way back. `ack` and `findings` are of what earlier runs found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import click

from transom import drift
from transom.cli import deploying, healing, hosts, issues, looking, naming, running, wiring
from transom.cli.acknowledging import ack, listing, unack
from transom.cli.output import lock_timeout_option, output_option, table
from transom.drift import Report
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.history.journal import Journal
from transom.redaction import redact


class _Drift(click.Group):
    """`transom drift dev` is `transom drift report dev`: what comes first is a word of its own, or an environment or an option."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]  # click's own
        self.ignore_unknown_options = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with the word that is left out."""
        return super().parse_args(ctx, args if args and args[0] in self.commands else ["report", *args])


@click.group("drift", cls=_Drift, add_help_option=False)
def command() -> None:
    """Report what live differs from what was last applied, put it back, or acknowledge it."""


command.add_command(ack)
command.add_command(unack)
command.add_command(listing)


@command.command("report")
@click.argument("environments", nargs=-1)
@click.option("--heal", is_flag=True, help="Put back what was last applied. Takes no new commits.")
@click.option("--foreign", is_flag=True, help="With --heal: also take away fields that nobody declared and a person's tool set.")
@click.option("--app", "applications", multiple=True, help="Only this application's resources. May be given several times.")
@click.option(
    "--only",
    "names",
    metavar="NAME",
    multiple=True,
    help="Only this: KIND/NAME of a document, KIND/NAMESPACE/NAME of an object, a URN, or a finding. May be given several times.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift; after --heal, when there is some left.")
@click.option("--message", "-m", default="", help="Why it is healed; kept in the history.")
@click.option(
    "--issue",
    type=click.Choice(hosts.NAMES),
    help="Keep one issue for each environment: open while there is drift, closed when there is none.",
)
@lock_timeout_option
@output_option("text", "json", "summary")
def report_(  # noqa: PLR0913 - one parameter per option, as click has it
    *,
    environments: tuple[str, ...],
    heal: bool,
    foreign: bool,
    applications: tuple[str, ...],
    names: tuple[str, ...],
    detailed_exitcode: bool,
    message: str,
    issue: str | None,
    lock_wait: float,
    form: str,
) -> int:
    """Report what ENVIRONMENTS (all when none is named) look like live, against what was last applied. Changes nothing unless told to heal.

    What was last applied comes from the history: commits that were not applied yet are no drift, and Git need not be reachable.
    """
    if foreign and not heal:
        raise click.UsageError("--foreign goes with --heal")
    if issue and (heal or applications or names):
        raise click.UsageError("--issue is about whole environments, as they are found: without --heal, --app and --only")
    host = issues.host(issue) if issue else None
    about = _about(environments)
    documents = _documents(about, applications)
    looked = looking.look(about.looking)
    whole = looked.report
    if host is not None:
        issues.keep(host, _with_failures(looked), about.looking.catalogs, looking.stacks(about.looking))
    named = naming.keys((*names, *documents), whole, looked.result.changesets, about.looking.catalogs)
    mine = drift.only(whole, named) if names or documents else whole
    by_name = naming.keys(names, whole, looked.result.changesets, about.looking.catalogs)
    work = healing.Healing(about.kept, about.looking.engine, about.looking.catalogs, foreign, by_name, applications, message, lock_wait)
    plan = healing.planned(work, mine.findings) if heal else None
    if plan is None or plan.empty:
        if plan is not None:
            healing.tell_of_what_is_left(plan)
        return _tell(mine, looked, form, detailed_exitcode=detailed_exitcode)
    healing.tell_of_what_is_left(plan)
    healed = healing.heal(work, plan)
    running.show(healed, "text" if form == "summary" else form)
    if healed.exit_code or not detailed_exitcode:
        return healed.exit_code
    return ExitCode.CHANGES if plan.left else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class _About:
    """What a look is about."""

    looking: looking.Looking
    kept: Journal


def _about(environments: Sequence[str]) -> _About:
    project = wiring.project()
    engine = wiring.engine(project)
    kept = deploying.journal(engine, project)
    catalogs, since = {}, {}
    for name in wiring.names(project, environments):
        last = kept.last_applied(name)
        catalogs[name] = kept.catalog(last) if last is not None else wiring.catalogs(project, [name])[name]
        if last is not None:
            since[name] = last.ended
    return _About(looking.Looking(project, engine, catalogs, deploying.findings(engine, project), since), kept)


def _documents(about: _About, applications: Sequence[str]) -> list[str]:
    catalogs = about.looking.catalogs
    for name in applications:
        if not any(name in catalog.applications for catalog in catalogs.values()):
            from transom.catalog.validate import near

            known = {known for catalog in catalogs.values() for known in catalog.applications}
            raise PermanentError(f"no application {name} was applied", reason="UnknownReference", hint=near(name, known))
    return [f"Application/{name}" for name in applications]


def _with_failures(looked: looking.Looked) -> Report:
    """The report, with the stacks that gave none: what was not looked at is not clean."""
    known = {stack for stack, _ in looked.report.errors}
    failed = ((one.stack, str(one.error)) for one in looked.result.outcomes if one.error and one.stack not in known)
    return replace(looked.report, errors=(*looked.report.errors, *failed))


def _tell(report: Report, looked: looking.Looked, form: str, *, detailed_exitcode: bool) -> int:
    result = looked.result
    click.echo(redact(_shown(report, form)), nl=False)
    for outcome in result.outcomes:
        if outcome.error:
            click.echo(redact(f"error: {outcome.stack}: {outcome.error}"), err=True)
    if any(outcome.error for outcome in result.outcomes) or report.unreadable:
        return result.exit_code or ExitCode.FAILED
    return ExitCode.CHANGES if report.drifted and detailed_exitcode else ExitCode.DONE


def _shown(report: Report, form: str) -> str:
    if form == "json":
        return drift.as_json(report)
    if form == "text":
        return drift.text(report)
    rows = drift.totals(report)
    header = ("ENVIRONMENT", "DOCUMENT", "MISSING", "CHANGED", "FOREIGN", "UNREADABLE", "ACKNOWLEDGED")
    shown = [[str(value) for value in row.values()] for row in rows]
    return drift.summary(report) + "\n" + (table(header, shown) + "\n" if rows else "")
