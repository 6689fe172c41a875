"""Applications with a chart: what it comes to belongs to the application, beside what lies in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from transom.catalog.validate import near
from transom.errors import Problem, mistakes
from transom.rendering.helm.release import Release
from transom.rendering.render import Rendered, Rendering
from transom.specs.base import API_VERSION
from transom.specs.helm import HelmSpec

if TYPE_CHECKING:
    from transom.catalog.stages import Ground

KUBERNETES = "1.36.0"
"""What templates are told where neither the application nor the cluster says a version."""


def stage(ground: Ground, rendering: Rendering) -> Rendering:
    """Renders the charts of all applications; objects come behind the documents, in the order of the applications.

    Values files that lie among the manifests of a folder are no documents.
    """
    asked: list[tuple[Rendered, Release]] = []
    problems: list[Problem] = []
    for document in rendering.documents:
        spec = _helm(document)
        if spec is None:
            continue
        release = _release(ground, rendering, document, spec)
        if isinstance(release, Problem):
            problems.append(release)
        else:
            asked.append((document, release))
    if not asked and not problems:
        return rendering
    outcomes = ground.renderer.charts().render([release for _, release in asked])
    more = [
        Rendered(data, trace, document.unit) for (document, _), one in zip(asked, outcomes, strict=True) for data, trace in one.documents
    ]
    told = [problem for one in outcomes for problem in one.problems]
    named = {file.resolve() for release in (release for _, release in asked) for file in release.named_files()}
    documents = [one for one in rendering.documents if one.trace.origin not in named]
    failed = [document.unit for (document, _), one in zip(asked, outcomes, strict=True) if mistakes(one.problems)]
    return Rendering((*documents, *more), (*rendering.problems, *problems, *told), (*rendering.failed, *failed))


def _helm(document: Rendered) -> HelmSpec | None:
    """The `spec.helm` of an Application; None where there is none, or where the model will say what is wrong with it."""
    data = document.data
    spec = data.get("spec")
    if data.get("kind") != "Application" or data.get("apiVersion") != API_VERSION or not isinstance(spec, dict):
        return None
    try:
        return HelmSpec.model_validate(spec["helm"]) if spec.get("helm") is not None else None
    except ValidationError:
        return None


def _release(ground: Ground, rendering: Rendering, document: Rendered, spec: HelmSpec) -> Release | Problem:
    data: Any = document.data
    names = {one.source: one for one in ground.snapshots}
    if spec.source is not None and spec.source not in names:
        where = document.trace.locate(data, ("spec", "helm", "source"))
        return Problem(where, "UnknownReference", f'the environment has no source "{spec.source}"', near(spec.source, names))
    destination = data["spec"].get("destination")
    wanted = destination if isinstance(destination, dict) else {}
    return Release(
        spec=spec,
        data=data,
        trace=document.trace,
        snapshot=names[spec.source] if spec.source else document.trace.snapshot,
        name=spec.release_name or str(data.get("metadata", {}).get("name", "")),
        namespace=spec.release_namespace or str(wanted.get("namespace") or "default"),
        kube_version=_whole(spec.kube_version or _kubernetes(rendering, wanted.get("cluster"))),
    )


def _whole(version: str) -> str:
    """A Kubernetes version with all its parts: some charts compare them."""
    return version if version.count(".") > 1 else f"{version}.0"


def _kubernetes(rendering: Rendering, cluster: object) -> str:
    """The version of the cluster that an application goes to, where it says one; else of the only one that says one."""
    said: dict[str, str] = {}
    for document in rendering.documents:
        if document.data.get("kind") == "Cluster" and document.data.get("apiVersion") == API_VERSION:
            spec = document.data.get("spec")
            eks = spec.get("eks") if isinstance(spec, dict) else None
            metadata = document.data.get("metadata")
            if isinstance(eks, dict) and eks.get("version") and isinstance(metadata, dict):
                said[str(metadata.get("name"))] = str(eks["version"])
    if cluster is not None:
        return said.get(str(cluster), KUBERNETES)
    return next(iter(said.values())) if len(said) == 1 else KUBERNETES
