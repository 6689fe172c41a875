"""Kind Table: items found by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import IMMUTABLE, Document, Spec
from transom.specs.owned import Adopting
from transom.specs.scalars import Int

AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=255)]
IndexName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]


class KeySpec(Spec):
    """An attribute that items are found by."""

    name: AttributeName
    """Name of the attribute."""
    type: Literal["string", "number", "binary"] = "string"
    """Type of its values."""


class IndexSpec(Spec):
    """Another way to find items."""

    partition_key: KeySpec
    """Attribute that items are found by."""
    sort_key: KeySpec | None = None
    """Attribute that items with the same partition key are sorted by."""
    attributes: tuple[AttributeName, ...] | None = None
    """Attributes that the index holds beside the keys: all when left out, none when empty."""


class LocalIndexSpec(Spec):
    """Another order of items with the same partition key."""

    sort_key: KeySpec
    """Attribute that they are sorted by."""
    attributes: tuple[AttributeName, ...] | None = None
    """Attributes that the index holds beside the keys: all when left out, none when empty."""


class CapacitySpec(Spec):
    """Requests per second that are paid for whether they come or not."""

    read: Int = Field(ge=1, le=40000)
    """Read units: one strongly consistent read of 4 KiB per second each."""
    write: Int = Field(ge=1, le=40000)
    """Write units: one write of 1 KiB per second each."""


class TableSpec(Adopting):
    """Keys, indexes and capacity of a table."""

    partition_key: KeySpec = Field(json_schema_extra=IMMUTABLE)
    """Attribute that items are found by. Cannot be changed later."""
    sort_key: KeySpec | None = Field(default=None, json_schema_extra=IMMUTABLE, examples=[{"name": "created", "type": "number"}])
    """Attribute that items with the same partition key are sorted by. Cannot be changed later."""
    indexes: dict[IndexName, IndexSpec] = Field(
        default_factory=dict, max_length=20, examples=[{"by-state": {"partitionKey": {"name": "state"}}}]
    )
    """Global secondary indexes by name, at most 20 (DynamoDB limit)."""
    local_indexes: dict[IndexName, LocalIndexSpec] = Field(
        default_factory=dict,
        max_length=5,
        json_schema_extra=IMMUTABLE,
        examples=[{"by-total": {"sortKey": {"name": "total", "type": "number"}}}],
    )
    """Local secondary indexes by name, at most 5 (DynamoDB limit); they need a sort key. Cannot be changed later."""
    capacity: CapacitySpec | None = Field(default=None, examples=[{"read": 10, "write": 5}])
    """Provisioned capacity of the table and of each index; paid by request when left out."""
    expiry_attribute: AttributeName | None = Field(default=None, examples=["expires"])
    """Attribute with the second (Unix time) after which an item is removed by itself."""
    stream: Literal["keys", "new", "old", "both"] | None = Field(default=None, examples=["new"])
    """What the stream of changes tells of an item: its keys, the new item, the old one, or both; no stream when left out."""
    storage_class: Literal["standard", "infrequent-access"] = "standard"
    """Class of storage: infrequent access is cheaper to keep and dearer to read."""

    @model_validator(mode="after")
    def _keys_differ(self) -> TableSpec:
        if self.local_indexes and self.sort_key is None:
            raise ValueError("localIndexes sort otherwise what sortKey sorts: a table without a sortKey has none")
        if both := set(self.indexes) & set(self.local_indexes):
            raise ValueError(f"localIndexes has {min(both)}, as indexes has; names differ")
        pairs: list[tuple[str, KeySpec, KeySpec | None]] = [("sortKey", self.partition_key, self.sort_key)]
        pairs += [(f"indexes.{name}", index.partition_key, index.sort_key) for name, index in self.indexes.items()]
        pairs += [(f"localIndexes.{name}", self.partition_key, index.sort_key) for name, index in self.local_indexes.items()]
        for where, partition, sort in pairs:
            if sort is not None and sort.name == partition.name:
                raise ValueError(f'{where}: "{sort.name}" is the partition key and the sort key; they differ')
        return self

    @model_validator(mode="after")
    def _attributes_have_one_type(self) -> TableSpec:
        types: dict[str, str] = {}
        for where, key in self.keys():
            if types.setdefault(key.name, key.type) != key.type:
                raise ValueError(f'{where}: attribute "{key.name}" is a {key.type} here and a {types[key.name]} elsewhere in the document')
        return self

    def keys(self) -> Iterator[tuple[str, KeySpec]]:
        """Every key with the field it is written in; an attribute may come several times."""
        yield "partitionKey", self.partition_key
        if self.sort_key:
            yield "sortKey", self.sort_key
        for name, index in self.indexes.items():
            yield f"indexes.{name}", index.partition_key
            if index.sort_key:
                yield f"indexes.{name}", index.sort_key
        for name, local in self.local_indexes.items():
            yield f"localIndexes.{name}", local.sort_key


class Table(Document):
    """A DynamoDB table: encrypted, with point-in-time recovery."""

    kind: Literal["Table"]
    """Always Table."""
    spec: TableSpec
    """Keys, indexes and capacity."""
