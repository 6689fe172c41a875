"""The base of a change: an environment's files as they were at an earlier revision of its Git sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from transom.catalog import immutable, load
from transom.catalog.immutable import State
from transom.catalog.model import Entry
from transom.catalog.project import Project
from transom.errors import Problem, SourceError
from transom.source import opening, worktree
from transom.source.base import Source
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

    A directory on disk is taken at that revision of the repository that it lies in; a source that has no such revision as it is now, as
    long as another one has it.

    Raises:
        SourceError: no source has the revision.
    """
    sources: list[Source] = []
    failed: list[SourceError] = []
    for spec in environment.document.spec.sources:
        try:
            source = opening.source(_earlier(project, spec, revision), project.root, project.cache)
            source.snapshot()
            sources.append(source)
        except SourceError as error:
            failed.append(error)
            sources += _as_it_is(project, spec)
    if len(failed) == len(environment.document.spec.sources):
        raise failed[0]
    return load.state(environment, [source.snapshot() for source in sources], project.renderer())


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
