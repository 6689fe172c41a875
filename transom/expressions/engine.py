"""Compiles and evaluates: the one module that calls the CEL library (Google's cel-cpp, through cel-expr-python)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_encoders, ext_math, ext_optional, ext_strings

from transom.expressions import shapes, tree
from transom.expressions.descriptors import Messages
from transom.expressions.shapes import Maybe, Shape, Struct
from transom.expressions.tree import Node

LONGEST = 4096
"""Characters of one expression."""
_DEEPEST = 32
"""Brackets within brackets: the parser's own limit lies higher, and nobody can read so many."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with an expression: where in its text (characters from its beginning), what, and what to write."""

    offset: int
    message: str
    hint: str = ""


class Refused(Exception):  # noqa: N818 - carries faults to whoever knows the file
    """The expression cannot be compiled; every fault that the checker found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(fault.message for fault in faults))


class Failed(Exception):  # noqa: N818 - as above
    """The expression was evaluated and came to an error."""


class Missing(Exception):  # noqa: N818 - as above
    """The expression came to an optional without a value."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        text: as it was written.
        shape: what it comes to.
        root: its parts, each with its shape.
    """

    text: str
    shape: Shape
    root: Node = field(repr=False)
    _scope: Scope = field(repr=False)

    def evaluate(self, activation: Activation) -> Any:
        """The value with these variables: None, bool, int, float, str, list or dict, keys sorted.

        Raises:
            Missing: it is an optional, and nothing is there.
            Failed: the evaluation failed, e.g. a key is not there.
        """
        if self.root.kind == "select" and self.root.path:
            return _plain(_found(activation.values, self.root.path))
        try:
            found = self._scope.program(self).eval(activation.inner)
        except RuntimeError as error:  # e.g. a number beyond 64 bits
            raise Failed(_first_line(error)) from None
        if found.type().name() == "ERROR":
            raise Failed(_failure(str(found.plain_value())))
        value = found.plain_value()
        if isinstance(self.shape, Maybe):
            if not value:
                raise Missing
            value = value[0]
        return _plain(value)


def _found(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """What a plain path such as `claim.spec.size` reads: most expressions are no more, and a library would convert every value for it."""
    here: Any = values
    for part in path:
        if not isinstance(here, Mapping) or part not in here:
            raise Failed(f'"{part}" is not there')
        here = here[part]
    return here


class Activation:
    """Values of variables, converted once for any number of expressions, and not before one needs it."""

    def __init__(self, environment: Any, values: Mapping[str, Any]) -> None:
        self.values = values
        self._environment = environment
        self._inner: Any = None

    @property
    def inner(self) -> Any:
        """The values as the library has them."""
        if self._inner is None:
            self._inner = self._environment.Activation(dict(self.values))
        return self._inner


class Scope:
    """The variables that expressions of one place may read, each with its shape."""

    def __init__(self, variables: Mapping[str, Shape]) -> None:
        self.variables = dict(variables)
        messages = Messages()
        types = {name: cel.Type(messages.signature(shape)) for name, shape in variables.items()}
        self.structs: Mapping[str, Struct] = messages.structs
        self._checking = cel.NewEnv(descriptor_pool=messages.pool(), variables=types, extensions=_extensions())
        self._running = cel.NewEnv(variables=dict.fromkeys(variables, cel.Type.DYN), extensions=_extensions())
        self._compiled: dict[str, Expression | Refused] = {}
        self._programs: dict[str, Any] = {}

    def compile(self, text: str) -> Expression:
        """The expression, compiled once however often it is asked for.

        Raises:
            Refused: with everything that is wrong with it.
        """
        if text not in self._compiled:
            try:
                self._compiled[text] = self._fresh(text)
            except Refused as error:
                self._compiled[text] = error
        found = self._compiled[text]
        if isinstance(found, Refused):
            raise Refused(found.faults)
        return found

    def activation(self, values: Mapping[str, Any]) -> Activation:
        """The variables with these values."""
        return Activation(self._running, values)

    def program(self, expression: Expression) -> Any:
        """The expression as it runs: values come as plain mappings, and an optional is handed out as a list of none or one."""
        if expression.text not in self._programs:
            text = f"[?({expression.text}\n)]" if isinstance(expression.shape, Maybe) else expression.text
            self._programs[expression.text] = self._running.compile(text, disable_check=True)
        return self._programs[expression.text]

    def _fresh(self, text: str) -> Expression:
        if not text.strip():
            raise Refused([Fault(0, "the expression is empty", "write one, or leave the ${} out")])
        if len(text) > LONGEST or _depth(text) > _DEEPEST:
            raise Refused([Fault(0, "the expression is too long or nested too deeply", "cut it in two")])
        try:
            checked = self._checking.compile(text)
        except RuntimeError as error:
            raise Refused(self._faults(str(error), text)) from None
        root = tree.read(checked.serialize(), self.structs)
        return Expression(text, root.shape or shapes.ANY, root, self)

    def _faults(self, said: str, text: str) -> list[Fault]:
        lines = text.split("\n")
        starts = [sum(len(line) + 1 for line in lines[:index]) for index in range(len(lines))]
        faults = []
        for found in _ERROR.finditer(said):
            line, column, message = int(found[1]), int(found[2]), found[3].strip()
            if "'*error*'" in message:
                continue  # follows from another one
            offset = min(starts[min(line, len(starts)) - 1] + column - 1, len(text))
            faults.append(self._fault(offset, message, text))
            if message.startswith("Syntax error"):
                break  # the rest is the parser finding its way back
        return faults or [Fault(0, _first_line(said))]

    def _fault(self, offset: int, message: str, text: str) -> Fault:
        if found := re.match(r"undefined field '(\w+)' not found in struct '([\w.]+)'", message):
            struct = self.structs.get(found[2])
            name, fields = (struct.name, struct.fields) if struct else (found[2], {})
            return Fault(offset + 1, f'{name} has no field "{found[1]}"', _near(found[1], fields))
        if found := re.match(r"undeclared reference to '([\w.]+)'", message):
            return self._undeclared(offset, found[1], text)
        if found := re.match(r"found no matching overload for '(\S+)' applied to '(.*)'", message):
            return _overload(offset, found[1], self._readable(found[2]))
        if message.startswith("Syntax error: "):
            return Fault(offset, f"cannot be read: {_syntax(message, text, offset)}", "it must be one CEL expression")
        return Fault(offset, self._readable(message[:1].lower() + message[1:]))

    def _undeclared(self, offset: int, name: str, text: str) -> Fault:
        head = name.partition(".")[0]
        if text[offset : offset + 1] == "(":
            start = text.rfind(name, 0, offset + 1)
            return Fault(max(start, 0), f"there is no function {name}", _near(name, FUNCTIONS, all_of_few=False))
        # the place is that of the last point of the name, or of the name when it has none
        start = offset - len(name.rpartition(".")[0]) if text[offset : offset + 1] == "." else offset
        hint = "the claim is called claim here: claim.spec" if head == "schema" else _near(head, self.variables)
        return Fault(max(start, 0), f'there is no "{head}"', hint)

    def _readable(self, said: str) -> str:
        """The checker's text with types as people call them."""
        for message, struct in self.structs.items():
            said = re.sub(rf"\b{re.escape(message)}\b", struct.name, said)
        words = {"string": "text", "int": "whole number", "double": "number", "bool": "true or false", "transom.Output": "output"}
        return re.sub(r"transom\.Output|\b(string|int|double|bool)\b(?!\()", lambda found: words[found[0]], said)


