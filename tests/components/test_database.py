"""Database: what it is made of, what protects it, and what never shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.database import Database, DatabaseArgs
from components.network import Network
from tests.recording import PASSWORD, Recorder, run

ARGS = DatabaseArgs(
    identifier="dev-team-a-shop",
    database="shop",
    engine_version="16.4",
    instance_class="db.t4g.micro",
    storage=20,
    max_storage=100,
    multi_az=False,
    backup_retention=7,
    backup_window="02:00-02:45",
    maintenance_window="sun:03:00-sun:04:00",
    network=Network("vpc-0", ["subnet-0", "subnet-1"], "10.0.0.0/16"),
    protected=True,
    parameters={"work_mem": "4096"},
    tags={"transom:document": "Database/shop"},
)


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
    """A protected database's parts cannot be deleted either: not its password, not its network."""
    recorder, _ = made(protect=protect)
    component = recorder.one("transom:aws:Database")
    assert {one.protected for one in [component, *recorder.below(component.urn)]} == {protect}


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
        "storageEncrypted": True, "publiclyAccessible": False, "backupRetentionPeriod": 7, "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": True, "engine": "postgres", "allocatedStorage": 20, "maxAllocatedStorage": 100, "multiAz": False,
        "backupWindow": "02:00-02:45", "maintenanceWindow": "sun:03:00-sun:04:00", "dbName": "shop", "instanceClass": "db.t4g.micro",
    }  # fmt: skip
    assert expected.items() <= instance.items()
    parameters = recorder.one("aws:rds/parameterGroup:ParameterGroup").inputs
    assert parameters["family"] == "postgres16"
    assert parameters["parameters"] == [{"name": "rds.force_ssl", "value": "1"}, {"name": "work_mem", "value": "4096"}]


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
    assert made()[0].one("aws:secretsmanager/secretVersion:SecretVersion").ignored == ("secretString",)


@pytest.mark.parametrize("wanted, live, expected", [(20, 40, 40), (40, 20, 40), (40, 40, 40)])
def test_storage_never_shrinks(wanted: int, live: int, expected: int) -> None:
    """RDS cannot shrink: an instance that has grown keeps its size, and a wish for more is granted."""
    recorder = Recorder(
        invokes={
            "aws:rds/getInstances:getInstances": {"instanceIdentifiers": ["dev-team-a-shop"]},
            "aws:rds/getInstance:getInstance": {"allocatedStorage": live},
        }
    )
    assert made(replace(ARGS, storage=wanted), recorder)[0].one("aws:rds/instance:Instance").inputs["allocatedStorage"] == expected


def test_functions_use_the_same_account() -> None:
    """What is looked up is looked up with the database's own provider, not with whatever credentials lie around."""
    recorder, _ = made()
    provider = recorder.one("pulumi:providers:aws").urn
    assert recorder.called
    assert {used.rpartition("::")[0] for _, used in recorder.called} == {provider}
