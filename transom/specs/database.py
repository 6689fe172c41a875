"""Kind Database: PostgreSQL, MySQL or MariaDB on RDS, or PostgreSQL in the cluster.

What depends on the engine or on the environment's size classes is checked where both are known: `transom/catalog/databases.py`.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from transom.specs.application import DestinationSpec
from transom.specs.arn import KeyArn
from transom.specs.base import FORWARD, IMMUTABLE, Document, Spec, first_twice
from transom.specs.engines import ENGINES, Engine, EngineName
from transom.specs.owned import Stateful
from transom.specs.scalars import Bool, DailyWindow, Duration, Int, MaintenanceWindow, Name, Storage, overlap

_LONGEST_RETENTION = 35
"""Days (RDS: CreateDBInstance BackupRetentionPeriod)."""


def _plain(value: object) -> object:
    """Parameters may be written without quotes: `max_connections: 200`, `autovacuum: false`."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


ParameterText = Annotated[
    str,
    BeforeValidator(_plain),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
]
"""A parameter's value: text, a number, or true or false."""


class BackupSpec(Spec):
    """Automated backups of a database."""

    retention: Duration = Duration("7d")
    """How long backups and the point-in-time log are kept: 1 to 35 days (RDS limit)."""
    window: DailyWindow | None = None
    """When the daily backup is taken, in UTC; chosen by AWS when left out."""

    @model_validator(mode="after")
    def _within_limits(self) -> BackupSpec:
        if not 1 <= self.retention.days <= _LONGEST_RETENTION:
            raise ValueError(f"retention {self.retention} is outside RDS's 1 to {_LONGEST_RETENTION} days")
        return self


class PasswordSpec(Spec):
    """The generated password."""

    rotation: Int | date | None = None
    """A number or a date of your choice: changing it draws a new password, and nothing else does."""


class RestoreSpec(Spec):
    """What a new database begins with."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["snapshot"]}, {"required": ["database"]}]})

    snapshot: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = None
    """Name or ARN of a snapshot."""
    database: Name | None = None
    """Name of another Database of the same tenant, as it was at `time`."""
    time: AwareDatetime | None = None
    """A point in time within that database's backups, e.g. `2026-11-20T03:00:00Z`; the latest there is when left out."""

    @model_validator(mode="after")
    def _one_origin(self) -> RestoreSpec:
        if (self.snapshot is None) == (self.database is None):
            raise ValueError("restoreFrom names a snapshot or a database, exactly one")
        if self.snapshot and self.time:
            raise ValueError("restoreFrom.time goes with database: a snapshot is of one moment already")
        return self

    @property
    def moment(self) -> str | None:
        """The point in time as RDS takes it: UTC, whole seconds."""
        return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if self.time else None


class LogSpec(Spec):
    """What a database writes to CloudWatch Logs."""

    exports: tuple[Literal["postgresql", "upgrade", "iam-db-auth-error", "error", "slowquery", "general"], ...] | None = None
    """Names of logs: of PostgreSQL `postgresql` and `upgrade`, of MySQL and MariaDB `error` and `slowquery`, unless written otherwise."""
    retention: Literal["1d", "7d", "14d", "30d", "90d", "180d", "365d"] | None = None
    """How long they are kept; when left out RDS makes the log groups itself and keeps everything."""


