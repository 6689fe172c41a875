"""Templates: a document with `${…}` in its texts, compiled once, and filled in for each claim.

A text that is one expression and nothing else becomes its value, of whatever type; an optional that is not there leaves the field out.
Expressions inside other text become text themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from transom.catalog.composites.complaints import Complaint, of_faults
from transom.expressions import guards, shapes, texts
from transom.expressions.engine import Activation, Expression, Failed, Missing, Refused, Scope
from transom.expressions.guards import Known
from transom.expressions.shapes import ListOf, MapOf, Maybe, Shape, Struct
from transom.rendering.yamltext import Path_

LEFT_OUT = object()
"""What an optional comes to that is not there."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text with expressions.

    Attributes:
        path: where it stands in the definition's document.
        parts: plain pieces and expressions, each with the place of its first character.
        whole: whether it is one expression and nothing else.
    """

    path: Path_
    parts: tuple[tuple[str | Expression, int], ...]
    whole: bool

    @property
    def shape(self) -> Shape:
        """What it comes to."""
        expressions = self.expressions
        if not expressions:  # it could not be compiled, which is told already
            return shapes.ANY
        return expressions[0][0].shape if self.whole else shapes.STRING

    @property
    def expressions(self) -> tuple[tuple[Expression, int], ...]:
        """Its expressions, each with the place of its first character."""
        return tuple((part, at) for part, at in self.parts if isinstance(part, Expression))

    def reads(self) -> Iterator[tuple[str, ...]]:
        """Every field that it reads, e.g. `("claim", "spec", "size")`, longest ones first."""
        paths = {node.path for expression, _ in self.expressions for node in expression.root.everything() if node.path}
        yield from sorted(paths, key=lambda path: (-len(path), path))


Template: TypeAlias = "dict[str, Template] | list[Template] | Leaf | Any"
"""A document in which texts with expressions are leaves."""


class Unfilled(Exception):  # noqa: N818 - carries a failure to whoever knows the claim
    """An expression failed: at which path and character of the definition, and how it failed."""

    def __init__(self, path: Path_, offset: int, message: str) -> None:
        self.path = path
        self.offset = offset
        self.message = message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Constant:
    """A mapping or list without expressions: every claim gets the same."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ground:
    """What the expressions of one template may read, and what is known before."""

    scope: Scope
    known: Known


def leaf(string: str, path: Path_, ground: Ground) -> tuple[Leaf | str, list[Complaint]]:
    """A text compiled; a plain one is given back as it is, `$${` unfolded."""
    if "${" not in string:
        return string, []
    try:
        parts = texts.split(string)
    except texts.Unclosed as error:
        return string, [Complaint(path, "InvalidExpression", "${ is not closed", "put } behind the expression, or write $${", error.offset)]
    if not any(part.is_expression for part in parts):
        return "".join(part.text for part in parts), []
    complaints: list[Complaint] = []
    found: list[tuple[str | Expression, int]] = []
    whole = len(parts) == 1
    for part in parts:
        if not part.is_expression:
            found.append((part.text, part.offset))
            continue
        compiled, wrong = expression(part.text, path, part.offset, ground)
        complaints += wrong
        if compiled is not None:
            found.append((compiled, part.offset))
            if not whole and not _is_text(compiled.shape):
                told = f"{shapes.word(compiled.shape)} cannot stand inside text"
                complaints.append(
                    Complaint(path, "ExpressionType", told, "let the expression stand alone, or make text of it", part.offset)
                )
    return Leaf(path, tuple(found), whole), complaints


def expression(text: str, path: Path_, start: int, ground: Ground) -> tuple[Expression | None, list[Complaint]]:
    """An expression compiled and checked, and everything that is wrong with it."""
    try:
        compiled = ground.scope.compile(text)
    except Refused as error:
        return None, list(of_faults(path, error.faults, "InvalidExpression", start=start))
    complaints = list(of_faults(path, guards.missing(compiled, ground.known), "UnguardedField", start=start))
    complaints += of_faults(path, guards.dead(compiled, ground.scope), "DeadCondition", start=start)
    complaints += of_faults(path, guards.computed(compiled), "OutputNotKnown", start=start)
    return compiled, complaints


