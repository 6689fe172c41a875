"""Kubernetes objects of a unit: what can be judged without a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from transom.apischema import definitions, packs
from transom.catalog import references
from transom.errors import Problem
from transom.rendering.render import Rendered
from transom.specs.base import API_VERSION as OURS
from transom.specs.kinds import KINDS


def scopes(rendered: Sequence[Rendered]) -> frozenset[tuple[str, str]]:
    """Group and kind of everything without a namespace: of Kubernetes, of well-known custom resources, and of the repository's own."""
    groups = {group_and_kind(document.data)[0] for document in rendered}
    known = [packs.kubernetes(packs.versions()[0]), *(pack for group in sorted(groups) if (pack := packs.custom(group)))]
    unscoped = {
        (api_version.rpartition("/")[0], name)
        for pack in known
        for api_version, kinds in pack.kinds.items()
        for name, kind in kinds.items()
        if not kind.namespaced
    }
    for document in rendered:
        spec = document.data.get("spec")
        if definitions.is_definition(document.data) and isinstance(spec, dict) and isinstance(spec.get("names"), dict):
            declared = (str(spec.get("group")), str(spec["names"].get("kind")))
            unscoped = unscoped | {declared} if spec.get("scope") == "Cluster" else unscoped - {declared}
    return frozenset(unscoped)


def group_and_kind(data: Mapping[str, Any]) -> tuple[str, str]:
    """E.g. `("apps", "Deployment")`; the core group is empty."""
    return str(data.get("apiVersion", "")).rpartition("/")[0], str(data.get("kind", ""))


def check(document: Rendered) -> Iterator[Problem]:
    """What is wrong with an object by itself."""
    data, trace = document.data, document.trace
    for field in ("apiVersion", "kind"):
        if not isinstance(data.get(field), str) or not data[field]:
            yield Problem(trace.locate(data), "MissingField", f"{field} is missing", "every document has apiVersion, kind and metadata")
            return
    group = str(data["apiVersion"]).partition("/")[0]
    if data["kind"] in KINDS and get_close_matches(group, [OURS.partition("/")[0]], cutoff=0.7):
        yield Problem(
            trace.locate(data, ("apiVersion",)), "UnknownVersion", f'apiVersion "{data["apiVersion"]}" is not known', f"write {OURS}"
        )
        return
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        generated = isinstance(metadata, dict) and "generateName" in metadata
        hint = "generated names cannot be followed from one run to the next" if generated else "give the object a name"
        yield Problem(trace.locate(data, ("metadata",)), "MissingField", "metadata.name is missing", hint)
        return
    if data["kind"].endswith("List") and "items" in data:
        yield Problem(
            trace.locate(data, ("kind",)), "ListNotSupported", f"{data['kind']} holds several objects", "separate them by --- lines"
        )
    yield from _wave(document)
    if group_and_kind(data) == ("", "Secret"):
        yield from _plaintext(document)


WAVE = "argocd.argoproj.io/sync-wave"


def _wave(document: Rendered) -> Iterator[Problem]:
    """The annotation that orders objects is a whole number (argo-cd.readthedocs.io: sync phases and waves)."""
    annotations = document.data["metadata"].get("annotations")
    wave = annotations.get(WAVE) if isinstance(annotations, dict) else None
    if wave is not None and not re.fullmatch(r"[-+]?[0-9]{1,9}", str(wave)):
        where = document.trace.locate(document.data, ("metadata", "annotations", WAVE))
        yield Problem(where, "InvalidValue", f'sync wave "{wave}" is not a whole number', 'write one in quotes, e.g. "-1"')


def _plaintext(document: Rendered) -> Iterator[Problem]:
    for field in ("data", "stringData"):
        values = document.data.get(field)
        written = [key for key, value in values.items() if not references.is_only(value)] if isinstance(values, dict) else []
        if written:
            where = document.trace.locate(document.data, (field, written[0]))
            told = f"a secret must not stand in Git, as key {written[0]} of Secret {document.data['metadata'].get('name')} does"
            hint = "delete the Secret, here and where a kustomization lists it, change its value wherever it is in use, "
            hint += "and get it by a binding, by spec.secrets of the application, or sealed (transom seal)"
            yield Problem(where, "PlaintextSecret", told, hint)