class DatabaseSpec(Stateful):
    """Engine, size and safety of a database."""

    engine: EngineName = Field(default="postgres", json_schema_extra=IMMUTABLE)
    """Database engine. Cannot be changed later."""
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")] = Field(json_schema_extra=FORWARD)
    """Engine version in quotes: `"16"` (MySQL and MariaDB `"8.4"`) follows minor versions, `"16.4"` (`"8.4.5"`) stays there."""
    size: Name
    """One of the environment's size classes."""
    class_: Literal["rds", "in-cluster"] | None = Field(default=None, alias="class", json_schema_extra=IMMUTABLE)
    """Where it runs; as its size class says when left out, RDS where that says both. Cannot be changed later."""
    destination: DestinationSpec | None = None
    """Cluster and namespace of one that runs in the cluster; those of the application beside it when left out."""
    storage: Storage | None = Field(default=None, json_schema_extra=FORWARD)
    """Initial storage; that of the size class when left out. Storage never shrinks."""
    storage_type: Literal["gp3", "io2"] = "gp3"
    """Kind of volume: general purpose, or provisioned IOPS."""
    iops: Int | None = Field(default=None, ge=1000, le=256000)
    """Operations per second that are paid for: with io2 always, with gp3 from 400Gi on."""
    throughput: Int | None = Field(default=None, ge=500, le=4000)
    """MiB per second that are paid for: with gp3 from 400Gi on."""
    encryption_key: KeyArn | None = Field(default=None, json_schema_extra=IMMUTABLE)
    """KMS key of its storage; RDS's own in the account when left out. It is encrypted in any case. Cannot be changed later."""
    high_availability: Bool = False
    """A standby in a second availability zone (Multi-AZ)."""
    replicas: Int = Field(default=0, ge=0, le=15)
    """Copies to read from, each an instance of the same size."""
    backups: BackupSpec = BackupSpec()
    """Automated backups."""
    maintenance_window: MaintenanceWindow | None = None
    """When AWS may patch, in UTC; chosen by AWS when left out."""
    changes: Literal["now", "window"] = "now"
    """When changes that interrupt are made: at once, or in the maintenance window."""
    allow_major_upgrade: Bool = False
    """Whether `version` may go to another major version, which interrupts for long and cannot be taken back."""
    password: PasswordSpec = Field(default=PasswordSpec(), examples=[{"rotation": 2}])
    """The generated password."""
    restore_from: RestoreSpec | None = Field(
        default=None, json_schema_extra=IMMUTABLE, examples=[{"snapshot": "production-team-a-shop-final"}]
    )
    """What a new database begins with, and nothing once it is there. Cannot be changed later."""
    logs: LogSpec = Field(default=LogSpec(), examples=[{"exports": ["postgresql"], "retention": "30d"}])
    """What it writes to CloudWatch Logs."""
    performance_insights: Bool | None = None
    """Performance Insights with seven days of history; on when left out, where the instance class can."""
    parameters: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")], ParameterText] = Field(
        default_factory=dict, examples=[{"log_min_duration_statement": "500"}]
    )
    """Engine parameters, e.g. `log_min_duration_statement: 500`; docs/kinds/database.md lists those that there are."""

    @property
    def of_engine(self) -> Engine:
        """What is particular to its engine."""
        return ENGINES[self.engine]

    @property
    def log_exports(self) -> tuple[str, ...]:
        """The logs in force."""
        return self.of_engine.logs[: self.of_engine.sent] if self.logs.exports is None else self.logs.exports

    @model_validator(mode="after")
    def _windows_are_apart(self) -> DatabaseSpec:
        backup, maintenance = self.backups.window, self.maintenance_window
        if backup and maintenance and overlap(backup, maintenance):
            raise ValueError(f"maintenanceWindow {maintenance} overlaps backups.window {backup} (UTC), which RDS refuses; move one of them")
        return self

    @model_validator(mode="after")
    def _a_major_upgrade_is_now(self) -> DatabaseSpec:
        if self.allow_major_upgrade and self.changes == "window":
            # the parameter group of the old version is in use until the upgrade is made, so that no run could come to its end
            raise ValueError("allowMajorUpgrade goes with changes: now; a major upgrade is made when somebody watches it")
        return self

    @model_validator(mode="after")
    def _logs_are_named_once(self) -> DatabaseSpec:
        if twice := first_twice(self.logs.exports or ()):
            raise ValueError(f"logs.exports names {twice} twice; remove one of the two")
        return self


class Database(Document):
    """A PostgreSQL, MySQL or MariaDB database with a generated password: on RDS, or PostgreSQL in the cluster."""

    kind: Literal["Database"]
    """Always Database."""
    spec: DatabaseSpec
    """Engine, size and safety."""
