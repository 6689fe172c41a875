"""RDS instances: the table from the provider's inputs to AWS's, and the rules AWS itself would enforce.

One type with some sixty inputs and four ways to come into being: the longest entry of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props, RefusedError
from sandbox.plugins.aws.failures import code
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, matches, one_of

_GONE: Final = ("DBInstanceNotFound", "DBInstanceNotFoundFault")
_ENGINES: Final = (
    "aurora-mysql",
    "aurora-postgresql",
    "custom-oracle-ee",
    "custom-oracle-ee-cdb",
    "custom-oracle-se2",
    "custom-oracle-se2-cdb",
    "custom-sqlserver-ee",
    "custom-sqlserver-se",
    "custom-sqlserver-web",
    "custom-sqlserver-dev",
    "db2-ae",
    "db2-se",
    "mariadb",
    "mysql",
    "oracle-ee",
    "oracle-ee-cdb",
    "oracle-se2",
    "oracle-se2-cdb",
    "postgres",
    "sqlserver-ee",
    "sqlserver-se",
    "sqlserver-ex",
    "sqlserver-web",
)
# Given when it is made and never again.
_ONCE: Final = {
    "availabilityZone": "AvailabilityZone",
    "characterSetName": "CharacterSetName",
    "dbName": "DBName",
    "engine": "Engine",
    "kmsKeyId": "KmsKeyId",
    "storageEncrypted": "StorageEncrypted",
    "timezone": "Timezone",
    "username": "MasterUsername",
}
# Given when it is made and changed in place.
_MUTABLE: Final = {
    "allocatedStorage": "AllocatedStorage",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "deletionProtection": "DeletionProtection",
    "engineVersion": "EngineVersion",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "instanceClass": "DBInstanceClass",
    "iops": "Iops",
    "licenseModel": "LicenseModel",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "monitoringInterval": "MonitoringInterval",
    "monitoringRoleArn": "MonitoringRoleArn",
    "multiAz": "MultiAZ",
    "networkType": "NetworkType",
    "optionGroupName": "OptionGroupName",
    "parameterGroupName": "DBParameterGroupName",
    "password": "MasterUserPassword",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "port": "Port",
    "publiclyAccessible": "PubliclyAccessible",
    "storageThroughput": "StorageThroughput",
    "storageType": "StorageType",
    "vpcSecurityGroupIds": "VpcSecurityGroupIds",
}
_RENAMED_IN_MODIFY: Final = {"port": "DBPortNumber"}
# How DescribeDBInstances calls what is plainly readable.
_READ: Final = {
    "allocatedStorage": "AllocatedStorage",
    "arn": "DBInstanceArn",
    "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
    "availabilityZone": "AvailabilityZone",
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupTarget": "BackupTarget",
    "backupWindow": "PreferredBackupWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "characterSetName": "CharacterSetName",
    "copyTagsToSnapshot": "CopyTagsToSnapshot",
    "dbName": "DBName",
    "deletionProtection": "DeletionProtection",
    "engine": "Engine",
    "iamDatabaseAuthenticationEnabled": "IAMDatabaseAuthenticationEnabled",
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "iops": "Iops",
    "kmsKeyId": "KmsKeyId",
    "licenseModel": "LicenseModel",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "maxAllocatedStorage": "MaxAllocatedStorage",
    "monitoringInterval": "MonitoringInterval",
    "monitoringRoleArn": "MonitoringRoleArn",
    "multiAz": "MultiAZ",
    "networkType": "NetworkType",
    "performanceInsightsEnabled": "PerformanceInsightsEnabled",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "publiclyAccessible": "PubliclyAccessible",
    "resourceId": "DbiResourceId",
    "status": "DBInstanceStatus",
    "storageEncrypted": "StorageEncrypted",
    "storageThroughput": "StorageThroughput",
    "storageType": "StorageType",
    "timezone": "Timezone",
    "username": "MasterUsername",
}
# moto 5.2 takes these and leaves them out of its answers; AWS always gives them. The state stands in for them.
_FORGOTTEN: Final = ("networkType", "performanceInsightsEnabled", "performanceInsightsKmsKeyId", "performanceInsightsRetentionPeriod")
_KEPT: Final = (
    "allowMajorVersionUpgrade",
    "applyImmediately",
    "deleteAutomatedBackups",
    "finalSnapshotIdentifier",
    "password",
    "restoreToPointInTime",
    "skipFinalSnapshot",
    "snapshotIdentifier",
)
_ORIGINS: Final = ("replicateSourceDb", "restoreToPointInTime", "snapshotIdentifier")
# What a new instance that is a copy has of its origin: never told to AWS when it is made.
_INHERITED: Final = frozenset({"dbName", "engineVersion", "storageEncrypted", "timezone", "username"})
# What the operations that make a copy do not take; the provider brings it about with a change right afterwards.
_AFTERWARDS: Final = (
    "allocatedStorage",
    "backupRetentionPeriod",
    "backupWindow",
    "caCertIdentifier",
    "engineVersion",
    "maintenanceWindow",
    "maxAllocatedStorage",
    "monitoringInterval",
    "monitoringRoleArn",
    "password",
    "performanceInsightsEnabled",
    "performanceInsightsKmsKeyId",
    "performanceInsightsRetentionPeriod",
)
_DAYS: Final = "(mon|tue|wed|thu|fri|sat|sun)"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"


def _create(aws: Aws, inputs: Props) -> str:
    rds = aws.client("rds")
    wanted = {there: inputs[name] for name, there in {**_ONCE, **_MUTABLE}.items() if inputs.get(name) is not None}
    if not wanted.get("MaxAllocatedStorage"):
        wanted.pop("MaxAllocatedStorage", None)
    afterwards: Props = {}
    if any(inputs.get(name) for name in _ORIGINS):
        afterwards = {_MUTABLE[name]: wanted[_MUTABLE[name]] for name in _AFTERWARDS if _MUTABLE[name] in wanted}
        taken = afterwards.keys() | {{**_ONCE, **_MUTABLE}[name] for name in _INHERITED}
        wanted = {there: value for there, value in wanted.items() if there not in taken}
    wanted["EnableCloudwatchLogsExports"] = inputs.get("enabledCloudwatchLogsExports") or []
    wanted["Tags"] = tagging.pairs(inputs.get("tagsAll"))
    _make(rds, inputs, wanted)
    id_ = aws.made(str(_instance(rds, inputs["identifier"])["DbiResourceId"]))
    _wait(aws, inputs["identifier"])
    if afterwards:
        _settle(rds, inputs, afterwards)
        _wait(aws, inputs["identifier"])
    return id_


def _make(rds: Any, inputs: Props, wanted: Props) -> None:
    """Make the instance by the operation that its inputs ask for."""
    identifier = inputs["identifier"]
    if inputs.get("replicateSourceDb"):
        for name in ("Engine", "LicenseModel"):
            wanted.pop(name, None)
        rds.create_db_instance_read_replica(
            DBInstanceIdentifier=identifier, SourceDBInstanceIdentifier=inputs["replicateSourceDb"], **wanted
        )
    elif inputs.get("snapshotIdentifier"):
        rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=identifier, DBSnapshotIdentifier=inputs["snapshotIdentifier"], **_without_key(wanted)
        )
    elif inputs.get("restoreToPointInTime"):
        rds.restore_db_instance_to_point_in_time(
            TargetDBInstanceIdentifier=identifier, **_moment(inputs["restoreToPointInTime"]), **_without_key(wanted)
        )
    else:
        rds.create_db_instance(DBInstanceIdentifier=identifier, **wanted)


def _without_key(wanted: Props) -> Props:
    """A restore is encrypted with its origin's key; the operation takes none."""
    return {there: value for there, value in wanted.items() if there != "KmsKeyId"}


