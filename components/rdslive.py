"""What an RDS instance has become by itself: storage that grew, a minor version that followed. Neither is ever taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a document asks of an instance.

    Attributes:
        identifier: the instance's.
        word: the engine, as people call it.
        version: as the document has it.
        depth: how many numbers of a version name its major version.
        storage: GiB.
        major: whether another major version was asked for.
    """

    identifier: str
    word: str
    version: str
    depth: int
    storage: int
    major: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What to ask RDS for: never less storage and never an older version than there is."""

    storage: pulumi.Output[int]
    version: pulumi.Output[str]


def settled(wanted: Wanted, parent: pulumi.Resource) -> Settled:
    """What to ask RDS for, looked up live.

    AWS refuses to shrink a volume (RDS: working with storage) and to go back to an older version (RDS: upgrading a DB instance engine
    version). The run fails, also a preview, where the document's version is another major one and nobody has said so.
    """
    opts = pulumi.InvokeOutputOptions(parent=parent)

    def live(identifiers: Sequence[str]) -> pulumi.Input[Any]:
        if wanted.identifier not in identifiers:
            return None
        found = aws.rds.get_instance_output(db_instance_identifier=wanted.identifier, opts=opts)
        return pulumi.Output.all(found.allocated_storage, found.engine_version)

    found = aws.rds.get_instances_output(filters=[{"name": "db-instance-id", "values": [wanted.identifier]}], opts=opts)
    identifiers: pulumi.Output[Sequence[str]] = found.instance_identifiers
    known: pulumi.Output[Sequence[Any] | None] = identifiers.apply(live)
    return Settled(
        known.apply(lambda had: _larger(wanted, had[0], parent) if had else wanted.storage),
        known.apply(lambda had: _newer(wanted, had[1] or wanted.version, parent) if had else wanted.version),
    )


def _larger(wanted: Wanted, live: int, resource: pulumi.Resource) -> int:
    if live > wanted.storage:
        told = f"{wanted.identifier} has {live} GiB, its document says {wanted.storage}: storage cannot shrink; write storage: {live}Gi"
        pulumi.log.warn(told, resource)
    return max(wanted.storage, live)


def _newer(wanted: Wanted, live: str, resource: pulumi.Resource) -> str:
    asks, runs = numbers(wanted.version), numbers(live)
    depth = wanted.depth
    if asks[:depth] < runs[:depth]:
        told = f"{wanted.identifier} runs {wanted.word} {live}, its document says {wanted.version}: versions never go back"
        raise pulumi.RunError(f'{told}; write version: "{".".join(live.split(".")[:depth])}"')
    if asks[:depth] > runs[:depth] and not wanted.major:
        told = f"{wanted.identifier} runs {wanted.word} {live}, and {wanted.version} is another major version"
        raise pulumi.RunError(
            f"{told}, which interrupts for long and cannot be taken back; write allowMajorUpgrade: true beside version, or the old version"
        )
    if asks[:depth] == runs[:depth] and asks < runs[: len(asks)]:
        told = f'{wanted.identifier} runs {wanted.word} {live} by now, its document says {wanted.version}; write version: "{live}"'
        pulumi.log.warn(told, resource)
        return live
    return wanted.version


def numbers(version: str) -> tuple[int, ...]:
    """A version as it is compared; what follows the digits of a part (`10.11.8-rds.20240101`) does not count."""
    found = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        found.append(int(digits))
        if digits != part:
            break
    return tuple(found)
