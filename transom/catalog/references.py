"""References to outputs: `${Database/orders-db.outputs.host}` in a Kubernetes manifest stands for a value that is known once it is applied.

A reference is plain text, so that a catalog with references can be stored, compared and printed like any other; the program that applies
the catalog puts the value in its place. Composites need them, and whoever may write a manifest may write one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from transom.rendering.yamltext import Path_


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a kind.

    Attributes:
        type: `string` or `integer`, as expressions know it.
        secret: whether it may be seen by those only who may see Secrets.
        shown: whether the state keeps it beside the document, so that `transom get` can show it.
    """

    type: str = "string"
    secret: bool = False
    shown: bool = True


OUTPUTS: Mapping[str, Mapping[str, Output]] = MappingProxyType(
    {
        "Database": {
            "host": Output(),
            "port": Output("integer"),
            "name": Output(),
            "user": Output(),
            "password": Output(secret=True, shown=False),
            "url": Output(secret=True, shown=False),
            "secretArn": Output(),
        },
        "Bucket": {"name": Output(), "arn": Output(), "region": Output()},
        "Queue": {"url": Output(), "arn": Output(), "region": Output()},
        "Topic": {"arn": Output(), "region": Output()},
        "Cache": {
            "host": Output(),
            "port": Output("integer"),
            "token": Output(secret=True, shown=False),
            "url": Output(secret=True, shown=False),
            "secretArn": Output(),
        },
        "Table": {"name": Output(), "arn": Output(), "region": Output()},
    }
)
"""What a kind gives once it is there: attributes of its component, in camelCase; a test holds the two together."""

PATTERN = re.compile(r"\$\{(?P<kind>[A-Z][A-Za-z]*)/(?P<name>[a-z][a-z0-9-]*)\.outputs\.(?P<output>[A-Za-z]+)\}")


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference: whose output, and which."""

    identity: str
    output: str

    @property
    def kind(self) -> str:
        """E.g. `Database`."""
        return self.identity.partition("/")[0]

    @property
    def known(self) -> Output | None:
        """What is known of the output; None when the kind has no such output."""
        return OUTPUTS.get(self.kind, {}).get(self.output)


def text(identity: str, output: str) -> str:
    """The reference as it stands in a document."""
    return f"${{{identity}.outputs.{output}}}"


def of(string: str) -> tuple[Reference, ...]:
    """The references in a string, in order."""
    if ".outputs." not in string:
        return ()
    return tuple(Reference(f"{found['kind']}/{found['name']}", found["output"]) for found in PATTERN.finditer(string))


def within(data: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Reference]]:
    """Every reference in a document, each with the path of the text that it stands in."""
    match data:
        case str():
            for reference in of(data):
                yield path, reference
        case dict():
            for key, value in data.items():
                yield from within(value, (*path, key))
        case list():
            for index, value in enumerate(data):
                yield from within(value, (*path, index))


def is_only(string: object) -> bool:
    """Whether a value is references and nothing else worth hiding: what may stand in a Secret that lies in Git."""
    return isinstance(string, str) and any(reference.known is not None for reference in of(string))
