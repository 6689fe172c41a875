"""Applications of Argo CD become applications of ours: what they point at, where it goes, what is put over it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transom.catalog.neighbours import folders, objects
from transom.catalog.neighbours.argo import ArgoApplicationSpec, Destination, Kustomize, Patch, Source
from transom.catalog.neighbours.folders import Folder
from transom.catalog.neighbours.ground import Converted, Surroundings
from transom.catalog.neighbours.overlay import Overlay
from transom.catalog.neighbours.places import Asked
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.repositories import Unmatched
from transom.catalog.validate import near
from transom.errors import mistakes
from transom.rendering import reading as kustomizations
from transom.rendering.render import Rendered
from transom.rendering.units import Room, Unit, kustomization_of
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION

HERE = ("https://kubernetes.default.svc", "https://kubernetes.default")
"""Addresses of the cluster that Argo CD itself runs in."""
IN_CLUSTER = "in-cluster"
_OWN_NAMESPACES = frozenset({"argocd", ""})
SKIP = "argocd.argoproj.io/skip-reconcile"


def begin(theirs: Theirs, around: Surroundings) -> tuple[Converted, list[Folder]] | None:
    """The application and the folders it is rendered from; None when it points at nothing that is there."""
    spec: ArgoApplicationSpec = theirs.model.spec
    if theirs.model.metadata.annotations.get(SKIP) == "true":
        where = theirs.at("metadata", "annotations", SKIP)
        around.wrong(
            where, "NotSupported", f"{SKIP} is not supported", "its objects can neither be left alone nor be applied: remove the document"
        )
    sources = _sources(theirs, spec, around)
    found = [(path, source, folder) for path, source in sources if (folder := _folder(theirs, path, source, around)) is not None]
    cluster = cluster_of(theirs, spec.destination, around)
    if len(found) < len(sources) or not sources:
        return None
    first = found[0][2]
    name = theirs.name if theirs.namespace in _OWN_NAMESPACES else f"{theirs.namespace}-{theirs.name}"
    snapshot = around.repositories.snapshots[around.repositories.find(found[0][1].repo_url, found[0][1].target_revision).name]
    unit = Unit(Room.APPLICATION, name, first, kustomized=False, snapshot=snapshot)
    converted = Converted(theirs, name, spec.project or "default", cluster, spec.destination.namespace, unit)
    converted.ways = _ways(theirs, spec)
    rendered: list[Folder] = []
    overlays: list[Overlay] = []
    for path, source, folder in found:
        mine = Unit(Room.APPLICATION, name, folder, kustomized=False, snapshot=_snapshot(around, source))
        _tools(theirs, path, source, folder, around)
        rendered.append(folders.of_argo(mine, source.directory))
        if source.kustomize is not None:
            overlays.append(_overlay(theirs, (*path, "kustomize"), source.kustomize, folder, around))
    if len(overlays) > 1 or (overlays and len(found) > 1):
        where = theirs.at(*found[0][0], "kustomize", of_key=True)
        around.wrong(where, "NotSupported", "kustomize in one of several sources is not supported", "make an application of each source")
    converted.overlay = overlays[0] if overlays else None
    return converted, rendered


def _snapshot(around: Surroundings, source: Source) -> Any:
    return around.repositories.snapshots[around.repositories.find(source.repo_url, source.target_revision).name]


def _sources(theirs: Theirs, spec: ArgoApplicationSpec, around: Surroundings) -> list[tuple[Path_, Source]]:
    if spec.sources:
        if spec.source is not None:
            hint = "Argo CD reads sources and passes over source: remove it"
            around.wrong(theirs.at("spec", "source", of_key=True), "InvalidValue", "source and sources are both written", hint)
        return [(("spec", "sources", index), source) for index, source in enumerate(spec.sources)]
    if spec.source is None:
        around.wrong(theirs.at("spec"), "MissingField", "spec.source is missing", "say where the manifests come from")
        return []
    return [(("spec", "source"), spec.source)]


def _folder(theirs: Theirs, path: Path_, source: Source, around: Surroundings) -> Path | None:
    if source.chart or source.plugin or source.ref:
        return None  # told where the document was read
    asked: Path_ = (*path, "repoURL")
    try:
        found = around.repositories.find(source.repo_url, source.target_revision)
        asked = (*path, "path")
        folder = around.repositories.folder(found, source.path)
    except Unmatched as error:
        place = (*path, "targetRevision") if error.reason == "UnknownRevision" else asked
        around.wrong(theirs.at(*place), error.reason, error.message, error.hint)
        return None
    if not source.path:
        around.wrong(theirs.at(*path), "MissingField", "path is missing", 'name the folder that holds the manifests, "." for all of it')
        return None
    if not folder.is_dir():
        around.wrong(theirs.at(*asked), "MissingFile", f'"{source.path}" is a file', "name the folder that holds it")
        return None
    return folder


def _tools(theirs: Theirs, path: Path_, source: Source, folder: Path, around: Surroundings) -> None:
    """The tool that Argo CD would take: one that is not there, or not for this folder, is a mistake."""
    if (folder / "Chart.yaml").is_file() and source.directory is None and kustomization_of(folder) is None and source.helm is None:
        where = theirs.at(*path, "path")
        around.wrong(
            where, "NotSupported", f"{source.path} is a Helm chart, which is not rendered", "commit what helm template makes of it"
        )
    if source.kustomize is not None and kustomization_of(folder) is None:
        where = theirs.at(*path, "kustomize", of_key=True)
        around.wrong(
            where, "MissingFile", f"{source.path} has no kustomization that kustomize could be put over", "add one, or remove kustomize"
        )
    if source.kustomize is not None and source.directory is not None:
        where = theirs.at(*path, "directory", of_key=True)
        around.wrong(where, "InvalidValue", "kustomize and directory are both written", "remove one of the two: a source has one tool")


def cluster_of(theirs: Theirs, destination: Destination, around: Surroundings) -> str | None:
    """The cluster that a destination means, its own for `in-cluster`; None for the only one, or when it means none, which is told."""
    path: Path_ = ("spec", "destination")
    if destination.name and destination.server:
        around.wrong(theirs.at(*path), "InvalidValue", "destination has name and server", "write one of the two, as Argo CD asks")
    elif destination.name and destination.name != IN_CLUSTER:
        return destination.name
    elif destination.server and destination.server.rstrip("/") not in HERE:
        by_address = {cluster.spec.server.rstrip("/"): name for name, cluster in around.clusters.items() if cluster.spec.server}
        # what a cluster generator gives for a cluster that says no address
        by_address |= {cluster.spec.existing.context: name for name, cluster in around.clusters.items() if cluster.spec.existing}
        by_address |= {name: name for name in around.clusters}
        wanted = destination.server.rstrip("/")
        if wanted in by_address:
            return by_address[wanted]
        hint = (
            near(wanted, [one for one in by_address if "//" in one])
            or "write it as spec.server of the Cluster that it is, or name the cluster: destination.name"
        )
        around.wrong(theirs.at(*path, "server"), "UnknownServer", f"no cluster of the environment has the address {wanted}", hint)
    elif not destination.name and not destination.server:
        around.wrong(theirs.at(*path), "MissingField", "destination names no cluster", "write name or server, as Argo CD asks")
    else:
        return theirs.cluster
    return None


def _ways(theirs: Theirs, spec: ArgoApplicationSpec) -> dict[Path_, Path_]:
    place = ("spec", "destination")
    named = "name" if spec.destination.name else "server"
    return {
        (): (),
        ("metadata",): ("metadata",),
        ("spec",): ("spec",),
        ("spec", "tenant"): ("spec", "project") if "project" in theirs.model.spec.model_fields_set else ("spec",),
        ("spec", "destination"): place,
        ("spec", "destination", "cluster"): (*place, named),
        ("spec", "destination", "namespace"): (*place, "namespace"),
    }


def options_of(theirs: Theirs, around: Surroundings) -> frozenset[str]:
    """The sync options of an application; those that are not done are told."""
    policy = theirs.model.spec.sync_policy
    listed = policy.sync_options if policy is not None else ()
    return objects.options({("spec", "syncPolicy", "syncOptions", i): one for i, one in enumerate(listed)}, theirs.at, around)


def wants_namespace(converted: Converted, options: frozenset[str], around: Surroundings) -> Rendered | None:
    """The Namespace that `CreateNamespace=true` asks for, if it does."""
    policy = converted.theirs.model.spec.sync_policy
    if policy is None:
        return None
    at = converted.theirs.at
    wanted = "CreateNamespace=true" in options
    given = policy.managed_namespace_metadata
    if given is not None and not wanted:
        where = at("spec", "syncPolicy", "managedNamespaceMetadata", of_key=True)
        around.wrong(where, "InvalidValue", "managedNamespaceMetadata has no effect without CreateNamespace=true", "add it to syncOptions")
    if not wanted or not converted.namespace:
        return None
    metadata: dict[str, Any] = {"name": converted.namespace}
    if given is not None:
        metadata |= {key: dict(value) for key, value in (("labels", given.labels), ("annotations", given.annotations)) if value}
    metadata["annotations"] = {**metadata.get("annotations", {}), objects.OPTIONS: "Prune=false"}
    return converted_object({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, converted)


def converted_object(data: dict[str, Any], converted: Converted) -> Rendered:
    """An object that a neighbour's document itself asks for."""
    from transom.catalog.neighbours.ground import trace_of

    ways: dict[Path_, Path_] = {(): ("spec", "syncPolicy"), ("metadata", "name"): ("spec", "destination", "namespace")}
    ways |= {("metadata", key): ("spec", "syncPolicy", "managedNamespaceMetadata", key) for key in ("labels", "annotations")}
    return Rendered(data, trace_of(converted.theirs, ways), converted.unit)


