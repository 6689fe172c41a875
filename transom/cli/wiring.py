"""The only place where the real things are built: the project on disk and the engine that drives Pulumi."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from transom.catalog import deployers, shards, stored, validate
from transom.catalog import project as projects
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.cli import running
from transom.engine import Engine, Request, fleet, kubeconfig
from transom.errors import InvalidDocuments, PermanentError, Problem, TransomError, mistakes
from transom.exitcodes import ExitCode
from transom.redaction import redact


def project(overrides: Mapping[str, Path] | None = None) -> Project:
    """The project of the working directory; `overrides` are folders that sources are read from instead, by source name."""
    return replace(Project.here(), overrides=overrides or {})


def engine(project: Project) -> Engine:
    """The real engine, driving the program in the project's folder."""
    from transom.engine.real import PulumiEngine

    if not (project.root / "Pulumi.yaml").is_file():
        here = Path.cwd()
        raise PermanentError(f"{here} has no Pulumi.yaml", reason="NoProject", hint="run transom in the folder that holds it")
    return PulumiEngine(project=project.root.resolve())


def engine_in(folder: Path) -> Engine:
    """The real engine, driving the program in another folder, with the packages that lie there before those that are installed."""
    from transom.engine.real import PulumiEngine

    return PulumiEngine(project=folder.resolve(), env={"PYTHONPATH": str(folder.resolve())})


def names(project: Project, given: Sequence[str]) -> tuple[str, ...]:
    """The environments that were asked for; all when none was named."""
    found = tuple(given) or project.environments()
    if not found:
        folder = project.environments_folder
        raise PermanentError(
            f"{folder} declares no environment", reason="NoEnvironment", hint=f"write {folder}/dev.yaml of kind Environment"
        )
    return found


def catalogs(project: Project, given: Sequence[str]) -> dict[str, Catalog]:
    """The catalogs of the environments that were asked for; warnings are not told.

    Raises:
        InvalidDocuments: with every mistake in any of them.
    """
    wanted = names(project, given)
    refuse_unknown_sources(project, wanted)
    found, problems = projects.catalogs(project, wanted)
    if mistakes(problems):
        raise InvalidDocuments(problems)
    return found


@dataclass(frozen=True, slots=True)
class Loaded:
    """The environments that were asked for, as far as they could be read.

    Attributes:
        catalogs: those that could.
        problems: mistakes and warnings, with the environments that each was found in.
        errors: why the sources of an environment could not be read.
    """

    catalogs: Mapping[str, Catalog]
    problems: Mapping[Problem, tuple[str, ...]]
    errors: Mapping[str, TransomError]

    @property
    def exit_code(self) -> ExitCode:
        """That of the gravest trouble; DONE when there is none."""
        if mistakes(self.problems):
            return ExitCode.INVALID
        return max((error.exit_code for error in self.errors.values()), default=ExitCode.DONE)


def loaded(project: Project, wanted: Sequence[str]) -> Loaded:
    """The catalogs of these environments; what is wrong with one of them keeps none of the others back."""
    refuse_unknown_sources(project, wanted)
    found: dict[str, Catalog] = {}
    told: dict[Problem, tuple[str, ...]] = {}
    errors: dict[str, TransomError] = {}
    try:
        found, problems = projects.catalogs(project, tuple(wanted))
    except TransomError:
        problems = ()
    if len(found) == len(wanted):
        return Loaded(found, {one: tuple(n for n, c in found.items() if one in c.warnings) or tuple(found) for one in problems}, {})
    for name in wanted:  # what was rendered is not rendered again
        try:
            mine, problems = projects.catalogs(project, (name,))
        except TransomError as error:
            errors[name] = error
            continue
        found |= mine
        for problem in problems:
            told[problem] = (*told.get(problem, ()), name)
    return Loaded(found, told, errors)


def refuse_unknown_sources(project: Project, environments: Sequence[str]) -> None:
    """A folder that was given for a source which none of the environments has is a slip of the pen.

    Raises:
        PermanentError: there is one.
    """
    if not project.overrides:
        return
    known: set[str] = set()
    for name in environments:
        with suppress(InvalidDocuments):  # told later, with everything else
            known |= {spec.name for spec in project.environment(name).document.spec.sources}
    for name in project.overrides:
        if name not in known:
            hint = validate.near(name, known)
            raise PermanentError(f"no environment that was asked for has a source {name}", reason="UnknownSource", hint=hint)


