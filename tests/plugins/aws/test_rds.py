"""RDS in the stand-in: copies of instances, engines, versions, and what AWS refuses of each."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.plugins.values import Secret
from tests.plugins.aws.cases import database
from tests.plugins.aws.conftest import Plugin, RefusedError

DB, GROUP = "aws:rds/instance:Instance", "aws:rds/parameterGroup:ParameterGroup"
COPY = ("instanceClass", "storageType", "storageEncrypted", "vpcSecurityGroupIds", "dbSubnetGroupName", "parameterGroupName")


def copied(given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Inputs of an instance that begins as a copy."""
    return {**{name: given[name] for name in COPY}, "applyImmediately": True, "skipFinalSnapshot": True, "tags": {"team": "copies"}, **more}


def instance(plugin: Plugin, identifier: str) -> dict[str, Any]:
    """An instance as AWS tells of it."""
    found: dict[str, Any] = plugin.client("rds").describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    return found


def test_replica(plugin: Plugin) -> None:
    """A replica is an instance of its own, read clean, changed without its primary, and gone before it."""
    given = database(plugin)
    primary = plugin.create(DB, {**given, "deletionProtection": True})
    wanted = copied(given, identifier="shop-db-replica-1", replicateSourceDb="shop-db", enabledCloudwatchLogsExports=["postgresql"])
    del wanted["dbSubnetGroupName"]
    replica = plugin.create(DB, wanted)
    assert replica.id != primary.id
    assert plugin.drift(replica) == {}
    assert plugin.drift(primary) == {}
    assert instance(plugin, "shop-db")["ReadReplicaDBInstanceIdentifiers"] == ["shop-db-replica-1"]
    assert (replica.state["engine"], replica.state["deletionProtection"]) == ("postgres", False)
    plugin.update(replica, {**wanted, "instanceClass": "db.t4g.large", "enabledCloudwatchLogsExports": ["postgresql", "upgrade"]})
    assert instance(plugin, "shop-db")["DBInstanceClass"] == "db.t4g.small"
    assert plugin.drift(replica) == {}
    plugin.delete(replica)
    assert instance(plugin, "shop-db")["ReadReplicaDBInstanceIdentifiers"] == []


def test_a_replica_is_promoted_and_never_moved(plugin: Plugin) -> None:
    """Without its source it becomes an instance that stands alone; another source is refused, as the provider does."""
    given = database(plugin)
    plugin.create(DB, given)
    wanted = copied(given, identifier="other", replicateSourceDb="shop-db")
    replica = plugin.create(DB, wanted)
    with pytest.raises(RefusedError, match="new source"):
        plugin.update(replica, {**wanted, "replicateSourceDb": "elsewhere"})
    plugin.update(replica, {name: value for name, value in wanted.items() if name != "replicateSourceDb"} | {
        "engine": "postgres", "allocatedStorage": 20, "username": "shop", "password": Secret("correct horse battery")
    })  # fmt: skip
    assert not instance(plugin, "other").get("ReadReplicaSourceDBInstanceIdentifier")


def test_restored_from_a_snapshot(plugin: Plugin) -> None:
    """It has the origin's database and user, and what the operation does not take is brought about right afterwards."""
    given = database(plugin)
    origin = plugin.create(DB, {**given, "deletionProtection": True})
    plugin.client("rds").create_db_snapshot(DBInstanceIdentifier="shop-db", DBSnapshotIdentifier="before")
    wanted = copied(
        given, identifier="shop-again", snapshotIdentifier="before", engine="postgres", engineVersion="16",
        password=Secret("another password"), backupRetentionPeriod=14, allocatedStorage=40,
    )  # fmt: skip
    restored = plugin.create(DB, wanted)
    assert restored.id != origin.id
    assert plugin.drift(restored) == {}
    found = instance(plugin, "shop-again")
    assert (found["DBName"], found["MasterUsername"]) == ("shop", "shop")
    assert (found["BackupRetentionPeriod"], found["AllocatedStorage"], found["DeletionProtection"]) == (14, 40, False)
    assert plugin.diff(restored, {**wanted, "snapshotIdentifier": "after"}).replaces == ["snapshotIdentifier"]


def test_restored_to_a_point_in_time(plugin: Plugin) -> None:
    """It is no replica of its origin, and another moment would be another instance."""
    given = database(plugin)
    plugin.create(DB, given)
    moment = {"sourceDbInstanceIdentifier": "shop-db", "useLatestRestorableTime": True}
    wanted = copied(given, identifier="shop-then", restoreToPointInTime=moment, password=Secret("another password"))
    restored = plugin.create(DB, wanted)
    assert plugin.drift(restored) == {}
    assert not instance(plugin, "shop-then").get("ReadReplicaSourceDBInstanceIdentifier")
    other = {"sourceDbInstanceIdentifier": "shop-db", "restoreTime": "2026-11-20T03:00:00Z"}
    assert plugin.diff(restored, {**wanted, "restoreToPointInTime": other}).replaces == ["restoreToPointInTime"]


@pytest.mark.parametrize(
    "more, told",
    [
        ({"snapshotIdentifier": "a", "replicateSourceDb": "b"}, "conflicts with"),
        ({"restoreToPointInTime": {"sourceDbInstanceIdentifier": "a"}}, "exactly one of restoreTime"),
        ({"restoreToPointInTime": {"useLatestRestorableTime": True}}, "sourceDbInstanceIdentifier is missing"),
        ({}, "missing required property 'engine'"),
    ],
)
def test_origins_that_are_none(plugin: Plugin, more: dict[str, Any], told: str) -> None:
    """An instance has one origin, wholly said, or is made from nothing with all that this needs."""
    with pytest.raises(Exception, match=told):
        plugin.create(DB, {"identifier": "x", "instanceClass": "db.t4g.small", "skipFinalSnapshot": True, **more})


def test_a_group_in_use_stays(plugin: Plugin) -> None:
    """RDS lets no parameter group go that an instance has; moto would."""
    given = database(plugin)
    have = plugin.create(DB, given)
    group = plugin.create(GROUP, {"name": "more", "family": "postgres16"})
    plugin.update(have, {**given, "parameterGroupName": "more"})
    with pytest.raises(RefusedError, match="InvalidDBParameterGroupState"):
        plugin.delete(group)
    plugin.update(have, given)
    plugin.delete(group)


@pytest.mark.parametrize("engine, had, minor, major", [("mysql", "8.0.40", "8.0.42", "8.4.5"), ("mariadb", "10.11.8", "10.11.9", "11.4.4")])
def test_major_versions_of_other_engines(plugin: Plugin, engine: str, had: str, minor: str, major: str) -> None:
    """A major version of MySQL and MariaDB has two numbers."""
    given = {**database(plugin), "engine": engine, "engineVersion": had, "enabledCloudwatchLogsExports": ["error"]}
    have = plugin.create(DB, given)
    assert plugin.drift(have) == {}
    plugin.update(have, {**given, "engineVersion": minor})
    with pytest.raises(RefusedError, match="AllowMajorVersionUpgrade"):
        plugin.update(have, {**given, "engineVersion": major})
    plugin.update(have, {**given, "engineVersion": major, "allowMajorVersionUpgrade": True})
