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

_RECOVERY_DAYS = 35
"""How far back a table can be brought: as far as DynamoDB can (PointInTimeRecoverySpecification)."""


@dataclass(frozen=True, slots=True)
class KeyArgs:
    """What items are found by: names of attributes."""

    partition: str
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class IndexArgs:
    """A secondary index."""

    name: str
    key: KeyArgs
    project: Sequence[str] | None = None
    """Attributes that it holds beside the keys; all when None, the keys alone when empty."""
    local: bool = False
    """Whether it is a local secondary index: another order of the table's own partitions, which can only be made with the table."""


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
    stream: str | None = None
    """What the stream tells of an item, e.g. `NEW_IMAGE`; no stream when None."""
    storage_class: str = "STANDARD"
    protected: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    imported: str | None = None
    """Name of the table that is there already."""


class Table(pulumi.ComponentResource):
    """A DynamoDB table.

    Attributes:
        name, arn, region: where it is.
        stream_arn: where its changes are told; empty without a stream.
        index_arns: those of its indexes, which permissions name one by one.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    region: pulumi.Output[str]
    stream_arn: pulumi.Output[str]
    index_arns: list[pulumi.Output[str]]

    def __init__(self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Table", name, None, opts)
        units = {"read_capacity": args.capacity[0], "write_capacity": args.capacity[1]} if args.capacity else {}
        streamed = {"stream_enabled": True, "stream_view_type": args.stream} if args.stream else {}
        table = aws.dynamodb.Table(
            name,
            name=args.table,
            billing_mode="PROVISIONED" if args.capacity else "PAY_PER_REQUEST",
            hash_key=args.key.partition,
            range_key=args.key.sort,
            attributes=[{"name": key, "type": kind} for key, kind in sorted(args.attributes.items())],
            global_secondary_indexes=[_index(index, units) for index in args.indexes if not index.local],
            local_secondary_indexes=[_local(index) for index in args.indexes if index.local],
            point_in_time_recovery={"enabled": True, "recovery_period_in_days": _RECOVERY_DAYS},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=args.protected,
            ttl={"enabled": True, "attribute_name": args.ttl} if args.ttl else None,
            table_class=args.storage_class,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, import_=args.imported),
            **units,
            **streamed,
        )
        self.name, self.arn, self.region, self.stream_arn = table.name, table.arn, table.region, table.stream_arn
        self.index_arns = [pulumi.Output.concat(table.arn, "/index/", index.name) for index in args.indexes]
        self.register_outputs({"name": self.name, "arn": self.arn, "region": self.region})


def _index(index: IndexArgs, units: Mapping[str, int]) -> dict[str, Any]:
    return {**_local(index), "hash_key": index.key.partition, **units}


def _local(index: IndexArgs) -> dict[str, Any]:
    kind = "ALL" if index.project is None else "INCLUDE" if index.project else "KEYS_ONLY"
    found: dict[str, Any] = {"name": index.name, "projection_type": kind}
    if index.key.sort:
        found["range_key"] = index.key.sort
    if index.project:
        found["non_key_attributes"] = list(index.project)
    return found
