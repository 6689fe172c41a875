"""Parts of objects: safe ways into data that may be of any shape, with the path of what was found.

What is of the wrong type was told when the object was held to its schema; here it is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from transom.apischema.findings import Finding, Path, dotted


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping inside an object, and its path."""

    data: Mapping[str, Any]
    path: Path = ()

    def __bool__(self) -> bool:
        return bool(self.data)

    def has(self, name: str) -> bool:
        """Whether the field is written and says something."""
        return self.data.get(name) is not None

    def get(self, name: str) -> Any:
        """The field's value, None when there is none."""
        return self.data.get(name)

    def text(self, name: str) -> str:
        """The field's text; empty when it has none."""
        value = self.data.get(name)
        return value if isinstance(value, str) else ""

    def whole(self, name: str) -> int | None:
        """The field's whole number; None when it has none."""
        value = self.data.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def part(self, *names: str) -> Part:
        """The mapping below these fields; empty when there is none."""
        data: Any = self.data
        for name in names:
            data = data.get(name) if isinstance(data, dict) else None
        return Part(data if isinstance(data, dict) else {}, (*self.path, *names))

    def parts(self, name: str) -> tuple[Part, ...]:
        """The mappings in the list of this name, each with its index."""
        return tuple(Part(item, (*self.path, name, index)) for index, item in enumerate(self.list(name)) if isinstance(item, dict))

    def list(self, name: str) -> list[Any]:
        """The list of this name; empty when there is none."""
        value = self.data.get(name)
        return value if isinstance(value, list) else []

    def texts(self, name: str) -> Iterator[tuple[str, str]]:
        """Keys and values of a mapping of texts, e.g. labels."""
        yield from ((key, value) for key, value in self.part(name).data.items() if isinstance(value, str))

    def say(self, name: str) -> str:
        """The field as messages name it."""
        return dotted((*self.path, name))

    def wrong(self, name: str, message: str, hint: str = "", *, reason: str = "InvalidValue", of_key: bool = False) -> Finding:
        """A finding at the field; `{}` in the message is the field's dotted path."""
        path = (*self.path, name)
        return Finding(path, reason, message.replace("{}", dotted(path)), hint, of_key=of_key)

    def lacks(self, name: str, hint: str = "") -> Finding:
        """The finding that the field is missing."""
        return self.wrong(name, "{} is missing", hint, reason="MissingField")

    def one_of(self, names: tuple[str, ...], what: str) -> Iterator[Finding]:
        """Exactly one of these fields is written."""
        written = [name for name in names if self.has(name)]
        if not written:
            hint = f"give it one of {', '.join(names)}"
            yield Finding(self.path, "MissingField", f"{dotted(self.path)} has no {what}", hint)
        yield from self.at_most_one(names, what)

    def at_most_one(self, names: tuple[str, ...], what: str) -> Iterator[Finding]:
        """Not two of these fields are written."""
        written = [name for name in self.data if name in names and self.has(name)]
        if len(written) > 1:
            message = f"{dotted(self.path)} has more than one {what}: {', '.join(sorted(written))}"
            yield Finding((*self.path, sorted(written)[1]), "ConflictingFields", message, "keep one of them", of_key=True)

    def within(self, name: str, least: int | None, most: int | None = None) -> Iterator[Finding]:
        """The field's whole number, where there is one, lies between two limits."""
        value = self.whole(name)
        if value is None:
            return
        if (least is not None and value < least) or (most is not None and value > most):
            hint = f"write a number from {least} to {most}" if most is not None else f"write at least {least}"
            yield self.wrong(name, f"{{}} {value} is out of range", hint)


Rule = Callable[[Part], Iterator[Finding]]
"""What is wrong with an object, given whole."""
Rules = Mapping[tuple[str, str], tuple[Rule, ...]]
"""Rules by group and kind of the objects that they judge."""
