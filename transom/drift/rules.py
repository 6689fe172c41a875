"""Which differences are no drift, and which drift cannot be healed: the rules, as data.

A rule names a type and a property path by patterns and says why. The first that fits decides. The program may add its own in front
(replicas that a HorizontalPodAutoscaler owns, a change that waits for its maintenance window).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from transom.changes import Change, DiffKind, PropertyChange, Sighting


class Cause(StrEnum):
    """Why live differs."""

    REAL = "real"
    """Somebody or something changed it."""
    NOISE = "noise"
    """It only looks different: defaults, bookkeeping, another way to write the same."""
    MAINTENANCE = "maintenance"
    """Applied, and waiting for its maintenance window."""
    EXTERNAL = "external"
    """A controller owns it, by agreement."""
    FOREIGN = "foreign"
    """Nobody declared it, and a person's tool set it."""
    IGNORED = "ignored"
    """The environment's document says that it is nobody's business."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What differs in a property at `path` (a regular expression over the whole path) of a `type` (with `*`) is of this cause."""

    type: str
    path: str
    reason: str
    cause: Cause = Cause.NOISE
    name: str = "*"
    kind: DiffKind | None = None
    """Only where the property was added, changed or deleted; None for all."""
    manager: str | None = None
    """Only where a manager of this name (with `*`) set the field last, as the API server keeps book of it; None for all, and for AWS."""

    def fits(self, thing: Change | Sighting, found: PropertyChange, manager: str = "") -> bool:
        """Whether the rule speaks about this property, which `manager` set."""
        return (
            fnmatchcase(thing.type, self.type)
            and fnmatchcase(thing.name, self.name)
            and self.kind in (None, found.kind)
            and (self.manager is None or (bool(manager) and fnmatchcase(manager, self.manager)))
            and re.fullmatch(self.path, found.path, re.DOTALL) is not None
        )


BUILT_IN: tuple[Rule, ...] = (
    # https://kubernetes.io/docs/reference/using-api/api-concepts/ : written by the API server alone
    Rule(type="kubernetes:*", path=r"status(\..*)?", reason="status is written by controllers"),
    Rule(
        type="kubernetes:*",
        path=r"metadata\.(uid|resourceVersion|generation|creationTimestamp|selfLink|managedFields)(\W.*)?",
        reason="kept by the API server",
    ),
    Rule(
        type="kubernetes:*",
        path=r'metadata\.annotations(\.|\[")(deployment\.kubernetes\.io/revision|kubectl\.kubernetes\.io/last-applied-configuration)("\])?',
        reason="kept by Kubernetes and kubectl",
    ),
    # measured against pulumi-kubernetes 4.32: only fields in the last applied inputs can drift; the rest is the server's or somebody else's
    Rule(type="kubernetes:*", path=r".*", kind=DiffKind.ADD, reason="was never declared: a default or another owner's field"),
    # https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ : injected by whoever issues it
    Rule(
        type="kubernetes:admissionregistration.k8s.io/*:*WebhookConfiguration*",
        path=r"webhooks\[\d+\]\.clientConfig\.caBundle",
        reason="injected by the certificate's owner",
        cause=Cause.EXTERNAL,
    ),
    Rule(
        type="kubernetes:apiextensions.k8s.io/*:CustomResourceDefinition*",
        path=r"spec\.conversion\.webhook\.clientConfig\.caBundle",
        reason="injected by the certificate's owner",
        cause=Cause.EXTERNAL,
    ),
    Rule(
        type="kubernetes:apiregistration.k8s.io/*:APIService*",
        path=r"spec\.caBundle",
        reason="injected by the certificate's owner",
        cause=Cause.EXTERNAL,
    ),
    # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html : moves on by itself every five minutes
    Rule(type="aws:rds/*", path=r"latestRestorableTime", reason="moves on by itself"),
    Rule(type="aws:*", path=r"tagsAll(\W.*)?", reason="repeats tags and the provider's default tags"),
    Rule(type="aws:dynamodb/*", path=r"streamLabel|streamArn", reason="set by AWS"),
)


