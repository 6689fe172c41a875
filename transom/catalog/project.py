"""A project on disk: where its environments are declared, where its caches lie, and how a catalog is opened from there."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from transom import timings
from transom.catalog import load
from transom.catalog import stored as storage
from transom.catalog.model import Catalog, Entry
from transom.errors import (
    InvalidDocuments,
    Location,
    PermanentError,
    Problem,
    SourceError,
    SourcesFailed,
    SourceUnreachable,
    TransomError,
    mistakes,
)
from transom.rendering import units
from transom.rendering.render import Renderer
from transom.rendering.store import Store
from transom.source import opening, signatures, standing
from transom.source.base import Snapshot, Source
from transom.source.revisions import COMMIT
from transom.source.standing import Standing
from transom.specs.environment import Environment
from transom.specs.source import SourceSpec

REVISIONS = "TRANSOM_REVISIONS"
"""Environment variable with a JSON object: source name to commit. A source named there is read at that commit, so that all stacks of one
run see the same documents whatever is pushed meanwhile."""

CACHE = "TRANSOM_CACHE"
"""Environment variable: folder of the cache, for projects that share one."""

CATALOGS = "TRANSOM_CATALOGS"
"""Environment variable with a folder of stored catalogs, `ENVIRONMENT.json` each. An environment that has one there is taken from it and
not from its sources: all stacks of a run see just what was planned, and what was applied once can be applied again without Git."""


GUARDED = "TRANSOM_GUARDED"
"""Environment variable: set in the program's environment by a command that has asked the guards itself."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with `Pulumi.yaml` and `environments/`.

    Attributes:
        root: the folder.
        pins: commits that sources are held at, by source name.
        overrides: folders that sources are read from instead, by source name: to try a change out, never to apply it.
        stored: folder of stored catalogs that go before the sources.
    """

    root: Path
    pins: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Path] = field(default_factory=dict)
    stored: Path | None = None

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> Project:
        """The project of the working directory, held at the commits of TRANSOM_REVISIONS."""
        stored = environ.get(CATALOGS)
        return cls(Path(), _names(environ, REVISIONS, '{"SOURCE": "COMMIT"}'), stored=Path(stored) if stored else None)

    @property
    def name(self) -> str:
        """The Pulumi project's name; the folder's where there is no project yet."""
        import yaml

        file = self.root / "Pulumi.yaml"
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
        return str(settings["name"]) if isinstance(settings, dict) and "name" in settings else self.root.absolute().name

    @property
    def environments_folder(self) -> Path:
        """One Environment document per file."""
        return self.root / "environments"

    @property
    def cache(self) -> Path:
        """Clones, unpacked commits and rendered units; may be deleted at any time."""
        return Path(os.environ.get(CACHE) or self.root / ".transom" / "cache").absolute()

    def environments(self) -> tuple[str, ...]:
        """Names of the declared environments, sorted."""
        return load.environments(self.environments_folder)

    def environment(self, name: str) -> Entry[Environment]:
        """The document of one environment; errors as `load.environment`."""
        return load.environment(self.environments_folder, name)

    def sources(self, environment: Entry[Environment]) -> tuple[Source, ...]:
        """The environment's sources, in its order.

        Raises:
            SourceError: what one of them names in the project cannot be read.
        """
        specs = environment.document.spec.sources
        return tuple(self._source(environment, index, spec) for index, spec in enumerate(specs))

    def snapshots(self, environment: Entry[Environment]) -> tuple[Snapshot, ...]:
        """The environment's sources, resolved and at hand.

        Raises:
            SourceError, SourceUnreachable: a source cannot be read.
            SourcesFailed: several cannot.
        """
        sources = self.sources(environment)
        return _whole(environment, sources, opening.together(sources))

    def catalog(self, name: str) -> Catalog:
        """The catalog of one environment.

        Raises:
            InvalidDocuments: with every mistake found.
            SourceError, SourceUnreachable, SourcesFailed: sources cannot be read.
        """
        if self.stored is not None and (kept := self.stored / f"{name}.json").is_file():
            catalog = storage.load(kept.read_bytes())
            timings.mark("loaded")
            return catalog
        environment = self.environment(name)
        return self.loaded(environment, self.snapshots(environment))

    def standings(self, catalog: Catalog) -> tuple[Standing, ...]:
        """How the commits stand that a catalog was read at, where its environment asks that they be reviewed; empty where it does not.

        Raises:
            SourceError, SourceUnreachable: a source's branches cannot be read.
        """
        reviewed = catalog.environment.document.spec.guards.reviewed
        if reviewed is None:
            return ()
        verify = reviewed.verify
        signers = (
            signatures.read(verify.allowed_signers or "", verify.gpg_keys or "", self.root, "guards.reviewed.verify") if verify else None
        )
        revisions = {snapshot.source: snapshot.revision for snapshot in catalog.snapshots}
        sources = zip(catalog.environment.document.spec.sources, self.sources(catalog.environment), strict=True)
        return tuple(standing.of(source, spec.name, revisions.get(spec.name, ""), reviewed.branch, signers) for spec, source in sources)

    def loaded(self, environment: Entry[Environment], snapshots: tuple[Snapshot, ...]) -> Catalog:
        """The catalog of an environment whose sources are at hand; errors as `load.load`."""
        timings.mark("resolved")
        allow = frozenset(environment.document.spec.allow)
        catalog = load.load(environment, snapshots, replace(self.renderer(), allow=allow))
        timings.mark("loaded")
        return catalog

    def renderer(self) -> Renderer:
        """What renders the project's units, and remembers them in its cache."""
        kustomize = self._program("kustomize") or "kustomize"
        helm, templates = (self._program(name) or name for name in ("helm", "transom-templates"))
        return Renderer(kustomize, Store(self.cache / "rendered"), self._program("kustomize-batch"), helm=helm, templates=templates)

    def _program(self, name: str) -> str | None:
        """The user's own program, else the one that was built for this project; None where there is neither."""
        built = self.root / ".tools" / "bin" / name
        return shutil.which(name) or (str(built.absolute()) if built.is_file() else None)

    def _source(self, environment: Entry[Environment], index: int, spec: SourceSpec) -> Source:
        if folder := self.overrides.get(spec.name):
            return opening.override(spec, folder)
        repositories = sum(1 for one in environment.document.spec.sources if one.repo_url)
        label = f"{spec.name}:" if repositories > 1 else ""  # several may have a file of the same path
        try:
            return opening.source(self._pinned(spec), self.root, self.cache, label=label)
        except TransomError as error:
            raise _told_at(error, environment, index) from None

    def _pinned(self, spec: SourceSpec) -> SourceSpec:
        commit = self.pins.get(spec.name)
        return spec.model_copy(update={"target_revision": commit}) if commit and spec.repo_url else spec


