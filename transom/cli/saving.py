"""Plans that are written into a file, and held to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError

from transom.catalog.model import Catalog
from transom.changes import ChangeSet
from transom.cli import running
from transom.engine import Engine, fleet
from transom.engine.state import digest
from transom.errors import GuardRefused, PermanentError
from transom.review import saved
from transom.review.saved import SavedPlan


def states(engine: Engine, members: Mapping[str, fleet.Member]) -> dict[str, str]:
    """The digest of each stack's state. To be asked before planning: a run in between is then noticed."""
    with ThreadPoolExecutor(max_workers=running.at_once()) as pool:
        found = pool.map(lambda member: digest(engine.export(member.request)), members.values())
        return dict(zip(members, found, strict=True))


def made(
    project: str, catalogs: Mapping[str, Catalog], changes: Iterable[ChangeSet], found: Mapping[str, str], *, refresh: bool
) -> SavedPlan:
    """The plan as it would be saved now."""
    planned = tuple(changes)
    environments = tuple(saved.environment(catalog, planned, found) for _, catalog in sorted(catalogs.items()))
    return SavedPlan(project=project, made=datetime.now(UTC), refresh=refresh, environments=environments)


def write(plan: SavedPlan, file: Path) -> None:
    """Writes it, whole or not at all.

    Raises:
        PermanentError: the file cannot be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(plan.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise PermanentError(f"{file} cannot be written: {error.strerror}", reason="PlanUnreadable", hint="choose another file") from None


def read(file: Path, project: str) -> SavedPlan:
    """The plan in a file.

    Raises:
        PermanentError: it cannot be read, or is of another project or version.
    """
    again = "make it anew: transom plan --save"
    try:
        found = SavedPlan.model_validate_json(file.read_bytes())
    except OSError as error:
        raise PermanentError(f"the plan {file} cannot be read: {error.strerror}", reason="PlanUnreadable", hint=again) from None
    except ValidationError:
        raise PermanentError(f"{file} holds no plan that this Transom can read", reason="PlanUnreadable", hint=again) from None
    if found.project != project:
        raise PermanentError(f"{file} is a plan of project {found.project}, and this is {project}", reason="PlanUnreadable", hint=again)
    return found


@dataclass(slots=True)
class Held:
    """A run that is held to a plan, or to none.

    Attributes:
        environments: those of the plan, or that were named.
        refresh: whether to look at the live state first.
        plan: None when the run is held to none.
    """

    environments: tuple[str, ...]
    refresh: bool
    plan: SavedPlan | None = None
    file: Path | None = None
    _states: dict[str, str] = field(default_factory=dict)

    @classmethod
    def to(cls, file: Path | None, project: str, environments: tuple[str, ...], *, refresh: bool) -> Held:
        """What a command line asks for: environments, or a plan.

        Raises:
            UsageError: both, or neither.
            PermanentError: as `read`.
        """
        if bool(environments) is bool(file) or (file and refresh):
            raise click.UsageError("name environments, or a plan: it has its own, and says whether to refresh")
        if file is None:
            return cls(environments, refresh)
        plan = read(file, project)
        return cls(tuple(one.environment for one in plan.environments), plan.refresh, plan, file)

    def begin(self, engine: Engine, members: Mapping[str, fleet.Member]) -> None:
        """To be called before the plan is made again."""
        if self.plan:
            self._states = states(engine, members)

    def check(self, engine: Engine, members: Mapping[str, fleet.Member], catalogs: Mapping[str, Catalog], planned: fleet.Result) -> None:
        """Refuses to go on when anything is not as it was planned.

        Raises:
            GuardRefused: with everything that has moved.
        """
        if self.plan is None:
            return
        now = made(self.plan.project, catalogs, planned.changesets, self._states, refresh=self.refresh)
        present = {one.environment: one for one in now.environments}
        moves = [f"{one.environment}: {move}" for one in self.plan.environments for move in saved.moved(one, present[one.environment])]
        if not moves and states(engine, members) != self._states:
            moves = ["another run has changed a state just now"]
        if moves:
            told = "".join(f"\n  {move}" for move in moves)
            raise GuardRefused(
                f"the plan {self.file} of {self.plan.made:%Y-%m-%d %H:%M} UTC does not hold any more:{told}\n",
                reason="PlanMoved",
                hint=f"look at what would be done now, and save that: transom plan {' '.join(self.environments)} --save {self.file}",
            )
