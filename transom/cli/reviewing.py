"""What a change would do to every environment: base and head are planned side by side, and told apart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from transom import drift, guards
from transom.catalog import base
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.catalog.touched import Touched, touched
from transom.changes import ChangeSet
from transom.cli import deploying, running, wiring
from transom.cli.output import progress
from transom.engine import Engine, fleet
from transom.errors import InvalidDocuments, Problem, TransomError
from transom.exitcodes import ExitCode
from transom.guards import Refusal
from transom.history.journal import Journal
from transom.review import comparison
from transom.review.pullrequest import EnvironmentReview, Mistake, PullRequestReview, Refused
from transom.source.revisions import COMMIT

PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", "transom", "policies", "requirements.lock")
"""What the project's own program is made of: a change of it may touch every resource, whatever the documents say."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked.

    Attributes:
        revision: what the change is held against.
        environments: names that were given; empty for all, those of the base included.
        everything: plan also what the change does not touch.
        refresh: look at the live state first.
        drift: look for drift, too.
        strict: warnings fail.
    """

    revision: str
    environments: tuple[str, ...] = ()
    everything: bool = False
    refresh: bool = False
    drift: bool = False
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The record, and how the command ends."""

    record: PullRequestReview
    exit_code: ExitCode


@dataclass(slots=True)
class _Ground:
    """What is known of one environment before anything is planned."""

    head: Catalog
    base: Catalog | None
    touched: Touched
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Plans:
    """What the engine said, by stack."""

    head: Mapping[str, fleet.Outcome]
    base: Mapping[str, fleet.Outcome]
    drift: Mapping[str, fleet.Outcome]


def review(project: Project, engine: Engine, wanted: Wanted, engine_in: Callable[[Path], Engine]) -> Reviewed:
    """Base and head of every environment that the change touches, told apart; what fails in one environment keeps no other back.

    Args:
        project: the change, as it lies in the checkout.
        engine: drives the project's program.
        wanted: what is asked.
        engine_in: makes an engine that drives the program in a folder: that of the base, where the program itself is changed.
    """
    names = wanted.environments or project.environments()
    loaded = wiring.loaded(project, names)
    errors = {name: str(error) for name, error in loaded.errors.items()}
    errors |= {name: "its documents are invalid" for name in names if name not in loaded.catalogs and name not in errors}
    program = base.differs(project, PROGRAM, wanted.revision)
    grounds: dict[str, _Ground] = {}
    for name, catalog in loaded.catalogs.items():
        try:
            grounds[name] = _ground(project, catalog, wanted, program=program)
        except TransomError as error:
            errors[name] = str(error)
    asked = {name: ground for name, ground in grounds.items() if ground.touched.stacks}
    kept = deploying.found(engine, project)
    with tempfile.TemporaryDirectory(prefix="transom-base-") as folder:
        before = engine
        if program:
            base.program(project, PROGRAM, wanted.revision, Path(folder))
            before = engine_in(Path(folder))
        plans, failed = _planned(engine, before, asked, kept, wanted)
    refusals = _refusals(asked, plans)
    reviews = [_of_environment(name, ground, plans, refusals, wanted) for name, ground in asked.items()]
    reviews += [EnvironmentReview(environment=name, error=error) for name, error in errors.items()]
    reviews += [_gone(name) for name in _gone_since(project, wanted, names)]
    record = PullRequestReview(
        base=_commit(ground.base for ground in grounds.values()) or wanted.revision,
        head=_commit(ground.head for ground in grounds.values()),
        environments=tuple(sorted(reviews, key=lambda one: one.environment)),
        untouched=tuple(sorted(grounds.keys() - asked.keys())),
        mistakes=tuple(_mistake(problem, where) for problem, where in sorted(loaded.problems.items())),
    )
    code = loaded.exit_code or (ExitCode.INVALID if wanted.strict and loaded.problems else failed)
    return Reviewed(record, code or (ExitCode.FAILED if errors else ExitCode.DONE))


def _ground(project: Project, head: Catalog, wanted: Wanted, *, program: bool) -> _Ground:
    notes = []
    try:
        before = base.catalog(project, head.name, wanted.revision)
        if before is None:
            notes.append("the environment is new: all of it is the change's")
    except InvalidDocuments as error:
        before = None
        notes.append(f"the base cannot be planned, so everything counts as the change's: {error.summary} in its documents")
    found = touched(before, head)
    if program and not wanted.everything:
        notes.append("the program itself is changed: every stack is planned, the base with the program as it was")
    if program or wanted.everything:
        found = replace(found, stacks=found.stacks | found.others, others=frozenset())
    return _Ground(head, before, found, notes)


# -- planning


