"""Reads and checks definitions: all of a repository's, together, since composites are made of composites."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from transom.catalog import order, validate
from transom.catalog.composites import heads, resources, rules, scopes, templates
from transom.catalog.composites.complaints import Complaint, problems
from transom.catalog.composites.parts import Definition, GroupKind, Head, Resource
from transom.catalog.composites.resources import Partial
from transom.catalog.composites.scopes import Scopes
from transom.catalog.composites.templates import Ground, Leaf
from transom.catalog.model import Entry
from transom.errors import Problem
from transom.expressions import shapes
from transom.expressions.guards import Known
from transom.expressions.shapes import ListOf, MapOf, Shape, Struct
from transom.rendering import units
from transom.rendering.render import Rendered, Renderer
from transom.rendering.units import Room
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot
from transom.specs.composite import CompositeDefinition, ResourceTemplate


@dataclass(frozen=True, slots=True)
class Kind:
    """A defined kind: its revisions, and which of them is meant where a claim names none."""

    api_version: str
    kind: str
    revisions: Mapping[int, Definition]
    default: int


@dataclass(frozen=True, slots=True)
class Definitions:
    """What a repository defines.

    Attributes:
        kinds: those that can be claimed.
        broken: those whose definitions have mistakes: a claim of them is not a second mistake.
        problems: every mistake.
    """

    kinds: Mapping[GroupKind, Kind]
    broken: frozenset[GroupKind]
    problems: tuple[Problem, ...]

    @property
    def known(self) -> frozenset[GroupKind]:
        """Every defined kind, broken or not."""
        return frozenset(self.kinds) | self.broken


def of_sources(environment: str, snapshots: Sequence[Snapshot], renderer: Renderer) -> Definitions:
    """Everything that these sources define, as an environment has it."""
    found = [unit for snapshot in snapshots for unit in units.compositions(snapshot, environment)]
    documents = renderer.render(found).documents
    valid, _, _ = entries([one for one in documents if one.data.get("kind") == "CompositeDefinition"])
    return read(valid)


def entries(defining: Sequence[Rendered]) -> tuple[list[Entry[CompositeDefinition]], list[Problem], frozenset[GroupKind]]:
    """Valid documents of definitions; what is wrong with the others, and which kinds they seem to define."""
    found: list[Entry[CompositeDefinition]] = []
    problems: list[Problem] = []
    broken: set[GroupKind] = set()
    for one in defining:
        if one.unit.room is not Room.COMPOSITIONS:
            hint = "move it to infrastructure/compositions/"
            where = one.trace.locate(one.data, ("kind",))
            problems.append(Problem(where, "UnexpectedKind", "a CompositeDefinition is the platform's", hint))
        entry, wrong = validate.document(one.data, one.trace, one.unit)
        problems += wrong
        if entry is not None and one.unit.room is Room.COMPOSITIONS:
            found.append(cast("Entry[CompositeDefinition]", entry))
        spec = one.data.get("spec")
        if entry is None and isinstance(spec, dict):
            broken.add((f"{spec.get('group')}/{spec.get('version')}", str(spec.get("kind"))))
    return found, problems, frozenset(broken)


def read(entries: Sequence[Entry[CompositeDefinition]]) -> Definitions:
    """Everything that these documents define; read once for all environments that see the same."""
    key = tuple((str(entry.trace.origin), _stamp(entry), json.dumps(entry.data, default=str)) for entry in entries)
    if key not in _READ:
        while len(_READ) >= _KEPT:
            _READ.pop(next(iter(_READ)))
        _READ[key] = _read(entries)
    return _READ[key]


def _stamp(entry: Entry[CompositeDefinition]) -> str:
    """The document's place, and when its file was written: lines may move while the data stay the same."""
    origin = entry.trace.origin
    return f"{entry.at()} {origin.stat().st_mtime_ns if origin.is_file() else 0}"


_READ: dict[tuple[tuple[str, str, str], ...], Definitions] = {}
_KEPT = 8
"""Sets of definitions that are remembered: as many as environments differ in what they define."""


def _read(entries: Sequence[Entry[CompositeDefinition]]) -> Definitions:
    found_heads = [heads.read(entry) for entry in entries]
    found = list(_together(found_heads))
    by_kind: dict[GroupKind, list[Head]] = {}
    for head in found_heads:
        by_kind.setdefault(head.key, []).append(head)
    defaults = {key: next((one for one in group if one.entry.document.spec.default), group[0]) for key, group in by_kind.items()}
    found += _cycles(by_kind)
    made: dict[GroupKind, dict[int, Definition]] = {}
    words = {_word(key): key for key in by_kind}
    for key in [words[word] for word in order.sort(_made_of(by_kind))]:  # those in a cycle are left out
        for head in by_kind[key]:
            if head.model is None or head.complaints:
                continue
            definition, complaints = _whole(head, defaults, made)
            head.complaints += complaints
            if definition is not None and not complaints:
                made.setdefault(key, {})[definition.revision] = definition
    told = [problem for head, one in found for problem in problems(head.entry, [one])]
    told += [problem for head in found_heads for problem in problems(head.entry, head.complaints)]
    broken = {head.key for head in found_heads if head.complaints} | {head.key for head, _ in found} | (set(by_kind) - set(made))
    kinds = {key: Kind(*key, revisions, defaults[key].entry.document.spec.revision) for key, revisions in made.items() if key not in broken}
    return Definitions(kinds, frozenset(broken), tuple(told))


