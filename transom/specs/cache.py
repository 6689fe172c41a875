"""Kind Cache: values in memory."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from transom.specs.base import FORWARD, IMMUTABLE, Document
from transom.specs.owned import Stateful
from transom.specs.scalars import Duration, Int, MaintenanceWindow, Name

_MOST_NODES = 90
"""Nodes of all shards together (ElastiCache quotas: nodes per cluster)."""
_SHORTEST_WINDOW = 60
"""Minutes (ElastiCache: maintenance window)."""
_LONGEST_RETENTION = 35
"""Days (ElastiCache: SnapshotRetentionLimit)."""


class CacheSpec(Stateful):
    """Engine, size and safety of a cache."""

    engine: Literal["valkey", "redis"] = Field(default="valkey", json_schema_extra=IMMUTABLE)
    """Engine; both speak the protocol of Redis. Cannot be changed later."""
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$")] = Field(json_schema_extra=FORWARD)
    """Engine version in quotes: for valkey e.g. `"8.0"`, for redis e.g. `"7.1"`."""
    size: Name
    """One of the environment's size classes that say what a cache is."""
    replicas: Int = Field(default=0, ge=0, le=5)
    """Copies of each shard in other zones; with one or more, one of them takes over when a zone fails."""
    shards: Int = Field(default=1, ge=1, le=_MOST_NODES, json_schema_extra=IMMUTABLE)
    """Parts that the keys are spread over; more than one asks for clients that know cluster mode. Cannot be changed later."""
    backup_retention: Duration = Duration("0d")
    """How long daily snapshots are kept, in whole days: up to 35 (ElastiCache limit); none by default."""
    maintenance_window: MaintenanceWindow | None = None
    """When AWS may patch, in UTC, at least an hour; chosen by AWS when left out."""
    parameters: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]*$")], str] = Field(
        default_factory=dict, examples=[{"maxmemory-policy": "allkeys-lru"}]
    )
    """Engine parameters, values in quotes, e.g. `maxmemory-policy: "allkeys-lru"`."""

    @model_validator(mode="after")
    def _engine_has_the_version(self) -> CacheSpec:
        major, minor = map(int, self.version.split("."))
        if self.engine == "valkey" and (major, minor) < (7, 2):
            raise ValueError(f'version "{self.version}" is not one of valkey, which begins with "7.2"; write e.g. "8.0"')
        if self.engine == "redis" and (not 6 <= major <= 7 or (major == 7 and minor > 1)):  # noqa: PLR2004 - version numbers
            raise ValueError(
                f'version "{self.version}" is not one of redis on ElastiCache, which has "6.2" to "7.1"; valkey has later ones'
            )
        return self

    @model_validator(mode="after")
    def _within_limits(self) -> CacheSpec:
        nodes = self.shards * (1 + self.replicas)
        if nodes > _MOST_NODES:
            raise ValueError(
                f"shards {self.shards} with {self.replicas} replicas each are {nodes} nodes; ElastiCache has {_MOST_NODES} at most"
            )
        if self.backup_retention.seconds % 86400 or self.backup_retention.days > _LONGEST_RETENTION:
            raise ValueError(f"backupRetention {self.backup_retention} is not 0 to {_LONGEST_RETENTION} whole days (ElastiCache limit)")
        if self.maintenance_window and self.maintenance_window.span[1] < _SHORTEST_WINDOW:
            raise ValueError(f"maintenanceWindow {self.maintenance_window} is shorter than the hour that ElastiCache asks for")
        return self


class Cache(Document):
    """A Valkey or Redis cache on ElastiCache: encrypted, TLS only, with a generated password."""

    kind: Literal["Cache"]
    """Always Cache."""
    spec: CacheSpec
    """Engine, size and safety."""
