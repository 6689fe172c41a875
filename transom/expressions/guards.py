"""Which fields may be missing where an expression reads them, and which conditions never change.

A field may be missing when it is neither required nor has a default. It is safe behind `has(…)`: in the branch of `? :` that the test
leads to, and beside it in `&&` and `||`, which in CEL do not mind an error when the other side decides (CEL specification: logical
operators). `.?field` needs no guard.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from transom.expressions.engine import Expression, Failed, Fault, Missing, Scope
from transom.expressions.shapes import BOOLEAN, OUTPUT, Field, ListOf, MapOf, Maybe, Shape, Struct, holds
from transom.expressions.tree import Node

Path = tuple[str, ...]
_MOST = 256
"""Combinations of values that a condition is tried with."""


@dataclass(frozen=True, slots=True)
class Known:
    """What holds before an expression is evaluated.

    Attributes:
        present: fields that are there.
        implied: conditions, each with the fields that are there when it is true.
    """

    present: frozenset[Path] = frozenset()
    implied: Mapping[Node, frozenset[Path]] = field(default_factory=dict)

    def given(self, condition: Node) -> Known:
        """What holds once the condition is true."""
        return Known(self.present | _facts(condition, self.implied, wanted=True), self.implied)


def implied(condition: Node, *, wanted: bool) -> frozenset[Path]:
    """Fields that are there once the condition has come to `wanted`."""
    return _facts(condition, {}, wanted=wanted)


def missing(expression: Expression, known: Known) -> Iterator[Fault]:
    """Every field that the expression reads and that may not be there, once each."""
    seen: set[Path] = set()
    for node in _unguarded(expression.root, known.present, known.implied):
        if node.path and node.path not in seen:
            seen.add(node.path)
            name, above = ".".join(node.path), ".".join(node.path[:-1])
            hint = f"guard it, has({name}) ? {name} : …, or write {above}.?{node.path[-1]}.orValue(…)"
            if node.path[0] == "resources":
                hint = f"guard it, has({name}) ? … : …: the resource has includeWhen"
            yield Fault(max(node.offset - len(above), 0), f"{name} may be missing", hint)


def dead(expression: Expression, scope: Scope) -> Iterator[Fault]:
    """Conditions inside the expression, and the expression itself where it is one, that never change whatever the claim says."""
    found = list(_settled(expression.root))
    for node, settled in found:
        yield Fault(node.offset, f"{_shown(node)} is always {str(settled).lower()}", "remove the condition, or correct it")
    if not found and expression.shape == BOOLEAN:
        if expression.root.kind == "const":
            yield Fault(0, f"is always {str(expression.root.value).lower()}", "remove the condition, or write one")
        elif (always := _tried(expression, scope)) is not None:
            yield Fault(0, f"is always {str(always).lower()}, whatever the claim says", "remove the condition, or correct it")


def field_of(node: Node) -> Field | None:
    """The field that a select or has reads, where the struct above it is known."""
    shape = node.below[0].shape if node.kind in ("select", "has") and node.below else None
    return shape.fields.get(node.name) if isinstance(shape, Struct) else None


def _unguarded(node: Node, present: frozenset[Path], implied: Mapping[Node, frozenset[Path]]) -> Iterator[Node]:
    match node.kind, node.name:
        case "call", "_?_:_":
            condition, then, otherwise = node.below
            yield from _unguarded(condition, present, implied)
            yield from _unguarded(then, present | _facts(condition, implied, wanted=True), implied)
            yield from _unguarded(otherwise, present | _facts(condition, implied, wanted=False), implied)
        case "call", ("_&&_" | "_||_") as operator:
            for index, side in enumerate(node.below):
                other = _facts(node.below[1 - index], implied, wanted=operator == "_&&_")
                yield from _unguarded(side, present | other, implied)
        case "select", _:
            found = field_of(node)
            if found is not None and not found.always and node.path not in present:
                yield node
            yield from _unguarded(node.below[0], present, implied)
        case _:
            for part in node.below:
                yield from _unguarded(part, present, implied)


def _facts(node: Node, implied: Mapping[Node, frozenset[Path]], *, wanted: bool) -> frozenset[Path]:
    """Fields that are there when the condition comes to `wanted`."""
    own = implied.get(node, frozenset()) if wanted else frozenset()
    match node.kind, node.name:
        case "has", _:
            return own | (frozenset(node.path[:length] for length in range(1, len(node.path) + 1)) if wanted else frozenset())
        case "call", "!_":
            return own | _facts(node.below[0], implied, wanted=not wanted)
        case "call", ("_&&_" | "_||_") as operator:
            left, right = (_facts(side, implied, wanted=wanted) for side in node.below)
            return own | (left | right if (operator == "_&&_") == wanted else left & right)
        case _:
            return own


def _settled(node: Node) -> Iterator[tuple[Node, bool]]:
    """Parts that always come to the same."""
    match node.kind, node.name:
        case "has", _:
            found = field_of(node)
            if found is not None and found.always and not any(one.always is False for one in _fields(node)):
                yield node, True
        case "call", ("_==_" | "_!=_" | "@in") as operator:
            if (always := _never_equal(node)) is not None:
                yield node, always == (operator == "_!=_")
        case "call", ("_&&_" | "_||_" | "!_"):
            yield from ((side, side.value) for side in node.below if side.kind == "const" and isinstance(side.value, bool))
        case "call", "_?_:_" if node.below[0].kind == "const":
            yield node.below[0], bool(node.below[0].value)
    if node.kind != "fold":  # what `all` and `exists` unfold to has constants of its own
        for part in node.below:
            yield from _settled(part)


def _fields(node: Node) -> Iterator[Field]:
    while node.kind in ("select", "has"):
        if (found := field_of(node)) is not None:
            yield found
        node = node.below[0]


def _never_equal(node: Node) -> bool | None:
    """True when a field with counted values is compared with others only; None when nothing can be said."""
    left, right = node.below
    if node.name != "@in" and left.kind == "const":
        left, right = right, left
    found = field_of(left) if left.kind == "select" else None
    if found is None or not found.values:
        return None
    others = [part for part in (right.below if right.kind == "list" else (right,)) if part.kind == "const"]
    if not others or len(others) < len(right.below):
        return None
    return True if all(other.value not in found.values for other in others) else None


def _shown(node: Node) -> str:
    match node.kind, node.name:
        case ("has", _):
            return f"has({'.'.join(node.path)})"
        case ("call", ("_==_" | "_!=_" | "@in") as operator):
            return f"{_shown(node.below[0])} {operator.strip('_').removeprefix('@')} {_shown(node.below[1])}"
        case ("const", _):
            return f'"{node.value}"' if isinstance(node.value, str) else str(node.value).lower()
        case ("list", _):
            return f"[{', '.join(_shown(part) for part in node.below)}]"
        case _:
            return ".".join(node.path) or "it"


def _tried(expression: Expression, scope: Scope) -> bool | None:
    """What a condition comes to with every combination of values, when it reads nothing but counted fields and always comes to the same."""
    read: dict[Path, Sequence[object]] = {}
    for node in expression.root.everything():
        if node.kind in ("fold", "map") or (node.kind == "ident" and not node.path):
            return None
        found = field_of(node)
        if node.kind in ("select", "has") and (found is None or not node.path):
            return None
        if found is not None and not isinstance(found.shape, Struct):
            values: Sequence[object] = (True, False) if found.shape == BOOLEAN else found.values
            if not values:
                return None
            read[node.path] = (*values,) if found.always else (*values, _ABSENT)
        elif found is not None and not found.always:
            return None
    combinations = 1
    for one in read.values():
        combinations *= len(one)
    if not read or combinations > _MOST:
        return None
    results = {_outcome(expression, scope, dict(zip(read, chosen, strict=True))) for chosen in itertools.product(*read.values())}
    return next(iter(results)) if len(results) == 1 else None


_ABSENT = object()


def _outcome(expression: Expression, scope: Scope, values: Mapping[Path, object]) -> bool | None:
    variables: dict[str, dict[str, object]] = {}
    for path, value in values.items():
        here = variables.setdefault(path[0], {})
        for part in path[1:-1]:
            here = here.setdefault(part, {})  # type: ignore[assignment]  # only mappings stand above a leaf
        if value is not _ABSENT:
            here[path[-1]] = value
    try:
        return bool(expression.evaluate(scope.activation(variables)))
    except (Failed, Missing):
        return None


def computed(expression: Expression) -> Iterator[Fault]:
    """Outputs that the expression looks at, where it may only hand them on: CEL compares whatever is of one type, and `dyn` hides types."""
    for node in expression.root.everything():
        operands = node.below[1:] if node.name == "_?_:_" else node.below
        if node.kind == "call" and node.name not in _HANDING_ON and any(_looked_at(part.shape, node.name) for part in operands):
            told = "an output is known only when it is applied: it can be placed, not computed with"
            yield Fault(node.offset, told, "put it into text instead: prefix-${resources.db.outputs.host}")


_HANDING_ON = frozenset({"_?_:_", "_+_", "_[_]", "_?._", "_[?_]", "optional.of", "or", "orValue", "size"})
_COMPARING = frozenset({"_==_", "_!=_", "@in", "dyn"})


def _looked_at(shape: Shape | None, function: str) -> bool:
    match shape:
        case None:
            return False
        case Struct():
            return function in _COMPARING and holds(shape, OUTPUT)
        case ListOf(inner) | MapOf(inner) | Maybe(inner):
            return _looked_at(inner, function)
        case _:
            return shape == OUTPUT
