"""RDS in moto: instances told apart by their resource ids, replicas with state of their own, restores that are no copies of everything.

moto gives every instance one resource id; a replica shares its lists (tags, logs, security groups) with the primary; what is restored to a
point in time counts as a replica of its origin; and both kinds of restore keep the origin's deletion protection, which AWS does not
(API_RestoreDBInstanceFromDBSnapshot: DeletionProtection).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LENGTH: Final = 26
_OWN: Final = ("tags", "enabled_cloudwatch_logs_exports", "vpc_security_group_ids", "db_security_groups", "replicas")


def mend() -> None:
    """Puts the mended methods into moto's backend. Safe to call twice."""
    from moto.rds.models import DBInstance, RDSBackend

    if hasattr(DBInstance, "is_mended"):
        return
    DBInstance.is_mended = True
    DBInstance.__init__ = _told_apart(DBInstance.__init__)
    RDSBackend.create_db_instance_read_replica = _replica(RDSBackend.create_db_instance_read_replica)
    RDSBackend.restore_db_instance_from_db_snapshot = _restored(RDSBackend.restore_db_instance_from_db_snapshot, 1)
    RDSBackend.restore_db_instance_to_point_in_time = _restored(RDSBackend.restore_db_instance_to_point_in_time, 2)


def _resource_id() -> str:
    return "db-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _told_apart(original: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it stands in for
        original(self, *args, **kwargs)
        self.dbi_resource_id = _resource_id()

    return __init__


def _replica(original: Any) -> Any:
    def create_db_instance_read_replica(self: Any, db_kwargs: Mapping[str, Any]) -> Any:
        replica = original(self, db_kwargs)
        for name in _OWN:
            setattr(replica, name, list(getattr(replica, name) or ()))
        replica.tags = list(db_kwargs.get("tags") or ())
        replica.enabled_cloudwatch_logs_exports = list(db_kwargs.get("enable_cloudwatch_logs_exports") or ())
        replica.deletion_protection = bool(db_kwargs.get("deletion_protection"))
        replica.multi_az = bool(db_kwargs.get("multi_az"))
        replica.dbi_resource_id = _resource_id()
        return replica

    return create_db_instance_read_replica


def _restored(original: Any, at: int) -> Any:
    """`at` is the place of what the caller says of the new instance."""

    def restore(self: Any, *args: Any) -> Any:
        given = args[at]
        made = original(self, *args)
        made.source_db_instance_identifier = None
        made.deletion_protection = bool(given.get("deletion_protection"))
        made.multi_az = bool(given.get("multi_az"))
        made.tags = list(given.get("tags") or ())
        made.enabled_cloudwatch_logs_exports = list(given.get("enable_cloudwatch_logs_exports") or ())
        return made

    return restore
