"""`transom promote`: what an environment lacks of the one before it, and the branch that brings it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.catalog.validate import near
from transom.cli import deploying, rollout, seeing, wiring
from transom.cli.get import deployments
from transom.cli.output import output_option, print_json, seconds, table
from transom.engine import Engine
from transom.errors import GuardRefused, PermanentError
from transom.exitcodes import ExitCode
from transom.history import standing
from transom.history.standing import Standing
from transom.metrics import words as words_
from transom.promotion import edits, lacks
from transom.promotion.lacks import Image, Lack, Value
from transom.source import branches, worktree
from transom.source.branches import Branch, Changes, Files, Origin
from transom.status import report
from transom.status.health import Word


@click.command("promote")
@click.argument("applications", nargs=-1)
@click.option("--from", "origin", help="The environment that has it; the one of the target's promotion rules when left out.")
@click.option("--to", "target", help="The environment that lacks it.")
@click.option(
    "--healthy-for", "asked", help="How long it must have been there, unchanged and healthy; as the target's rules say otherwise."
)
@click.option("--branch", help="Write the change as this branch, from what the target's files are now. Nothing is pushed over.")
@click.option("--message", "-m", default="", help="Why; part of the commit's message.")
@click.option("--full", is_flag=True, help="Of a rollout: leave out all further steps, pauses and measurements.")
@output_option("text", "json")
def command(  # noqa: PLR0913 - one parameter per option, as click has it
    *,
    applications: tuple[str, ...],
    origin: str | None,
    target: str | None,
    asked: str | None,
    branch: str | None,
    message: str,
    full: bool,
    form: str,
) -> int:
    """Show what the environment --to lacks of --from: images, chart versions, revisions; all APPLICATIONS, or those named.

    Compares what --from runs with what the files of --to ask for. Writes nothing but the --branch.

    Without --from and --to it is `transom rollout promote ENVIRONMENT APPLICATION`: the pause of a rollout ends.
    """
    between = origin or target or asked or branch or message or form != "text"
    if not between and len(applications) == 2:  # noqa: PLR2004 - an environment and an application
        rollout.promote(*applications, full=full)
        return ExitCode.DONE
    if target is None or full:
        raise click.UsageError(
            "say the environment that lacks something: transom promote --from staging --to production [APP…]; "
            "or whose pause ends: transom promote ENVIRONMENT APPLICATION [--full]"
        )
    project = wiring.project()
    here = wiring.catalogs(project, [target])[target]
    rules = here.environment.document.spec.promotion
    origin = _allowed(origin or rules.from_, rules.from_, here)
    engine = wiring.engine(project)
    kept = deploying.journal(engine, project)
    last = kept.last_applied(origin)
    if last is None:
        raise PermanentError(f"nothing was applied to {origin} yet", reason="UnknownDeployment", hint=f"transom apply {origin}")
    there = kept.catalog(last)
    for name in applications:
        if name not in there.applications:
            raise PermanentError(f"{origin} runs no application {name}", reason="UnknownReference", hint=near(name, there.applications))
    commits = {one.source: one.revision for one in last.revisions if one.url}
    found = lacks.between(there, here, only=applications, revisions=commits)
    words = _words(engine, there)
    past = list(kept.deployments(origin))
    standings = {identity: standing.of(identity, past) for identity in words}
    _show(found, standings, words, form, f"{target} lacks nothing that {origin} runs")
    moving = [one for one in found if one.edit is not None]
    unproven = _unproven(moving, standings, words, seconds(asked, "--healthy-for") if asked else rules.healthy_for.seconds)
    if unproven:
        raise GuardRefused(
            f"{'; '.join(unproven)}: nothing is promoted",
            reason="NotProvenYet",
            hint=f"asked for: healthy for {asked or rules.healthy_for}",
        )
    if branch is None or not moving:
        return ExitCode.DONE
    for made in _branches(project, here, moving, branch, _message(moving, origin, target, message)):
        click.echo(f"branch {made.name} in {made.url}, commit {made.commit[:7]}: {', '.join(made.files)}", err=True)
    return ExitCode.DONE


def _words(engine: Engine, there: Catalog) -> dict[str, Word]:
    """The health of each document as it is now; as of the last apply where a cluster does not answer.

    The state alone would not do: it keeps how an object was when the engine last wrote it, which may be before its pods were ready.
    """
    states = deployments(engine, there)
    live = {urn: one for urn, one in seeing.healths(engine, there, states, set()).items() if one.word is not Word.UNKNOWN}
    return {one.identity: one.health.word for one in report.report(there, states, live).documents}


def _allowed(origin: str | None, first: str | None, here: Catalog) -> str:
    """The environment that is promoted from, where the target's rules allow it."""
    if origin is None:
        raise click.UsageError(f"say where from: --from ENVIRONMENT, or promotion.from in the document of {here.name}")
    if first is not None and origin != first:
        at = here.environment.at("spec", "promotion", "from")
        raise GuardRefused(
            f"{here.name} takes what {first} has proven, and nothing from {origin}",
            subject=str(at),
            reason="PromotionOrder",
            hint=f"promote to {first} first, or change promotion.from there",
        )
    if origin == here.name:
        raise click.UsageError(f"{origin} cannot be promoted to itself")
    return origin


