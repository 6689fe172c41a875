"""Holds a template to what it becomes: a kind of Transom, a claim of another definition, or a Kubernetes manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from transom.catalog.composites import objects, targets, templates
from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.parts import GroupKind, Head
from transom.catalog.composites.targets import Target
from transom.catalog.composites.templates import Leaf, Template
from transom.catalog.validate import GROUP, near
from transom.expressions import shapes
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION
from transom.specs.kinds import KINDS, RESOURCE_KINDS


def check(template: Mapping[str, Template], path: Path_, target: GroupKind, heads: Mapping[GroupKind, Head]) -> Iterator[Complaint]:
    """The template against the kind that it becomes."""
    api_version, kind = target
    if api_version.partition("/")[0] == GROUP:
        yield from _ours(template, path, target)
    elif target in heads:
        if (model := heads[target].model) is not None:
            yield from targets.check(template, path, Target(model))
    elif any(api_version.partition("/")[0] == group.partition("/")[0] for group, _ in heads):
        known = [name for group, name in heads if group == api_version]
        place, said = (
            ("kind", f"kind {kind} is not defined in {api_version}")
            if known
            else ("apiVersion", f'apiVersion "{api_version}" is not defined')
        )
        hint = near(kind, known) if known else near(api_version, {group for group, _ in heads})
        yield Complaint((*path, place), "UnknownKind" if known else "UnknownVersion", said, hint)
    else:
        yield from _manifest(template, path, target)
    for at, leaf in templates.leaves(template):
        manifest = api_version.partition("/")[0] != GROUP and target not in heads
        if shapes.holds(leaf.shape, shapes.OUTPUT) or any(shapes.holds(one.shape, shapes.OUTPUT) for one, _ in leaf.expressions):
            if not manifest:
                told = f"an output is known only when it is applied, and {kind} must be known before"
                yield Complaint(
                    leaf.path, "OutputNotKnown", told, "outputs can stand in manifests, connection and status", leaf.expressions[0][1]
                )
            elif at[:1] == ("metadata",) and at[1:2] in (("name",), ("namespace",), ("labels",)):
                told = "an output is known only when it is applied, and names and labels must be known before"
                yield Complaint(leaf.path, "OutputNotKnown", told, "put it into spec, data or annotations", leaf.expressions[0][1])


def _ours(template: Mapping[str, Template], path: Path_, target: GroupKind) -> Iterator[Complaint]:
    api_version, kind = target
    model = KINDS.get(kind)
    if api_version != API_VERSION:
        yield Complaint((*path, "apiVersion"), "UnknownVersion", f'apiVersion "{api_version}" is not known', f"write {API_VERSION}")
    elif model is None:
        yield Complaint((*path, "kind"), "UnknownKind", f"kind {kind} is not known", near(kind, RESOURCE_KINDS))
    elif kind not in RESOURCE_KINDS:
        hint = f"a composite is made of {', '.join(RESOURCE_KINDS)}, other composites and Kubernetes manifests"
        yield Complaint((*path, "kind"), "UnexpectedKind", f"a composite cannot be made of a document of kind {kind}", hint)
    else:
        yield from targets.check(template, path, Target(model))


def _manifest(template: Mapping[str, Template], path: Path_, target: GroupKind) -> Iterator[Complaint]:
    if "metadata" in template and not isinstance(template["metadata"], dict):
        yield Complaint((*path, "metadata"), "WrongType", "metadata must be a mapping")
        return
    yield from objects.check(template, path)
    if target != ("v1", "Secret"):
        return
    for key in ("data", "stringData"):
        values = template.get(key)
        for name, value in values.items() if isinstance(values, dict) else ():
            outputs = isinstance(value, Leaf) and any(one.shape == shapes.OUTPUT for one, _ in value.expressions)
            if not outputs or key == "data":
                hint = "put outputs of resources into stringData" if key == "data" else "a Secret can hold outputs of resources"
                yield Complaint((*path, key, name), "PlaintextSecret", "a secret must not stand in Git", hint)
