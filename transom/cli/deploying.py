"""The one way in which verbs change an environment.

What is about to happen is written down, it happens, and what came of it is written down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import click

from transom.catalog import digests, shards
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.changes import ChangeSet
from transom.cli import running
from transom.engine import Engine, fleet, locks
from transom.engine.seam import Listener, Progress, Request, Step, Told
from transom.errors import PermanentError
from transom.history import actor, held, opening
from transom.history.findings import Findings
from transom.history.journal import Journal
from transom.history.leases import Leases
from transom.history.records import Act, Actor, Deployment, Result, Revision, StackResult, stack_result
from transom.specs.guards import AllowSpec

T = TypeVar("T")

HISTORY = "TRANSOM_HISTORY"
"""Environment variable with the URL of the store that keeps the history; the engine's backend when it is not set."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a command means to do, as the history tells it.

    Attributes:
        act: the kind of deployment.
        message: why, in the words of whoever runs it.
        to: by environment, the number of the deployment that a rollback goes back to.
        only: applications that it is limited to; empty for all.
        returned: of a rollback, by environment, what the documents were read from that it takes back.
        cause: of a rollback that an apply makes by itself, the number of the deployment that failed.
    """

    act: Act = Act.APPLY
    message: str = ""
    to: Mapping[str, int] | None = None
    only: tuple[str, ...] = ()
    cause: int | None = None
    returned: Mapping[str, tuple[Revision, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deploying:
    """Who deploys: the history, the engine and what is meant; `after` is what is done besides, and is part of the same deployment."""

    kept: Journal
    engine: Engine
    intent: Intent
    after: Callable[[fleet.Result], fleet.Result] = lambda result: result


def journal(engine: Engine, project: Project) -> Journal:
    """The project's history, beside the states of its stacks.

    Raises:
        PermanentError: the backend keeps no history, and TRANSOM_HISTORY names no other place.
    """
    return Journal(opening.store(os.environ.get(HISTORY) or engine.backend()), project.name)


def found(engine: Engine, project: Project) -> Journal | None:
    """As `journal`, for verbs that do well without: None where there is none."""
    try:
        return journal(engine, project)
    except PermanentError:
        return None


def earlier(kept: Journal | None, environment: str) -> Catalog | None:
    """What was applied to an environment last; None where the history does not know, or cannot say any more."""
    if kept is None:
        return None
    with suppress(PermanentError):
        return _kept(kept, kept.last_applied(environment))
    return None


def _kept(kept: Journal, deployment: Deployment | None) -> Catalog | None:
    if deployment is not None:
        with suppress(PermanentError):
            return kept.catalog(deployment)
    return None


def places(kept: Journal | None, catalogs: Mapping[str, Catalog]) -> running.Places:
    """Where the documents of these catalogs stand, and where those stood that were applied last."""
    return running.Places(catalogs, partial(earlier, kept))


def findings(engine: Engine, project: Project) -> Findings:
    """The findings of drift, kept where the history is; errors as `journal`."""
    return Findings(opening.store(os.environ.get(HISTORY) or engine.backend()), project.name)


def refuse_held(kept: Journal, environments: Mapping[str, Catalog]) -> None:
    """Refuses new commits for an environment that was rolled back and not released since.

    Raises:
        GuardRefused: one of them is held.
    """
    for name in environments:
        held.refuse(kept, name)


def deploy(deploying: Deploying, catalogs: Mapping[str, Catalog], members: Mapping[str, fleet.Member], listen: Listener) -> fleet.Result:
    """Applies the members, with a record of each environment's part: running until it ended, cancelled when it was stopped."""
    kept, intent = deploying.kept, deploying.intent
    author = actor.here()
    before = {name: kept.last_applied(name) for name in catalogs}
    begun = time.monotonic()
    records = {
        name: kept.begin(
            catalog,
            {
                "act": intent.act,
                "actor": author,
                "revisions": revisions(catalog),
                "documents": dict(digests.documents(catalog, catalog.entries)),
                "message": intent.message,
                "to": (intent.to or {}).get(name),
                "only": intent.only,
                "returned": intent.returned.get(name, ()),
                "cause": intent.cause,
            },
        )
        for name, catalog in catalogs.items()
    }
    leased = Leased(deploying.engine, kept.leases(author), listen)
    try:
        allowed = {stack: _allowed(member, catalogs) for stack, member in members.items()}
        result = deploying.after(fleet.run(leased.apply, allowed, at_once=running.at_once(), listen=leased.hear))
    except BaseException:
        for record in records.values():
            kept.end(record.model_copy(update={"result": Result.CANCELLED, "duration": time.monotonic() - begun}))
        raise
    for name, record in records.items():
        mine = [outcome for outcome in result.outcomes if shards.split(outcome.stack)[0] == name]
        recovered = tuple(sentence for outcome in mine for sentence in leased.recovered.get(outcome.stack, ()))
        kept.end(_ended(record, mine, time.monotonic() - begun).model_copy(update={"recovered": recovered}))
        kept.bury(name, lambda one: leased.is_dead(one.actor, one.started))
    return running.Places(catalogs, lambda name: _kept(kept, before.get(name))).of(result)