def _unproven(moving: Iterable[Lack], standing: Mapping[str, Standing], words: Mapping[str, Word], asked: float) -> list[str]:
    """Why documents may not come along yet, one sentence each. A revision moves everything, so everything must be healthy."""
    now = datetime.now(UTC)
    documents = {one.document for one in moving}
    if "" in documents:
        documents = {*documents, *words} - {""}
    told = []
    for identity in sorted(documents):
        health = words.get(identity, Word.UNKNOWN)
        quiet = standing[identity].quiet if identity in standing else None
        if health is not Word.HEALTHY:
            told.append(f"{identity} is {health}")
        elif asked and (quiet is None or now - quiet < timedelta(seconds=asked)):
            span = "no time" if quiet is None else words_.seconds((now - quiet).total_seconds())
            told.append(f"{identity} has been there {span} without a failed deployment")
    return told


def _show(found: tuple[Lack, ...], standing: Mapping[str, Standing], words: Mapping[str, Word], form: str, nothing: str) -> None:
    now = datetime.now(UTC)
    since = {identity: one.since for identity, one in standing.items()}
    if form == "json":
        rows = [
            {**asdict(one), "since": since.get(one.document), "health": words.get(one.document, ""), "promotable": one.edit is not None}
            for one in found
        ]
        print_json(rows)
        return
    if not found:
        click.echo(nothing)
        return
    rows_ = []
    for one in found:
        began = since.get(one.document)
        place = f"{one.edit.path}" if one.edit is not None else f"by hand: {one.why}"
        there = words_.seconds((now - began).total_seconds()) if began is not None else ""
        rows_.append((one.document, one.what, one.name, one.has, one.gets, there, words.get(one.document, ""), place))
    click.echo(table(("DOCUMENT", "WHAT", "NAME", "HAS", "GETS", "AGE", "HEALTH", "WHERE"), rows_))


def _message(moving: Iterable[Lack], origin: str, target: str, why: str) -> str:
    lines = [f"- {one.document or 'source'} {one.what} {one.name}: {one.has or 'nothing'} -> {one.gets}" for one in moving]
    head = f"Promote {origin} to {target}"
    return "\n\n".join([head, *([why] if why else []), "\n".join(lines)]) + "\n"


def _branches(project: Project, here: Catalog, moving: Iterable[Lack], name: str, message: str) -> list[Branch]:
    """One branch in each repository that has something to change; the sources' first, the project's own last."""
    wanted: dict[str, list[Image | Value]] = {}
    for one in moving:
        if one.edit is not None:
            wanted.setdefault(one.edit.source, []).append(one.edit)
    made = []
    joined: dict[tuple[str, str], list[tuple[str, Image | Value]]] = {}
    origins: dict[tuple[str, str], Origin] = {}
    for source, changes in sorted(wanted.items(), reverse=True):
        origin = origin_of(project, here, source)
        origins.setdefault((origin.url, origin.base), origin)
        joined.setdefault((origin.url, origin.base), []).extend((f"{origin.below}{one.path}", one) for one in changes)
    for key, edited in joined.items():
        branch = branches.write(origins[key], name, lambda files, edited=edited: (message, _edited(files, edited)))  # type: ignore[misc]  # bound now
        if branch is not None:
            made.append(branch)
    return made


def _edited(files: Files, wanted: Iterable[tuple[str, Image | Value]]) -> Changes:
    texts: dict[str, str] = {}
    for path, edit in wanted:
        if path not in texts:
            content = files.read(path)
            if content is None:
                raise PermanentError(f"{path} is in no commit yet", reason="BranchRefused", hint="commit it first")
            texts[path] = content.decode()
        try:
            texts[path] = edits.image(texts[path], edit) if isinstance(edit, Image) else edits.value(texts[path], edit)
        except edits.NotUnderstood as error:
            raise PermanentError(str(error), reason="BranchRefused") from None
    return {path: text.encode() for path, text in texts.items()}


def origin_of(project: Project, here: Catalog, source: str) -> Origin:
    """The repository that a source's files are changed in; that of the project itself for an empty name."""
    spec = next((one for one in here.environment.document.spec.sources if one.name == source), None)
    if spec is not None and spec.repo_url:
        below = "" if spec.path in (".", "") else f"{spec.path.strip('/')}/"
        return Origin(source, spec.repo_url, spec.target_revision or "HEAD", below)
    folder = (project.root if spec is None else project.root / spec.path).resolve()
    root, _ = worktree.resolve(folder, "HEAD", source or "project")
    below = folder.relative_to(root).as_posix()
    return Origin(source or "project", str(root), "HEAD", "" if below == "." else f"{below}/")
