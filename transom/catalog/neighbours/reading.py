"""Rendered documents told apart: which are a neighbour's, and what they say, held to the neighbour's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from transom.catalog import validate
from transom.catalog.neighbours import argo, flux, marks
from transom.catalog.neighbours.marks import Level
from transom.errors import Location, Problem, Severity
from transom.rendering import yamltext
from transom.rendering.render import Rendered

ARGO_GROUP = "argoproj.io"
FLUX_GROUP = "toolkit.fluxcd.io"

KINDS: Mapping[tuple[str, str], type[BaseModel]] = MappingProxyType(
    {
        (argo.VERSION, "Application"): argo.ArgoApplication,
        (argo.VERSION, "ApplicationSet"): argo.ArgoApplicationSet,
        (argo.VERSION, "AppProject"): argo.AppProject,
        (flux.KUSTOMIZATION, "Kustomization"): flux.FluxKustomization,
        (flux.GIT_REPOSITORY, "GitRepository"): flux.GitRepository,
    }
)
"""The kinds that are read, by version and kind."""

_VERSIONS: Mapping[tuple[str, str], str] = MappingProxyType({(version.partition("/")[0], kind): version for version, kind in KINDS})


def is_theirs(data: Mapping[str, Any]) -> bool:
    """Whether a document is of a neighbour's kind that is read here, in whatever version."""
    return (str(data.get("apiVersion", "")).partition("/")[0], str(data.get("kind", ""))) in _VERSIONS


def is_flux_itself(data: Mapping[str, Any]) -> bool:
    """Whether an object is part of Flux's own installation."""
    metadata = data.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return isinstance(labels, dict) and labels.get("app.kubernetes.io/part-of") == "flux"


def needs_flux(data: Mapping[str, Any]) -> bool:
    """Whether an object means something only to a controller of Flux."""
    return str(data.get("apiVersion", "")).partition("/")[0].endswith(FLUX_GROUP) and not is_theirs(data)


Key = tuple[str, str, str]
"""Kind, namespace and name: what makes it the same document."""


@dataclass(frozen=True, slots=True)
class Theirs:
    """A valid document of a neighbour, and where it comes from.

    Attributes:
        parent: the document that led to it.
        cluster: the cluster of the entry that it was reached from.
        ruled: fields of `sync` that the set it was made by has for it.
    """

    model: Any
    rendered: Rendered = field(repr=False)
    parent: Theirs | None = field(default=None, repr=False)
    cluster: str | None = None
    ruled: Mapping[str, bool] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> str:
        """E.g. `Kustomization`."""
        return str(self.model.kind)

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return str(self.model.metadata.name)

    @property
    def namespace(self) -> str:
        """Where the neighbour keeps it."""
        return str(self.model.metadata.namespace)

    @property
    def key(self) -> Key:
        """What makes it the same document: kind, namespace, name."""
        return self.kind, self.namespace, self.name

    def at(self, *path: str | int, of_key: bool = False) -> Location:
        """The line a person wrote for the value at `path`."""
        return self.rendered.trace.locate(self.rendered.data, tuple(path), of_key=of_key)


def key_of(data: Mapping[str, Any]) -> Key:
    """What a document seems to be, whether it is valid or not: kind, namespace, name."""
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    default = "argocd" if str(data.get("apiVersion")).startswith(ARGO_GROUP) else "flux-system"
    return str(data.get("kind")), str(metadata.get("namespace") or default), str(metadata.get("name"))


def read(rendered: Rendered, parent: Theirs | None, cluster: str | None) -> tuple[Theirs | None, tuple[Problem, ...]]:
    """The document, or what is wrong with it; and what it says that has no effect here."""
    data, trace = rendered.data, rendered.trace
    version, kind = str(data["apiVersion"]), str(data["kind"])
    model = KINDS.get((version, kind))
    if model is None:
        wanted = _VERSIONS[version.partition("/")[0], kind]
        message = f'apiVersion "{version}" of {kind} is not read'
        return None, (Problem(trace.locate(data, ("apiVersion",)), "UnknownVersion", message, f"write {wanted}"),)
    parsed, problems = validate.against(model, data, trace)
    if parsed is None:
        return None, problems
    if not parsed.metadata.name:  # type: ignore[attr-defined]  # every model here has metadata
        return None, (Problem(trace.locate(data, ("metadata",)), "MissingField", "metadata.name is missing", "give it a name"),)
    theirs = Theirs(parsed, rendered, parent, cluster)
    return theirs, tuple(_told(theirs, path, mark) for path, mark in marks.passed_over(parsed))


def _told(theirs: Theirs, path: tuple[str | int, ...], mark: marks.Mark) -> Problem:
    field_name = yamltext.dotted(path)
    where = theirs.at(*path, of_key=True)
    if mark.level is Level.ERROR:
        return Problem(where, "NotSupported", f"{field_name} is not supported", mark.text)
    return Problem(where, "PassedOver", f"{field_name} has no effect here", mark.text, Severity.WARNING)
