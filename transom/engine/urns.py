"""URNs: what a resource's name in state says about it. Pure.

`urn:pulumi:<stack>::<project>::<type>$…$<type>::<name>`; the last type is the resource's own, the others are its parents'.
https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
COMPONENT_PREFIX = "transom:"
ENVIRONMENT_KIND = "Environment"
"""The component that is the environment itself: what hangs on it directly belongs to no document."""

_PARTS = 4


@dataclass(frozen=True, slots=True)
class Urn:
    """A URN taken apart. `types` goes from the outermost parent to the resource itself."""

    stack: str
    project: str
    types: tuple[str, ...]
    name: str

    @property
    def type(self) -> str:
        """The resource's own type token."""
        return self.types[-1]

    def __str__(self) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{'$'.join(self.types)}::{self.name}"


def parse(urn: str) -> Urn | None:
    """`urn` taken apart, or None where it is no URN. A name may itself contain `::`."""
    parts = urn.removeprefix("urn:pulumi:").split("::", _PARTS - 1)
    if not urn.startswith("urn:pulumi:") or len(parts) != _PARTS or not parts[2]:
        return None
    stack, project, types, name = parts
    return Urn(stack, project, tuple(types.split("$")), name)


def root(stack: str, project: str) -> str:
    """The stack's own root resource."""
    return str(Urn(stack, project, (STACK_TYPE,), f"{project}-{stack}"))


def type_of(urn: str) -> str:
    """The resource's own type token; empty where `urn` is no URN."""
    parsed = parse(urn)
    return parsed.type if parsed else ""


def renamed(urn: str, stack: str) -> str:
    """`urn` as it reads in another stack."""
    parsed = parse(urn)
    return urn if parsed is None else str(Urn(stack, parsed.project, parsed.types, parsed.name))


def is_stack(type_token: str) -> bool:
    """Whether the type is the stack's own root resource."""
    return type_token == STACK_TYPE


def is_bookkeeping(type_token: str) -> bool:
    """Whether the type is the engine's own: the stack's root, or a reference to another stack's outputs."""
    return type_token.startswith("pulumi:pulumi:")


def is_provider(type_token: str) -> bool:
    """Whether the type is a provider's configuration."""
    return type_token.startswith(PROVIDER_PREFIX)


def document(urn: str, parents: Mapping[str, str]) -> str:
    """The identity `<Kind>/<name>` of the document that caused a resource; empty for what belongs to the stack or the environment itself.

    It is the nearest component of type `transom:<group>:<Kind>` on the way from the resource to the stack, the resource included: a
    component's name is its document's identity. `parents` gives each known URN's parent URN. A parent that is missing there ends the walk.
    """
    seen: set[str] = set()
    current = urn
    while current and current not in seen:
        seen.add(current)
        parsed = parse(current)
        if parsed is None:
            return ""
        if parsed.type.startswith(COMPONENT_PREFIX):
            kind = parsed.type.rsplit(":", 1)[-1]
            return "" if kind == ENVIRONMENT_KIND else f"{kind}/{parsed.name}"
        current = parents.get(current, "")
    return ""
