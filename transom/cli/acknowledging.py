"""`transom drift ack`, `unack` and `findings`: what earlier runs found, and who knows of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import click

from transom.cli import deploying, wiring
from transom.cli.output import output_option, print_json, table
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.history import actor, findings
from transom.history.findings import Acknowledgement, Findings, Known
from transom.redaction import redact
from transom.specs.scalars import Duration


def _until(context: click.Context, parameter: click.Parameter, given: str) -> datetime:
    """The end of a day, or so long from now."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        try:
            day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError as error:
            raise click.BadParameter(str(error), context, parameter) from None
        end = datetime.combine(day, time(23, 59, 59), UTC)
    else:
        try:
            end = findings.now() + timedelta(seconds=Duration.check(given).seconds)  # type: ignore[attr-defined]  # a Duration, as its check makes one
        except ValueError:
            raise click.BadParameter(f"{given} is neither a day (2026-12-31) nor a time from now (7d, 4h)", context, parameter) from None
    if end <= findings.now():
        raise click.BadParameter(f"{given} is over", context, parameter)
    return end


@click.command("ack")
@click.argument("names", metavar="FINDING...", nargs=-1, required=True)
@click.option("--until", required=True, callback=_until, help="The last day (UTC), e.g. 2026-12-31, or a time from now, e.g. 7d.")
@click.option("--reason", required=True, help="Why it may stay, for whoever reads the report.")
def ack(names: tuple[str, ...], until: datetime, reason: str) -> int:
    """Let FINDING be until a day: it is told by the way, not healed, and no drift for exit codes.

    It covers what was seen of the resource last; when something else of it changes, or the same again, it is drift again.
    """
    kept = _kept()
    if not reason.strip():
        raise click.BadParameter("say why")
    for name in names:
        environment, key = _reference(name)
        said = Acknowledgement(by=actor.here(), at=findings.now(), until=until, reason=reason, points={})
        ledger = kept.change(environment, lambda before, key=key, said=said: findings.acknowledged(before, key, said))  # type: ignore[misc]  # bound now
        known = findings.opened(ledger, key)
        click.echo(redact(f"{environment}/{known.key} {known.type} {known.name} is acknowledged until {until:%Y-%m-%d %H:%M} UTC"))
    return ExitCode.DONE


@click.command("unack")
@click.argument("names", metavar="FINDING...", nargs=-1, required=True)
def unack(names: tuple[str, ...]) -> int:
    """Take an acknowledgement back: FINDING is drift again."""
    kept = _kept()
    for name in names:
        environment, key = _reference(name)
        ledger = kept.change(environment, lambda before, key=key: findings.withdrawn(before, key))  # type: ignore[misc]  # bound now
        known = findings.opened(ledger, key)
        click.echo(redact(f"{environment}/{known.key} {known.type} {known.name} is not acknowledged any more"))
    return ExitCode.DONE


@click.command("findings")
@click.argument("environments", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Also those that were closed in the last 90 days.")
@output_option("text", "json")
def listing(environments: tuple[str, ...], *, everything: bool, form: str) -> int:
    """List what earlier looks at ENVIRONMENTS (all when none is named) found, without looking again."""
    kept, now = _kept(), findings.now()
    found = [
        (environment, known)
        for environment in wiring.names(wiring.project(), environments)
        for known in findings.ordered(kept.ledger(environment).findings.values())
        if everything or known.closed is None
    ]
    if form == "json":
        print_json(
            {
                "findings": [
                    {"environment": environment, "status": known.status(now), **known.model_dump(mode="json")}
                    for environment, known in found
                ]
            }
        )
    elif found:
        header = ("FINDING", "STATUS", "SINCE", "LAST SEEN", "TYPE", "NAME", "WHAT")
        click.echo(redact(table(header, [_row(environment, known, now) for environment, known in found])))
    else:
        click.echo("no findings")
    return ExitCode.DONE


def _row(environment: str, known: Known, now: datetime) -> tuple[str, ...]:
    said = known.acknowledged(now)
    what = "; ".join(known.told)
    if said is not None:
        what = f"{said.by.name} until {said.until:%Y-%m-%d}: {said.reason}"
    elif known.closed is not None:
        what = f"closed {known.closed:%Y-%m-%d %H:%M}"
    seen = (f"{known.first_seen:%Y-%m-%d %H:%M}", f"{known.last_seen:%Y-%m-%d %H:%M}")
    return (f"{environment}/{known.key}", known.status(now), *seen, known.type, known.name, what)


def _kept() -> Findings:
    project = wiring.project()
    return deploying.findings(wiring.engine(project), project)


def _reference(word: str) -> tuple[str, str]:
    environment, slash, key = word.rpartition("/")
    if not slash or not environment or not re.fullmatch(r"[0-9a-f]{4,8}", key):
        raise PermanentError(
            f"{word} is no finding", reason="UnknownFinding", hint="write ENVIRONMENT/KEY, e.g. dev/1a2b3c4d: the report tells them"
        )
    return environment, key
