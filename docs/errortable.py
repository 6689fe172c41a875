"""The reasons that the code can give, read from its source, and the tree of errors with their exit codes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import blocks

from sandbox import errors as sandbox_errors
from transom import errors

_REASON = re.compile(r"[A-Z][A-Za-z]+")
_PACKAGES = ("transom", "components", "stacks", "sandbox")
_ROOTS = frozenset({"Failed"})
"""Reasons of abstract classes, which nothing raises by that name."""


def raised() -> dict[str, list[str]]:
    """Every reason with the places (file:line) where the code gives it."""
    files = [file for package in _PACKAGES for file in sorted((blocks.ROOT / package).rglob("*.py"))]
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    takers = frozenset({"Problem", "Finding", "Complaint"}).union(*(_takers(tree) for tree in trees.values()))
    found: dict[str, list[str]] = {}
    for file, tree in trees.items():
        for reason, line in _reasons(tree, takers):
            found.setdefault(reason, []).append(f"{file.relative_to(blocks.ROOT).as_posix()}:{line}")
    return {reason: places for reason, places in sorted(found.items()) if reason not in _ROOTS}


def pages() -> dict[str, Path]:
    """The page of each reason that has one, by the reason."""
    return {page.stem: page for page in sorted((blocks.ROOT / "docs" / "errors").glob("*.md")) if page.stem != "README"}


def reasons() -> str:
    """Every reason with its area and the first sentence of its page."""
    lines = ["| reason | area | what it says |", "|---|---|---|"]
    for reason, page in pages().items():
        text = page.read_text(encoding="utf-8")
        shape = re.match(rf"# {reason}\n\nArea: (?P<area>[a-z]+)\n\n(?P<says>.+?[.])(?=\s)", text, re.DOTALL)
        if shape is None:
            raise ValueError(f"{page}: begins with `# {reason}`, an `Area:` line and a paragraph")
        says = " ".join(shape["says"].split()).removesuffix(".")
        lines.append(f"| [{reason}]({page.name}) | {shape['area']} | {says} |")
    return "\n".join(lines) + "\n"


def _takers(tree: ast.AST) -> frozenset[str]:
    """Names of the functions that take a reason by position."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return frozenset(function.name for function in functions if any(argument.arg == "reason" for argument in function.args.args))


def _reasons(tree: ast.AST, takers: frozenset[str]) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given) if name in takers:
                yield from ((word, node.lineno) for argument in given for word in _words(argument))
            case ast.keyword(arg="reason", value=value):
                yield from ((word, node.value.lineno) for word in _words(value))
            case (
                ast.Assign(targets=[ast.Name(id="default_reason")], value=value)
                | ast.AnnAssign(target=ast.Name(id="default_reason"), value=ast.Constant() as value)
            ):
                yield from ((word, node.lineno) for word in _words(value))


def _words(value: ast.expr) -> Iterator[str]:
    """Reasons among the constants of an expression that may be a choice between two."""
    for node in (value, *((value.body, value.orelse) if isinstance(value, ast.IfExp) else ())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _REASON.fullmatch(node.value):
            yield node.value


def tree() -> str:
    """The classes of the error tree with their reason, exit code and whether trying again may help."""
    lines = ["| error | reason | exit code | again? |", "|---|---|---|---|"]
    for kind in _below(errors.TransomError):
        if kind in (errors.TransomError, errors.PermanentError, errors.TemporaryError):
            continue
        again = "may help" if issubclass(kind, errors.TemporaryError) else "no"
        lines.append(f"| {kind.__name__} | {kind.default_reason} | {int(kind.exit_code)} | {again} |")
    return "\n".join(lines) + "\n"


def _below(kind: type[errors.TransomError]) -> Iterator[type[errors.TransomError]]:
    """The class and all below it that these two modules define."""
    if kind.__module__ in (errors.__name__, sandbox_errors.__name__):
        yield kind
        for below in kind.__subclasses__():
            yield from _below(below)