@dataclass(frozen=True, slots=True)
class Tests:
    """What the tests of composite definitions found; a file that several environments read counts once."""

    count: int = 0
    problems: tuple[Problem, ...] = ()


def tests(project: Project, names: tuple[str, ...]) -> Tests:
    """Runs the tests of composite definitions in the sources of these environments; sources that cannot be read are told elsewhere."""
    seen: set[Path] = set()
    count = 0
    problems: set[Problem] = set()
    for name in names:
        try:
            found = project.environment(name)
            snapshots = project.snapshots(found)
        except TransomError:
            continue
        if not any(units.tests_of(unit.folder) for snapshot in snapshots for unit in units.compositions(snapshot, name)):
            continue
        from transom.catalog.composites import trials

        report = trials.run(name, snapshots, project.renderer())
        count += sum(number for file, number in report.counts.items() if file not in seen)
        seen |= set(report.counts)
        problems |= set(report.problems)
    return Tests(count, tuple(sorted(problems)))


def catalogs(project: Project, names: tuple[str, ...]) -> tuple[dict[str, Catalog], tuple[Problem, ...]]:
    """The catalogs of several environments, and every mistake and warning in any of them once.

    Each source is read once for all of them.

    Raises:
        SourceError, SourceUnreachable, SourcesFailed: sources cannot be read, and there is no mistake beside that. Otherwise they are told
            as problems of the environments' documents.
    """
    problems: set[Problem] = set()
    sources: dict[str, tuple[Entry[Environment], tuple[Source, ...]]] = {}
    failed: list[TransomError] = []
    for name in names:
        try:
            environment = project.environment(name)
            sources[name] = environment, project.sources(environment)
        except InvalidDocuments as error:
            problems |= set(error.problems)
        except SourceError as error:
            failed.append(error)
    opened = opening.together(source for _, wanted in sources.values() for source in wanted)
    found: dict[str, Catalog] = {}
    for name, (environment, wanted) in sources.items():
        try:
            found[name] = project.loaded(environment, _whole(environment, wanted, opened))
            problems |= set(found[name].warnings)
        except InvalidDocuments as error:
            problems |= set(error.problems)
        except SourcesFailed as several:
            failed += several.errors
        except (SourceError, SourceUnreachable) as error:
            failed.append(error)
    if failed and not mistakes(problems):
        raise failed[0] if len(failed) == 1 else SourcesFailed(failed)
    problems |= {_problem(error) for error in failed}
    return found, tuple(sorted(problems))


def _whole(
    environment: Entry[Environment], sources: tuple[Source, ...], opened: Mapping[Source, Snapshot | TransomError]
) -> tuple[Snapshot, ...]:
    """The sources' files, when all of them could be read; which line of the environment is to blame when not."""
    snapshots: list[Snapshot] = []
    failed: list[TransomError] = []
    for index, source in enumerate(sources):
        match opened[source]:
            case TransomError() as error:
                failed.append(_told_at(error, environment, index))
            case Snapshot() as snapshot:
                snapshots.append(snapshot)
    if failed:
        raise failed[0] if len(failed) == 1 else SourcesFailed(failed)
    return tuple(snapshots)


def _told_at(error: TransomError, environment: Entry[Environment], index: int) -> TransomError:
    """The same error, at the line of the environment that names the source."""
    spec = environment.document.spec.sources[index]
    where = environment.at("spec", "sources", index, "repoURL" if spec.repo_url else "path")
    told = copy.copy(error)  # another environment may name the same source
    told.subject, told.where = str(where), where
    return told


def _problem(error: TransomError) -> Problem:
    return Problem(error.where or Location("environments"), error.reason, error.message, error.hint)


def _names(environ: Mapping[str, str], variable: str, shape: str) -> dict[str, str]:
    """A variable that holds a JSON object of texts."""
    try:
        found = json.loads(environ.get(variable) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise PermanentError(f"{variable} is no JSON object", reason="InvalidPins", hint=f"unset it, or write {shape}")
    return found


def pins(snapshots: tuple[Snapshot, ...]) -> dict[str, str]:
    """TRANSOM_REVISIONS for a run that must see just these snapshots."""
    commits = {snapshot.source: snapshot.revision for snapshot in snapshots if COMMIT.fullmatch(snapshot.revision)}
    return {REVISIONS: json.dumps(commits, sort_keys=True)} if commits else {}
