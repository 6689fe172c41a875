"""Database: what it is made of, what protects it, and what never shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import rdslive
from components.database import Database, DatabaseArgs, EngineArgs, OriginArgs, ParameterArgs, VolumeArgs
from components.network import Network
from tests.recording import PASSWORD, Recorder, run

POSTGRES = EngineArgs("postgres", "PostgreSQL", "postgres16", 1, 5432, "postgresql", "sslmode=require")
MYSQL = EngineArgs("mysql", "MySQL", "mysql8.4", 2, 3306, "mysql", "ssl-mode=REQUIRED")
ARGS = DatabaseArgs(
    identifier="dev-team-a-shop",
    database="shop",
    engine=POSTGRES,
    version="16.4",
    pinned=True,
    instance_class="db.t4g.micro",
    volume=VolumeArgs(20, 100),
    multi_az=False,
    backup_retention=7,
    backup_window="02:00-02:45",
    maintenance_window="sun:03:00-sun:04:00",
    network=Network("vpc-0", ["subnet-0", "subnet-1"], "10.0.0.0/16"),
    protected=True,
    final_snapshot="dev-team-a-shop-final",
    parameters={
        "rds.force_ssl": ParameterArgs("1"),
        "work_mem": ParameterArgs("4096"),
        "max_connections": ParameterArgs("200", static=True),
    },
    logs=("upgrade", "postgresql"),
    insights=True,
    tags={"transom:document": "Database/shop"},
)
INSTANCE, VERSION = "aws:rds/instance:Instance", "aws:secretsmanager/secretVersion:SecretVersion"


def made(args: DatabaseArgs = ARGS, recorder: Recorder | None = None, *, protect: bool | None = True) -> tuple[Recorder, dict[str, Any]]:
    """A database under the recorder, and its outputs."""
    seen: dict[str, Any] = {}

    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        database = Database("shop", args, pulumi.ResourceOptions(providers=[provider], protect=protect))
        fields = ("host", "port", "name", "user", "password", "url", "secret_arn")
        pulumi.Output.all(**{field: getattr(database, field) for field in fields}).apply(seen.update)
        for field in fields:
            pulumi.Output.from_input(getattr(database, field).is_secret()).apply(
                lambda secret, field=field: seen.update({f"{field}?": secret})
            )

    return run(program, recorder), seen


def test_parts() -> None:
    """An instance with its own subnet and security group, parameters, and a secret; all are its children, made by its provider, tagged."""
    recorder, _ = made()
    component = recorder.one("transom:aws:Database")
    children = recorder.below(component.urn)
    assert sorted(child.type for child in children) == [
        "aws:ec2/securityGroup:SecurityGroup", "aws:rds/instance:Instance", "aws:rds/parameterGroup:ParameterGroup",
        "aws:rds/subnetGroup:SubnetGroup", "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ]  # fmt: skip
    provider = recorder.one("pulumi:providers:aws").urn
    for child in children:
        assert (child.parent, child.provider) == (component.urn, provider), child.type
        if child.type != "aws:secretsmanager/secretVersion:SecretVersion":
            assert child.inputs["tags"] == {"transom:document": "Database/shop"}, child.type


@pytest.mark.parametrize("protect", [True, False])
def test_protection_covers_every_part(*, protect: bool) -> None:
    """A protected database's parts cannot be deleted either: not its password, not its network.

    What holds nothing is not protected: parameters, of which a major upgrade needs another group, and what a rotation puts in the place of
    another version, which Secrets Manager keeps.
    """
    recorder, _ = made(protect=protect)
    component = recorder.one("transom:aws:Database")
    free = {"aws:rds/parameterGroup:ParameterGroup", VERSION}
    assert {one.protected for one in [component, *recorder.below(component.urn)] if one.type not in free} == {protect}
    assert {one.protected for one in recorder.registered if one.type in free} == {False}


@pytest.mark.parametrize("protected", [True, False])
def test_rds_refuses_a_deletion_too(*, protected: bool) -> None:
    """Deletion protection is set at AWS as well, and a last snapshot is always taken."""
    instance = made(replace(ARGS, protected=protected))[0].one("aws:rds/instance:Instance").inputs
    assert instance["deletionProtection"] is protected
    assert instance["skipFinalSnapshot"] is False
    assert instance["finalSnapshotIdentifier"] == "dev-team-a-shop-final"


def test_safe_by_default() -> None:
    """Encrypted, not public, backed up, patched, TLS enforced."""
    recorder, _ = made()
    instance = recorder.one("aws:rds/instance:Instance").inputs
    expected = {
        "storageEncrypted": True, "publiclyAccessible": False, "backupRetentionPeriod": 7, "autoMinorVersionUpgrade": False,
        "copyTagsToSnapshot": True, "engine": "postgres", "allocatedStorage": 20, "maxAllocatedStorage": 100, "multiAz": False,
        "backupWindow": "02:00-02:45", "maintenanceWindow": "sun:03:00-sun:04:00", "dbName": "shop", "instanceClass": "db.t4g.micro",
        "storageType": "gp3", "enabledCloudwatchLogsExports": ["postgresql", "upgrade"], "performanceInsightsEnabled": True,
        "performanceInsightsRetentionPeriod": 7, "applyImmediately": True,
    }  # fmt: skip
    assert expected.items() <= instance.items()
    parameters = recorder.one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert parameters["family"] == "postgres16"
    assert parameters["parameters"] == [
        {"name": "max_connections", "value": "200", "applyMethod": "pending-reboot"},
        {"name": "rds.force_ssl", "value": "1"},
        {"name": "work_mem", "value": "4096"},
    ]


def test_only_its_network_reaches_it() -> None:
    """One opening: PostgreSQL's port, from the network's own addresses."""
    recorder, _ = made()
    rule = recorder.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs
    assert (rule["cidrIpv4"], rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == ("10.0.0.0/16", 5432, 5432, "tcp")
    assert recorder.one("aws:rds/subnetGroup:SubnetGroup").inputs["subnetIds"] == ["subnet-0", "subnet-1"]


def test_the_password_is_secret_wherever_it_goes() -> None:
    """The password is marked in every input that carries it, and appears in no other."""
    recorder, seen = made()
    assert recorder.one("aws:rds/instance:Instance").secrets == {"password"}
    assert recorder.one("aws:secretsmanager/secretVersion:SecretVersion").secrets == {"secretString"}
    carriers = {one.type for one in recorder.registered if PASSWORD in str(one.inputs)}
    assert carriers == {"aws:rds/instance:Instance", "aws:secretsmanager/secretVersion:SecretVersion"}
    assert seen["url"] == f"postgresql://transom:{PASSWORD}@shop.host:5432/shop?sslmode=require"
    assert (seen["password?"], seen["url?"], seen["host?"]) == (True, True, False)


def test_the_password_is_drawn_once() -> None:
    """Later runs keep the password of the state, whatever they draw."""
    assert made()[0].one(VERSION).ignored == ("secretString",)


@pytest.mark.parametrize("rotation, name", [("", "shop"), ("2", "shop-2"), ("2026-11-27", "shop-2026-11-27")])
def test_a_rotation_is_another_version(rotation: str, name: str) -> None:
    """Another word for the rotation is another resource, for which the new drawing counts; the version before it is let go, not deleted."""
    version = made(replace(ARGS, rotation=rotation))[0].one(VERSION)
    assert (version.name, version.kept) == (name, True)


@pytest.mark.parametrize("wanted, live, expected", [(20, 40, 40), (40, 20, 40), (40, 40, 40)])
def test_storage_never_shrinks(wanted: int, live: int, expected: int) -> None:
    """RDS cannot shrink: an instance that has grown keeps its size, and a wish for more is granted."""
    recorder = Recorder(
        invokes={
            "aws:rds/getInstances:getInstances": {"instanceIdentifiers": ["dev-team-a-shop"]},
            "aws:rds/getInstance:getInstance": {"allocatedStorage": live},
        }
    )
    args = replace(ARGS, volume=VolumeArgs(wanted, None))
    assert made(args, recorder)[0].one("aws:rds/instance:Instance").inputs["allocatedStorage"] == expected


def there(version: str) -> Recorder:
    """A recorder in whose account the instance runs a version."""
    return Recorder(
        invokes={
            "aws:rds/getInstances:getInstances": {"instanceIdentifiers": ["dev-team-a-shop"]},
            "aws:rds/getInstance:getInstance": {"allocatedStorage": 20, "engineVersion": version},
        }
    )


@pytest.mark.parametrize(
    "wanted, live, major, expected",
    [
        ("16.4", "16.3", False, "16.4"),
        ("16.4", "16.9", False, "16.9"),
        ("16.4", "16", False, "16.4"),
        ("16", "16.9", False, "16"),
        ("17", "16.9", True, "17"),
        ("17.2", "16.9", True, "17.2"),
    ],
)
def test_versions_never_go_back(wanted: str, live: str, expected: str, *, major: bool) -> None:
    """RDS upgrades only: a minor version that AWS has moved on to stays, and another major one needs a word of the document."""
    recorder, _ = made(replace(ARGS, version=wanted, major=major), there(live))
    assert recorder.one(INSTANCE).inputs["engineVersion"] == expected


@pytest.mark.parametrize(
    "wanted, live, major, told",
    [("17", "16.9", False, "allowMajorUpgrade: true"), ("15.4", "16.9", True, 'write version: "16"')],
)
def test_another_major_version_is_refused(wanted: str, live: str, told: str, *, major: bool) -> None:
    """A major upgrade that nobody asked for stops the run, also its preview, before anything is changed."""
    with pytest.raises(pulumi.RunError, match=told):
        made(replace(ARGS, version=wanted, major=major), there(live))


def test_a_major_version_of_mysql_has_two_numbers() -> None:
    """8.0 to 8.4 is a major upgrade of MySQL, 8.4.4 to 8.4.5 is none."""
    args = replace(ARGS, engine=MYSQL, version="8.4.5")
    assert made(args, there("8.4.4"))[0].one(INSTANCE).inputs["engineVersion"] == "8.4.5"
    with pytest.raises(pulumi.RunError, match="another major version"):
        made(args, there("8.0.40"))


def test_versions_with_endings() -> None:
    """What RDS appends to a version does not count."""
    assert rdslive.numbers("10.11.8-rds.20240101") == (10, 11, 8)
    assert rdslive.numbers("16") == (16,)


def test_mysql() -> None:
    """Port, family and address are the engine's; a group's name has no dots that RDS could refuse in an identifier."""
    recorder, seen = made(replace(ARGS, engine=MYSQL, version="8.4", pinned=False))
    assert recorder.one(INSTANCE).inputs["autoMinorVersionUpgrade"] is True
    assert recorder.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule").inputs["fromPort"] == 3306
    group = recorder.one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert (group["family"], group["name"]) == ("mysql8.4", "dev-team-a-shop-mysql8-4")
    assert seen["url"] == f"mysql://transom:{PASSWORD}@shop.host:3306/shop?ssl-mode=REQUIRED"


def test_replicas() -> None:
    """Each is an instance of its own that copies the primary: no password, no snapshot, no protection, since all that it holds is there."""
    recorder, _ = made(replace(ARGS, replicas=2))
    replicas = [recorder.one(INSTANCE, f"shop-replica-{number}") for number in (1, 2)]
    for number, one in enumerate(replicas, 1):
        assert one.inputs["identifier"] == f"dev-team-a-shop-replica-{number}"
        assert one.inputs["replicateSourceDb"] == "dev-team-a-shop"
        assert (one.inputs["skipFinalSnapshot"], one.protected) == (True, False)
        assert not {"password", "username", "dbName", "engine", "allocatedStorage", "backupRetentionPeriod"} & one.inputs.keys()
        assert one.inputs["storageEncrypted"] is True
    assert recorder.one(INSTANCE, "shop").protected is True


@pytest.mark.parametrize(
    "origin, expected",
    [
        (OriginArgs(snapshot="old"), {"snapshotIdentifier": "old"}),
        (
            OriginArgs(instance="dev-team-a-other"),
            {"restoreToPointInTime": {"sourceDbInstanceIdentifier": "dev-team-a-other", "useLatestRestorableTime": True}},
        ),
        (
            OriginArgs(instance="dev-team-a-other", moment="2026-11-20T03:00:00Z"),
            {"restoreToPointInTime": {"sourceDbInstanceIdentifier": "dev-team-a-other", "restoreTime": "2026-11-20T03:00:00Z"}},
        ),
    ],
)
def test_restores(origin: OriginArgs, expected: dict[str, Any]) -> None:
    """What is restored has its database and user from its origin, a password of its own, and is not replaced when its document forgets."""
    instance = made(replace(ARGS, origin=origin))[0].one(INSTANCE)
    assert expected.items() <= instance.inputs.items()
    assert not {"dbName", "username"} & instance.inputs.keys()
    assert instance.inputs["password"] == PASSWORD
    assert set(instance.ignored) == {"snapshotIdentifier", "restoreToPointInTime", "dbName", "username"}
    assert set(made()[0].one(INSTANCE).ignored) == set(instance.ignored)


def test_log_groups() -> None:
    """Where somebody says how long logs are kept the groups are there before the instance, which would make them without an end."""
    recorder, _ = made(replace(ARGS, log_retention=30))
    groups = recorder.of_type("aws:cloudwatch/logGroup:LogGroup")
    assert {(one.inputs["name"], one.inputs["retentionInDays"]) for one in groups} == {
        ("/aws/rds/instance/dev-team-a-shop/postgresql", 30),
        ("/aws/rds/instance/dev-team-a-shop/upgrade", 30),
    }
    assert {one.urn for one in groups} <= recorder.one(INSTANCE).depends_on
    assert not made()[0].of_type("aws:cloudwatch/logGroup:LogGroup")


def test_changes_may_wait_for_the_window() -> None:
    """What interrupts waits for the maintenance window where the document says so."""
    assert made(replace(ARGS, at_once=False))[0].one(INSTANCE).inputs["applyImmediately"] is False


def test_functions_use_the_same_account() -> None:
    """What is looked up is looked up with the database's own provider, not with whatever credentials lie around."""
    recorder, _ = made()
    provider = recorder.one("pulumi:providers:aws").urn
    assert recorder.called
    assert {used.rpartition("::")[0] for _, used in recorder.called} == {provider}
