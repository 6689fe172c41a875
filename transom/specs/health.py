"""How the platform judges kinds that Transom has no rule for, or whose rule it wants another way: expressions in CEL."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from transom.specs.base import Spec, first_twice
from transom.specs.scalars import Kind

if TYPE_CHECKING:
    from transom.expressions.engine import Expression, Scope


@cache
def scope() -> Scope:
    """What an expression may read: `object`, as it lives, of any shape. CEL is loaded by the first expression."""
    from transom.expressions import shapes
    from transom.expressions.engine import Scope

    return Scope({"object": shapes.ANY})


def _compiled(text: str) -> Expression:
    from transom.expressions.engine import Refused

    try:
        return scope().compile(text)
    except Refused as refused:
        told = "; ".join(f"at character {fault.offset + 1}: {fault.message}" for fault in refused.faults)
        raise ValueError(f"{told}; an expression reads the object as it lives, e.g. object.status.phase == 'Ready'") from None


def _condition(text: str) -> str:
    from transom.expressions import shapes

    found = _compiled(text).shape
    if found not in (shapes.BOOLEAN, shapes.ANY):
        raise ValueError(f"comes to {shapes.word(found)}, and a condition is true or false")
    return text


def _text(text: str) -> str:
    _compiled(text)
    return text


Condition = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(_condition)]
"""An expression of CEL that comes to true or false."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=4096), AfterValidator(_text)]
"""An expression of CEL that comes to what is told."""


class HealthRuleSpec(Spec):
    """When objects of one kind are what. The first condition that holds decides: degraded, suspended, progressing, healthy.

    A condition that reads what is not there does not hold. Where none holds an object is Progressing if `healthy` is written, else Healthy.
    """

    group: str = Field(default="", examples=["example.com"])
    """API group of the objects; empty for the core group."""
    kind: Kind = Field(examples=["Widget"])
    """Kind of the objects."""
    degraded: Condition | None = Field(default=None, examples=["object.status.phase == 'Failed'"])
    """When it is broken, and does not mend itself."""
    suspended: Condition | None = Field(default=None, examples=["object.spec.paused"])
    """When somebody has stopped it."""
    progressing: Condition | None = Field(default=None, examples=["object.status.observedGeneration < object.metadata.generation"])
    """When it is on its way."""
    healthy: Condition | None = Field(default=None, examples=["object.status.phase == 'Ready'"])
    """When it does what it is for."""
    message: Text | None = Field(default=None, examples=["object.status.message"])
    """Why it is not healthy."""

    @model_validator(mode="after")
    def _says_something(self) -> HealthRuleSpec:
        if not any((self.degraded, self.suspended, self.progressing, self.healthy)):
            raise ValueError("a rule has at least one of degraded, suspended, progressing and healthy")
        return self


def told_once(rules: tuple[HealthRuleSpec, ...]) -> tuple[HealthRuleSpec, ...]:
    """The rules as they are.

    Raises:
        ValueError: a kind has two.
    """
    if twice := first_twice((rule.group, rule.kind) for rule in rules):
        raise ValueError(f"{'/'.join(filter(None, twice))} has two rules; put their conditions into one")
    return rules
