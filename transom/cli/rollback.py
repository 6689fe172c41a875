"""`transom rollback`: back to what was deployed before."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import click

from transom import guards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli import deploying, reverting, running, wiring
from transom.cli.output import lock_timeout_option, output_option, progress
from transom.errors import PermanentError
from transom.exitcodes import ExitCode
from transom.history import actor
from transom.history.journal import Journal
from transom.history.records import Act, Deployment, Hold, Result
from transom.history.restore import restored
from transom.specs.scalars import Duration


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to go back to: the documents, and the deployment that applied them, where one did."""

    catalog: Catalog
    number: int | None
    word: str


@click.command("rollback")
@click.argument("environment")
@click.option("--to", "target", help="Number of a deployment, or a commit, branch or tag; the deployment before the last when left out.")
@click.option("--app", "applications", multiple=True, help="Take only this application back. May be given several times.")
@click.option("--with", "including", multiple=True, help="Take this document back too, though it holds data: KIND/NAME.")
@click.option("--until", help="Release the environment by itself after this time, e.g. 4h; held until `transom release` when left out.")
@click.option(
    "--revert-branch", "branch", help="Also write the Git revert as this branch of the source's repository. Nothing is pushed over."
)
@click.option("--message", "-m", default="", help="Why; kept in the history and shown while the environment is held.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask; without a terminal nothing is asked anyway.")
@lock_timeout_option
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    *,
    environment: str,
    target: str | None,
    applications: tuple[str, ...],
    including: tuple[str, ...],
    until: str | None,
    branch: str | None,
    message: str,
    lock_wait: float,
    form: str,
    dry_run: bool,
    yes: bool,
) -> int:
    """Apply again what ENVIRONMENT had before, and hold it there until it is released.

    The documents come from the history, so Git need not be reachable. What holds data stays as it is unless --with names it.
    """
    expires = _expiry(until)
    project = wiring.project()
    engine = wiring.engine(project)
    kept = deploying.journal(engine, project)
    last = kept.last_applied(environment)
    if last is None:
        raise click.ClickException(f"nothing was applied to {environment} yet, so there is nothing to go back to")
    found = _target(kept, project, last, target)
    back = restored(kept.catalog(last), found.catalog, only=applications, including=including)
    for identity in back.stayed:
        click.echo(f"{identity} holds data and stays as it is; to take it back too: --with {identity}", err=True)
    catalogs = {environment: back.catalog}
    members = wiring.members(catalogs, message=message, lock_wait=lock_wait)
    wiring.create_missing(engine, members)
    planned = running.plan(engine, members, deploying.places(kept, catalogs))
    refusals = guards.judge(catalogs, planned.changesets)
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not yes
    if dry_run or asks or not planned.succeeded:
        running.show(planned, form, refusals)
    if not planned.succeeded:
        return running.planned_code(planned)
    if dry_run:
        return ExitCode.REFUSED if refusals else ExitCode.DONE
    guards.refuse(refusals)
    if asks:
        click.confirm(f"Go back to {found.word}?", abort=True)
    intent = deploying.Intent(
        Act.ROLLBACK,
        message,
        {environment: found.number} if found.number else None,
        applications,
        returned={environment: deploying.revisions(found.catalog)},
    )
    with progress("rolling back") as listen:
        result = deploying.deploy(deploying.Deploying(kept, engine, intent), catalogs, members, listen)
    running.show(result, form)
    number = next(iter(kept.deployments(environment, 1))).number
    kept.hold(Hold(environment=environment, to=number, by=actor.here(), since=datetime.now(UTC), until=expires, message=message))
    click.echo(
        f"{environment} went back to {found.word} and is held there as {environment}/{number}: transom release {environment}", err=True
    )
    if branch is not None:
        reverting.write(project, back, found.catalog, branch, reverting.Why(found.word, message, applications))
    return ExitCode.DONE if result.succeeded else result.exit_code


def _expiry(until: str | None) -> datetime | None:
    if until is None:
        return None
    try:
        seconds = Duration.check(until).seconds  # type: ignore[attr-defined]  # a Duration, as its check makes one
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from None
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _target(kept: Journal, project: Project, last: Deployment, word: str | None) -> _Target:
    """What `word` means: a deployment's number, a commit that was deployed, or a revision that Git knows."""
    environment = last.environment
    if word is None:
        return _kept(kept, _before(kept.deployments(environment), last))
    number = word.removeprefix(f"{environment}/")
    if number.isdecimal() and len(number) < len("1234567"):  # a short commit has seven characters or more
        return _kept(kept, kept.deployment(environment, int(number)))
    for deployment in kept.deployments(environment):
        if deployment.result is Result.SUCCEEDED and _is_at(deployment, word):
            return _kept(kept, deployment)
    return _Target(_from_git(project, environment, word), None, word)


def _kept(kept: Journal, deployment: Deployment) -> _Target:
    return _Target(kept.catalog(deployment), deployment.number, f"{deployment.environment}/{deployment.number}")


def _before(deployments: Iterable[Deployment], last: Deployment) -> Deployment:
    """The newest deployment that succeeded before the last one and applied something else."""
    for deployment in deployments:
        if deployment.number < last.number and deployment.result is Result.SUCCEEDED and deployment.digest != last.digest:
            return deployment
    raise PermanentError(
        f"{last.environment} has no earlier deployment that succeeded with other documents",
        reason="UnknownDeployment",
        hint=f"transom history {last.environment} shows them; --to takes a commit or a tag too",
    )


def _is_at(deployment: Deployment, word: str) -> bool:
    """Whether one of its sources was at this commit, which may be shortened to seven characters."""
    shortest = 7
    return len(word) >= shortest and any(one.url and one.revision.startswith(word) for one in deployment.revisions)


def _from_git(project: Project, environment: str, word: str) -> Catalog:
    """The documents at a revision of the environment's repositories: `REV` where there is one, `SOURCE=REV` where there are several."""
    specs = [spec for spec in project.environment(environment).document.spec.sources if spec.repo_url]
    name, equals, revision = word.partition("=")
    if equals:
        pins = {name: revision}
    elif len(specs) == 1:
        pins = {specs[0].name: word}
    else:
        said = f"it has {len(specs)} repositories" if specs else "its sources are directories, which have no revisions"
        raise PermanentError(
            f"{word} is no deployment of {environment}, and {said}",
            reason="UnknownDeployment",
            hint="write SOURCE=REVISION, or the number of a deployment",
        )
    pinned = replace(project, pins={**project.pins, **pins})
    return wiring.catalogs(pinned, [environment])[environment]
