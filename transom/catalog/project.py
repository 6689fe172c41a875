"""A project on disk: where its environments are declared, where its caches lie, and how a catalog is opened from there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from transom import timings
from transom.catalog import load
from transom.catalog.model import Catalog, Entry
from transom.errors import InvalidDocuments, PermanentError, Problem
from transom.rendering.cache import Cache
from transom.rendering.render import Renderer
from transom.source.base import Snapshot
from transom.source.opening import source
from transom.specs.environment import Environment, SourceSpec

REVISIONS = "TRANSOM_REVISIONS"
"""Environment variable with a JSON object: source name to commit. A source named there is read at that commit, so that all stacks of one
run see the same documents whatever is pushed meanwhile."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `Pulumi.yaml` and `environments/`.

    Attributes:
        root: the folder.
        pins: commits that sources are held at, by source name.
    """

    root: Path
    pins: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> Project:
        """The project of the working directory, held at the commits of TRANSOM_REVISIONS."""
        try:
            commits = json.loads(environ.get(REVISIONS, "{}"))
        except ValueError:
            commits = None
        if not isinstance(commits, dict):
            raise PermanentError(f"{REVISIONS} is no JSON object", reason="InvalidPins", hint='unset it, or write {"SOURCE": "COMMIT"}')
        return cls(Path(), commits)

    @property
    def environments_folder(self) -> Path:
        """One Environment document per file."""
        return self.root / "environments"

    @property
    def cache(self) -> Path:
        """Clones, unpacked commits and rendered units; may be deleted at any time."""
        return (self.root / ".transom" / "cache").absolute()

    def environments(self) -> tuple[str, ...]:
        """Names of the declared environments, sorted."""
        return load.environments(self.environments_folder)

    def environment(self, name: str) -> Entry[Environment]:
        """The document of one environment; errors as `load.environment`."""
        return load.environment(self.environments_folder, name)

    def snapshots(self, environment: Entry[Environment]) -> tuple[Snapshot, ...]:
        """The environment's sources, resolved and at hand."""
        return tuple(source(self._pinned(spec), self.root, self.cache).snapshot() for spec in environment.document.spec.sources)

    def catalog(self, name: str) -> Catalog:
        """The catalog of one environment.

        Raises:
            InvalidDocuments: with every mistake found.
            SourceError, SourceUnreachable: a source cannot be read.
        """
        environment = self.environment(name)
        snapshots = self.snapshots(environment)
        timings.mark("resolved")
        catalog = load.load(environment, snapshots, Renderer(self._kustomize(), Cache(self.cache / "rendered")))
        timings.mark("loaded")
        return catalog

    def _kustomize(self) -> str:
        """The user's own Kustomize, else the one that was built for this project."""
        built = self.root / ".tools" / "bin" / "kustomize"
        return str(built) if shutil.which("kustomize") is None and built.is_file() else "kustomize"

    def _pinned(self, spec: SourceSpec) -> SourceSpec:
        commit = self.pins.get(spec.name)
        return spec.model_copy(update={"target_revision": commit}) if commit and spec.repo_url else spec


def catalogs(project: Project, names: tuple[str, ...]) -> tuple[dict[str, Catalog], tuple[Problem, ...]]:
    """The catalogs of several environments, and every mistake and warning in any of them once."""
    found: dict[str, Catalog] = {}
    problems: set[Problem] = set()
    for name in names:
        try:
            found[name] = project.catalog(name)
            problems |= set(found[name].warnings)
        except InvalidDocuments as error:
            problems |= set(error.problems)
    return found, tuple(sorted(problems))


def pins(snapshots: tuple[Snapshot, ...]) -> dict[str, str]:
    """TRANSOM_REVISIONS for a run that must see just these snapshots."""
    commits = {snapshot.source: snapshot.revision for snapshot in snapshots if snapshot.revision != "directory"}
    return {REVISIONS: json.dumps(commits, sort_keys=True)} if commits else {}
