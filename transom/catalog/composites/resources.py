"""Compiles what a definition is made of: conditions, lists, names and templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from transom.catalog.composites import held, scopes, templates
from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.parts import Definition, GroupKind, Head, Loop, Resource
from transom.catalog.composites.scopes import Member, Scopes
from transom.catalog.composites.templates import Ground, Leaf, Template
from transom.expressions import shapes
from transom.expressions.guards import Known
from transom.expressions.shapes import ListOf, MapOf, Shape
from transom.expressions.tree import Node
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION
from transom.specs.composite import ResourceTemplate

_VARIABLES = frozenset({*scopes.NAMES, "size", "has", "true", "false", "null", "in", "type", "string", "int", "double", "bool", "dyn"})


@dataclass(frozen=True, slots=True)
class Partial:
    """What of a resource can be read before the others are known."""

    index: int
    include_when: tuple[Leaf, ...]
    loops: tuple[Loop, ...]
    shapes: Mapping[str, Shape]
    known: Known
    name: Leaf | str | None


def partial(resource: ResourceTemplate, index: int, all_scopes: Scopes) -> tuple[Partial, list[Complaint]]:
    """Conditions, lists and name of a resource, which read nothing of the others."""
    path: Path_ = ("spec", "resources", index)
    complaints: list[Complaint] = []
    conditions: list[Leaf] = []
    known = Known()
    for number, text in enumerate(resource.include_when):
        leaf, wrong = _condition(text, (*path, "includeWhen", number), Ground(all_scopes.plain({}), known))
        complaints += wrong
        if leaf is not None:
            conditions.append(leaf)
            known = known.given(leaf.expressions[0][0].root)
    loops: list[Loop] = []
    found: dict[str, Shape] = {}
    for number, each in enumerate(resource.for_each):
        for name, text in each.items():
            place = (*path, "forEach", number, name)
            if name in _VARIABLES:
                complaints.append(
                    Complaint(place, "InvalidExpression", f'"{name}" means something else already', "choose another name", of_key=True)
                )
                continue
            leaf, wrong = templates.single(text, place, Ground(all_scopes.plain(found), known))
            complaints += wrong
            found[name] = shapes.ANY  # as long as nothing better is known: one mistake is enough
            if leaf is None:
                continue
            if not isinstance(leaf.shape, ListOf) and leaf.shape != shapes.ANY:
                told = f"forEach runs over a list, not {shapes.word(leaf.shape)}"
                hint = "over a mapping: ${claim.spec.labels.map(key, key)}" if isinstance(leaf.shape, MapOf) else ""
                complaints.append(Complaint(place, "ExpressionType", told, hint, leaf.expressions[0][1]))
                continue
            loops.append(Loop(name, leaf))
            found[name] = leaf.shape.item if isinstance(leaf.shape, ListOf) else shapes.ANY
    name_leaf, wrong = _name(resource, path, found, Ground(all_scopes.plain(found), known))
    complaints += wrong
    return Partial(index, tuple(conditions), tuple(loops), found, known, name_leaf), complaints


def _condition(text: str, path: Path_, ground: Ground) -> tuple[Leaf | None, list[Complaint]]:
    leaf, complaints = templates.single(text, path, ground)
    if leaf is not None and leaf.shape not in (shapes.BOOLEAN, shapes.ANY):
        told = f"a condition must be true or false, not {shapes.word(leaf.shape)}"
        return None, [*complaints, Complaint(path, "ExpressionType", told, "compare it with something", leaf.expressions[0][1])]
    return (None if complaints else leaf), complaints


def _name(resource: ResourceTemplate, path: Path_, loops: Mapping[str, Shape], ground: Ground) -> tuple[Leaf | str | None, list[Complaint]]:
    metadata = resource.template.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    place = (*path, "template", "metadata", "name")
    if not isinstance(name, str):
        if resource.for_each:
            told = "metadata.name is missing, and forEach makes several documents"
            hint = "name each by what it is for: name: ${claim.metadata.name}-${" + next(iter(resource.for_each[0]), "each") + "}"
            return None, [Complaint((*path, "template"), "MissingField", told, hint)]
        return None, []
    if "resources." in name:
        found = name.index("resources.")
        return None, [
            Complaint(place, "InvalidExpression", "a name cannot depend on other resources", "make it of claim and environment", found)
        ]
    leaf, complaints = templates.leaf(name, place, ground)
    if isinstance(leaf, Leaf) and leaf.whole and leaf.shape not in (shapes.STRING, shapes.ANY):
        complaints.append(
            Complaint(place, "ExpressionType", f"a name must be a text, not {shapes.word(leaf.shape)}", "", leaf.expressions[0][1])
        )
    read = {one[0] for one in leaf.reads()} if isinstance(leaf, Leaf) else set()
    for loop in loops:
        if loop not in read:
            told = f"metadata.name does not say which {loop} it is for, and forEach makes one document each"
            complaints.append(Complaint(place, "InvalidExpression", told, f"put {loop} into it: …-${{{loop}}}"))
    return leaf, complaints


def member(
    resource: ResourceTemplate, partial: Partial, made: Mapping[GroupKind, Mapping[int, Definition]], defaults: Mapping[GroupKind, Head]
) -> Member:
    """What expressions of the definition see of the resource."""
    target = str(resource.template.get("apiVersion")), str(resource.template.get("kind"))
    kind = target[1] if target[0] == API_VERSION else ""
    inner: Definition | None = None
    if target in made:
        inner = made[target].get(_pinned(resource) or defaults[target].entry.document.spec.revision)
    status = {key: leaf.shape if isinstance(leaf, Leaf) else shapes.STRING for key, leaf in inner.status.items()} if inner else {}
    groups = {api_version.partition("/")[0] for api_version, _ in defaults}
    lost = inner is None and target[0].partition("/")[0] in groups
    return Member(kind, bool(resource.include_when), partial.shapes, tuple(inner.connection) if inner else (), status, lost)


def _pinned(resource: ResourceTemplate) -> int | None:
    spec = resource.template.get("spec")
    revision = spec.get("revision") if isinstance(spec, dict) else None
    return revision if isinstance(revision, int) else None


def implied_by(parts: Iterable[tuple[ResourceTemplate, Partial]]) -> dict[Node, frozenset[tuple[str, ...]]]:
    """A resource is there when its only condition is true, however that is written down again."""
    implied: dict[Node, frozenset[tuple[str, ...]]] = {}
    for resource, partial in parts:
        if len(partial.include_when) == 1:
            root = partial.include_when[0].expressions[0][0].root
            implied[root] = implied.get(root, frozenset()) | {("resources", resource.id)}
    return implied


def whole(
    resource: ResourceTemplate,
    partial: Partial,
    all_scopes: Scopes,
    implied: Mapping[Node, frozenset[tuple[str, ...]]],
    heads: Mapping[GroupKind, Head],
) -> tuple[Resource | None, list[Complaint]]:
    """A resource, all that it reads being known, and what is wrong with it."""
    path: Path_ = ("spec", "resources", partial.index)
    place = (*path, "template")
    complaints: list[Complaint] = []
    present = set(partial.known.present)
    for condition in partial.include_when:
        present |= implied.get(condition.expressions[0][0].root, frozenset())
    ground = Ground(all_scopes.placing(partial.shapes), Known(frozenset(present), implied))
    body = _without_name(resource.template)
    for key in ("apiVersion", "kind"):
        value = resource.template.get(key)
        if not isinstance(value, str) or "${" in value:
            told = f"{key} is missing" if value is None else f"{key} must be written out"
            complaints.append(
                Complaint((*place, key) if key in resource.template else place, "MissingField", told, "a template says what it becomes")
            )
    filled_in, wrong = templates.compiled(body, place, ground)
    complaints += wrong
    if len(partial.include_when) < len(resource.include_when):  # what a condition that is broken would have guarded is no second mistake
        complaints = [complaint for complaint in complaints if complaint.reason != "UnguardedField"]
    template: dict[str, Template] = filled_in if isinstance(filled_in, dict) else {}
    telling = Ground(all_scopes.telling(), Known(frozenset(present | {("resources", resource.id)}), implied))
    ready: list[Leaf] = []
    for number, text in enumerate(resource.ready_when):
        leaf, wrong = _condition(text, (*path, "readyWhen", number), telling)
        complaints += wrong
        if leaf is not None:
            ready.append(leaf)
    if complaints:
        return None, complaints
    target = resource.template["apiVersion"], resource.template["kind"]
    with_name = _with_name(template, partial.name)
    parts = {key: templates.settled(below) for key, below in template.items()}
    complaints += held.check(with_name, place, target, heads)
    return Resource(
        resource.id, partial.index, *target, partial.include_when, partial.loops, tuple(ready), partial.name, template, parts
    ), complaints


def _without_name(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without metadata.name, which has a scope of its own."""
    metadata = template.get("metadata")
    if not isinstance(metadata, dict):
        return dict(template)
    return {**template, "metadata": {key: value for key, value in metadata.items() if key != "name"}}


def _with_name(template: Any, name: Leaf | str | None) -> dict[str, Template]:
    metadata = template.get("metadata")
    if name is None or (metadata is not None and not isinstance(metadata, dict)):
        return dict(template)
    return {**template, "metadata": {**(metadata or {}), "name": name}}