def cause_of(change: Change, found: PropertyChange, rules: tuple[Rule, ...] = BUILT_IN, manager: str = "") -> tuple[Cause, str]:
    """The cause of one property's difference and its reason; (REAL, "") where no rule fits. `manager` set it, where that is known."""
    if written_otherwise(found.before, found.after) or (_holds_quantity(change, found) and _same_quantity(found.before, found.after)):
        return Cause.NOISE, "the same, written otherwise"
    rule = next((rule for rule in rules if rule.fits(change, found, manager)), None)
    return (rule.cause, rule.reason) if rule else (Cause.REAL, "")


def written_otherwise(before: Any, after: Any) -> bool:
    """Whether two values are written differently and mean the same: JSON with other white space or order of keys, a number as text.

    Two values that are written alike are not: what differs between them was hidden (a secret), and the plugin says that something does.
    """
    if before == after:
        return False
    if isinstance(before, str) and isinstance(after, str):
        return _same_json(before, after)
    plain = all(isinstance(value, (str, int)) and not isinstance(value, bool) for value in (before, after))
    return plain and str(before) == str(after)


def _holds_quantity(change: Change, found: PropertyChange) -> bool:
    """Whether the property is a Kubernetes quantity. Elsewhere `16.1` and `16.10` are two versions, not one number."""
    steps = re.split(r"[.\[\]\"]+", found.path)
    return change.type.startswith("kubernetes:") and not _QUANTITY_FIELDS.isdisjoint(steps)


def _same_quantity(before: Any, after: Any) -> bool:
    left, right = quantity(before), quantity(after)
    return left is not None and right is not None and math.isclose(left, right, rel_tol=1e-9)


_QUANTITY_FIELDS = frozenset({"limits", "requests", "hard", "capacity", "sizeLimit", "min", "max", "default", "defaultRequest"})
_QUANTITY = re.compile(r"(?P<number>[+-]?\d+(?:\.\d+)?)(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_UNITS = {"": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", start=1)
}


def quantity(value: Any) -> float | None:
    """A Kubernetes quantity as a number; None where it is none.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if not isinstance(value, str):
        return float(value)
    match = _QUANTITY.fullmatch(value.strip())
    if match is None:
        return None
    unit = match["unit"] or ""
    return float(match["number"]) * _UNITS[unit] if unit in _UNITS else float(value)


def _same_json(before: str, after: str) -> bool:
    try:
        left, right = json.loads(before), json.loads(after)
    except ValueError:
        return False
    return isinstance(left, (dict, list)) and bool(left == right)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWay:
    """A property that goes in one direction only: live past applied cannot be put back."""

    type: str
    path: str
    reason: str


ONE_WAY: tuple[OneWay, ...] = (
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html : storage cannot be reduced
    OneWay(type="aws:rds/*", path="allocatedStorage", reason="AWS does not shrink a database's storage"),
    OneWay(type="aws:rds/*", path="engineVersion", reason="a database's version does not go back"),
    OneWay(type="aws:elasticache/*", path="engineVersion", reason="a cache's version does not go back"),
    OneWay(type="aws:eks/cluster:Cluster", path="version", reason="a cluster's version does not go back"),
    # https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html
    OneWay(type="aws:ebs/volume:Volume", path="size", reason="AWS does not shrink a volume"),
    # https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
    OneWay(
        type="kubernetes:core/v1:PersistentVolumeClaim",
        path=r"spec\.resources\.requests\.storage",
        reason="Kubernetes does not shrink a volume claim",
    ),
)


def unhealable(change: Change, found: PropertyChange) -> str:
    """Why the property cannot be put back to what was applied; empty where it can."""
    for rule in ONE_WAY:
        if fnmatchcase(change.type, rule.type) and re.fullmatch(rule.path, found.path) and _grown(found.before, found.after):
            return rule.reason
    return ""


def _grown(applied: Any, live: Any) -> bool:
    left, right = quantity(applied), quantity(live)
    if left is not None and right is not None and "." not in f"{applied}{live}":
        return right > left
    return _version(str(live)) > _version(str(applied))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
