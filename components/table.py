"""Table: a DynamoDB table.

Follows the DynamoDB security best practices (preventative): encrypted with a key of KMS, point-in-time recovery on (control DynamoDB.2),
deletion protection on (DynamoDB.6), capacity that scales with demand (DynamoDB.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class KeyArgs:
    """What items are found by: names of attributes."""

    partition: str
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class IndexArgs:
    """A global secondary index."""

    name: str
    key: KeyArgs
    project: Sequence[str] | None = None
    """Attributes that it holds beside the keys; all when None, the keys alone when empty."""


@dataclass(frozen=True, slots=True)
class TableArgs:
    """What a table is made of."""

    table: str
    """Physical name, unique in account and region."""
    key: KeyArgs
    attributes: Mapping[str, str]
    """Type of every attribute that is part of a key, by name: S, N or B."""
    indexes: Sequence[IndexArgs] = ()
    capacity: tuple[int, int] | None = None
    """Read and write units, of the table and of each index; by demand when None."""
    ttl: str | None = None
    """The attribute that says when an item goes."""
    recovery_days: int | None = 35
    """Days that point-in-time recovery reaches back; off when None."""
    protected: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)


class Table(pulumi.ComponentResource):
    """A DynamoDB table.

    Attributes:
        name, arn, region: where it is.
        index_arns: those of its indexes, which permissions name one by one.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    region: pulumi.Output[str]
    index_arns: list[pulumi.Output[str]]

    def __init__(self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Table", name, None, opts)
        units = {"read_capacity": args.capacity[0], "write_capacity": args.capacity[1]} if args.capacity else {}
        recovery: dict[str, Any] = {"enabled": args.recovery_days is not None}
        if args.recovery_days is not None:
            recovery["recovery_period_in_days"] = args.recovery_days
        table = aws.dynamodb.Table(
            name,
            name=args.table,
            billing_mode="PROVISIONED" if args.capacity else "PAY_PER_REQUEST",
            hash_key=args.key.partition,
            range_key=args.key.sort,
            attributes=[{"name": key, "type": kind} for key, kind in sorted(args.attributes.items())],
            global_secondary_indexes=[_index(index, units) for index in args.indexes],
            point_in_time_recovery=recovery,
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=args.protected,
            ttl={"enabled": True, "attribute_name": args.ttl} if args.ttl else None,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **units,
        )
        self.name, self.arn, self.region = table.name, table.arn, table.region
        self.index_arns = [pulumi.Output.concat(table.arn, "/index/", index.name) for index in args.indexes]
        self.register_outputs({"name": self.name, "arn": self.arn})


def _index(index: IndexArgs, units: Mapping[str, int]) -> dict[str, Any]:
    kind = "ALL" if index.project is None else "INCLUDE" if index.project else "KEYS_ONLY"
    found: dict[str, Any] = {"name": index.name, "hash_key": index.key.partition, "projection_type": kind, **units}
    if index.key.sort:
        found["range_key"] = index.key.sort
    if index.project:
        found["non_key_attributes"] = list(index.project)
    return found
