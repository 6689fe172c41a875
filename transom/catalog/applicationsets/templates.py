"""Templates: an Application with placeholders, and the generator's own fields over it, become one Application for each element."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from transom.catalog.applicationsets import elements, placeholders
from transom.catalog.applicationsets.desk import Desk
from transom.catalog.applicationsets.elements import Element
from transom.catalog.applicationsets.placeholders import OPEN, Fault
from transom.errors import Location
from transom.rendering.yamltext import Path_
from transom.specs.base import API_VERSION

_TOLD = 5
"""Elements that one line of a template is told for, when it is wrong for each of them in another way."""


@dataclass(frozen=True, slots=True)
class Template:
    """The template for one generator's elements.

    Attributes:
        desk: where its set is read.
        data: metadata and spec, with placeholders.
        own: what of it the generator says itself, and where in the set.
        texts: the texts with placeholders by their path; the path of a key ends with `KEY`.
    """

    desk: Desk
    data: Mapping[str, Any] = field(repr=False)
    own: Mapping[str, Any] = field(repr=False)
    path: Path_
    texts: Mapping[Path_, str] = field(repr=False)

    @classmethod
    def of(cls, desk: Desk, index: int) -> Template:
        """The template for the elements of generator `index` below `spec`."""
        spec = desk.entry.data["spec"]
        own = spec["generators"][index].get("template") or {}
        data = elements.deep(own, spec["template"])
        return cls(desk, data, own, ("spec", "generators", index, "template"), dict(_texts(data, ())))

    def place(self, path: Path_, *, of_key: bool = False) -> Location:
        """The line a person wrote for a value of the template."""
        above = self.path if _has(self.own, path) and path else ("spec", "template")
        return self.desk.at(*above, *path, of_key=of_key)

    def text(self, path: Path_) -> str | None:
        """The text with placeholders at a path; None where there is none."""
        return self.texts.get(path)


KEY = "\0key"
"""Ends the path of a text that is a key."""


@dataclass(frozen=True, slots=True)
class Made:
    """An Application as it is generated: its data, and what it was made of."""

    data: Mapping[str, Any]
    template: Template
    element: Element

    @property
    def name(self) -> str:
        """Its metadata.name, as far as it has one."""
        metadata = self.data.get("metadata")
        return str(metadata.get("name", "")) if isinstance(metadata, Mapping) else ""


def fill(template: Template, found: Sequence[Element]) -> list[Made]:
    """One Application for each element; none while a text cannot be filled in, which the desk is told once for each line."""
    jobs = [(text, element.params) for element in found for text in template.texts.values()]
    filled = template.desk.filler.fill(jobs) if jobs else []
    width = len(template.texts)
    faults: dict[tuple[Path_, str], list[tuple[Fault, Element]]] = defaultdict(list)
    out: list[Made] = []
    for number, element in enumerate(found):
        texts: dict[Path_, str] = {}
        for path, text in zip(template.texts, filled[number * width : (number + 1) * width], strict=True):
            if isinstance(text, str):
                texts[path] = text
            else:
                faults[path, text.message].append((text, element))
        if len(texts) == width:
            data = _built(template.data, (), texts)
            out.append(Made({"apiVersion": API_VERSION, "kind": "Application", **data}, template, element))
    _tell(template, faults, len(found))
    return [] if faults else out


def _tell(template: Template, faults: Mapping[tuple[Path_, str], list[tuple[Fault, Element]]], count: int) -> None:
    """Each line of the template once: for the template's own mistake, or for the first elements that do not fit it."""
    told: dict[Path_, int] = defaultdict(int)
    for (path, message), concerned in faults.items():
        told[path] += 1
        if told[path] > _TOLD:
            continue
        fault, _ = concerned[0]
        whose = "any element" if len(concerned) == count else elements.several([element for _, element in concerned])
        tail = f" of {whose}" if fault.reason == "UnknownParameter" else "" if len(concerned) == count else f", for {whose}"
        where = template.place(tuple(part for part in path if part != KEY), of_key=path[-1] == KEY)
        template.desk.tell(where, fault.reason, f"{message}{tail}", fault.hint)


def _texts(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    match value:
        case str() if OPEN in value:
            yield path, value
        case Mapping():
            for key, inner in value.items():
                if OPEN in str(key):
                    yield (*path, key, KEY), str(key)
                yield from _texts(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, (*path, index))
        case _:
            return


def _built(value: Any, path: Path_, texts: Mapping[Path_, str]) -> Any:
    match value:
        case str():
            return texts.get(path, value)
        case Mapping():
            return {texts.get((*path, key, KEY), key): _built(inner, (*path, key), texts) for key, inner in value.items()}
        case list():
            return [_built(inner, (*path, index), texts) for index, inner in enumerate(value)]
        case _:
            return value


def _has(data: Any, path: Path_) -> bool:
    try:
        elements.at(data, path)
    except (LookupError, TypeError):
        return False
    return True


def history(made: Made, path: Path_, *, of_key: bool = False) -> Location:
    """Where a person wrote the value at a path of a generated Application, and how it got there.

    A value that is one parameter and nothing else is told where the parameter was written; everything else at the template's line.
    """
    template, name = made.template, made.template.desk.entry.name
    where = template.place(path, of_key=of_key)
    text = template.text((*path, KEY) if of_key else path)
    if text is None:
        return Location(where.path, where.line, where.column, f"in the template of ApplicationSet {name}")
    if (parameter := placeholders.whole(text)) and (written := made.element.place(parameter)):
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
        return Location(written.path, written.line, written.column, f"which ApplicationSet {name} makes {dotted} of ({where})")
    used = placeholders.used(text, go=template.desk.go)
    places = {parameter: made.element.place(parameter) for parameter in used}
    known = ", ".join(f"{parameter} ({place})" for parameter, place in places.items() if place)
    of = known if all(places.values()) and known else str(made.element)
    return Location(where.path, where.line, where.column, f"generated by ApplicationSet {name} from {of}")