FUNCTIONS = (
    "size", "has", "startsWith", "endsWith", "contains", "matches", "all", "exists", "exists_one", "map", "filter", "string", "int",
    "double", "bool", "type", "timestamp", "duration", "charAt", "indexOf", "lastIndexOf", "join", "lowerAscii", "upperAscii", "replace",
    "split", "substring", "trim", "format", "orValue", "hasValue", "value", "optMap", "reverse",
)  # fmt: skip
"""Names that a misspelt function is held against."""

_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?=\n \||\n?ERROR:|\Z)", re.DOTALL)


@cache
def _extensions() -> list[Any]:
    """CEL's own extensions: texts, optionals, arithmetic, local names, Base64."""
    return [
        ext_strings.ExtStrings(),
        ext_optional.ExtOptional(),
        ext_math.ExtMath(),
        ext_bindings.ExtBindings(),
        ext_encoders.ExtEncoders(),
    ]


def _near(word: str, known: Mapping[str, Any] | Sequence[str], *, all_of_few: bool = True) -> str:
    words = sorted(known)
    if close := get_close_matches(word, words, n=2, cutoff=0.6):
        return f"did you mean {' or '.join(close)}?"
    few = 12
    return f"there are {', '.join(words)}" if all_of_few and 0 < len(words) <= few else ""


_OPERATORS = {
    "_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%", "_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">",
    "_>=_": ">=", "_&&_": "&&", "_||_": "||", "!_": "!", "-_": "-", "@in": "in", "_[_]": "[]", "_?_:_": "?:",
}  # fmt: skip


def _overload(offset: int, function: str, types: str) -> Fault:
    operator = _OPERATORS.get(function)
    if "output" in types:
        told = "an output is known only when it is applied: it can be placed, not computed with"
        return Fault(offset, told, "put it into text instead: prefix-${resources.db.outputs.host}")
    hint = ""
    if operator == "?:":
        return Fault(offset, f"the two sides of ?: differ {types.replace('true or false, ', '', 1)}", "both must be of one type")
    if "text" in types and "number" in types and operator in ("+", "==", "!=", "in"):
        hint = "write string(…) around the number, or int(…) around the text"
    elif re.search(r"(?<!whole )number, whole number|whole number, number", types):
        hint = "write the whole number with a point, e.g. 2.0, or double(…) around it"
    elif operator in ("&&", "||", "!"):
        hint = "compare it with something: only true or false can stand here"
    return Fault(offset, f"{operator or function} cannot take {types}", hint)


def _syntax(message: str, text: str, offset: int) -> str:
    rest = text[offset:].split("\n", maxsplit=1)[0].strip()
    if not rest or "<EOF>" in message.split(" expecting ", maxsplit=1)[0]:
        return "it ends too early"
    return f'"{rest[:20]}" is not expected here'


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _failure(said: str) -> str:
    """The library's word for a failed evaluation, without its code."""
    if found := re.search(r'Key not found in map : "(.*)"', said):
        return f'"{found[1]}" is not there'
    if found := re.search(r"index=(-?\d+) size=(\d+)", said):
        return f"item {found[1]} is not there: the list has {found[2]}"
    return re.sub(r"^[A-Z_]+: ", "", said)


def _first_line(error: object) -> str:
    return str(error).split("\n", 1)[0]


def _plain(value: Any) -> Any:
    """The value as a document can have it; mappings sorted, since CEL knows no order of keys."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
        case _:
            raise Failed(f"comes to {type(value).__name__}, which no document can hold")
