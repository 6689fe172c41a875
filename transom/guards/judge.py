"""All rules at once: what they refuse of several environments, and the error of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from transom.catalog.model import Catalog
from transom.changes import ChangeSet
from transom.errors import GuardRefused
from transom.guards import protection, rules
from transom.guards.rules import Refusal, Situation
from transom.source.standing import Standing

RULES: tuple[Callable[[Situation], Iterator[Refusal]], ...] = (
    rules.reviewed,
    rules.time,
    protection.protection,
    rules.data,
    rules.ceiling,
    rules.policies,
)


def judge(
    catalogs: Mapping[str, Catalog],
    changesets: Iterable[ChangeSet],
    now: datetime | None = None,
    standings: Mapping[str, Sequence[Standing]] | None = None,
) -> tuple[Refusal, ...]:
    """Everything that the rules refuse of these plans, by environment.

    Args:
        catalogs: by environment.
        changesets: plans of their stacks; of a stack without one nothing is known, and nothing refused.
        now: the present when left out.
        standings: by environment, how the commits stand that its documents were read from just now.
    """
    plans = tuple(changesets)
    moment = now or datetime.now(UTC)
    situations = [
        Situation(catalog, [changes for changes in plans if changes.environment == name], moment, (standings or {}).get(name, ()))
        for name, catalog in catalogs.items()
    ]
    return tuple(refusal for situation in situations for rule in RULES for refusal in rule(situation))


def beforehand(catalog: Catalog, standings: Sequence[Standing], now: datetime) -> tuple[Refusal, ...]:
    """What the rules that need no plan refuse of an environment."""
    return tuple(rules.beforehand(Situation(catalog, (), now, standings)))


def refuse(refusals: Iterable[Refusal]) -> None:
    """Raises one error for all refusals; its reason is the rule's where there is one, else GuardRefused.

    Raises:
        GuardRefused: there is any.
    """
    found = tuple(refusals)
    if not found:
        return
    kinds = {refusal.rule for refusal in found}
    message = "\n".join(f"{refusal.environment}: {refusal.message}; {refusal.hint}" for refusal in found)
    raise GuardRefused(message, reason=kinds.pop() if len(kinds) == 1 else "GuardRefused")
