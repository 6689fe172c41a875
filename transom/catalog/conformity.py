"""Holds Kubernetes objects to the API of the clusters that they go to, and says each mistake at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from transom.apischema import definitions, packs
from transom.apischema.check import Library, check, library
from transom.apischema.findings import Finding
from transom.catalog.model import Entry, Identity
from transom.errors import Problem, Severity
from transom.rendering.render import Rendered
from transom.rendering.units import Room
from transom.specs.application import Application
from transom.specs.base import Document
from transom.specs.cluster import Cluster
from transom.specs.environment import Environment

ANNOTATION = "transom.dev/validation"
"""On an object: how it is checked, whatever the environment says."""
Mode = Literal["strict", "warn", "off"]
MODES: tuple[Mode, ...] = ("strict", "warn", "off")
_MOST = 50
"""Mistakes of one object that are told."""


def problems(
    environment: Entry[Environment],
    entries: Mapping[Identity, Entry[Document]],
    placements: Mapping[str, str],
    objects: Sequence[Rendered],
) -> Iterator[Problem]:
    """What is wrong with the objects by the API of their clusters.

    Args:
        environment: its `validation.manifests` says how strictly it is checked.
        entries: documents that are part of it, by identity.
        placements: the cluster of each application.
        objects: Kubernetes objects of its units.
    """
    mode = environment.document.spec.validation.manifests
    clusters = {entry.name: entry for entry in entries.values() if isinstance(entry.document, Cluster)}
    conformity = _Conformity(clusters, entries, placements, objects)
    if objects and mode != "off":
        yield from conformity.unversioned()
    for document in objects:
        yield from conformity.of(document, mode)


class _Conformity:
    def __init__(
        self,
        clusters: Mapping[str, Entry[Any]],
        entries: Mapping[Identity, Entry[Document]],
        placements: Mapping[str, str],
        objects: Sequence[Rendered],
    ) -> None:
        self.clusters = clusters
        self.objects = objects
        self.placed: dict[Path, str] = {}
        for entry in entries.values():
            if isinstance(entry.document, Application) and entry.unit is not None and entry.name in placements:
                self.placed.setdefault(entry.unit.folder, placements[entry.name])
        self._libraries: dict[str, Library] = {}

    @cached_property
    def own(self) -> tuple[Mapping[str, Any], ...]:
        """Definitions of custom resources in the repository."""
        return tuple(document.data for document in self.objects if definitions.is_definition(document.data))

    def unversioned(self) -> Iterator[Problem]:
        """Clusters that do not say their version of Kubernetes, or one whose schemas are not kept here."""
        known = packs.versions()
        for entry in self.clusters.values():
            version = _version(entry)
            if not version:
                message = f"says no version of Kubernetes: its objects are checked as if it were {known[0]}"
                hint = f'write existing: {{context: …, version: "{known[0]}"}} with its own'
                yield Problem(entry.at("spec", "existing"), "UnknownVersion", message, hint, Severity.WARNING)
            elif packs.minor(version) not in known:
                nearest = packs.nearest(version)
                message = f"the schemas of Kubernetes {packs.minor(version)} are not at hand: objects are checked by those of {nearest}"
                hint = f"what the two do not share is told as a warning; there are {', '.join(known)}"
                form = "existing" if entry.document.spec.existing else "eks"
                yield Problem(entry.at("spec", form, "version"), "UnknownVersion", message, hint, Severity.WARNING)

    def of(self, document: Rendered, mode: Mode) -> Iterator[Problem]:
        """What is wrong with one object, in each version that it goes to, once."""
        data = document.data
        own = _annotation(data)
        if own is not None and own not in MODES:
            where = document.trace.locate(data, ("metadata", "annotations", ANNOTATION))
            yield Problem(where, "InvalidValue", f'{ANNOTATION} "{own[:40]}" is not allowed', f"write one of {', '.join(MODES)}")
        elif own is not None:
            mode = own
        if mode == "off" or not _is_an_object(data):
            return
        told: set[tuple[object, ...]] = set()
        for one in self._of_unit(document):
            for finding in islice(_wanted(check(data, one), data), _MOST + 1):
                if len(told) >= _MOST:
                    where = document.trace.locate(data, ("kind",))
                    yield Problem(where, "TooLarge", f"{data['kind']} has more than {_MOST} mistakes", "mend those that are told first")
                    return
                if (finding.path, finding.reason) not in told:
                    told.add((finding.path, finding.reason))
                    yield _problem(finding, document, mode)

    def _of_unit(self, document: Rendered) -> Iterable[Library]:
        """The libraries of the clusters that an object may go to; of all when nobody can say."""
        unit = document.unit
        if unit.room is Room.CLUSTER and unit.name not in self.clusters:
            return ()  # of a cluster that is no part of the environment
        names = (
            [unit.name] if unit.room is Room.CLUSTER else [self.placed[unit.folder]] if unit.folder in self.placed else list(self.clusters)
        )
        versions = dict.fromkeys(_version(self.clusters[name]) for name in names if name in self.clusters)
        return [self._library(version) for version in versions or [""]]

    def _library(self, version: str) -> Library:
        if version not in self._libraries:
            self._libraries[version] = library(version, self.own)
        return self._libraries[version]


def _version(cluster: Entry[Any]) -> str:
    """What a cluster says of its version; empty when it says nothing."""
    spec = cluster.document.spec
    return (spec.existing or spec.eks).version or ""


def _annotation(data: Mapping[str, Any]) -> str | None:
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(ANNOTATION) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else None


def _is_an_object(data: Mapping[str, Any]) -> bool:
    """Whether it can be judged at all; what is missing otherwise is told with the object's identity."""
    kind = data.get("kind")
    if not (isinstance(data.get("apiVersion"), str) and data["apiVersion"] and isinstance(kind, str) and kind):
        return False
    return not (kind.endswith("List") and "items" in data)


def _wanted(findings: Iterable[Finding], data: Mapping[str, Any]) -> Iterator[Finding]:
    """Findings without those that linking tells: an object without a name."""
    metadata = data.get("metadata")
    nameless = not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str)
    for finding in findings:
        if not (nameless and finding.path in (("metadata",), ("metadata", "name"))):
            yield finding


def _problem(finding: Finding, document: Rendered, mode: Mode) -> Problem:
    where = document.trace.locate(document.data, finding.path, of_key=finding.of_key)
    severity = Severity.WARNING if finding.doubtful or mode == "warn" else Severity.ERROR
    return Problem(where, finding.reason, finding.message, finding.hint, severity)