def checked(project: Project, given: Sequence[str], *, strict: bool) -> dict[str, Catalog]:
    """As `catalogs`, for verbs that lead to a change: warnings are told on standard error, and fail when `strict`."""
    found = catalogs(project, given)
    warnings = sorted({warning for catalog in found.values() for warning in catalog.warnings})
    if warnings and strict:
        raise InvalidDocuments(warnings)
    for warning in warnings:
        click.echo(redact(str(warning)), err=True)
    return found


def members(
    catalogs: Mapping[str, Catalog], *, ordered: bool = True, refresh: bool = False, message: str = "", lock_wait: float = 0.0
) -> dict[str, fleet.Member]:
    """One member per stack of each environment; `ordered` makes tenants wait for their foundation.

    The programs of all stacks are given these catalogs, so that they see what this command saw, and nothing is rendered twice.
    """
    folder = held(catalogs)
    tenants = _acting(catalogs, folder)
    out: dict[str, fleet.Member] = {}
    for catalog in catalogs.values():
        for shard in shards.cut(catalog):
            request = Request(
                stack=shard.stack,
                environment=catalog.name,
                refresh=refresh,
                message=message,
                lock_wait=lock_wait,
                parallel=catalog.environment.document.spec.parallel,
                policies=tuple(catalog.environment.document.spec.guards.policies),
                env={**projects.pins(catalog.snapshots), projects.CATALOGS: str(folder), projects.GUARDED: "yes", **tenants},
            )
            out[shard.stack] = fleet.Member(request, needs=shard.needs if ordered else ())
    return out


def _acting(catalogs: Mapping[str, Catalog], folder: Path) -> dict[str, str]:
    """The variable that lets the engine act as tenants, where any of them wants it; the file that it names goes with the command."""
    wanted = kubeconfigs(catalogs.values())
    if not wanted["contexts"]:
        return {}
    path = folder / "tenants.kubeconfig"
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(wanted, file)
    own = kubeconfig.files(os.environ, Path.home())
    return {kubeconfig.VARIABLE: os.pathsep.join(map(str, [path, *own]))}


def kubeconfigs(catalogs: Iterable[Catalog]) -> dict[str, Any]:
    """The kubeconfig with which tenants are acted as, on clusters that are reached by a context."""
    wanted = [
        (found.context, deployer.user)
        for catalog in catalogs
        for tenant in catalog.tenants.values()
        if (deployer := deployers.of(catalog, tenant))
        for cluster in catalog.clusters.values()
        if (found := cluster.document.spec.existing) and found.context
    ]
    return kubeconfig.written(wanted, kubeconfig.files(os.environ, Path.home()) if wanted else ())


def held(catalogs: Mapping[str, Catalog]) -> Path:
    """A folder with these catalogs stored in it, which is gone when the command ends."""
    folder = Path(click.get_current_context().with_resource(tempfile.TemporaryDirectory(prefix="transom-")))
    for name, catalog in catalogs.items():
        (folder / f"{name}.json").write_text(stored.dump(catalog), encoding="utf-8")
    return folder


def create_missing(engine: Engine, members: Mapping[str, fleet.Member]) -> frozenset[str]:
    """Creates the stacks that are not there yet, which touches nothing but the backend's list of stacks; gives those that were there."""
    there, failed = create_possible(engine, members)
    if failed:
        raise next(iter(failed.values()))
    return there


def create_possible(engine: Engine, members: Mapping[str, fleet.Member]) -> tuple[frozenset[str], dict[str, TransomError]]:
    """As `create_missing`; also why a stack could not be created, which keeps no other back."""
    requests = [member.request for member in members.values()]
    there = engine.stacks(requests[0]) if requests else frozenset()
    failed: dict[str, TransomError] = {}

    def create(request: Request) -> None:
        try:
            engine.create(request)
        except TransomError as error:
            failed[request.stack] = error

    with ThreadPoolExecutor(max_workers=running.at_once()) as pool:
        list(pool.map(create, (request for request in requests if request.stack not in there)))
    return there, failed


def tell_of_leftovers(there: frozenset[str], catalogs: Mapping[str, Catalog]) -> None:
    """Warns of stacks whose tenant left Git: nothing touches them, and nobody else would say that they are still there."""
    for stack in sorted(there):
        environment, tenant = shards.split(stack)
        if tenant and environment in catalogs and tenant not in catalogs[environment].tenants:
            told = f"no document asks for stack {stack} any more, and nothing in it was touched"
            click.echo(f"warning: {told}; to remove what it holds: pulumi destroy -s {stack}", err=True)
