"""What an application's document does to its manifests: other images, another number of pods; whatever meets nothing is a mistake."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from transom.catalog import workloads
from transom.catalog.model import Entry, Manifest
from transom.catalog.validate import near
from transom.errors import Problem
from transom.specs.application import Application
from transom.specs.sync import SyncSpec

SCALED = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("argoproj.io", "Rollout")})
"""Kinds with `spec.replicas`."""

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


def adapted(entry: Entry[Application], manifests: Sequence[Manifest], sync: SyncSpec) -> tuple[tuple[Manifest, ...], tuple[Problem, ...]]:
    """The manifests as the document asks for them, and a problem for each thing that it asks for and that meets nothing.

    Args:
        entry: the application.
        manifests: its objects; they are not changed, since their data may be shared with a cache.
        sync: the policy in force, that of the environment included.
    """
    spec = entry.document.spec
    out = list(manifests)
    problems = [*_empty(entry, sync)] if not manifests else []
    if spec.replicas:
        problems += _scaled(entry, out)
    if spec.images:
        problems += _imaged(entry, out)
    added, wrong = workloads.added(entry, out)
    out += added
    problems += [*wrong, *_ignored(entry, out)]
    return tuple(out), tuple(problems)


def _empty(entry: Entry[Application], sync: SyncSpec) -> Iterator[Problem]:
    if sync.allow_empty is False:
        message = f"Application {entry.name} has no object, and allowEmpty: false refuses that"
        hint = "put its manifests beside this document, or write sync.allowEmpty: true"
        yield Problem(entry.at("spec", "sync", "allowEmpty"), "EmptyApplication", message, hint)


def _scaled(entry: Entry[Application], manifests: list[Manifest]) -> Iterator[Problem]:
    """Sets `spec.replicas`; what an autoscaler scales is not scaled from here too."""
    places = {m.name: index for index, m in enumerate(manifests) if (m.group, m.kind) in SCALED}
    scalers = {workloads.target(m): m for m in manifests if (m.group, m.kind) == workloads.AUTOSCALER}
    for name, count in entry.document.spec.replicas.items():
        if name not in places:
            message = f"replicas.{name}: no Deployment, StatefulSet or ReplicaSet of Application {entry.name} has this name"
            where = entry.at("spec", "replicas", name, of_key=True)
            yield Problem(where, "NothingMatched", message, near(name, places) or "it has none")
            continue
        manifest = manifests[places[name]]
        if scaler := scalers.get((manifest.kind, name)):
            message = (
                f"replicas.{name}: HorizontalPodAutoscaler {scaler.name} ({scaler.at('metadata', 'name')}) scales it, and would undo this"
            )
            yield Problem(entry.at("spec", "replicas", name, of_key=True), "InvalidValue", message, "remove one of the two")
            continue
        spec = {**(manifest.data.get("spec") or {}), "replicas": count}
        manifests[places[name]] = Manifest({**manifest.data, "spec": spec}, manifest.namespace, manifest.trace)


def _imaged(entry: Entry[Application], manifests: list[Manifest]) -> Iterator[Problem]:
    """Replaces images wherever containers are listed, as Kustomize does."""
    met: set[str] = set()
    there: set[str] = set()
    for index, manifest in enumerate(manifests):
        data = copy.deepcopy(dict(manifest.data))
        changed = False
        for container in list(_containers(data)):
            image = str(container["image"])
            there.add(_repository(image))
            for one in entry.document.spec.images:
                if (replaced := one.replaced(image)) is not None:
                    met.add(one.name)
                    container["image"] = replaced
                    changed = True
                    break
        if changed:
            manifests[index] = Manifest(data, manifest.namespace, manifest.trace)
    for index, one in enumerate(entry.document.spec.images):
        if one.name not in met:
            message = f"images[{index}]: no container of Application {entry.name} has image {one.name}"
            yield Problem(entry.at("spec", "images", index, "name"), "NothingMatched", message, near(one.name, there) or "it has none")


def _repository(image: str) -> str:
    """An image without its tag and digest."""
    folder, slash, last = image.partition("@")[0].rpartition("/")
    return folder + slash + last.partition(":")[0]


def _containers(value: Any) -> Iterator[dict[str, Any]]:
    """Every container with an image, at any depth: pods are written in many kinds."""
    if isinstance(value, list):
        for item in value:
            yield from _containers(item)
    if not isinstance(value, dict):
        return
    for key, below in value.items():
        if key in _CONTAINERS and isinstance(below, list):
            yield from (item for item in below if isinstance(item, dict) and isinstance(item.get("image"), str))
        else:
            yield from _containers(below)


def _ignored(entry: Entry[Application], manifests: Sequence[Manifest]) -> Iterator[Problem]:
    for index, rule in enumerate(entry.document.spec.ignore_differences):
        if not any(rule.is_for(m.group, m.kind, m.namespace, m.name) for m in manifests):
            alike = sorted({f"{m.group}/{m.kind}".lstrip("/") for m in manifests if m.kind == rule.kind and m.group != rule.group})
            hint = (
                f"kind {rule.kind} is there as {', '.join(alike)}: correct group" if alike else "correct group, kind and name, or remove it"
            )
            message = f"ignoreDifferences[{index}]: Application {entry.name} has no such object"
            yield Problem(entry.at("spec", "ignoreDifferences", index), "NothingMatched", message, hint)


def ignored_fields(entry: Entry[Application], manifest: Manifest, among: Sequence[Manifest] = ()) -> tuple[tuple[str | int, ...], ...]:
    """Paths of the fields of an object that others may set, an autoscaler `among` the application's objects included."""
    rules = [
        r for r in entry.document.spec.ignore_differences if r.is_for(manifest.group, manifest.kind, manifest.namespace, manifest.name)
    ]
    owned = [workloads.REPLICAS] if (manifest.namespace, manifest.kind, manifest.name) in set(workloads.scaled(among)) else []
    return tuple(dict.fromkeys([*(_path(pointer, manifest.data) for rule in rules for pointer in rule.json_pointers), *owned]))


def _path(pointer: str, data: Any) -> tuple[str | int, ...]:
    """A JSON pointer as a path: a number is an index unless a mapping stands there."""
    out: list[str | int] = []
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        step: str | int = int(name) if name.isdigit() and not isinstance(data, dict) else name
        out.append(step)
        match data, step:
            case dict(), str():
                data = data.get(step)
            case list(), int() if step < len(data):
                data = data[step]
            case _:
                data = None
    return tuple(out)