class Leased:
    """An engine's `apply` and `recover` with the stack's lease in hand; `recovered` keeps, by stack, what was put in order."""

    def __init__(self, engine: Engine, leases: Leases, listen: Listener) -> None:
        self._engine, self._leases, self._listen = engine, leases, listen
        self._dead: set[tuple[str, datetime]] = set()
        self.recovered: dict[str, list[str]] = {}

    def hear(self, progress: Progress) -> None:
        """The listener that passes everything on."""
        if progress.step is Step.RECOVERED:
            self.recovered.setdefault(progress.stack, []).append(progress.message)
        self._listen(progress)

    def apply(self, request: Request, listen: Listener) -> ChangeSet:
        """See Engine."""
        return self._with_lease(request, listen, lambda leased: self._engine.apply(leased, listen))

    def recover(self, request: Request, told: Told, listen: Listener) -> tuple[str, ...]:
        """See Engine."""
        return self._with_lease(request, listen, lambda leased: self._engine.recover(leased, told, listen))

    def interrupt(self) -> None:
        """See Engine."""
        self._engine.interrupt()

    def is_dead(self, author: Actor, since: datetime) -> bool:
        """Whether this run is known to be dead: its lock was broken after it began, or it was a process of this machine and is no more."""
        return any(author.host == host and since <= last for host, last in self._dead) or (
            author.host == actor.here().host and locks.gone(author.pid, since)
        )

    def _with_lease(self, request: Request, listen: Listener, run: Callable[[Request], T]) -> T:
        def tell(step: Step) -> Callable[[str], None]:
            return lambda message: listen(Progress(stack=request.stack, step=step, message=message))

        def wait(message: str) -> None:
            tell(Step.WAITING)(f"waiting: {message}")

        begun = time.monotonic()
        with self._leases.held(request.stack, request.lock_wait, wait, tell(Step.RECOVERED)) as dead:
            left = max(0.0, request.lock_wait - (time.monotonic() - begun))
            self._dead |= {(one.host, one.since) for one in dead}
            return run(replace(request, lock_wait=left, dead=dead))


def _allowed(member: fleet.Member, catalogs: Mapping[str, Catalog]) -> fleet.Member:
    """Without policies where the environment lets something through that they refuse: the engine knows nothing of permissions.

    The plan was held to all of them.
    """
    catalog = catalogs.get(member.request.environment)
    today = datetime.now(UTC).date()
    if catalog and any(today <= one.until for one in _permissions(catalog) if one.rule == "PolicyViolation"):
        return replace(member, request=replace(member.request, policies=()))
    return member


def _permissions(catalog: Catalog) -> tuple[AllowSpec, ...]:
    return catalog.environment.document.spec.guards.allow


def revisions(catalog: Catalog) -> tuple[Revision, ...]:
    """The commits that a catalog was read at."""
    specs = {spec.name: spec for spec in catalog.environment.document.spec.sources}
    return tuple(
        Revision(source=snapshot.source, url=specs[snapshot.source].repo_url or "", revision=snapshot.revision)
        for snapshot in catalog.snapshots
        if snapshot.source in specs
    )


def _ended(record: Deployment, outcomes: list[fleet.Outcome], duration: float) -> Deployment:
    good = all(outcome.succeeded for outcome in outcomes)
    return record.model_copy(
        update={
            "result": Result.SUCCEEDED if good else Result.FAILED,
            "duration": round(duration, 2),
            "stacks": tuple(_stack(outcome) for outcome in outcomes),
            "changed": _changed([outcome.changes for outcome in outcomes if outcome.changes is not None]),
        }
    )


def _stack(outcome: fleet.Outcome) -> StackResult:
    if outcome.changes is not None:
        return stack_result(outcome.changes)
    return StackResult(stack=outcome.stack, succeeded=False, error=str(outcome.error) if outcome.error else outcome.skipped)


def _changed(changesets: list[ChangeSet]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for changes in changesets:
        for change in changes.changes:
            if change.document and not change.failed:
                counts[change.document] = counts.get(change.document, 0) + 1
    return dict(sorted(counts.items()))


def reference(word: str) -> tuple[str, int]:
    """Environment and number of `dev/12`.

    Raises:
        click.BadParameter: it is not of that form.
    """
    environment, slash, number = word.rpartition("/")
    if not slash or not environment or not number.isdecimal() or int(number) < 1:
        raise click.BadParameter(f"{word} is no deployment; write ENVIRONMENT/NUMBER, e.g. dev/12: transom history tells them")
    return environment, int(number)
