"""Traces of what is made out of a neighbour's document: they lead to the line a person wrote there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transom.errors import Location
from transom.rendering import yamltext
from transom.rendering.trace import Trace
from transom.rendering.yamltext import Path_


@dataclass(frozen=True, slots=True)
class Borrowed(Trace):
    """The trace of a document that stands for another one.

    Attributes:
        data: the other document, as it was rendered.
        written: its own trace.
        ways: paths of this document, each with the path there that says the same; what is not named is looked for nearest above.
    """

    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    written: Trace | None = field(default=None, repr=False)
    ways: Mapping[Path_, Path_] = field(default_factory=dict, repr=False)

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place in the other document of what stands at `path` here."""
        if self.written is None:
            return super(Borrowed, self).locate(data, path, of_key=of_key)
        for length in range(len(path), -1, -1):
            if (way := self.ways.get(path[:length])) is not None:
                return self.written.locate(self.data, (*way, *path[length:]), of_key=of_key)
        return self.written.locate(self.data, path if not self.ways else (), of_key=of_key)


def borrowed(data: Mapping[str, Any], written: Trace, ways: Mapping[Path_, Path_]) -> Borrowed:
    """The trace of a document that stands for `data`, whose own trace is `written`."""
    return Borrowed(written.snapshot, written.origin, written.index, written.layers, data, written, ways)


@dataclass(frozen=True, slots=True)
class Asked:
    """Where changes are asked for: the place of all of them, and the place of each field of a kustomization that asks."""

    where: Location
    fields: Mapping[str, Location] = field(default_factory=dict)

    def at(self, path: Path_) -> Location:
        """The place that asks for another value at `path` of an object."""
        names: tuple[str, ...]
        match path:
            case ("metadata", "namespace"):
                names = ("namespace",)
            case ("metadata", "name"):
                names = ("namePrefix", "nameSuffix")
            case (*_, "labels" | "matchLabels" | "selector", _):
                names = ("labels", "patches")
            case (*_, "annotations", _):
                names = ("commonAnnotations", "patches")
            case ("spec", "replicas"):
                names = ("replicas", "patches")
            case (*_, "image"):
                names = ("images", "patches")
            case _:
                names = ("patches",)
        return next((self.fields[name] for name in names if name in self.fields), self.where)


@dataclass(frozen=True, slots=True)
class Changed(Trace):
    """The trace of an object that was changed after it was rendered.

    What is as before lies where it lay, the rest where the change was asked for.

    Attributes:
        before: the object as it was rendered.
        written: its own trace.
        by: where the change was asked for; None when what was written in the object itself asked for it.
    """

    before: Mapping[str, Any] = field(default_factory=dict, repr=False)
    written: Trace | None = field(default=None, repr=False)
    by: Asked | None = field(default=None, repr=False)

    def locate(self, data: Mapping[str, Any], path: Path_ = (), *, of_key: bool = False) -> Location:
        """The place of the value at `path`."""
        if self.written is None:
            return super(Changed, self).locate(data, path, of_key=of_key)
        was, now = yamltext.at(self.before, path), yamltext.at(data, path)
        alike = was == now or (isinstance(was, dict | list) and isinstance(now, dict | list))
        if self.by is not None and not alike:
            return self.by.at(path)
        return self.written.locate(self.before, path, of_key=of_key)


def changed(before: Mapping[str, Any], written: Trace, by: Asked | None) -> Changed:
    """The trace of what `before`, whose own trace is `written`, became by what `by` asked for."""
    return Changed(written.snapshot, written.origin, written.index, written.layers, before, written, by)