def _together(found_heads: Sequence[Head]) -> Iterator[tuple[Head, Complaint]]:
    """What is wrong with definitions beside each other."""
    seen: dict[tuple[Any, ...], Head] = {}
    names: dict[str, Head] = {}
    by_kind: dict[str, Head] = {}
    for head in sorted(found_heads, key=lambda one: one.entry.at("metadata", "name")):
        spec, entry = head.entry.document.spec, head.entry
        if entry.name in names:
            told = f"CompositeDefinition {entry.name} is declared twice, first at {names[entry.name].entry.at('metadata', 'name')}"
            yield head, Complaint(("metadata", "name"), "DuplicateDocument", told, "rename or remove one of the two")
        names.setdefault(entry.name, head)
        first = seen.setdefault((*head.key, spec.revision), head)
        if first is not head:
            told = f"{spec.kind} of {head.key[0]} is defined twice with revision {spec.revision}, first at {first.entry.at('spec', 'kind')}"
            yield (
                head,
                Complaint(("spec", "kind"), "DuplicateDefinition", told, "give this one the next revision, or remove one of the two"),
            )
        other = by_kind.setdefault(spec.kind, head)
        if other.entry.document.spec.group != spec.group:
            told = f"kind {spec.kind} is defined in two groups, first at {other.entry.at('spec', 'group')}"
            yield head, Complaint(("spec", "kind"), "DuplicateDefinition", told, "names in state are made of kind and name: rename one")
    groups: dict[GroupKind, list[Head]] = {}
    for head in seen.values():
        groups.setdefault(head.key, []).append(head)
    for key, group in groups.items():
        chosen = [head for head in group if head.entry.document.spec.default]
        if len(group) > 1 and not chosen:
            told = f"{key[1]} has {len(group)} revisions, and none is the default"
            yield group[-1], Complaint(("spec", "revision"), "DuplicateDefinition", told, "write default: true in the one that claims get")
        for head in chosen[1:]:
            told = f"two revisions of {key[1]} are the default, first {chosen[0].entry.at('spec', 'default')}"
            yield head, Complaint(("spec", "default"), "DuplicateDefinition", told, "one is enough: remove it from the other")


def _made_of(by_kind: Mapping[GroupKind, Sequence[Head]]) -> dict[str, list[str]]:
    """For each defined kind those that it is made of."""
    return {
        _word(key): sorted({_word(target) for head in group for _, target in _targets(head.entry) if target in by_kind})
        for key, group in by_kind.items()
    }


def _word(key: GroupKind) -> str:
    return " ".join(key)


def _targets(entry: Entry[CompositeDefinition]) -> Iterator[tuple[int, GroupKind]]:
    for index, resource in enumerate(entry.document.spec.resources):
        yield index, (str(resource.template.get("apiVersion")), str(resource.template.get("kind")))


def _cycles(by_kind: Mapping[GroupKind, Sequence[Head]]) -> Iterator[tuple[Head, Complaint]]:
    words = {_word(key): key for key in by_kind}
    for cycle in order.cycles(_made_of(by_kind)):
        keys = [words[word] for word in cycle]
        way = " → ".join(kind for _, kind in (*keys, keys[0]))
        for head in by_kind[keys[0]]:
            index = next((index for index, target in _targets(head.entry) if target == keys[1 % len(keys)]), None)
            if index is not None:
                path = ("spec", "resources", index, "template", "kind")
                yield head, Complaint(path, "DefinitionCycle", f"is made of itself: {way}", "leave one of these resources out")
                break


def _whole(
    head: Head, defaults: Mapping[GroupKind, Head], made: Mapping[GroupKind, Mapping[int, Definition]]
) -> tuple[Definition | None, list[Complaint]]:
    entry, spec = head.entry, head.entry.document.spec
    schema = entry.data["spec"]["schema"]
    claim = scopes.claim(head.fields)
    below = claim.fields["spec"].shape
    found, complaints = rules.compiled(schema, _self(below, head.fields), ("spec", "schema"))
    environment = scopes.environment_shape()
    first = Scopes(claim, environment, {})
    parts: list[tuple[ResourceTemplate, Partial]] = []
    for index, resource in enumerate(spec.resources):
        partial, wrong = resources.partial(resource, index, first)
        complaints += wrong
        parts.append((resource, partial))
    members = {resource.id: resources.member(resource, partial, made, defaults) for resource, partial in parts}
    all_scopes = Scopes(claim, environment, members)
    implied = resources.implied_by(parts)
    made_resources: list[Resource] = []
    for resource, partial in parts:
        one, wrong = resources.whole(resource, partial, all_scopes, implied, defaults)
        complaints += wrong
        if one is not None:
            made_resources.append(one)
    known = Known(implied=implied)
    connection, wrong = templates.mapping(spec.connection, ("spec", "connection"), Ground(all_scopes.placing({}), known))
    complaints += wrong
    # what a status reads and is not there leaves the status out: nobody need guard it
    shown = Known(frozenset(("resources", resource.id) for resource in spec.resources), implied)
    status, wrong = templates.mapping(spec.status, ("spec", "status"), Ground(all_scopes.telling(), shown))
    complaints += wrong
    complaints += _texts_only(connection, ("spec", "connection"))
    if complaints or head.model is None:
        return None, complaints
    return Definition(entry, head.model, head.fields, found, all_scopes, tuple(made_resources), connection, status), []


def _self(below: Shape, fields: Mapping[str, shapes.Field]) -> Shape:
    """`self` of rules at the root: the spec as the schema has it."""
    return Struct("self", fields) if isinstance(below, Struct) else below


def _texts_only(found: Mapping[str, Leaf | str], path: Path_) -> Iterator[Complaint]:
    for key, leaf in found.items():
        if isinstance(leaf, Leaf) and isinstance(leaf.shape, ListOf | MapOf | Struct | shapes.Maybe):
            told = f"a variable must be one value, not {shapes.word(leaf.shape)}"
            yield Complaint((*path, key), "ExpressionType", told, "", leaf.expressions[0][1])
