"""RDS in moto: changes of an instance that wait for its maintenance window.

moto makes every change at once. AWS does so only with `ApplyImmediately`; without it these wait, and DescribeDBInstances tells them as
`PendingModifiedValues`. Source: the Amazon RDS API reference (ModifyDBInstance) and user guide (modifying a DB instance).
"""

from __future__ import annotations

from typing import Any, Final

_WAITING: Final = {
    "allocated_storage": "AllocatedStorage",
    "backup_retention_period": "BackupRetentionPeriod",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "iops": "Iops",
    "multi_az": "MultiAZ",
    "storage_throughput": "StorageThroughput",
    "storage_type": "StorageType",
}
"""moto's word for what waits, and RDS's."""


def mend() -> None:
    """Puts the waiting into moto's RDS. Safe to call twice."""
    from moto.rds.models import DBInstance, RDSBackend

    if hasattr(DBInstance, "pending_modified_values"):
        return
    DBInstance.pending_modified_values = property(lambda self: dict(self.__dict__.get("_pending", {})))
    original = RDSBackend.modify_db_instance

    def modify_db_instance(self: Any, db_instance_identifier: str, db_kwargs: Any) -> Any:
        database = self.describe_db_instances(db_instance_identifier)[0]
        pending: dict[str, Any] = database.__dict__.setdefault("_pending", {})
        at_once = dict(db_kwargs)
        for word, told in _WAITING.items():
            value = at_once.get(word)
            if value is None:
                continue
            if at_once.get("apply_immediately"):
                pending.pop(told, None)
            elif value != getattr(database, word, None):
                pending[told] = value
                del at_once[word]
        return original(self, db_instance_identifier, at_once)

    RDSBackend.modify_db_instance = modify_db_instance
