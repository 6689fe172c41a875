"""The desk at which one set's generators are read: the set, the world they look at, what fills in texts, and what was wrong so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from transom.catalog.applicationsets import elements
from transom.catalog.applicationsets.elements import Element, Origin
from transom.catalog.applicationsets.globs import Listing
from transom.catalog.applicationsets.placeholders import OPEN, Fault, Filler
from transom.catalog.model import Entry
from transom.errors import Location, Problem
from transom.rendering.yamltext import Path_
from transom.source.base import Snapshot
from transom.specs.applicationset import ApplicationSet
from transom.specs.cluster import Cluster


@dataclass(frozen=True, slots=True)
class World:
    """What generators look at.

    Attributes:
        clusters: those of the environment, by name.
        clusters_known: false while a cluster's document is broken, so that one that seems to be missing may be there.
        snapshots: the environment's sources by name.
        listing: what lies in a source.
    """

    clusters: Mapping[str, Entry[Cluster]]
    clusters_known: bool
    snapshots: Mapping[str, Snapshot]
    listing: Callable[[Snapshot], Listing]


@dataclass(frozen=True, slots=True)
class Tried:
    """A pattern: how many paths it took in, out of which."""

    pattern: str
    paths: tuple[str, ...]
    source: str
    count: int


@dataclass(frozen=True, slots=True)
class Desk:
    """One set's generators being read.

    Attributes:
        entry: the set.
        world: what its generators look at.
        filler: fills in texts.
        problems: what was wrong so far; elements are whole only while it is empty.
        given: how many elements each generator gave, by its path: a matrix reads its second generator several times.
        patterns: what each pattern took in, by its path.
    """

    entry: Entry[ApplicationSet]
    world: World
    filler: Filler
    problems: list[Problem] = field(default_factory=list)
    given: Counter[Path_] = field(default_factory=Counter)
    patterns: dict[Path_, Tried] = field(default_factory=dict)

    @property
    def go(self) -> bool:
        """Whether parameters are nested values for Go templates, or flat texts."""
        return self.entry.document.spec.go_template

    def at(self, *path: str | int, of_key: bool = False) -> Location:
        """The line a person wrote for a value of the set's document."""
        return self.entry.at(*path, of_key=of_key)

    def wrong(self, path: Path_, reason: str, message: str, hint: str) -> None:
        """Notes a problem at a path of the set's document."""
        self.tell(self.at(*path), reason, message, hint)

    def tell(self, where: Location, reason: str, message: str, hint: str) -> None:
        """Notes a problem at a place of any file."""
        self.problems.append(Problem(where, reason, message, hint))

    def tried(self, path: Path_, tried: Tried) -> None:
        """Notes how much a pattern at `path` took in, this time."""
        known = self.patterns.get(path)
        self.patterns[path] = replace(tried, count=tried.count + known.count) if known else tried

    def text(self, text: str, path: Path_, outer: Element | None) -> str:
        """`text` with the parameters of `outer` in it; as it is without one. A fault is noted, and leaves the text as it is."""
        if outer is None or OPEN not in text:
            return text
        filled = self.filler.fill([(text, outer.params)])[0]
        if isinstance(filled, str):
            return filled
        self._fault(filled, path, outer)
        return text

    def with_values(self, values: Mapping[str, str], path: Path_, found: Sequence[Element], outer: Element | None) -> list[Element]:
        """The elements with a generator's `values`, which may hold the elements' own parameters and those of `outer`."""
        if not values:
            return list(found)
        origin = Origin("values", self.at(*path), self._places_of_values(values, path))
        known = [elements.deep(outer.params, element.params) if outer else element.params for element in found]
        filled = iter(self.filler.fill([(text, params) for params in known for text in values.values()]))
        out = []
        for element in found:
            own: dict[str, str] = {}
            for name in values:
                value = next(filled)
                if isinstance(value, Fault):
                    self._fault(value, (*path, name), element)
                else:
                    own[name] = value
            more = {"values": own} if self.go else {f"values.{name}": value for name, value in own.items()}
            out.append(Element({**element.params, **more}, (origin, *element.origins)))
        return out

    def _places_of_values(self, values: Mapping[str, str], path: Path_) -> Callable[[str], Location | None]:
        def place(name: str) -> Location | None:
            head, _, rest = name.partition(".")
            return self.at(*path, rest) if head == "values" and rest in values else None

        return place

    def _fault(self, fault: Fault, path: Path_, element: Element) -> None:
        self.wrong(path, fault.reason, f"{fault.message}, filled in from {element}", fault.hint)
