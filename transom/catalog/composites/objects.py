"""Holds templates of Kubernetes objects to the API, before there is any claim: with a sample in the place of each expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from transom.apischema.check import Library, library
from transom.apischema.check import check as findings
from transom.apischema.findings import Finding
from transom.catalog.composites import targets, templates
from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.templates import Leaf, Template
from transom.expressions import shapes
from transom.rendering import yamltext
from transom.rendering.yamltext import Path_

_OF_TYPES = frozenset({"WrongType", "UnknownField", "MissingField"})
"""What no value of an expression's type could mend."""


def check(template: Mapping[str, Template], path: Path_) -> Iterator[Complaint]:
    """What the API of Kubernetes would refuse of every object that the template, which stands at `path`, can become.

    Kinds that only the repository or a cluster knows are left to the objects themselves.
    """
    data: dict[str, Any] = targets.sample(template)
    data["metadata"] = {"name": "a", **(data.get("metadata") or {})}
    if _library().find(str(data["apiVersion"]), str(data["kind"])) is None:
        unknown = (one for one in findings(data, _library()) if one.reason in ("UnknownKind", "UnknownVersion"))
        yield from (Complaint((*path, *one.path), one.reason, one.message, one.hint) for one in unknown)
        return
    yield from _needed(template, data)
    leaves = dict(templates.leaves(template))
    for finding in findings(data, _library()):
        at = next((finding.path[:length] for length in range(len(finding.path), 0, -1) if finding.path[:length] in leaves), None)
        if finding.doubtful:
            continue
        if at is not None and not (finding.of_key and at == finding.path):
            yield from _of_leaf(finding, leaves[at], below=at != finding.path)
        elif finding.reason in _OF_TYPES or not any(one[: len(finding.path)] == finding.path for one in leaves):
            place = (*path, *targets.written(template, finding.path))
            yield Complaint(place, finding.reason, finding.message, finding.hint, of_key=finding.of_key)


def _of_leaf(finding: Finding, leaf: Leaf, *, below: bool) -> Iterator[Complaint]:
    if finding.reason not in _OF_TYPES or (shapes.is_open(leaf.shape) and (below or leaf.shape == shapes.ANY)):
        return
    told = f"{yamltext.dotted(finding.path)} cannot be {shapes.word(leaf.shape)}"
    yield Complaint(leaf.path, "ExpressionType", told, _cast(finding, leaf), leaf.expressions[0][1])


def _cast(finding: Finding, leaf: Leaf) -> str:
    if not leaf.whole or leaf.shape not in (shapes.STRING, shapes.INTEGER, shapes.NUMBER, shapes.BOOLEAN):
        return ""
    wanted = "int" if "number" in finding.message and leaf.shape == shapes.STRING else "string" if "text" in finding.message else ""
    return f"write ${{{wanted}({leaf.expressions[0][0].text})}}" if wanted else ""


def _needed(template: Mapping[str, Template], whole: Mapping[str, Any]) -> Iterator[Complaint]:
    """Fields that the API asks for, and whose expression may come to nothing."""
    optional = {place: leaf for place, leaf in templates.leaves(template) if isinstance(leaf.shape, shapes.Maybe)}
    if not optional:
        return
    data = {**targets.sample(template, optionals=False), "metadata": whole["metadata"]}
    for finding in findings(data, _library()):
        if finding.reason == "MissingField" and finding.path in optional:
            leaf = optional[finding.path]
            told = f"{yamltext.dotted(finding.path)} is needed, and the expression may come to nothing"
            yield Complaint(leaf.path, "ExpressionType", told, "give it a value of its own: .orValue(…)", leaf.expressions[0][1])


@cache
def _library() -> Library:
    """The newest Kubernetes that is kept: what its clusters' own versions say is told once there are objects."""
    return library()
