"""What a change interrupts: a pure function of one change, for whoever shows a plan.

Sources: RDS user guide, "Modifying an Amazon RDS DB instance", settings for DB instances (column of downtime), "Working with parameter
groups" (static parameters wait for a restart), "Upgrading a DB instance engine version"; Kubernetes: StatefulSet update strategies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from transom.changes import Change, Operation, PropertyChange


class Effect(StrEnum):
    """How much it is felt."""

    OUTAGE = "outage"
    """It cannot be reached for a while."""
    RESTART = "at the next restart"
    """Nothing happens until somebody restarts it."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """One reason for which a change is felt."""

    property: str
    """The property at its root, e.g. `instanceClass`."""
    effect: Effect
    message: str
    """What happens, in words that follow the property's name."""


Rule = Callable[[PropertyChange], tuple[Effect, str] | None]


def of(change: Change) -> tuple[Interruption, ...]:
    """What a planned change interrupts, one entry for each property that does; nothing for what is new or leaves no trace of service."""
    if change.operation is Operation.REPLACE and change.type in _HOLDING:
        causes = sorted({_root(one.path) for one in change.properties if one.forces_replacement})
        return (Interruption(", ".join(causes) or "replacement", Effect.OUTAGE, "another one takes its place, and it begins empty"),)
    if change.operation is not Operation.UPDATE:
        return ()
    rules = _RULES.get(change.type, {})
    found: dict[str, Interruption] = {}
    for one in change.properties:
        name = _root(one.path)
        if name in rules and name not in found and (said := rules[name](one)) is not None:
            found[name] = Interruption(name, *_waiting(said, change.properties))
    return tuple(found.values())


def _root(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _waiting(said: tuple[Effect, str], properties: Sequence[PropertyChange]) -> tuple[Effect, str]:
    """The same, where the plan itself says that changes are made in the window from now on."""
    effect, message = said
    waits = any(one.path == "applyImmediately" and one.after is False for one in properties)
    return (effect, f"{message}, in the maintenance window") if waits and effect is Effect.OUTAGE else said


def _outage(message: str) -> Rule:
    return lambda _change: (Effect.OUTAGE, message)


def _upgrade(change: PropertyChange) -> tuple[Effect, str]:
    before, after = str(change.before or ""), str(change.after or "")
    if before.partition(".")[0] != after.partition(".")[0]:
        return Effect.OUTAGE, "it is down while the engine goes to another major version, ten minutes or more, and there is no way back"
    return Effect.OUTAGE, "it is down for some minutes while the engine is upgraded, also with a standby"


def _storage_type(change: PropertyChange) -> tuple[Effect, str] | None:
    """Between solid state types nothing stops; magnetic volumes are copied."""
    return (Effect.OUTAGE, "it is down for some minutes while the change begins") if "standard" in (change.before, change.after) else None


def _backups(change: PropertyChange) -> tuple[Effect, str] | None:
    """Turning backups on or off restarts; another length does not."""
    return (Effect.OUTAGE, "it restarts when backups are turned on or off") if not change.before or not change.after else None


def _pods(change: PropertyChange) -> tuple[Effect, str] | None:
    return (Effect.OUTAGE, "its pods are replaced one after the other") if change.path.startswith("spec.template.") else None


def _restart(message: str) -> Rule:
    return lambda _change: (Effect.RESTART, message)


_RDS: Mapping[str, Rule] = {
    "instanceClass": _outage("it is down for some minutes, with a standby for about one"),
    "engineVersion": _upgrade,
    "storageType": _storage_type,
    "backupRetentionPeriod": _backups,
    "port": _outage("it restarts at once, and clients must use the new port"),
    "identifier": _outage("it restarts, and its address changes"),
    "dbSubnetGroupName": _outage("it restarts in its new network"),
    "licenseModel": _outage("it restarts"),
    "networkType": _outage("it may be down while its network changes"),
    "caCertIdentifier": _outage("it restarts where its engine cannot take a certificate while it runs"),
    "optionGroupName": _outage("it restarts where an option asks for it"),
    "parameterGroupName": _restart("parameters of the new group hold from the next restart on"),
}
_GROUP: Mapping[str, Rule] = {"parameters": _restart("static parameters hold from the next restart on, dynamic ones at once")}
_POD: Mapping[str, Rule] = {"spec": _pods}
_RULES: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        "aws:rds/instance:Instance": _RDS,
        "aws:rds/parameterGroup:ParameterGroup": _GROUP,
        "kubernetes:apps/v1:StatefulSet": _POD,
    }
)
"""By type and property; everything else is changed while it runs."""
_HOLDING = frozenset({"aws:rds/instance:Instance", "kubernetes:apps/v1:StatefulSet"})
"""Types whose replacement is felt."""


def told(change: Change) -> tuple[str, ...]:
    """The same as lines of text: `instanceClass: it is down for some minutes, …`."""
    return tuple(f"{one.property}: {one.message}" for one in of(change))