_IMAGE = re.compile(r"^(?:(?P<old>[^=]+)=)?(?P<image>[^=]+)$")


def _overlay(theirs: Theirs, path: Path_, options: Kustomize, folder: Path, around: Surroundings) -> Overlay:
    labels = {"pairs": dict(options.common_labels), "includeSelectors": not options.label_without_selector}
    if options.label_without_selector and options.label_include_templates:
        labels["includeTemplates"] = True
    fields: dict[str, Any] = {
        "namePrefix": options.name_prefix,
        "nameSuffix": options.name_suffix,
        "namespace": options.namespace,
        "images": [_image(theirs, (*path, "images", i), text, around) for i, text in enumerate(options.images)],
        "replicas": [one.model_dump() for one in options.replicas],
        "patches": [
            {**patch(one), "patch": _patch(theirs, (*path, "patches", i), one, folder, around)} for i, one in enumerate(options.patches)
        ],
        "labels": [labels] if options.common_labels else [],
        "commonAnnotations": dict(options.common_annotations),
    }
    components = components_of(theirs, (*path, "components"), options.components, folder, around, ignore=options.ignore_missing_components)
    fields["patches"] = [one for one in fields["patches"] if one["patch"]]
    return Overlay({key: value for key, value in fields.items() if value}, asked(theirs, path, {"labels": "commonLabels"}), components)