def _moment(given: Props) -> Props:
    from datetime import UTC, datetime

    asked: Props = {"SourceDBInstanceIdentifier": given["sourceDbInstanceIdentifier"]}
    if given.get("restoreTime"):
        return {**asked, "RestoreTime": datetime.strptime(given["restoreTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)}
    return {**asked, "UseLatestRestorableTime": True}


def _settle(rds: Any, inputs: Props, wanted: Props) -> None:
    """Bring about what could not be said when a copy was made; storage of it grows only."""
    found = _instance(rds, inputs["identifier"])
    if wanted.get("AllocatedStorage", 0) <= found["AllocatedStorage"]:
        wanted.pop("AllocatedStorage", None)
    if wanted.get("AllocatedStorage", found["AllocatedStorage"]) >= wanted.get("MaxAllocatedStorage", 0):
        wanted.pop("MaxAllocatedStorage", None)
    _refuse_version(str(inputs.get("engine") or found["Engine"]), found["EngineVersion"], inputs)
    if inputs.get("allowMajorVersionUpgrade"):
        wanted["AllowMajorVersionUpgrade"] = True
    if wanted:
        rds.modify_db_instance(DBInstanceIdentifier=inputs["identifier"], ApplyImmediately=True, **wanted)


def _instance(rds: Any, identifier: str) -> Props:
    found: Props = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    return found


def _wait(aws: Aws, identifier: str) -> None:
    rds = aws.client("rds")
    ready = {"available", "storage-optimization"}
    aws.wait(lambda: _instance(rds, identifier)["DBInstanceStatus"] in ready, f"RDS DB Instance ({identifier}) to become available")


def _read(aws: Aws, id_: str, before: Props) -> Props | None:
    # The id is the resource id, which survives a change of the identifier; an import is by identifier.
    rds = aws.client("rds")
    found = _instance(rds, before.get("identifier") or id_)
    state: Props = {name: found.get(there) for name, there in _READ.items()}
    endpoint = found.get("Endpoint") or {}
    address, port = endpoint.get("Address"), endpoint.get("Port")
    groups, options = found.get("DBParameterGroups") or [], found.get("OptionGroupMemberships") or []
    state |= {
        "id": found["DbiResourceId"],
        "address": address,
        "port": port,
        "endpoint": f"{address}:{port}" if address else None,
        "hostedZoneId": endpoint.get("HostedZoneId"),
        "dbSubnetGroupName": (found.get("DBSubnetGroup") or {}).get("DBSubnetGroupName"),
        "enabledCloudwatchLogsExports": found.get("EnabledCloudwatchLogsExports") or [],
        "engineVersion": _shown_version(found["EngineVersion"], before.get("engineVersion")),
        "engineVersionActual": found["EngineVersion"],
        "optionGroupName": options[0]["OptionGroupName"] if options else None,
        "parameterGroupName": groups[0]["DBParameterGroupName"] if groups else None,
        "replicas": found.get("ReadReplicaDBInstanceIdentifiers") or [],
        "replicateSourceDb": found.get("ReadReplicaSourceDBInstanceIdentifier"),
        "maxAllocatedStorage": _ceiling(found),
        "vpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in found.get("VpcSecurityGroups") or ()],
        "tags": tagging.mapping(rds.list_tags_for_resource(ResourceName=found["DBInstanceArn"]).get("TagList")),
    }
    state |= {name: before.get(name) for name in _FORGOTTEN if _READ[name] not in found}
    if found.get("LatestRestorableTime"):
        state["latestRestorableTime"] = found["LatestRestorableTime"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return state


def _ceiling(found: Props) -> int:
    """Give the ceiling of storage autoscaling, 0 where it is off: AWS says nothing then, moto the allocated storage."""
    most, has = found.get("MaxAllocatedStorage") or 0, found.get("AllocatedStorage") or 0
    return int(most) if most > has else 0


def _shown_version(actual: str, asked: str | None) -> str:
    """Give the version as the program writes it while AWS runs one of that line: asked for 16, runs 16.4."""
    return asked if asked and (actual == asked or actual.startswith(f"{asked}.")) else actual


def _update(aws: Aws, change: Change) -> None:
    rds, identifier = aws.client("rds"), change.old["identifier"]
    picked = change.pick(_MUTABLE)
    _refuse(change)
    if "replicateSourceDb" in change.keys:
        if change.new.get("replicateSourceDb"):
            raise RefusedError("cannot elect new source database for replication")
        rds.promote_read_replica(DBInstanceIdentifier=identifier)
    wanted = {_RENAMED_IN_MODIFY.get(name, _MUTABLE[name]): value for name, value in picked.items() if value is not None}
    if "maxAllocatedStorage" in picked and not picked["maxAllocatedStorage"]:
        wanted["MaxAllocatedStorage"] = (
            change.new.get("allocatedStorage") or change.old["allocatedStorage"]
        )  # how AWS switches autoscaling off
    if "enabledCloudwatchLogsExports" in change.keys:
        old, new = set(change.old.get("enabledCloudwatchLogsExports") or ()), set(change.new.get("enabledCloudwatchLogsExports") or ())
        wanted["CloudwatchLogsExportConfiguration"] = {"EnableLogTypes": sorted(new - old), "DisableLogTypes": sorted(old - new)}
    if "identifier" in change.keys:
        wanted["NewDBInstanceIdentifier"] = change.new["identifier"]
    if wanted:
        if change.new.get("allowMajorVersionUpgrade"):
            wanted["AllowMajorVersionUpgrade"] = True
        rds.modify_db_instance(DBInstanceIdentifier=identifier, ApplyImmediately=bool(change.new.get("applyImmediately")), **wanted)
        _wait(aws, change.new["identifier"])
    given, removed = tagging.delta(change)
    arn = change.old["arn"]
    if removed:
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=removed)
    if given:
        rds.add_tags_to_resource(ResourceName=arn, Tags=tagging.pairs(given))


def _refuse(change: Change) -> None:
    """Refuse what AWS refuses and moto does not."""
    old, new = change.old, change.new
    if "allocatedStorage" in change.keys and (new.get("allocatedStorage") or 0) < (old.get("allocatedStorage") or 0):
        raise RefusedError(
            "operation error ModifyDBInstance, https response error StatusCode: 400, InvalidParameterCombination: "
            f"Invalid storage size for engine name {old.get('engine')} and storage type {old.get('storageType')}: "
            f"{new['allocatedStorage']}; storage cannot be reduced from {old['allocatedStorage']} GiB"
        )
    if "engineVersion" in change.keys:
        _refuse_version(str(old.get("engine")), str(old.get("engineVersionActual") or old.get("engineVersion")), new)


def _refuse_version(engine: str, had: str, new: Mapping[str, Any]) -> None:
    """Refuse an older version, and another major one where nobody has asked for it."""
    asks = new.get("engineVersion")
    if not asks:
        return
    depth = 1 if "postgres" in engine else 2  # numbers of a version that name its major version
    if _numbers(asks) < _numbers(had)[: len(_numbers(asks))]:
        raise RefusedError(f"InvalidParameterCombination: Cannot upgrade {engine} from {had} to {asks}")
    if _numbers(asks)[:depth] != _numbers(had)[:depth] and not new.get("allowMajorVersionUpgrade"):
        raise RefusedError(
            "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version "
            f"({had} to {asks})"
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _delete(aws: Aws, id_: str, state: Props) -> None:
    rds, identifier = aws.client("rds"), state.get("identifier") or id_
    wanted: Props = {"DBInstanceIdentifier": identifier, "DeleteAutomatedBackups": state.get("deleteAutomatedBackups", True)}
    if state.get("skipFinalSnapshot"):
        wanted["SkipFinalSnapshot"] = True
    elif state.get("finalSnapshotIdentifier"):
        wanted |= {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": state["finalSnapshotIdentifier"]}
    else:
        raise RefusedError("final_snapshot_identifier is required when skip_final_snapshot is false")
    if _instance(rds, identifier).get("DeletionProtection"):
        raise RefusedError(
            "operation error DeleteDBInstance, https response error StatusCode: 400, InvalidParameterCombination: "
            "Cannot delete protected DB Instance, please disable deletion protection and try again."
        )
    rds.delete_db_instance(**wanted)
    aws.wait(lambda: _is_gone(rds, identifier), f"RDS DB Instance ({identifier}) to be deleted")


def _is_gone(rds: Any, identifier: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        _instance(rds, identifier)
    except ClientError as error:
        if code(error) in _GONE:
            return True
        raise
    return False


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    origins = [name for name in _ORIGINS if inputs.get(name)]
    for other in origins[1:]:
        yield other, f"conflicts with {origins[0]}"
    if not origins:
        for name in ("engine", "allocatedStorage", "username"):
            if not inputs.get(name):
                yield name, f"missing required property {name!r}: only a replica or a restore goes without it"
        if not inputs.get("password"):
            yield "password", "missing required property 'password'; the stand-in does not implement manageMasterUserPassword"
    restore = inputs.get("restoreToPointInTime") or {}
    if restore and not restore.get("sourceDbInstanceIdentifier"):
        yield "restoreToPointInTime", "sourceDbInstanceIdentifier is missing; the stand-in implements no other source"
    if restore and bool(restore.get("restoreTime")) == bool(restore.get("useLatestRestorableTime")):
        yield "restoreToPointInTime", "exactly one of restoreTime and useLatestRestorableTime must be given"
    storage, most = inputs.get("allocatedStorage"), inputs.get("maxAllocatedStorage")
    if isinstance(storage, int) and isinstance(most, int) and most and most <= storage:
        yield "maxAllocatedStorage", f"must be greater than allocatedStorage ({storage}), or 0 to switch storage autoscaling off"
    if inputs.get("monitoringInterval") and not inputs.get("monitoringRoleArn"):
        yield "monitoringRoleArn", "is required when monitoringInterval is not 0"


def _same_storage(old: Any, new: Any, state: Mapping[str, Any]) -> bool:
    """Storage that autoscaling has grown, within its ceiling, is no difference: healing it would be a shrink."""
    most = state.get("maxAllocatedStorage") or 0
    return bool(most and isinstance(old, int) and isinstance(new, int) and new < old <= most)


INSTANCE: Final = Entry(
    pulumi="aws:rds/instance:Instance",
    terraform="aws_db_instance",
    title="RDS DB Instance",
    inputs=(
        "identifier",
        "enabledCloudwatchLogsExports",
        "replicateSourceDb",
        "tags",
        *_ONCE,
        *_MUTABLE,
        *(name for name in _KEPT if name != "password"),
    ),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=(*_ONCE, "restoreToPointInTime", "snapshotIdentifier"),
    refused=("restoreToPointInTime.sourceDbInstanceAutomatedBackupsArn", "restoreToPointInTime.sourceDbiResourceId"),
    kept=_KEPT,
    defaults={
        "applyImmediately": False,
        "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": False,
        "deleteAutomatedBackups": True,
        "monitoringInterval": 0,
        "performanceInsightsEnabled": False,
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
    },
    same={
        "allocatedStorage": _same_storage,
        "engineVersion": lambda old, new, _state: isinstance(old, str) and isinstance(new, str) and old.startswith(f"{new}."),
        # AWS lower-cases names and windows.
        **{
            name: lambda old, new, _state: isinstance(old, str) and isinstance(new, str) and old.lower() == new.lower()
            for name in ("identifier", "maintenanceWindow", "dbSubnetGroupName", "parameterGroupName", "optionGroupName", "engine")
        },
    },
    checks={
        "backupRetentionPeriod": between(0, 35),
        "backupWindow": matches(f"{_TIME}-{_TIME}", 'must satisfy the format of "hh24:mi-hh24:mi"'),
        "engine": one_of(*_ENGINES),
        "finalSnapshotIdentifier": matches(
            r"[A-Za-z](?!.*--)[0-9A-Za-z-]*(?<!-)", "must begin with a letter, hold letters, digits and single hyphens"
        ),
        "identifier": matches(
            r"[a-z](?!.*--)[0-9a-z-]{0,62}(?<!-)", "must be 1 to 63 lower case letters, digits and single hyphens, first a letter"
        ),
        "maintenanceWindow": matches(f"(?i:{_DAYS}):{_TIME}-(?i:{_DAYS}):{_TIME}", 'must satisfy the format of "ddd:hh24:mi-ddd:hh24:mi"'),
        "monitoringInterval": one_of(0, 1, 5, 10, 15, 30, 60),
        "networkType": one_of("IPV4", "DUAL"),
        "performanceInsightsRetentionPeriod": one_of(7, *range(31, 714, 31), 731),
        "storageType": one_of("standard", "gp2", "gp3", "io1", "io2"),
    },
    check=_check,
    gone=_GONE,
    autoname=Autoname("identifier", 63, lower=True),
)
