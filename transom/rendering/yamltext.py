"""YAML with positions: plain data for the machine, and for every value the line and column a person wrote.

Words are read as kubectl and Kustomize read them, not as YAML 1.1 has it: a date is text, and so is `22:30`; keys are text. Stricter than
YAML itself where people get hurt: a key given twice is a mistake, aliases cannot blow up, what JSON has no word for is refused. Its length
is that of one reader, whose parts know each other's state.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from transom.errors import Location, Problem

Path_ = tuple[str | int, ...]
"""Where a value stands in a document: keys and indices, e.g. `("spec", "ports", 0)`."""

_LARGEST = 4 * 1024 * 1024
"""Bytes; a larger file is no document that a person wrote."""
_POINTER = "version https://git-lfs.github.com/spec/"
"""How a file begins that stands for one which Git LFS keeps elsewhere."""
_MOST_NODES = 200_000
"""Values per document, aliases counted as often as they are used."""

_DEEPEST = 200
"""Levels of nesting. PyYAML's composer is recursive and in C: it would not fail at some depth, but end the process."""
_SUSPECT = 500
"""Opening brackets, or characters that begin a line without a word, from which on it is worth to count the levels."""
_STEEP = re.compile(rf"^[-?: \t]{{{_SUSPECT}}}", re.MULTILINE)
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
"""The key `<<`."""
_TEXT, _LIST, _MAPPING = (f"{_TAG}{word}" for word in ("str", "seq", "map"))
_INT = f"{_TAG}int"
_FLOAT = f"{_TAG}float"
_READ = frozenset({_INT, _FLOAT} | {f"{_TAG}{word}" for word in ("null", "bool", "str", "map", "seq")})
"""What can be said in JSON, too."""
_AS_TEXT = (f"{_TAG}timestamp", f"{_TAG}value", _INT, _FLOAT)
"""What YAML 1.1 takes for a date, for `=` and for numbers; numbers are told anew below."""
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$")
_NUMBER = re.compile(r"[-+]?(?:(?:[0-9][0-9_]*)?\.[0-9_]+|[0-9][0-9_]*\.?)(?:[eE][-+]?[0-9]+)?$|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$")
"""Without the sexagesimal numbers of YAML 1.1 (`22:30`), with `0o17` and `1e3`: as go-yaml reads them for kubectl and Kustomize."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # one of two classes, as PyYAML was built
    """Reads plain words as kubectl and Kustomize do."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to be told
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _AS_TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def resolve(self, kind: type[yaml.Node], value: str, implicit: tuple[bool, bool]) -> str:
        """The tag of a node that has none written. As PyYAML does, without what nobody uses: it is asked of every value of every file."""
        if kind is not yaml.ScalarNode:
            return _LIST if kind is yaml.SequenceNode else _MAPPING
        if implicit[0]:
            for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                if pattern.match(value):
                    return str(tag)
        return _TEXT

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """As PyYAML does; keys become text."""
        self.flatten_mapping(node)
        return {_key(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep) for key, value in node.value}


for _pattern, _tag, _first in ((_INTEGER, _INT, "-+0123456789"), (_NUMBER, _FLOAT, "-+0123456789.")):
    Loader.add_implicit_resolver(_tag, _pattern, list(_first))


class Dumper(yaml.SafeDumper):
    """Writes text so that nobody reads a number, a date or a truth value out of it: neither YAML 1.1 nor kubectl and Kustomize."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to be told
        first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()), *Loader.yaml_implicit_resolvers.get(first, ())]
        for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *Loader.yaml_implicit_resolvers}
    }

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        """Always: what stands in two places is written twice, as a person does."""
        return True


def _key(value: Any) -> str:
    """A key as JSON has it: text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    digits = plain.lstrip("+-")
    if digits.startswith("0") and digits.isdigit() and len(digits) > 1:
        plain = plain.replace("0", "0o", 1)
    return int(plain, 0)


