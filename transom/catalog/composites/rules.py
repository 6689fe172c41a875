"""Rules of a schema (`x-kubernetes-validations`): compiled with the definition, held against every claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.catalog.composites.complaints import Complaint
from transom.catalog.composites.templates import Ground, expression
from transom.catalog.validate import near
from transom.expressions import guards, shapes
from transom.expressions.engine import Expression, Failed, Scope
from transom.expressions.guards import Known
from transom.expressions.shapes import Shape, Struct
from transom.rendering.yamltext import Path_

_FIELDS = ("rule", "message", "messageExpression", "fieldPath")
EACH = "*"
"""Stands in a path for every item of a list and every value of a mapping."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        at: path below spec of the values that it holds for.
        field: path below such a value that a mistake is told at.
        path: where the rule stands in the definition.
    """

    at: Path_
    field: Path_
    path: Path_
    rule: Expression
    message: str
    message_expression: Expression | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a claim breaks: at which path below spec, what to say, and where the rule stands in the definition."""

    path: Path_
    message: str
    rule: Path_


def compiled(schema: Mapping[str, Any], shape: Shape, path: Path_) -> tuple[tuple[Rule, ...], list[Complaint]]:
    """The rules of a schema and of all below it, and what is wrong with them; `path` is the schema's in the document."""
    rules: list[Rule] = []
    complaints: list[Complaint] = []
    for one in _compiled(schema, shape, path, ()):
        if isinstance(one, Rule):
            rules.append(one)
        else:
            complaints.append(one)
    return tuple(rules), complaints


def broken(rules: tuple[Rule, ...], spec: Mapping[str, Any]) -> Iterator[Broken]:
    """Every rule that a claim's spec breaks."""
    for rule in rules:
        for path, value in _values(spec, rule.at, ()):
            activation = rule.scope.activation({"self": value})
            try:
                if rule.rule.evaluate(activation) is True:
                    continue
                message = str(rule.message_expression.evaluate(activation)) if rule.message_expression else rule.message
            except Failed as error:
                message = f"{rule.message} ({error})"
            yield Broken((*path, *rule.field), message, rule.path)


def _values(value: Any, at: Path_, path: Path_) -> Iterator[tuple[Path_, Any]]:
    if not at:
        yield path, value
        return
    head, rest = at[0], at[1:]
    if head == EACH:
        pairs = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
        for key, below in pairs:
            yield from _values(below, rest, (*path, key))
    elif isinstance(value, dict) and head in value:
        yield from _values(value[head], rest, (*path, head))


def _compiled(schema: Mapping[str, Any], shape: Shape, path: Path_, at: Path_) -> Iterator[Rule | Complaint]:
    rules = schema.get("x-kubernetes-validations", ())
    place = (*path, "x-kubernetes-validations")
    if not isinstance(rules, list | tuple):
        yield Complaint(place, "InvalidSchema", "x-kubernetes-validations must be a list of rules")
        return
    scope = Scope({"self": shape}) if rules else None
    for index, one in enumerate(rules):
        if scope is not None:
            yield from _rule(one, (*place, index), at, scope)
    for key, below in schema.get("properties", {}).items():
        inner = shape.fields[key].shape if isinstance(shape, Struct) and key in shape.fields else shapes.ANY
        yield from _compiled(below, inner, (*path, "properties", key), (*at, key))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            inner = getattr(shape, "item", getattr(shape, "value", shapes.ANY))
            yield from _compiled(schema[key], inner, (*path, key), (*at, EACH))


def _rule(one: Any, path: Path_, at: Path_, scope: Scope) -> Iterator[Rule | Complaint]:
    if not isinstance(one, dict) or not isinstance(one.get("rule"), str):
        yield Complaint(path, "InvalidSchema", "a rule is missing", 'write {rule: "self.min <= self.max", message: …}')
        return
    for key in one:
        if key not in _FIELDS:
            yield Complaint((*path, key), "InvalidSchema", f"{key} is not a field of a rule", near(str(key), _FIELDS), of_key=True)
    if "oldSelf" in one["rule"]:
        hint = "compare values of self; what may never change is for the kind that it becomes to say"
        told = "there is no oldSelf: a repository holds what is wanted, not what was"
        yield Complaint((*path, "rule"), "InvalidExpression", told, hint, one["rule"].index("oldSelf"))
        return
    if not one.get("message") and not one.get("messageExpression"):
        yield Complaint(path, "InvalidSchema", "message is missing", "say what to write instead: it is told at the claim's line")
    ground = Ground(scope, Known())
    rule, wrong = expression(one["rule"], (*path, "rule"), 0, ground)
    yield from wrong
    if rule is not None and rule.shape not in (shapes.BOOLEAN, shapes.ANY):
        yield Complaint((*path, "rule"), "ExpressionType", f"a rule must be true or false, not {shapes.word(rule.shape)}", "", 0)
        return
    message: Expression | None = None
    if isinstance(one.get("messageExpression"), str) and rule is not None:
        told_when = Known(guards.implied(rule.root, wanted=False))
        message, wrong = expression(one["messageExpression"], (*path, "messageExpression"), 0, Ground(scope, told_when))
        yield from wrong
        if message is not None and message.shape != shapes.STRING:
            told = f"a message must be a text, not {shapes.word(message.shape)}"
            yield Complaint((*path, "messageExpression"), "ExpressionType", told, "", 0)
    field = tuple(part for part in str(one.get("fieldPath", "")).split(".") if part)
    yield from _field_path(field, scope.variables["self"], (*path, "fieldPath"))
    if rule is not None:
        yield Rule(at, field, (*path, "rule"), rule, str(one.get("message") or one["rule"]), message, scope)


def _field_path(field: Path_, shape: Shape, path: Path_) -> Iterator[Complaint]:
    for part in field:
        if not isinstance(shape, Struct):
            return
        if part not in shape.fields:
            yield Complaint(path, "InvalidSchema", f"there is no field {part}", near(str(part), shape.fields), 0)
            return
        shape = shape.fields[str(part)].shape
