"""Holds a value to a node: unknown and missing fields, types, words, formats, limits, lists that are maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from transom.apischema import elsewhere, formats
from transom.apischema.findings import Finding, Path, close, dotted, near, shown
from transom.apischema.nodes import Node
from transom.apischema.packs import Pack

_EMBEDDED = ("apiVersion", "kind", "metadata")
_MOST = 100
"""Mistakes of one object that are looked for."""
_DEEPEST = 60
"""Levels; what is nested deeper is told once, before Python itself would give up."""


class _EnoughError(Exception):
    """More is wrong than anybody would read."""


class Manner(Enum):
    """How a value is judged."""

    BUILT_IN = auto()
    """As the API server reads its own kinds: null is nothing written."""
    CUSTOM = auto()
    """As it holds custom resources to their definition: null is a value, and what the schema says holds to the letter."""
    FORM = auto()
    """As CUSTOM; fields that the node does not name are another's business."""


def walk(pack: Pack, number: int, value: Any, path: Path = (), manner: Manner = Manner.BUILT_IN) -> list[Finding]:
    """What is wrong with `value` as node `number` of a pack; `path` is where it stands in its object."""
    walker = _Walker(pack, manner)
    with suppress(_EnoughError):
        walker.value(number, value, path)
    return walker.findings


def fits(pack: Pack, number: int, value: Any) -> bool:
    """Whether nothing is wrong with it."""
    return not walk(pack, number, value, (), Manner.FORM)