def _number(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


@dataclass(frozen=True, slots=True)
class Written:
    """One YAML document of a file: its data and its tree of nodes with positions."""

    data: Any
    node: yaml.Node
    line_offset: int = 0
    column_offset: int = 0

    def position(self, path: Path_, *, of_key: bool = False) -> tuple[int, int] | None:
        """Line and column (from 1) of the value at `path`, or of its key; None when it is not written here."""
        node, mark = self.node, self.node.start_mark
        for part in path:
            step = _descend(node, part)
            if step is None:
                return None
            key, node = step
            mark = key.start_mark if of_key and key is not None else node.start_mark
        return mark.line + 1 + self.line_offset, mark.column + 1 + self.column_offset

    def is_block(self, path: Path_) -> bool:
        """Whether the text at `path` is written as a block below its key (`|` or `>`)."""
        node = self.node
        for part in path:
            step = _descend(node, part)
            if step is None:
                return False
            node = step[1]
        return isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")

    def nearest(self, path: Path_) -> tuple[int, int]:
        """Line and column of the key of the deepest part of `path` that is written here."""
        for length in range(len(path), 0, -1):
            if found := self.position(path[:length], of_key=True):
                return found
        return self.node.start_mark.line + 1 + self.line_offset, self.node.start_mark.column + 1 + self.column_offset


def _descend(node: yaml.Node, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):  # the last one: what a merge key brought in stands before what is written here
        return next(((key, value) for key, value in reversed(node.value) if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


NOTHING = object()
"""What stands where there is no value."""


def at(container: Any, path: Path_) -> Any:
    """The value at `path` of plain data; `NOTHING` when there is none."""
    for part in path:
        match container:
            case dict() if part in container:
                container = container[part]
            case list() | tuple() if isinstance(part, int) and part < len(container):
                container = container[part]
            case _:
                return NOTHING
    return container


def dotted(path: Path_) -> str:
    """A path as messages write it: `spec.bindings[0].database`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def shown(value: object) -> str:
    """What a value is, as messages write it: text cut after 40 characters, of lists and mappings that they are one."""
    match value:
        case None:
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value[:40]}"'
        case _:
            return str(value)


class _Mistakes(Exception):  # noqa: N818 - carries problems out of the constructor, never leaves this module
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems


class _Builder(yaml.constructor.SafeConstructor):
    """Builds data from nodes; collects keys given twice; bounds what aliases may unfold to."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.shown = shown
        self.problems: list[Problem] = []
        self.left = _MOST_NODES

    def build(self, node: yaml.Node, above: tuple[int, ...] = ()) -> Any:
        self.left -= 1
        if self.left < 0 or id(node) in above:
            self._wrong(node, "TooLarge", "the document unfolds to too many values, or contains itself", "write it without nested aliases")
            raise _Mistakes(self.problems)
        if node.tag == _TEXT and type(node) is yaml.ScalarNode:  # most are, and this is what construct_object would come to
            return node.value
        if self._tagged(node):
            return None
        match node:
            case yaml.MappingNode():
                return self._mapping(node, (*above, id(node)))
            case yaml.SequenceNode():
                below = (*above, id(node))
                return [self.build(item, below) for item in node.value]
            case _:
                return self._scalar(node)

    def _tagged(self, node: yaml.Node) -> bool:
        """Whether a value has a tag of its own, which is a mistake."""
        if node.tag not in _READ:
            tag = node.tag.replace(_TAG, "!!")
            self._wrong(node, "InvalidYaml", f"cannot be read: the tag {tag} has no meaning here", "write the value plainly, without a tag")
        return node.tag not in _READ

    def _mapping(self, node: yaml.MappingNode, below: tuple[int, ...]) -> dict[Any, Any]:
        if all(type(key) is yaml.ScalarNode and key.tag == _TEXT for key, _ in node.value):
            plain = {key.value: value for key, value in node.value}
            if len(plain) == len(node.value):  # nearly all are like this
                return {name: self.build(value, below) for name, value in plain.items()}
        own = [key for key, _ in node.value if key.tag != _MERGE]
        names = self._names(own)
        if len(own) < len(node.value):
            try:
                self.flatten_mapping(node)
            except yaml.YAMLError as error:
                self._wrong(node, "InvalidYaml", f"cannot be read: {getattr(error, 'problem', error)}", "merge a mapping, or several")
        values = {id(key): value for key, value in node.value}
        mine = {id(key) for key in own}
        merged = ((key, value) for key, value in node.value if id(key) not in mine and isinstance(key, yaml.ScalarNode))
        out: dict[Any, Any] = {_key(self._scalar(key)): self.build(value, below) for key, value in merged if key.tag != _MERGE}
        return out | {name: self.build(values[id(key)], below) for name, key in names.items()}

    def _names(self, keys: list[yaml.Node]) -> dict[Any, yaml.Node]:
        """The keys that a mapping itself writes, by what they are read as."""
        names: dict[Any, yaml.Node] = {}
        for key in keys:
            if not isinstance(key, yaml.ScalarNode) or key.tag not in _READ or key.tag == f"{_TAG}null":
                self._wrong(key, "InvalidKey", "a key must be a plain word", "put it in quotes if it is meant as text")
                continue
            name = _key(self._scalar(key))
            if name in names:
                line = names[name].start_mark.line + 1
                self._wrong(key, "DuplicateKey", f'key "{name}" is given twice, first in line {line}', "keep the one that is meant")
                continue
            names[name] = key
        return names

    def _scalar(self, node: yaml.Node) -> Any:
        if node.tag == _TEXT:
            return node.value
        try:
            value = self.construct_object(node)
            if isinstance(value, float) and not math.isfinite(value):
                self._wrong(node, "InvalidYaml", f"cannot be read: {node.value} is no number", "put it in quotes if it is meant as text")
                return None
        except (yaml.YAMLError, ValueError) as error:
            said = getattr(error, "problem", None) or ("so long a number" if "digits" in str(error) else str(error))
            self._wrong(node, "InvalidYaml", f"cannot be read: {said}", "put it in quotes if it is meant as text")
            return None
        else:
            return value

    def _wrong(self, node: yaml.Node, reason: str, message: str, hint: str) -> None:
        mark = node.start_mark
        self.problems.append(Problem(Location(self.shown, mark.line + 1, mark.column + 1), reason, message, hint))


for _reader in (Loader, _Builder):
    _reader.add_constructor(_INT, lambda _, node: _integer(node.value))
    _reader.add_constructor(_FLOAT, lambda _, node: _number(node.value))


@lru_cache(maxsize=4096)
def _parsed(file: Path, shown: str, stamp: tuple[int, int]) -> tuple[tuple[Written, ...], tuple[Problem, ...]]:
    if stamp[1] > _LARGEST:  # the rest of the stamp is part of the key only: an edited file is read again
        return (), (Problem(Location(shown), "TooLarge", f"has {stamp[1]} bytes", f"split it: {_LARGEST} is the most"),)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return (), (Problem(Location(shown), "Unreadable", f"cannot be read: {error}", "documents are UTF-8 text files"),)
    if text.startswith(_POINTER):
        hint = "keep the file itself in Git: what it stands for is not fetched"
        return (), (Problem(Location(shown), "LfsPointer", "is a pointer of Git LFS", hint),)
    return parse(text, shown)


def read(file: Path, shown: str) -> tuple[tuple[Written, ...], tuple[Problem, ...]]:
    """The documents of `file`, empty ones left out, and what is wrong with it; `shown` is the file's name in messages."""
    try:
        status = file.stat()
    except OSError as error:
        return (), (Problem(Location(shown), "Unreadable", f"cannot be read: {error.strerror}", "check the path"),)
    if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
        return (), (Problem(Location(shown), "Unreadable", "is no regular file", "documents are UTF-8 text files"),)
    return _parsed(file, shown, (status.st_mtime_ns, status.st_size))


def parse(text: str, shown: str) -> tuple[tuple[Written, ...], tuple[Problem, ...]]:
    """The documents of a text, empty ones left out, and what is wrong with it."""
    written: list[Written] = []
    problems: list[Problem] = []
    if mark := _too_deep(text):
        where = Location(shown, mark.line + 1, mark.column + 1)
        return (), (
            Problem(where, "TooLarge", "is nested too deeply", f"no document of ours needs more than 20 levels; {_DEEPEST} are read"),
        )
    try:
        for node in _nodes(text):
            builder = _Builder(shown)
            data = builder.build(node)
            problems.extend(builder.problems)
            if data is not None:
                written.append(Written(data, node))
    except _Mistakes as mistakes:
        problems.extend(mistakes.problems)
    except RecursionError:
        problems.append(Problem(Location(shown), "TooLarge", "is nested too deeply", "no document of ours needs more than 20 levels"))
    except yaml.YAMLError as error:
        problems.append(_syntax(error, shown, text))
    return tuple(written), tuple(problems)


def env_lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of an env file that give a key, numbered from 1."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for number, line in enumerate(lines, 1):
        text = line.lstrip()
        if text and not text.startswith("#"):
            yield number, text


def plain(text: str) -> list[Any]:
    """The documents of a text that a program wrote, read as `parse` reads but without positions, empty ones left out.

    Raises:
        yaml.YAMLError: the text is no YAML, is nested too deeply, or says what JSON has no word for.
    """
    if mark := _too_deep(text):
        raise yaml.MarkedYAMLError(problem="is nested too deeply", problem_mark=mark)
    return [document for document in yaml.load_all(text, Loader=Loader) if document]


def _too_deep(text: str) -> Any:
    """The mark where a text is nested too deeply; None where it is not. Counts by the parser, which is not recursive."""
    if text.count("[") + text.count("{") < _SUSPECT and not _STEEP.search(text):
        return None
    depth = 0
    try:
        for event in yaml.parse(text, Loader=Loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                return event.start_mark
    except yaml.YAMLError:
        return None  # told when it is read
    return None


def _nodes(text: str) -> Iterator[yaml.Node]:
    yield from (node for node in yaml.compose_all(text, Loader=Loader) if node is not None)


def _syntax(error: yaml.YAMLError, shown: str, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        where = Location(shown, before.count("\n") + 1, error.position - before.rfind("\n"))
        return Problem(
            where, "InvalidYaml", f"is not valid YAML: {error.reason}", "remove the character, or write it as an escape in quotes"
        )
    said = " ".join(filter(None, [getattr(error, "problem", None), getattr(error, "context", None)])) or str(error)
    hint = "check indentation, colons and quotes at this place"
    if mark is None:
        return Problem(Location(shown), "InvalidYaml", f"is not valid YAML: {said}", hint)
    lines = text.splitlines()
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    if rest.startswith("\t"):
        said, hint = "a tab stands where blanks belong", "indent with blanks"
    elif "block scalar" in said:
        said, hint = "what follows > or | is no text in lines of its own", "put the value in quotes if it begins with > or |"
    elif rest.startswith("*"):
        said, hint = f"{rest.split()[0]} refers to nothing", "put it in quotes if it is meant as text"
    elif rest.startswith(("@", "`", "%")):
        said, hint = f"text cannot begin with {rest[0]}", "put it in quotes"
    return Problem(Location(shown, mark.line + 1, mark.column + 1), "InvalidYaml", f"is not valid YAML: {said}", hint)
