"""RDS in moto: instances told apart by their resource ids, replicas with state of their own, restores that are no copies of everything.

moto gives every instance one resource id; a replica shares its lists (tags, logs, security groups) with the primary; what is restored to a
point in time counts as a replica of its origin, as does what was promoted; and both kinds of restore keep the origin's deletion protection,
which AWS does not (API_RestoreDBInstanceFromDBSnapshot: DeletionProtection).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LENGTH: Final = 26
_OWN: Final = ("tags", "enabled_cloudwatch_logs_exports", "vpc_security_group_ids", "db_security_groups", "replicas")

_FLAGS: Final = ("copy_tags_to_snapshot", "deletion_protection", "enable_iam_database_authentication", "multi_az", "publicly_accessible")


def mend() -> None:
    """Puts the mended methods into moto's backend. Safe to call twice."""
    from moto.rds.models import DBInstance, RDSBackend

    if hasattr(DBInstance, "is_mended"):
        return
    DBInstance.is_mended = True
    DBInstance.__init__ = _told_apart(DBInstance.__init__)
    RDSBackend.create_db_instance_read_replica = _replica(RDSBackend.create_db_instance_read_replica)
    RDSBackend.promote_read_replica = _promoted(RDSBackend.promote_read_replica)
    RDSBackend.restore_db_instance_from_db_snapshot = _restored(RDSBackend.restore_db_instance_from_db_snapshot, 1)
    RDSBackend.restore_db_instance_to_point_in_time = _restored(RDSBackend.restore_db_instance_to_point_in_time, 2)


def _resource_id() -> str:
    return "db-" + "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


def _told_apart(original: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - what it stands in for
        original(self, *args, **kwargs)
        self.dbi_resource_id = _resource_id()

    return __init__


def _say(made: Any, given: Mapping[str, Any]) -> None:
    """What a copy has as its caller says, and not as its origin has it: also where that is false or nothing."""
    for name in _FLAGS:
        setattr(made, name, bool(given.get(name)))
    made.tags = list(given.get("tags") or ())
    made.enabled_cloudwatch_logs_exports = list(given.get("enable_cloudwatch_logs_exports") or ())


def _replica(original: Any) -> Any:
    def create_db_instance_read_replica(self: Any, db_kwargs: Mapping[str, Any]) -> Any:
        replica = original(self, db_kwargs)
        for name in _OWN:
            setattr(replica, name, list(getattr(replica, name) or ()))
        _say(replica, db_kwargs)
        replica.max_allocated_storage = db_kwargs.get("max_allocated_storage") or replica.allocated_storage
        replica.dbi_resource_id = _resource_id()
        return replica

    return create_db_instance_read_replica


def _promoted(original: Any) -> Any:
    def promote_read_replica(self: Any, db_kwargs: Mapping[str, Any]) -> Any:
        replica = original(self, db_kwargs)
        if replica.source_db_instance_identifier:
            self.find_db_from_id(replica.source_db_instance_identifier).remove_replica(replica)
            replica.source_db_instance_identifier = None
        return replica

    return promote_read_replica


def _restored(original: Any, at: int) -> Any:
    """`at` is the place of what the caller says of the new instance."""

    def restore(self: Any, *args: Any) -> Any:
        given = args[at]
        made = original(self, *args)
        made.source_db_instance_identifier = None
        _say(made, given)
        return made

    return restore