class _Walker:
    def __init__(self, pack: Pack, manner: Manner) -> None:
        self.pack = pack
        self.nodes = pack.nodes
        self.custom = manner is not Manner.BUILT_IN
        self.loose = manner is Manner.FORM
        self.findings: list[Finding] = []
        self._above: list[Node] = []
        self._meant: set[Path] = set()

    def value(self, number: int, value: Any, path: Path) -> None:
        node = self.nodes[number]
        if value is None:
            self._null(node, path)
            return
        if len(path) > _DEEPEST:
            self._wrong(path, "TooLarge", f"{dotted(path[:3])} is nested too deeply", f"no object of Kubernetes needs {_DEEPEST} levels")
            return
        kind = node.get("type") or _KINDS.get(type(value), "")
        if kind and not _CHECKS[kind](self, node, value, path):
            return
        if "anyOf" in node or "oneOf" in node or "allOf" in node or "not" in node:
            self._junctors(node, value, path)

    def _wrong(self, path: Path, reason: str, message: str, hint: str = "") -> None:
        self._found(Finding(path, reason, message, hint))

    def _found(self, finding: Finding) -> None:
        self.findings.append(finding)
        if len(self.findings) >= _MOST:
            raise _EnoughError

    def _null(self, node: Node, path: Path) -> None:
        """Go reads null as nothing written; a custom resource may not have it, save where nothing written has a default."""
        if self.custom:
            if "type" in node and not node.get("nullable") and "default" not in node:
                self._type(node, None, path)
        elif path and isinstance(path[-1], int):
            hint = "remove the entry, or give it a value"
            harmless = not node.get("required") and "enum" not in node
            self._found(Finding(path, "WrongType", f"{dotted(path)} is empty", hint, doubtful=harmless))

    def _type(self, node: Node, value: Any, path: Path) -> bool:
        kind = node["type"]
        hint = ""
        if kind == "string" and isinstance(value, int | float):
            told, hint = ("true or false" if isinstance(value, bool) else "a number"), "put it in quotes"
        else:
            told = shown(value)
        if isinstance(value, str) and _unquoted(kind, value):
            hint = "write it without quotes"
        elif value is None:
            hint = "give it a value, or remove it"
        elif kind == "array" and not isinstance(value, list):
            hint = "begin each entry with a hyphen"
        self._wrong(path, "WrongType", f"{dotted(path) or 'it'} must be {_WORDS[kind]}, not {told}", hint)
        return False

    # -- scalars -------------------------------------------------------------------------------------------------------

    def _string(self, node: Node, value: Any, path: Path) -> bool:
        if not isinstance(value, str):
            return self._type(node, value, path)
        if "enum" in node and value not in node["enum"] and (value or self.custom):
            self._enum(node["enum"], value, path)
        elif "format" in node and (expected := formats.mismatch(node["format"], value)):
            said = f" {shown(value)}" if node["format"] != "byte" else ""
            self._wrong(path, "InvalidValue", f"{dotted(path)}{said} is not valid", f"write {expected}")
        elif "pattern" in node and not formats.pattern(node["pattern"])(value):
            self._wrong(path, "InvalidValue", f"{dotted(path)} {shown(value)} is not valid", f"it must match {node['pattern']}")
        if len(value) < node.get("minLength", 0):
            self._wrong(path, "InvalidValue", f"{dotted(path)} is too short", f"write at least {node['minLength']} characters")
        elif "maxLength" in node and len(value) > node["maxLength"]:
            self._wrong(path, "InvalidValue", f"{dotted(path)} is too long", f"write at most {node['maxLength']} characters")
        return True

    def _enum(self, known: list[Any], value: Any, path: Path) -> None:
        words = [str(one) for one in known if one != ""]
        almost = close(str(value), words)
        hint = f"did you mean {' or '.join(almost)}?" if almost else f"write one of {', '.join(words)}"
        message = f"{dotted(path)} {shown(value)} is not allowed"
        self._found(Finding(path, "InvalidValue", message, hint, doubtful=not self.pack.exact and not almost))

    def _integer(self, node: Node, value: Any, path: Path) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            return self._type(node, value, path)
        return self._range(node, int(value), path)

    def _number(self, node: Node, value: Any, path: Path) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._type(node, value, path)
        return self._range(node, value, path)

    def _range(self, node: Node, value: float, path: Path) -> bool:
        whole = "int64" if node.get("type") == "integer" else ""
        least, most = formats.RANGES.get(node.get("format", whole), (None, None))
        least, most = node.get("minimum", least), node.get("maximum", most)
        hint = ""
        if least is not None and (value < least or (value == least and node.get("exclusiveMinimum"))):
            hint = f"write {'more than' if node.get('exclusiveMinimum') else 'at least'} {least}"
        elif most is not None and (value > most or (value == most and node.get("exclusiveMaximum"))):
            hint = f"write {'less than' if node.get('exclusiveMaximum') else 'at most'} {most}"
        if hint:
            self._wrong(path, "InvalidValue", f"{dotted(path)} {shown(value)} is out of range", hint)
        elif "enum" in node and value not in node["enum"]:
            self._enum(node["enum"], value, path)
        return True

    def _boolean(self, node: Node, value: Any, path: Path) -> bool:
        return isinstance(value, bool) or self._type(node, value, path)

    def _quantity(self, node: Node, value: Any, path: Path) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return self._type(node, value, path)
        if formats.quantity(value) is None:
            self._wrong(
                path,
                "InvalidValue",
                f"{dotted(path)} {shown(value)} is no quantity",
                "write a number and a unit, e.g. 500m, 2, 128Mi or 1Gi",
            )
        return True

    def _int_or_string(self, node: Node, value: Any, path: Path) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int | float) or (isinstance(value, float) and value != int(value)):
            return self._type(node, value, path)
        if isinstance(value, str):
            if "pattern" in node and not formats.pattern(node["pattern"])(value):
                self._wrong(path, "InvalidValue", f"{dotted(path)} {shown(value)} is not valid", f"it must match {node['pattern']}")
            return True
        return self._range({**node, "format": "int32"} if not self.custom else node, int(value), path)

    # -- lists and mappings --------------------------------------------------------------------------------------------

    def _array(self, node: Node, value: Any, path: Path) -> bool:
        if not isinstance(value, list):
            return self._type(node, value, path)
        items = node.get("items")
        if items is not None:
            for index, item in enumerate(value):
                self.value(items, item, (*path, index))
        if "keys" in node:
            self._unlike(node, value, path)
        if len(value) < node.get("minItems", 0):
            self._wrong(path, "InvalidValue", f"{dotted(path)} has {len(value)} entries", f"write at least {node['minItems']}")
        elif "maxItems" in node and len(value) > node["maxItems"]:
            self._wrong(path, "InvalidValue", f"{dotted(path)} has {len(value)} entries", f"write at most {node['maxItems']}")
        return True

    def _unlike(self, node: Node, value: list[Any], path: Path) -> None:
        """Entries of a list that is a map differ in their keys, those of a set differ at all."""
        first: dict[Any, int] = {}
        keys: list[str] = node["keys"]
        defaults = self._defaults(node, keys)
        for index, item in enumerate(value):
            if item is None:
                self._wrong((*path, index), "WrongType", f"{dotted((*path, index))} is empty", "remove the entry, or give it a value")
            if keys and not isinstance(item, dict):
                continue
            key = tuple(defaults.get(word) if item.get(word) is None else item[word] for word in keys) if keys else item
            if keys and None in key:
                word = keys[key.index(None)]
                if word not in self.nodes[node["items"]].get("required", ()):
                    self._wrong(
                        (*path, index, word),
                        "MissingField",
                        f"{dotted((*path, index, word))} is missing",
                        "by it the entries are told apart",
                    )
                continue
            try:
                known = first.setdefault(key, index)
            except TypeError:
                continue  # no plain word: told as a wrong type
            if known != index:
                said = (
                    " and ".join(f"{word} {shown(one)}" for word, one in zip(keys, key, strict=True) if word in item)
                    if keys
                    else shown(item)
                )
                where = (*path, index, keys[0]) if keys else (*path, index)
                message = (
                    f"{dotted((*path, index))} has the same {said} as {dotted((*path, known))}"
                    if keys
                    else f"{dotted(path)} has {said} twice"
                )
                self._wrong(where, "DuplicateEntry", message, "remove or rename one of the two")

    def _defaults(self, node: Node, keys: list[str]) -> Mapping[str, Any]:
        fields = self.nodes[node["items"]].get("properties", {}) if "items" in node else {}
        return {word: self.nodes[fields[word]].get("default") for word in keys if word in fields}

    def _object(self, node: Node, value: Any, path: Path) -> bool:
        if not isinstance(value, dict):
            return self._type(node, value, path)
        fields: Mapping[str, int] = node.get("properties", {})
        self._above.append(node)
        for key in value:
            self._field(node, value, (*path, key), key)
        self._above.pop()
        if node.get("embedded"):
            self._embedded(value, path)
        for name in node.get("required", ()):
            if (*path, name) in self._meant:
                continue  # told as misspelt
            if name not in value or (not self.custom and value[name] in (None, "")):
                hint = "" if name not in fields else _example(self.nodes[fields[name]])
                self._wrong((*path, name), "MissingField", f"{dotted((*path, name))} is missing", hint)
        if len(value) < node.get("minProperties", 0):
            self._wrong(path, "InvalidValue", f"{dotted(path)} has {len(value)} entries", f"write at least {node['minProperties']}")
        elif "maxProperties" in node and len(value) > node["maxProperties"]:
            self._wrong(path, "InvalidValue", f"{dotted(path)} has {len(value)} entries", f"write at most {node['maxProperties']}")
        return True

    def _embedded(self, value: Mapping[str, Any], path: Path) -> None:
        """A whole object inside another one: of some kind, whichever."""
        for name in _EMBEDDED[:2]:
            if not value.get(name):
                self._wrong((*path, name), "MissingField", f"{dotted((*path, name))} is missing", "it is a whole object")
            elif not isinstance(value[name], str):
                self._type({"type": "string"}, value[name], (*path, name))
        if "metadata" in value and not isinstance(value["metadata"], dict | None):
            self._type({"type": "object"}, value["metadata"], (*path, "metadata"))

    def _field(self, node: Node, holder: Mapping[str, Any], path: Path, key: str) -> None:
        fields: Mapping[str, int] = node.get("properties", {})
        number = fields.get(key, node.get("values"))
        if number is not None:
            self.value(number, holder[key], path)
            if "names" in node and (expected := formats.mismatch(node["names"], key)):
                self._found(Finding(path, "InvalidValue", f"{dotted(path)} is not a valid key", f"write {expected}", of_key=True))
        elif not fields or self.loose or "type" not in node or "open" in node or (node.get("embedded") and key in _EMBEDDED):
            return
        elif key != "creationTimestamp" or holder[key] is not None:  # kubectl prints that into templates; it says nothing
            self._unknown(fields, holder, path, key)

    def _unknown(self, fields: Mapping[str, int], holder: Mapping[str, Any], path: Path, key: str) -> None:
        almost = close(key, (name for name in fields if name not in holder), cutoff=0.75)
        self._meant |= {(*path[:-1], name) for name in almost[:1]}
        place = "" if almost else elsewhere.place(self.nodes, self._above, key, path[:-1])
        hint = f"did you mean {' or '.join(almost)}?" if almost else place or near(key, fields)
        doubtful = not self.pack.exact and not almost and not place
        self._found(Finding(path, "UnknownField", f"{dotted(path)} is not a field", hint, of_key=True, doubtful=doubtful))

    def _junctors(self, node: Node, value: Any, path: Path) -> None:
        for number in node.get("allOf", ()):
            for finding in walk(self.pack, number, value, path, Manner.FORM):
                self._found(finding)
        name = dotted(path) or "the object"
        if "anyOf" in node and not any(fits(self.pack, number, value) for number in node["anyOf"]):
            hint = self._forms(node["anyOf"], "at least one")
            self._wrong(path, "InvalidValue", f"{name} has none of the forms that are allowed", hint)
        if "oneOf" in node and (count := sum(fits(self.pack, number, value) for number in node["oneOf"])) != 1:
            many = "more than one" if count else "none"
            self._wrong(path, "InvalidValue", f"{name} has {many} of the forms that are allowed", self._forms(node["oneOf"], "exactly one"))
        if "not" in node and fits(self.pack, node["not"], value):
            needed = self.nodes[node["not"]].get("required")
            self._wrong(
                path, "InvalidValue", f"{name} has a form that is not allowed", f"leave out {' or '.join(needed)}" if needed else ""
            )

    def _forms(self, numbers: list[int], many: str) -> str:
        needed = [" with ".join(self.nodes[number].get("required", ())) for number in numbers]
        return f"give {many} of {', '.join(needed)}" if all(needed) else ""


