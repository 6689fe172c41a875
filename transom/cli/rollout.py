"""`transom rollout`: how far an application's Rollouts are on their cluster, and the acts that move them on or take them back."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from typing import Any

import click

from transom.catalog.model import Catalog, Entry
from transom.catalog.validate import near
from transom.cli import clusters, wiring
from transom.cli.output import output_option, print_json
from transom.errors import PermanentError, TemporaryError
from transom.exitcodes import ExitCode
from transom.rollouts import acts, progress
from transom.rollouts.acts import Act
from transom.rollouts.cluster import Cluster
from transom.rollouts.progress import Phase, Progress
from transom.specs.application import Application
from transom.specs.scalars import Duration

_POLL = 1.0


@click.group("rollout")
def command() -> None:
    """See how far a canary or a blue-green rollout is, and move it on, hold it or take it back."""


one_option = click.option("--rollout", "only", help="Only the Rollout of this name, where the application has several.")


@command.command("status")
@click.argument("environment")
@click.argument("application")
@one_option
@click.option("-w", "--watch", is_flag=True, help="Print each change until it is healthy, paused without an end, or degraded.")
@click.option("--timeout", default="10m", show_default=True, help="How long to watch, e.g. 30m.")
@output_option("text", "json")
def status(  # noqa: PLR0913 - one parameter per option, as click has it
    *, environment: str, application: str, only: str | None, timeout: str, form: str, watch: bool
) -> int:
    """Show strategy, step, weight and pods of APPLICATION's Rollouts in ENVIRONMENT. Ends with 1 when one is degraded."""
    catalog = wiring.catalogs(wiring.project(), [environment])[environment]
    found = _watched(catalog, application, only, _seconds(timeout)) if watch else live(catalog, application, only)
    if form == "json":
        print_json([dataclasses.asdict(one) for one in found])
    else:
        click.echo("\n\n".join(map(_block, found)))
    return ExitCode.FAILED if any(one.phase is Phase.DEGRADED for one in found) else ExitCode.DONE


@command.command("promote")
@click.argument("environment")
@click.argument("application")
@one_option
@click.option("--full", is_flag=True, help="Leave out all further steps, pauses and measurements.")
def promote_command(environment: str, application: str, only: str | None, *, full: bool) -> None:
    """End the pause that APPLICATION's Rollout in ENVIRONMENT is in, so that it takes its next step."""
    promote(environment, application, only, full=full)


@command.command("abort")
@click.argument("environment")
@click.argument("application")
@one_option
def abort_command(environment: str, application: str, only: str | None) -> None:
    """Take APPLICATION's Rollout in ENVIRONMENT back to its stable version. It stays there until its documents change, or a retry."""
    perform(environment, application, only, Act.ABORT)


@command.command("pause")
@click.argument("environment")
@click.argument("application")
@one_option
def pause_command(environment: str, application: str, only: str | None) -> None:
    """Hold APPLICATION's Rollout in ENVIRONMENT where it is, until it is promoted."""
    perform(environment, application, only, Act.PAUSE)


@command.command("retry")
@click.argument("environment")
@click.argument("application")
@one_option
def retry_command(environment: str, application: str, only: str | None) -> None:
    """Begin anew with APPLICATION's Rollout in ENVIRONMENT that was aborted."""
    perform(environment, application, only, Act.RETRY)


def promote(environment: str, application: str, only: str | None = None, *, full: bool = False) -> None:
    """Ends the pause of an application's Rollouts, or with `full` all of their steps, and tells how far they are.

    Raises:
        PermanentError, TemporaryError: there is nothing to promote, no such application or Rollout, or its cluster does not answer.
    """
    perform(environment, application, only, Act.PROMOTE_FULL if full else Act.PROMOTE)


