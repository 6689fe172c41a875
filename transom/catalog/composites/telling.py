"""What a claim shows once it is applied: its status, and what it still waits for, from outputs as the state has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from transom.catalog.composites.templates import as_text
from transom.catalog.model import Identity
from transom.expressions import shapes, texts
from transom.expressions.engine import Activation, Failed, Missing, Scope
from transom.specs.composite import Claim

Outputs = Mapping[Identity, Mapping[str, Any]]
"""Outputs by the identity of the document that gives them."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a claim shows.

    Attributes:
        status: values by name; those are left out that are not known yet.
        waiting: ids of the resources whose conditions are not true yet.
    """

    status: Mapping[str, Any]
    waiting: tuple[str, ...]


def told(claim: Claim, outputs: Outputs, inner: Mapping[Identity, Told]) -> Told:
    """What the claim shows with these outputs; `inner` is what claims inside it show."""
    composed = claim.composed
    if not composed.status and not composed.ready:
        return Told({}, ())
    facts = composed.facts
    resources = {name: _seen(one, outputs, inner) for name, one in facts.get("resources", {}).items()}
    data = claim.model_dump(mode="json", by_alias=True, exclude={"composed"}, exclude_none=True)
    activation = _scope().activation({"claim": data, "environment": facts.get("environment", {}), "resources": resources})
    status = {name: _value(text, activation) for name, text in composed.status.items()}
    waiting = [name for name, conditions in composed.ready.items() if not all(_value(text, activation) is True for text in conditions)]
    return Told({name: value for name, value in status.items() if value is not None}, tuple(waiting))


def _seen(one: Any, outputs: Outputs, inner: Mapping[Identity, Told]) -> Any:
    if isinstance(one, list):
        return [_seen(item, outputs, inner) for item in one]
    identity = one["identity"]
    seen = {"name": one["name"]}
    if identity in outputs:
        seen["outputs"] = dict(outputs[identity])
    if identity in inner:
        seen["status"] = dict(inner[identity].status)
    return seen


def _value(text: str, activation: Activation) -> Any:
    """The value; None where something that it reads is not there yet."""
    parts = texts.split(text)
    try:
        found = [_scope().compile(part.text).evaluate(activation) if part.is_expression else part.text for part in parts]
    except (Failed, Missing):
        return None
    return found[0] if len(found) == 1 else "".join(as_text(one) for one in found)


@cache
def _scope() -> Scope:
    """Types were checked with the definition: here every value is taken as it comes."""
    return Scope({"claim": shapes.ANY, "environment": shapes.ANY, "resources": shapes.ANY})