def _patch(theirs: Theirs, path: Path_, one: Patch, folder: Path, around: Surroundings) -> str:
    """The text of a patch, wherever it is written."""
    if not one.path:
        return one.patch
    file = (folder / one.path).resolve()
    where = theirs.at(*path, "path")
    if not any(file.is_relative_to(snapshot.root.resolve()) for snapshot in around.repositories.snapshots.values()):
        around.wrong(where, "PathOutsideSource", f"{one.path} leads out of the source", "name a file inside the repository")
    elif not file.is_file():
        around.wrong(where, "MissingFile", f"{one.path} does not exist", "correct the path, which is relative to that of the source")
    else:
        return file.read_text(encoding="utf-8", errors="replace")
    return ""


def asked(theirs: Theirs, path: Path_, others: Mapping[str, str]) -> Asked:
    """The places of the fields below `path`; `others` are those that the neighbour calls otherwise than Kustomize."""
    names = {name: name for name in ("namePrefix", "nameSuffix", "namespace", "images", "replicas", "patches", "commonAnnotations")}
    data: Any = theirs.rendered.data
    for part in path:
        data = data[part]
    here = {name: theirs.at(*path, *own.split("."), of_key=True) for name, own in {**names, **others}.items() if own.split(".")[0] in data}
    return Asked(theirs.at(*path, of_key=True), here)


def patch(one: Any) -> dict[str, Any]:
    """A patch as a kustomization has it."""
    target = one.target.model_dump(by_alias=True, exclude_defaults=True) if one.target is not None else None
    options = getattr(one, "options", None)
    return {"patch": one.patch, **({"target": target} if target else {}), **({"options": dict(options)} if options else {})}


def components_of(  # noqa: PLR0913 - a list of paths and where it is
    theirs: Theirs, path: Path_, listed: tuple[str, ...], folder: Path, around: Surroundings, *, ignore: bool
) -> tuple[Path, ...]:
    """The folders of Kustomize components that are named relative to `folder`."""
    root = theirs.rendered.unit.snapshot.root.resolve()
    out: list[Path] = []
    for index, name in enumerate(listed):
        target = (folder / name).resolve()
        where = theirs.at(*path, index)
        source = next((one for one in around.repositories.snapshots.values() if target.is_relative_to(one.root.resolve())), None)
        if source is not None and kustomization_of(target):
            reading = kustomizations.read(target, source)  # what it names must not lead out either
            around.problems += reading.problems
            out += [] if mistakes(reading.problems) else [target]
        elif not target.is_relative_to(root):
            around.wrong(where, "PathOutsideSource", f"{name} leads out of the source", "name a folder inside the repository")
        elif not ignore:
            around.wrong(where, "MissingFile", f"{name} has no kustomization", "correct the path, which is relative to spec.path")
    return tuple(out)


def _image(theirs: Theirs, path: Path_, text: str, around: Surroundings) -> dict[str, str]:
    found = _IMAGE.match(text)
    if found is None:
        around.wrong(theirs.at(*path), "InvalidValue", f'"{text}" is no image', "write NAME:TAG, NAME@DIGEST or OLD=NEW:TAG")
        return {"name": text}
    image, digest = found["image"].partition("@")[::2]
    head, slash, tail = image.rpartition("/")
    repository, _, tag = tail.partition(":")
    name = f"{head}{slash}{repository}"
    out = {"name": found["old"] or name}
    out |= {"newName": name} if found["old"] else {}
    out |= {"newTag": tag} if tag else {}
    return out | ({"digest": digest} if digest else {})


def default_project(name: str) -> dict[str, Any]:
    """The tenant that stands for a project without restrictions."""
    return {"apiVersion": API_VERSION, "kind": "Tenant", "metadata": {"name": name}, "spec": {"confined": False}}