def perform(environment: str, application: str, only: str | None, act: Act) -> None:
    """Does one act to each Rollout of an application, all of which must allow it, and tells what was done; errors as `promote`."""
    catalog = wiring.catalogs(wiring.project(), [environment])[environment]
    cluster, found = _found(catalog, application, only)
    patches = [(one, acts.patch(one, act)) for one in found]
    for one, patch in patches:
        metadata = one["metadata"]
        place = (str(metadata["namespace"]), str(metadata["name"]))
        after = one
        if patch.status:
            after = cluster.patch(*place, patch.status, of_status=True)
        if patch.spec:
            after = cluster.patch(*place, patch.spec, of_status=False)
        click.echo(f"{'/'.join(place)}: {act} asked for; now {progress.of(after).line}")


def live(catalog: Catalog, application: str, only: str | None = None) -> list[Progress]:
    """How far an application's Rollouts are; errors as `promote`."""
    return [progress.of(one) for one in _found(catalog, application, only)[1]]


def _found(catalog: Catalog, application: str, only: str | None) -> tuple[Cluster, list[Mapping[str, Any]]]:
    """The application's cluster, and its Rollouts there."""
    entry = catalog.applications.get(application)
    if entry is None:
        hint = near(application, catalog.applications)
        raise PermanentError(f"environment {catalog.name} has no application {application}", reason="UnknownReference", hint=hint)
    wanted = _declared(catalog, entry)
    if not wanted:
        hint = "write rollout in its document, or a Rollout among its manifests"
        raise PermanentError(f"Application {application} has no Rollout", reason="UnknownRollout", hint=hint)
    if only is not None:
        if only not in {name for _, name in wanted}:
            hint = near(only, (name for _, name in wanted))
            raise PermanentError(f"Application {application} has no Rollout {only}", reason="UnknownRollout", hint=hint)
        wanted = {place for place in wanted if place[1] == only}
    placed = catalog.placements[application]
    cluster = Cluster(clusters.connect(catalog, placed))
    there = [one for space in sorted({space for space, _ in wanted}) for one in cluster.rollouts(space)]
    found = [one for one in there if (one["metadata"]["namespace"], one["metadata"]["name"]) in wanted]
    if len(found) < len(wanted):
        missing = sorted(wanted - {(one["metadata"]["namespace"], one["metadata"]["name"]) for one in found})
        said = ", ".join(map("/".join, missing))
        raise PermanentError(
            f"cluster {placed} has no Rollout {said}", reason="UnknownRollout", hint=f"apply it first: transom apply {catalog.name}"
        )
    return cluster, found


def _declared(catalog: Catalog, entry: Entry[Application]) -> set[tuple[str, str]]:
    manifests = catalog.manifests.get(entry.identity, ())
    return {(one.namespace, one.name) for one in manifests if (one.group, one.kind) == ("argoproj.io", "Rollout")}


def _watched(catalog: Catalog, application: str, only: str | None, seconds: float) -> list[Progress]:
    deadline, told = time.monotonic() + seconds, ""
    while True:
        found = live(catalog, application, only)
        lines = "\n".join(f"{one.namespace}/{one.name}: {one.line}" for one in found)
        if lines != told:
            click.echo(lines, err=True)
            told = lines
        if all(one.is_settled for one in found):
            return found
        if time.monotonic() > deadline:
            raise TemporaryError(f"{application} is still under way", reason="RunTimedOut", hint="watch longer: --timeout 30m")
        time.sleep(_POLL)


def _seconds(text: str) -> float:
    try:
        return float(Duration.check(text).seconds)  # type: ignore[attr-defined]  # a Duration, as its check makes one
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--timeout") from None


def _block(one: Progress) -> str:
    """As `kubectl argo rollouts get rollout` begins."""
    lines = [("Name", one.name), ("Namespace", one.namespace), ("Status", one.phase), ("Message", one.message), ("Strategy", one.strategy)]
    if one.step is not None:
        lines.append(("Step", f"{one.step}/{one.steps}"))
    if one.set_weight is not None:
        lines += [("SetWeight", str(one.set_weight)), ("ActualWeight", str(one.weight))]
    lines += [("Aborted", "yes" if one.aborted else "no")]
    lines += [("Desired", str(one.desired)), ("Updated", str(one.updated)), ("Available", str(one.available))]
    return "\n".join(f"{name + ':':<17}{value}" for name, value in lines if value)