def _example(node: Node) -> str:
    words = [str(word) for word in node.get("enum", ()) if word != ""]
    return f"write one of {', '.join(words)}" if words else ""


def _unquoted(kind: str, text: str) -> bool:
    """Whether a text would be right if it were not one."""
    if kind == "boolean":
        return text in ("true", "false")
    return kind in ("integer", "number") and text.lstrip("-").isdecimal() and text.isascii()


_KINDS: Mapping[type, str] = {dict: "object", list: "array", str: "string", int: "number", float: "number"}
"""How a value is judged by a node that asks for no type."""
_WORDS: Mapping[str, str] = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list",
    "object": "a mapping",    "quantity": "a quantity", "int-or-string": "a whole number or text",
}  # fmt: skip
_CHECKS: Mapping[str, Callable[[_Walker, Node, Any, Path], bool]] = {
    "string": _Walker._string,  # noqa: SLF001 - the table of this class
    "integer": _Walker._integer,  # noqa: SLF001
    "number": _Walker._number,  # noqa: SLF001
    "boolean": _Walker._boolean,  # noqa: SLF001
    "array": _Walker._array,  # noqa: SLF001
    "object": _Walker._object,  # noqa: SLF001
    "quantity": _Walker._quantity,  # noqa: SLF001
    "int-or-string": _Walker._int_or_string,  # noqa: SLF001
}
"""One check per word of `type`; it gives whether the value is of that type."""
