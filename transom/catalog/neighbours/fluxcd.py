"""Kustomizations of Flux become applications of ours: what they point at, whose they are, what is put over it, what is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from transom.catalog.neighbours import folders
from transom.catalog.neighbours.argocd import asked, components_of, patch
from transom.catalog.neighbours.flux import FluxKustomizationSpec, GitRepositorySpec, PostBuild, Reference
from transom.catalog.neighbours.folders import Folder
from transom.catalog.neighbours.ground import Converted, Surroundings
from transom.catalog.neighbours.overlay import Overlay
from transom.catalog.neighbours.places import changed
from transom.catalog.neighbours.reading import Theirs
from transom.catalog.neighbours.repositories import Unmatched
from transom.catalog.neighbours.substitution import NAME, NoVariable, Substitution
from transom.catalog.validate import near
from transom.rendering import yamltext
from transom.rendering.render import Rendered
from transom.rendering.units import Room, Unit
from transom.specs.source import SourceSpec

OWN = "flux-system"
"""The namespace that Flux itself lives in."""
TENANT = "transom.dev/tenant"
SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"

_FIELDS = {"namespace": "targetNamespace", "labels": "commonMetadata.labels", "commonAnnotations": "commonMetadata.annotations"}
"""Fields of a kustomization that a Kustomization of Flux calls otherwise."""

Key = tuple[str, str, str]


def begin(theirs: Theirs, repositories: Mapping[Key, Theirs], around: Surroundings) -> tuple[Converted, list[Folder]] | None:
    """The application and the folder it is rendered from; None when it points at nothing that is there."""
    spec: FluxKustomizationSpec = theirs.model.spec
    source = _source(theirs, repositories, around)
    tenant = _tenant(theirs, around)
    if source is None:
        return None
    try:
        folder = around.repositories.folder(source, spec.path)
    except Unmatched as error:
        around.wrong(theirs.at("spec", "path"), error.reason, error.message, error.hint)
        return None
    if not folder.is_dir():
        around.wrong(theirs.at("spec", "path"), "MissingFile", f'"{spec.path}" is a file', "name the folder that holds it")
        return None
    name = theirs.name if theirs.namespace == OWN else f"{theirs.namespace}-{theirs.name}"
    unit = Unit(Room.APPLICATION, name, folder, kustomized=False, snapshot=around.repositories.snapshots[source.name])
    converted = Converted(theirs, name, tenant, theirs.cluster, spec.target_namespace, unit)
    converted.ways = {
        (): (), ("metadata",): ("metadata",), ("spec",): ("spec",),
        ("spec", "tenant"): ("metadata", "labels", TENANT) if TENANT in theirs.model.metadata.labels else ("metadata", "namespace"),
        ("spec", "destination"): ("spec",),
        ("spec", "destination", "namespace"): ("spec", "targetNamespace") if spec.target_namespace else ("spec",),
    }  # fmt: skip
    for index, one in enumerate(spec.depends_on):
        converted.needs.append((("Kustomization", one.namespace or theirs.namespace, one.name), ("spec", "dependsOn", index)))
    converted.overlay = _overlay(theirs, spec, folder, around)
    return converted, [folders.of_flux(unit)]


def _source(theirs: Theirs, repositories: Mapping[Key, Theirs], around: Surroundings) -> SourceSpec | None:
    """The environment's source that a Kustomization's sourceRef means; None when there is none, which is told, here or at the source."""
    reference = theirs.model.spec.source_ref
    if reference.kind != "GitRepository":
        where = theirs.at("spec", "sourceRef", "kind")
        around.wrong(where, "NotSupported", f"sourceRef.kind {reference.kind} is not supported", "keep the files in a Git repository")
        return None
    key = ("GitRepository", reference.namespace or theirs.namespace, reference.name)
    if key in repositories:
        return source_of(repositories[key], around)
    if key not in around.broken:
        known = [name for _, namespace, name in repositories if namespace == key[1]]
        hint = near(reference.name, known) or f"declare a GitRepository {reference.name} in namespace {key[1]}, or correct the name"
        where = theirs.at("spec", "sourceRef", "name")
        around.wrong(where, "UnknownReference", f'GitRepository "{reference.name}" is not declared in namespace {key[1]}', hint)
    return None


def source_of(repository: Theirs, around: Surroundings) -> SourceSpec | None:
    """The environment's source that a GitRepository means; None when there is none, which is told."""
    spec: GitRepositorySpec = repository.model.spec
    revision, path = _revision(spec.ref)
    try:
        return around.repositories.find(spec.url, revision)
    except Unmatched as error:
        place = ("spec", "ref", path) if error.reason == "UnknownRevision" else ("spec", "url")
        around.wrong(repository.at(*place), error.reason, error.message, error.hint)
        return None


def _revision(reference: Reference | None) -> tuple[str, str]:
    """The revision that counts, and the field that says it. Flux's own default, master, is what hardly any repository means."""
    if reference is not None:
        for field_name in ("commit", "name", "semver", "tag", "branch"):
            if value := getattr(reference, field_name):
                return value, field_name
    return "", ""


def _tenant(theirs: Theirs, around: Surroundings) -> str:
    """Whose a Kustomization is: its label says so, or its namespace is a tenant's; else it is the platform's, which may do everything."""
    if named := theirs.model.metadata.labels.get(TENANT):
        return str(named)
    holder = next((name for name, tenant in around.tenants.items() if theirs.namespace in tenant.spec.namespaces), None)
    if holder is not None:
        return holder
    if theirs.namespace in around.tenants:
        return theirs.namespace
    account = theirs.model.spec.service_account_name
    if account:
        message = f"acts as service account {account} of namespace {theirs.namespace}, which is no tenant's"
        hint = f"declare a Tenant that owns {theirs.namespace}, or name one: label {TENANT}"
        around.wrong(theirs.at("spec", "serviceAccountName"), "MissingTenant", message, hint)
    around.make_tenant(theirs.namespace, theirs.rendered, {(): ("metadata",), ("metadata", "name"): ("metadata", "namespace")})
    return theirs.namespace


