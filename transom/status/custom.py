"""Health by the rules that the platform wrote into the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from transom.specs.health import HealthRuleSpec, scope
from transom.status.words import Health, Word

if TYPE_CHECKING:
    from transom.expressions.engine import Activation

_ORDER: tuple[tuple[str, Word], ...] = (
    ("degraded", Word.DEGRADED),
    ("suspended", Word.SUSPENDED),
    ("progressing", Word.PROGRESSING),
    ("healthy", Word.HEALTHY),
)


class Rules:
    """The rules of an environment, by group and kind."""

    def __init__(self, specs: Iterable[HealthRuleSpec] = ()) -> None:
        self._specs = {(spec.group, spec.kind): spec for spec in specs}

    def of(self, group: str, kind: str, live: Mapping[str, Any]) -> Health | None:
        """Health of an object of this kind, as it lives; None where no rule is about it."""
        spec = self._specs.get((group, kind))
        if spec is None:
            return None
        activation = scope().activation({"object": live})
        for name, word in _ORDER:
            condition = getattr(spec, name)
            if condition and _value(condition, activation) is True:
                return Health(word, "" if word is Word.HEALTHY else _said(spec, activation, name))
        return Health(Word.PROGRESSING, _said(spec, activation, "not healthy yet")) if spec.healthy else Health()


def _said(spec: HealthRuleSpec, activation: Activation, otherwise: str) -> str:
    found = _value(spec.message, activation) if spec.message else None
    return otherwise if found in (None, "") else str(found)


def _value(text: str, activation: Activation) -> Any:
    """What an expression comes to; None where it reads what is not there."""
    from transom.expressions.engine import Failed, Missing

    try:
        return scope().compile(text).evaluate(activation)
    except (Failed, Missing):
        return None
