"""The cluster generator: the environment's clusters (Argo CD: Generators-Cluster).

Argo CD takes all clusters that it knows. Here a set is read once for each environment, so it takes those of that environment.
"""

from __future__ import annotations

from typing import Any

from transom.catalog.applicationsets import elements
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element, Origin
from transom.catalog.model import Entry
from transom.errors import Location
from transom.rendering.yamltext import Path_
from transom.specs.applicationset import ClusterGenerator, LabelSelector
from transom.specs.cluster import Cluster


def read(desk: Desk, spec: ClusterGenerator, path: Path_, outer: Element | None) -> list[Element]:
    """One element for each chosen cluster, or one with all of them."""
    selector = _filled(desk, spec.selector, (*path, "selector"), outer)
    chosen = [entry for entry in desk.world.clusters.values() if selector.selects(entry.document.metadata.labels)]
    found = [Element(_params(entry, go=desk.go), (_origin(entry),)) for entry in chosen]
    found = desk.with_values(spec.values, (*path, "values"), found, outer)
    if not spec.flat_list:
        return found
    if not desk.go:
        message = "flatList gives a list, and only Go templates can walk one"
        desk.wrong((*path, "flatList"), "InvalidGenerator", message, "write goTemplate: true beside generators")
    origin = Origin("all chosen clusters", desk.at(*path), lambda _: None)
    return [Element({"clusters": [element.params for element in found]}, (origin,))] if found else []


def _params(entry: Entry[Cluster], *, go: bool) -> dict[str, Any]:
    metadata = entry.document.metadata
    params = {"name": entry.name, "nameNormalized": elements.normalized(entry.name), "server": _server(entry)}
    if go:
        return {**params, "metadata": {"labels": dict(metadata.labels), "annotations": dict(metadata.annotations)}}
    params |= {f"metadata.labels.{key}": value for key, value in metadata.labels.items()}
    return params | {f"metadata.annotations.{key}": value for key, value in metadata.annotations.items()}


def _server(entry: Entry[Cluster]) -> str:
    """Its address where it says one; else the context by which an existing cluster is reached, or the name of one that is made."""
    spec = entry.document.spec
    if spec.server:
        return spec.server
    return spec.existing.context if spec.existing else entry.name


def _origin(entry: Entry[Cluster]) -> Origin:
    def place(name: str) -> Location | None:
        match name:
            case "name" | "nameNormalized":
                return entry.at("metadata", "name")
            case "server":
                return entry.at("spec", "server") if entry.document.spec.server else entry.at("spec", "existing", "context")
            case _:
                way = elements.path_of(entry.data, name) if name.startswith("metadata.") else None
                return entry.at(*way) if way else None

    return Origin(f"cluster {entry.name}", entry.at("metadata", "name"), place)


def _filled(desk: Desk, selector: LabelSelector, path: Path_, outer: Element | None) -> LabelSelector:
    """The selector with its texts filled in."""
    if outer is None:
        return selector

    def text(text: str, *below: str | int) -> str:
        return desk.text(text, (*path, *below), outer)

    labels = {text(key, "matchLabels"): text(value, "matchLabels", key) for key, value in selector.match_labels.items()}
    expressions = [
        one.model_copy(
            update={
                "key": text(one.key, "matchExpressions", index, "key"),
                "values": tuple(text(value, "matchExpressions", index, "values") for value in one.values),
            }
        )
        for index, one in enumerate(selector.match_expressions)
    ]
    return LabelSelector(matchLabels=labels, matchExpressions=tuple(expressions))