def _overlay(theirs: Theirs, spec: FluxKustomizationSpec, folder: Path, around: Surroundings) -> Overlay:
    common = spec.common_metadata
    fields: dict[str, Any] = {
        "namespace": spec.target_namespace,
        "namePrefix": spec.name_prefix,
        "nameSuffix": spec.name_suffix,
        "patches": [patch(one) for one in spec.patches],
        "images": [one.model_dump(by_alias=True, exclude_defaults=True) for one in spec.images],
        "labels": [{"pairs": dict(common.labels)}] if common and common.labels else [],
        "commonAnnotations": dict(common.annotations) if common else {},
    }
    path = ("spec", "components")
    components = components_of(theirs, path, spec.components, folder, around, ignore=spec.ignore_missing_components)
    return Overlay({key: value for key, value in fields.items() if value}, asked(theirs, ("spec",), _FIELDS), components)


class _Dumper(yaml.SafeDumper):
    """Puts quotes around text that Kustomize or kubectl would take for something else, as well as around what YAML 1.1 would."""


for _first, _resolvers in yamltext.Loader.yaml_implicit_resolvers.items():
    for _tag, _pattern in _resolvers:
        _Dumper.add_implicit_resolver(_tag, _pattern, [_first])


def filled(converted: Converted, maps: Iterable[Rendered], around: Surroundings) -> tuple[Rendered, ...]:
    """The application's objects with their variables filled in, where `postBuild` asks for it."""
    post: PostBuild | None = converted.theirs.model.spec.post_build
    if post is None or not (post.substitute or post.substitute_from):
        return converted.objects
    theirs = converted.theirs
    for name in post.substitute:
        if not NAME.fullmatch(name):
            where = theirs.at("spec", "postBuild", "substitute", name, of_key=True)
            around.wrong(where, "InvalidValue", f'"{name}" is no name of a variable', "write letters, digits and underscores")
    found = _variables(theirs, post, maps, around)
    if found is None:
        return ()
    return tuple(_filled(one, found, around) for one in converted.objects)


def _variables(theirs: Theirs, post: PostBuild, maps: Iterable[Rendered], around: Surroundings) -> dict[str, str] | None:
    declared = {(one.data["metadata"].get("namespace") or "", one.data["metadata"].get("name")): one for one in maps}
    out: dict[str, str] = {}
    whole = True
    for index, reference in enumerate(post.substitute_from):
        where = theirs.at("spec", "postBuild", "substituteFrom", index, "name")
        if reference.kind == "Secret":
            if not reference.optional:
                hint = "its values are known to the cluster only: take those that are no secret from a ConfigMap"
                around.wrong(where, "NotSupported", f"variables of Secret {reference.name} are not supported", hint)
                whole = False
            else:
                hint = "its values are known to the cluster only, and it may be missing"
                around.warn(where, "PassedOver", f"variables of Secret {reference.name} are not filled in", hint)
            continue
        found = declared.get((theirs.namespace, reference.name))
        if found is not None:
            data = found.data.get("data")
            out |= {str(key): str(value) for key, value in (data if isinstance(data, dict) else {}).items()}
        elif not reference.optional:
            known = [str(name) for namespace, name in declared if namespace == theirs.namespace]
            hint = near(reference.name, known) or "declare it in the repository, or write optional: true"
            message = f'ConfigMap "{reference.name}" is not declared in namespace {theirs.namespace}'
            around.wrong(where, "UnknownReference", message, hint)
            whole = False
    return out | dict(post.substitute) if whole else None


def _filled(document: Rendered, variables: Mapping[str, str], around: Surroundings) -> Rendered:
    metadata = document.data.get("metadata")
    for values in (metadata.get("annotations"), metadata.get("labels")) if isinstance(metadata, dict) else ():
        if isinstance(values, dict) and values.get(SUBSTITUTE) == "disabled":
            return document
    text = yaml.dump(dict(document.data), Dumper=_Dumper, sort_keys=False, width=2**31)
    if "$" not in text:
        return document
    where = document.trace.locate(document.data)
    substitution = Substitution(variables)
    try:
        out = substitution.fill(text)
    except NoVariable as error:
        around.wrong(_place_of(document, "${"), "InvalidVariable", str(error), "write $${ for a brace that is meant as text")
        return document
    for name in sorted(substitution.missing):
        hint = f"give it a value in postBuild, or write ${{{name}:=DEFAULT}}; where the text itself is meant, $${{{name}}}"
        around.warn(_place_of(document, f"${{{name}"), "UndefinedVariable", f"variable {name} has no value and becomes empty", hint)
    read, problems = yamltext.parse(out, "")
    if problems or len(read) != 1 or not isinstance(read[0].data, dict):
        said = problems[0].message if problems else "is no mapping any more"
        around.wrong(where, "InvalidVariable", f"with its variables filled in {said}", "put quotes around what must stay text: ${quote}")
        return document
    return Rendered(read[0].data, changed(document.data, document.trace, None), document.unit)


def _place_of(document: Rendered, text: str) -> Any:
    """Where a person wrote the first value that holds `text`."""
    for path, value in _texts(document.data):
        if text in value:
            return document.trace.locate(document.data, path)
    return document.trace.locate(document.data)


def _texts(data: Any, above: tuple[str | int, ...] = ()) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if isinstance(data, str):
        yield above, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value, (*above, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _texts(value, (*above, index))