def single(string: str, path: Path_, ground: Ground) -> tuple[Leaf | None, list[Complaint]]:
    """A text that must be one expression and nothing else, such as a condition."""
    found, complaints = leaf(string, path, ground)
    if complaints or (isinstance(found, Leaf) and found.whole):
        return found if isinstance(found, Leaf) else None, complaints
    hint = f"write ${{{string.strip()}}}" if "${" not in string else "write one ${…} and nothing beside it"
    return None, [Complaint(path, "InvalidExpression", "must be one expression", hint)]


def compiled(data: Any, path: Path_, ground: Ground) -> tuple[Template, list[Complaint]]:
    """A document compiled, and everything that is wrong with its expressions."""
    match data:
        case str():
            return leaf(data, path, ground)
        case dict():
            out: dict[str, Template] = {}
            complaints: list[Complaint] = []
            for key, value in data.items():
                if "${" in str(key):
                    told, hint = "a key cannot be an expression", "give the whole mapping: ${{claim.metadata.name: 1}}"
                    complaints.append(Complaint((*path, key), "InvalidExpression", told, hint, of_key=True))
                out[key], wrong = compiled(value, (*path, key), ground)
                complaints += wrong
            return out, complaints
        case list():
            pairs = [compiled(value, (*path, index), ground) for index, value in enumerate(data)]
            return [one for one, _ in pairs], [complaint for _, wrong in pairs for complaint in wrong]
        case _:
            return data, []


def filled(template: Template, activation: Activation) -> Any:
    """The document with these values; what comes to nothing is left out.

    Raises:
        Unfilled: an expression failed.
    """
    match template:
        case Leaf():
            return value(template, activation)
        case Constant():
            return template.value
        case dict():
            pairs = ((key, filled(below, activation)) for key, below in template.items())
            return {key: below for key, below in pairs if below is not LEFT_OUT}
        case list():
            return [below for below in (filled(item, activation) for item in template) if below is not LEFT_OUT]
        case _:
            return template


def value(leaf: Leaf, activation: Activation) -> Any:
    """What a leaf comes to; LEFT_OUT for an optional that is not there.

    Raises:
        Unfilled: an expression failed.
    """
    pieces = []
    for part, offset in leaf.parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        try:
            found = part.evaluate(activation)
        except Missing:
            return LEFT_OUT
        except Failed as error:
            raise Unfilled(leaf.path, offset, str(error)) from None
        if leaf.whole:
            return found
        pieces.append(as_text(found))
    return "".join(pieces)


def as_text(found: Any) -> str:
    """A value inside text, as CEL's `string()` writes it."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, float) and found.is_integer():
        return str(int(found))
    return "" if found is None else str(found)


def settled(template: Template) -> Template:
    """The same, with constants for all parts that have no expressions."""
    match template:
        case dict() | list() if not any(True for _ in leaves(template)):
            return Constant(template)
        case dict():
            return {key: settled(below) for key, below in template.items()}
        case list():
            return [settled(below) for below in template]
        case _:
            return template


def leaves(template: Template, path: Path_ = ()) -> Iterator[tuple[Path_, Leaf]]:
    """Every leaf with its path inside the template."""
    match template:
        case Leaf():
            yield path, template
        case dict():
            for key, below in template.items():
                yield from leaves(below, (*path, key))
        case list():
            for index, below in enumerate(template):
                yield from leaves(below, (*path, index))


def _is_text(shape: Shape) -> bool:
    return not isinstance(shape, ListOf | MapOf | Struct | Maybe) and shape != shapes.NULL


def mapping(found: Mapping[str, str], path: Path_, ground: Ground) -> tuple[dict[str, Leaf | str], list[Complaint]]:
    """Texts by name, compiled."""
    out: dict[str, Leaf | str] = {}
    complaints: list[Complaint] = []
    for key, string in found.items():
        out[key], wrong = leaf(string, (*path, key), ground)
        complaints += wrong
    return out, complaints
