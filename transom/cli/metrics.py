"""`transom metrics`: how a team delivers, from the history and from Git."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from transom.catalog.project import Project
from transom.cli import deploying, wiring
from transom.cli.output import output_option, print_json, seconds, table
from transom.errors import PermanentError, TransomError
from transom.history.records import Act, Deployment, Result
from transom.metrics import export, measure, picture, words
from transom.metrics.measure import DEFINITIONS, SOURCE, Commits, Measures, Subject
from transom.source import commits, worktree
from transom.source.revisions import COMMIT


@click.command("metrics")
@click.argument("environments", nargs=-1)
@click.option("--app", "applications", multiple=True, help="Measure this application too. May be given several times.")
@click.option("--since", "looked_at", default="90d", show_default=True, help="How far to look back.")
@output_option("table", "json", "prometheus", "svg")
def command(environments: tuple[str, ...], applications: tuple[str, ...], looked_at: str, form: str) -> None:
    """Deployment frequency, lead time, failure rate and time to restore of ENVIRONMENTS, or of all, from the history."""
    project = wiring.project()
    kept = deploying.journal(wiring.engine(project), project)
    until = datetime.now(UTC)
    since = until - timedelta(seconds=seconds(looked_at, "--since"))
    found: list[Measures] = []
    for name in environments or kept.environments():
        if name not in kept.environments():
            raise PermanentError(f"{name} has no history", reason="UnknownDeployment", hint=f"transom apply {name}")
        past = list(kept.deployments(name))
        brought = _commits(project, name, past, since)
        subjects = [Subject(name), *(Subject(name, application) for application in applications)]
        found += [measure.measure(subject, past, brought, since, until) for subject in subjects]
    if form == "prometheus":
        click.echo(export.prometheus(found), nl=False)
    elif form == "svg":
        click.echo(picture.svg(found), nl=False)
    elif form == "json":
        print_json({"definitions": dict(DEFINITIONS), "source": SOURCE, "measures": [asdict(one) for one in found]})
    else:
        click.echo(_table(found))


def _table(found: Iterable[Measures]) -> str:
    rows = [
        (
            one.subject.environment,
            one.subject.application,
            str(one.deployments),
            str(one.failures),
            *words.span(one),
            str(one.unrestored or ""),
        )
        for one in found
    ]
    columns = ("ENVIRONMENT", "APPLICATION", "DEPLOYMENTS", "FAILED", *(word.upper() for word in words.WORDS), "UNRESTORED")
    said = "\n".join(f"{name}: {definition}" for name, definition in DEFINITIONS.items())
    return f"{table(columns, rows)}\n\n{said}\nafter {SOURCE}"


def _commits(project: Project, environment: str, past: list[Deployment], since: datetime) -> Commits:
    """When the commits were made that each deployment brought: those between the last that succeeded before it and its own.

    Of a repository that is not at hand nothing is known.
    """
    folders = _repositories(project, environment)
    found: dict[int, tuple[datetime, ...]] = {}
    before: dict[str, str] = {}
    for one in sorted(past, key=lambda deployment: deployment.number):
        if one.result is not Result.SUCCEEDED or one.act is not Act.APPLY:
            continue
        times: list[datetime] = []
        for revision in one.revisions:
            commit = revision.revision.partition("-")[0]
            if not COMMIT.fullmatch(commit):
                continue
            if one.ended >= since and before.get(revision.source) not in (None, commit):
                times += commits.times(folders.get(revision.source), before[revision.source], commit)
            before[revision.source] = commit
        if times:
            found[one.number] = tuple(times)
    return found


def _repositories(project: Project, environment: str) -> dict[str, Path]:
    """By source, a repository on this machine that has its commits; a clone in the cache for one with an address."""
    out: dict[str, Path] = {}
    try:
        specs = project.environment(environment).document.spec.sources
    except TransomError:
        return out
    for spec in specs:
        if spec.repo_url:
            if (folder := commits.clone_of(project.cache, spec.repo_url)) is not None:
                out[spec.name] = folder
            continue
        try:
            out[spec.name] = worktree.resolve((project.root / spec.path).resolve(), "HEAD", spec.name)[0]
        except TransomError:
            continue
    return out