def _planned(
    engine: Engine, earlier: Engine, asked: Mapping[str, _Ground], kept: Journal | None, wanted: Wanted
) -> tuple[_Plans, ExitCode]:
    """All plans, and the code of what failed; `earlier` plans the base."""
    heads = _members({name: ground.head for name, ground in asked.items()}, asked, refresh=wanted.refresh)
    bases = _members({name: ground.base for name, ground in asked.items() if ground.base is not None}, asked, refresh=wanted.refresh)
    there, impossible = wiring.create_possible(engine, heads)
    refused = {stack: fleet.Outcome(stack, error=error) for stack, error in impossible.items()}
    heads, bases = ({stack: one for stack, one in part.items() if stack not in refused} for part in (heads, bases))
    applied = {name: deploying.earlier(kept, name) for name in asked}
    with progress("planning", doing=False) as listen:
        half = max(1, running.at_once() // 2)
        tasks: list[Callable[[], fleet.Result]] = [
            partial(fleet.run, engine.plan, heads, at_once=half, listen=listen),
            partial(fleet.run, earlier.plan, bases, at_once=half, listen=listen),
        ]
        with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
            head, before = (future.result() for future in [pool.submit(task) for task in tasks])
    head = running.Places({name: one.head for name, one in asked.items()}, lambda name: asked[name].base or applied[name]).of(head)
    before = running.Places({name: one.base for name, one in asked.items() if one.base is not None}, applied.get).of(before)
    found = fleet.Result(())
    if wanted.drift or wanted.refresh:
        last = {name: applied[name] or one.base or one.head for name, one in asked.items()}
        looked = {stack: one for stack, one in _members(last, asked).items() if stack in there}
        with progress("looking", doing=False) as listen:
            found = running.Places(last).of(fleet.run(engine.drift, looked, at_once=running.at_once(), listen=listen))
    outcomes = fleet.Result((*head.outcomes, *refused.values(), *found.outcomes))
    plans = _Plans({one.stack: one for one in (*head.outcomes, *refused.values())}, *(_by_stack(result) for result in (before, found)))
    return plans, outcomes.exit_code


def _members(catalogs: Mapping[str, Catalog], asked: Mapping[str, _Ground], *, refresh: bool = False) -> dict[str, fleet.Member]:
    """A member for each stack that is touched: planning needs no order."""
    members = wiring.members(catalogs, ordered=False, refresh=refresh)
    return {stack: one for stack, one in members.items() if stack in asked[one.request.environment].touched.stacks}


def _by_stack(result: fleet.Result) -> dict[str, fleet.Outcome]:
    return {outcome.stack: outcome for outcome in result.outcomes}


def _refusals(asked: Mapping[str, _Ground], plans: _Plans) -> tuple[Refusal, ...]:
    """What guards refuse of an apply of the head, pending changes included: that is what would be refused."""
    catalogs = {name: ground.head for name, ground in asked.items()}
    return guards.judge(catalogs, [one.changes for one in plans.head.values() if one.changes is not None], datetime.now(UTC))


# -- telling


def _of_environment(name: str, ground: _Ground, plans: _Plans, refusals: Sequence[Refusal], wanted: Wanted) -> EnvironmentReview:
    change: list[ChangeSet] = []
    pending: list[ChangeSet] = []
    withdrawn: list[ChangeSet] = []
    found: list[ChangeSet] = []
    notes = list(ground.notes)
    errors: list[str] = []
    for stack in sorted(ground.touched.stacks):
        live = _changes(plans.drift.get(stack))
        if live is not None:
            found.append(_really(live))
        head, before = plans.head.get(stack), plans.base.get(stack)
        if head is None or head.changes is None:
            errors.append(_why(stack, head))
            continue
        was = _changes(before)
        if was is None:
            if before is not None:
                notes.append(f"the base cannot be planned, so everything counts as the change's: {_why(stack, before)}")
            change.append(comparison.without_drift(head.changes, live) if live and wanted.refresh else head.changes)
            continue
        if not was.succeeded:
            notes.append(f"the plan of the base failed in {stack}, so that what is pending may count as the change's")
        parts = comparison.separated(was, head.changes, ground.touched.documents)
        change.append(parts.change)
        pending.append(comparison.without_drift(parts.pending, live) if live and wanted.refresh else parts.pending)
        withdrawn += [parts.withdrawn] if not parts.withdrawn.empty else []
    return EnvironmentReview(
        environment=name,
        change=tuple(change),
        pending=tuple(one for one in pending if not one.empty or not one.succeeded),
        withdrawn=tuple(withdrawn),
        drift=tuple(one for one in found if not one.empty or not one.succeeded),
        looked_for_drift=wanted.drift or wanted.refresh,
        refusals=tuple(_refused(one) for one in refusals if one.environment == name),
        untouched=tuple(sorted(ground.touched.others)),
        notes=tuple(notes),
        error="\n".join(errors),
    )


def _changes(outcome: fleet.Outcome | None) -> ChangeSet | None:
    return outcome.changes if outcome is not None else None


def _why(stack: str, outcome: fleet.Outcome | None) -> str:
    return f"{stack}: {(outcome.error or outcome.skipped) if outcome is not None else 'was not planned'}"


def _really(found: ChangeSet) -> ChangeSet:
    """Drift without noise."""
    real = {finding.urn for finding in drift.report([found]).findings}
    kept = tuple(change for change in found.changes if change.urn in real)
    return found.model_copy(update={"changes": kept, "unchanged": found.unchanged + len(found.changes) - len(kept)})


def _refused(refusal: Refusal) -> Refused:
    where = refusal.where
    return Refused(
        rule=refusal.rule,
        message=refusal.message,
        hint=refusal.hint,
        document=refusal.document,
        path=where.path,
        line=where.line,
        column=where.column,
    )


def _mistake(problem: Problem, environments: tuple[str, ...]) -> Mistake:
    where = problem.where
    return Mistake(
        path=where.path,
        line=where.line,
        column=where.column,
        reason=problem.reason,
        message=problem.message,
        hint=problem.hint,
        severity="warning" if problem.is_warning else "error",
        environments=environments,
    )


def _gone_since(project: Project, wanted: Wanted, names: Sequence[str]) -> list[str]:
    """Environments that the base declares and the change does not."""
    return [] if wanted.environments else sorted(set(base.environments(project, wanted.revision)) - set(names))


def _gone(name: str) -> EnvironmentReview:
    note = f"the environment is declared no more; its stacks stay as they are until somebody runs pulumi destroy -s {name}"
    return EnvironmentReview(environment=name, notes=(note,))


def _commit(catalogs: Iterable[Catalog | None]) -> str:
    """The commit of the first source that has one."""
    found = (snapshot.revision for catalog in catalogs if catalog is not None for snapshot in catalog.snapshots)
    return next((revision for revision in found if COMMIT.fullmatch(revision)), "")
