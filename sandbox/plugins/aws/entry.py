"""The record that says what is particular to one resource type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.aws.session import Aws
from sandbox.plugins.serving import PluginError

Props = dict[str, Any]
Validator = Callable[[Any], str | None]


class RefusedError(PluginError):
    """AWS or the provider refuses the operation; the message is what the real one says."""


@dataclass(frozen=True, slots=True)
class Change:
    """One update of a live resource.

    Attributes:
        id: the resource's id.
        old: its state before.
        new: its inputs now, defaults and `tagsAll` included.
        keys: the top-level inputs that differ.
    """

    id: str
    old: Props
    new: Props
    keys: frozenset[str]

    def pick(self, names: Iterable[str]) -> Props:
        """Give those of the named inputs that differ, with their new value (None where it was taken away)."""
        return {name: self.new.get(name) for name in names if name in self.keys}


@dataclass(frozen=True, slots=True)
class Autoname:
    """How a resource without a name gets one: `<resource name>-<7 hex digits>`, as the real plugin makes them.

    Attributes:
        property: the input that holds the name.
        limit: longest name in characters.
        lower: whether AWS takes lower case only.
        suffix: what the name ends with, from the other inputs (`.fifo`).
    """

    property: str
    limit: int
    lower: bool = False
    prefix: str = ""
    suffix: Callable[[Mapping[str, Any]], str] = field(default=lambda _inputs: "")


def _nothing(_inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return ()


def _unchanged(_aws: Aws, _change: Change) -> None:
    """Update a resource whose only changeable inputs are the provider's own, such as `forceDestroy`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource type of the real provider.

    Attributes:
        pulumi: its token, e.g. `aws:s3/bucket:Bucket`.
        terraform: the type's name in the Terraform provider.
        title: what its error messages call it, e.g. `S3 Bucket`.
        inputs: the inputs implemented here; every other one is refused.
        refused: nested inputs (`rules.filter.tag`) that are not implemented although their parent is.
        create: makes it from its inputs and gives its id.
        read: gives all its properties as they are in AWS, or None if it is gone; second argument the id, third the state before.
        update: brings it to new inputs.
        delete: removes it; the last argument is its state.
        replaces: inputs (paths without indices) whose change needs another resource ("Forces new resource").
        replaces_if: the same, where it depends on the old and the new value.
        kept: inputs AWS does not give back: the state keeps what the program said.
        defaults: the real provider's default for inputs left out.
        renewed: computed properties that an update of other inputs than tags gives a new value: a preview shows them as unknown.
        computed: nested blocks that AWS fills in, which the schema file does not tell of blocks.
        json: inputs that are JSON: compared by meaning, and given as text or as an object.
        same: inputs compared by a rule of their own: (old, new, state) -> no difference.
        checks: the value rules of the schema, by path without indices.
        check: rules between inputs: yields (property, reason).
        gone: error codes that mean the resource does not exist.
        autoname: how it gets a name.
        imported: gives (id, state to read from) for an import id.
    """

    pulumi: str
    terraform: str
    title: str
    inputs: tuple[str, ...]
    create: Callable[[Aws, Props], str]
    read: Callable[[Aws, str, Props], Props | None]
    delete: Callable[[Aws, str, Props], None]
    update: Callable[[Aws, Change], None] = _unchanged
    replaces: tuple[str, ...] = ()
    replaces_if: Mapping[str, Callable[[Any, Any], bool]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    renewed: tuple[str, ...] = ()
    computed: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    same: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], bool]] = field(default_factory=dict)
    checks: Mapping[str, Validator] = field(default_factory=dict)
    check: Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]] = _nothing
    gone: tuple[str, ...] = ()
    autoname: Autoname | None = None
    imported: Callable[[Aws, str], Props] | None = None

    def knows(self, name: str) -> bool:
        """Tell whether a top-level input is implemented; `region` is, for every type that has it."""
        return name in self.inputs or name == "region"
