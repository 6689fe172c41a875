"""The base of a change: an environment's files as they were at an earlier revision of its Git sources."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from transom.catalog import immutable, load
from transom.catalog.immutable import State
from transom.catalog.model import Catalog, Entry
from transom.catalog.project import Project
from transom.errors import Problem, SourceError
from transom.source import opening, worktree
from transom.source.base import Snapshot, Source
from transom.specs.environment import Environment
from transom.specs.source import SourceSpec


def changes(project: Project, environment: Entry[Environment], revision: str, today: date) -> tuple[Problem, ...]:
    """What changed in an environment since `revision` and cannot be changed; `today` decides what is released.

    Raises:
        SourceError, SourceUnreachable: no source has the revision, or they cannot be read.
    """
    after = load.state(environment, project.snapshots(environment), project.renderer())
    return tuple(immutable.problems(state(project, environment, revision), after, today))


def state(project: Project, environment: Entry[Environment], revision: str) -> State:
    """What the environment's sources asked for at `revision`; what was wrong with them then is passed over.

    Raises:
        SourceError: no source has the revision.
    """
    return load.state(environment, snapshots(project, environment, revision), project.renderer())


def catalog(project: Project, name: str, revision: str) -> Catalog | None:
    """The environment as it was at `revision`, its own document too where the project's repository has that revision; None before it was.

    Raises:
        InvalidDocuments: its documents were wrong then.
        SourceError, SourceUnreachable: no source has the revision, or they cannot be read.
    """
    found = environment(project, name, revision)
    return None if found is None else project.loaded(found, snapshots(project, found, revision))


def environments(project: Project, revision: str) -> tuple[str, ...]:
    """Names of the environments that the project declared at `revision`; those of today where its repository has no such revision."""
    folder = _declared(project, revision)
    return project.environments() if folder is _TODAY else load.environments(folder) if folder is not None else ()


def environment(project: Project, name: str, revision: str) -> Entry[Environment] | None:
    """The environment's own document at `revision`; as it is now where the project's repository has no such revision; None before it was.

    Raises:
        InvalidDocuments: it was wrong then.
    """
    folder = _declared(project, revision)
    if folder is _TODAY:
        return project.environment(name)
    if folder is None or name not in load.environments(folder):
        return None
    return load.environment(folder, name)


def differs(project: Project, paths: Sequence[str], revision: str) -> bool:
    """Whether files of the project itself, committed or not, are other than at `revision`; no where its repository has no such revision."""
    return worktree.differs(project.root.resolve(), [path for path in paths if (project.root / path).exists()], revision)


def snapshots(project: Project, environment: Entry[Environment], revision: str) -> tuple[Snapshot, ...]:
    """The environment's sources at `revision`.

    A directory on disk is taken at that revision of the repository that it lies in; a source that has no such revision as it is now, as
    long as another one has it.

    Raises:
        SourceError: no source has the revision.
    """
    found: list[Snapshot] = []
    failed: list[SourceError] = []
    for spec in environment.document.spec.sources:
        try:
            found.append(opening.source(_earlier(project, spec, revision), project.root, project.cache).snapshot())
        except SourceError as error:
            failed.append(error)
            found += [source.snapshot() for source in _as_it_is(project, spec)]
    if len(failed) == len(environment.document.spec.sources):
        raise failed[0]
    return tuple(found)


def program(project: Project, paths: Sequence[str], revision: str, into: Path) -> None:
    """Lays the project's own program out in `into` as it was at `revision`.

    Virtual environments, which no commit holds, and settings of stacks, which hold what secrets are encrypted with, are those of today.

    Raises:
        SourceError: the project lies outside of Git, or cannot be read at that revision.
    """
    root, commit = worktree.resolve(project.root.resolve(), revision, "program")
    path = project.root.resolve().relative_to(root).as_posix()
    spec = SourceSpec.model_validate({"name": "program", "repoURL": str(root), "targetRevision": commit, "path": path})
    then = opening.source(spec, project.root, project.cache).snapshot().root
    for name in paths:
        if (then / name).is_dir():
            shutil.copytree(then / name, into / name, symlinks=True)
        elif (then / name).is_file():
            shutil.copy(then / name, into / name)
    for linked in (Path(".venv"), Path("policies/.venv")):
        if (project.root / linked).exists() and (into / linked).parent.is_dir():
            (into / linked).symlink_to((project.root / linked).resolve())
    for settings in sorted((*project.root.glob("Pulumi.*.yaml"), *project.root.glob("stacks/Pulumi.*.yaml"))):
        if (target := into / settings.relative_to(project.root)).parent.is_dir():
            shutil.copy(settings, target)


_TODAY = Path()
"""Stands for the project's own folder of environments, where there is no earlier one."""


def _declared(project: Project, revision: str) -> Path | None:
    """The folder of environments at `revision`: _TODAY where the project's repository has no such revision, None where it had no folder."""
    folder = project.environments_folder.resolve()
    try:
        root, commit = worktree.resolve(folder, revision, "environments")
    except SourceError:
        return _TODAY
    path = folder.relative_to(root).as_posix()
    spec = SourceSpec.model_validate({"name": "environments", "repoURL": str(root), "targetRevision": commit, "path": path})
    try:
        return opening.source(spec, project.root, project.cache).snapshot().root
    except SourceError:
        return None


def _as_it_is(project: Project, spec: SourceSpec) -> Iterator[Source]:
    if folder := project.overrides.get(spec.name):
        yield opening.override(spec, Path(folder))
    else:
        yield opening.source(spec, project.root, project.cache)


def _earlier(project: Project, spec: SourceSpec, revision: str) -> SourceSpec:
    """The source at `revision`: of its own repository, or of the one that its directory lies in."""
    folder = project.overrides.get(spec.name)
    if spec.repo_url is not None and folder is None:
        return spec.model_copy(update={"target_revision": revision})
    on_disk = Path(folder, spec.path if spec.repo_url else "") if folder else project.root / spec.path
    root, commit = worktree.resolve(on_disk.resolve(), revision, spec.name)
    path = on_disk.resolve().relative_to(root).as_posix()
    return SourceSpec.model_validate({"name": spec.name, "repoURL": str(root), "targetRevision": commit, "path": path})
