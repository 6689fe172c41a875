"""The real engine drives the stand-in: a program of what the components declare, its drift, its healing and its end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

pytestmark = [
    pytest.mark.sandbox,
    # The SDK warns of its own deprecated modules when its packages are imported.
    pytest.mark.filterwarnings(r"ignore:.*has been deprecated in favor of:DeprecationWarning"),
]

ROOT = Path(__file__).parents[3]
REGION = "eu-central-1"


def program() -> None:  # noqa: PLR0915 - a program is a list of resources
    """Declare at least one resource of every service."""
    import pulumi
    import pulumi_aws as aws

    tags = {"team": "shop"}
    caller = aws.get_caller_identity_output()
    vpc = aws.ec2.get_vpc_output(default=True)
    subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}])
    bucket = aws.s3.Bucket("assets", tags=tags)
    aws.s3.BucketVersioning("assets", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketServerSideEncryptionConfiguration(
        "assets",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}, "bucket_key_enabled": True}],
    )
    block = aws.s3.BucketPublicAccessBlock(
        "assets",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketOwnershipControls("assets", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"})
    document = aws.iam.get_policy_document_output(
        statements=[
            {
                "sid": "TlsOnly",
                "effect": "Deny",
                "actions": ["s3:*"],
                "resources": [bucket.arn, bucket.arn.apply(lambda arn: f"{arn}/*")],
                "principals": [{"type": "*", "identifiers": ["*"]}],
                "conditions": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}],
            }
        ]
    )
    aws.s3.BucketPolicy("assets", bucket=bucket.bucket, policy=document.json, opts=pulumi.ResourceOptions(depends_on=[block]))
    aws.s3.BucketLifecycleConfiguration(
        "assets",
        bucket=bucket.bucket,
        rules=[{"id": "old", "status": "Enabled", "filter": {}, "noncurrent_version_expiration": {"noncurrent_days": 30}}],
    )

    dead = aws.sqs.Queue("orders-dead", sqs_managed_sse_enabled=True, tags=tags)
    queue = aws.sqs.Queue(
        "orders",
        visibility_timeout_seconds=60,
        redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})),
        tags=tags,
    )
    aws.sqs.QueuePolicy("orders", queue_url=queue.url, policy=pulumi.Output.json_dumps(statement("sqs:*", queue.arn)))
    aws.sqs.RedriveAllowPolicy(
        "orders-dead",
        queue_url=dead.url,
        redrive_allow_policy=pulumi.Output.json_dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}),
    )

    password = aws.secretsmanager.get_random_password_output(password_length=24, exclude_punctuation=True)
    given = pulumi.Output.secret("correct-horse-battery")
    group = aws.ec2.SecurityGroup("db", vpc_id=vpc.id, description="postgres", tags=tags)
    aws.vpc.SecurityGroupIngressRule(
        "db", security_group_id=group.id, cidr_ipv4="10.0.0.0/8", ip_protocol="tcp", from_port=5432, to_port=5432, description="clients"
    )
    aws.vpc.SecurityGroupEgressRule("db", security_group_id=group.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1")
    subnet_group = aws.rds.SubnetGroup("db", subnet_ids=subnets.ids, tags=tags)
    parameters = aws.rds.ParameterGroup(
        "db", family="postgres16", parameters=[{"name": "log_connections", "value": "1"}, {"name": "rds.force_ssl", "value": "1"}]
    )
    database = aws.rds.Instance(
        "db",
        identifier="shop-db",
        engine="postgres",
        engine_version="16.4",
        instance_class=aws.rds.InstanceType.T4_G_SMALL,
        allocated_storage=20,
        storage_type="gp3",
        storage_encrypted=True,
        db_name="shop",
        username="shop",
        password=given,
        db_subnet_group_name=subnet_group.name,
        vpc_security_group_ids=[group.id],
        parameter_group_name=parameters.name,
        backup_retention_period=7,
        backup_window="03:00-04:00",
        maintenance_window="Sun:05:00-Sun:06:00",
        copy_tags_to_snapshot=True,
        skip_final_snapshot=True,
        performance_insights_enabled=True,
        apply_immediately=True,
        enabled_cloudwatch_logs_exports=["postgresql"],
        tags=tags,
    )
    secret = aws.secretsmanager.Secret("db", name="shop/db", recovery_window_in_days=0, tags=tags)
    aws.secretsmanager.SecretVersion(
        "db",
        secret_id=secret.id,
        secret_string=pulumi.Output.json_dumps(
            {"username": "shop", "password": given, "host": database.address, "other": password.random_password}
        ),
        opts=pulumi.ResourceOptions(ignore_changes=["secretString"]),
    )

    role = aws.iam.Role("shop", assume_role_policy=json.dumps(assume()), tags=tags)
    policy = aws.iam.Policy("shop", policy=pulumi.Output.json_dumps(statement("s3:GetObject", bucket.arn)))
    aws.iam.RolePolicyAttachment("shop", role=role.name, policy_arn=policy.arn)
    aws.iam.RolePolicy("shop", role=role.id, policy=statement("sqs:*", "*"))
    key = aws.kms.Key("shop", description="shop", deletion_window_in_days=7, enable_key_rotation=True)
    aws.kms.Alias("shop", target_key_id=key.key_id)
    topic = aws.sns.Topic("events", kms_master_key_id=key.arn)
    aws.sns.TopicSubscription("events", topic=topic.arn, protocol="sqs", endpoint=queue.arn, raw_message_delivery=True)
    aws.sns.TopicPolicy("events", arn=topic.arn, policy=pulumi.Output.json_dumps(statement("sns:Publish", topic.arn)))
    aws.dynamodb.Table(
        "orders",
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        point_in_time_recovery={"enabled": True},
        server_side_encryption={"enabled": True},
    )
    aws.cloudwatch.LogGroup("web", name="/shop/web", retention_in_days=30)

    network = aws.ec2.Vpc("main", cidr_block="10.7.0.0/16", enable_dns_hostnames=True, tags={"Name": "main"})
    subnet = aws.ec2.Subnet("a", vpc_id=network.id, cidr_block="10.7.1.0/24", availability_zone=f"{REGION}a", map_public_ip_on_launch=True)
    gateway = aws.ec2.InternetGateway("main", vpc_id=network.id)
    address = aws.ec2.Eip("nat", domain="vpc")
    aws.ec2.NatGateway("nat", subnet_id=subnet.id, allocation_id=address.id)
    table = aws.ec2.RouteTable("public", vpc_id=network.id)
    aws.ec2.Route("internet", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=gateway.id)
    aws.ec2.RouteTableAssociation("a", route_table_id=table.id, subnet_id=subnet.id)
    aws.ec2.VpcEndpoint("s3", vpc_id=network.id, service_name=f"com.amazonaws.{REGION}.s3")
    aws.ec2.FlowLog("main", vpc_id=network.id, traffic_type="ALL", log_destination_type="s3", log_destination=bucket.arn)
    pulumi.export("account", caller.account_id)
    pulumi.export("bucket", bucket.bucket)
    pulumi.export("queue", queue.url)
    pulumi.export("role", role.name)
    pulumi.export("policy", policy.arn)
    pulumi.export("table", "orders")
    pulumi.export("secret", secret.arn)


def statement(action: str, resource: Any) -> dict[str, Any]:
    """Give a policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}]}


def assume() -> dict[str, Any]:
    """Give a trust policy."""
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [service]}


@pytest.fixture
def stack(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], None]], Any]]:
    """Give a maker of stacks on a file backend, with the stand-in first on PATH."""
    from pulumi import automation as auto

    launcher = tmp_path / "bin" / "pulumi-resource-aws"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec env PYTHONPATH="{ROOT}" "{sys.executable}" -m sandbox.plugins.aws "$@"\n')
    launcher.chmod(0o755)
    environment = {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    monkeypatch.setenv("PATH", os.pathsep.join((str(launcher.parent), str(ROOT / ".tools" / "bin"), os.environ["PATH"])))
    made = []

    def make(declare: Callable[[], None]) -> Any:
        options = auto.LocalWorkspaceOptions(env_vars=environment)
        one = auto.create_or_select_stack(stack_name="dev", project_name="shop", program=declare, opts=options)
        made.append(one)
        return one

    yield make
    for one in made:
        one.destroy()


def differences(run: Callable[..., Any], **options: Any) -> dict[str, Any]:
    """Run a preview or refresh and give, per resource name and type that changes, its detailed paths (or its operation)."""
    found: dict[str, Any] = {}

    def on_event(event: Any) -> None:
        metadata = getattr(event.resource_pre_event or event.res_outputs_event, "metadata", None)
        if metadata is None or "aws:" not in metadata.type or metadata.op.value in {"same", "refresh", "read"}:
            return
        name = f"{metadata.type.rpartition(':')[2]}/{metadata.urn.rpartition('::')[2]}"
        found[name] = sorted(metadata.detailed_diff or {}) or metadata.op.value

    run(on_event=on_event, **options)
    return found


def client(service: str, endpoint: str) -> Any:
    """Give boto3's own client."""
    return boto3.client(service, endpoint_url=endpoint, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


def test_program_lives(stack: Any, endpoint: str, tmp_path: Path) -> None:
    """A program of every type previews, comes up, stays clean, shows exactly what was changed by hand, heals and leaves nothing behind."""
    one = stack(program)
    preview = one.preview()
    assert preview.change_summary.get("create", 0) > 40
    up = one.up()
    outputs = {name: each.value for name, each in up.outputs.items()}
    assert outputs["account"] == "123456789012"
    assert "correct-horse" not in up.stdout
    [state] = (tmp_path / ".pulumi" / "stacks" / "shop").glob("dev.json")
    assert "shop-db" in state.read_text()
    assert "correct-horse" not in state.read_text()
    assert set(one.preview().change_summary) == {"same"}
    assert differences(one.preview_refresh, show_secrets=False) == {}

    hand_edits(outputs, endpoint)
    assert differences(one.preview_refresh, show_secrets=False) == {
        "Bucket/assets": ["tags.team"],
        "BucketPublicAccessBlock/assets": "delete",
        "BucketVersioning/assets": ["versioningConfiguration.status"],
        "Instance/db": ["backupRetentionPeriod"],
        "LogGroup/web": "delete",
        "Queue/orders": ["visibilityTimeoutSeconds"],
        "RolePolicyAttachment/shop": "delete",
        "Table/orders": ["pointInTimeRecovery.enabled"],
    }
    one.up(refresh=True)
    assert set(one.preview().change_summary) == {"same"}
    assert differences(one.preview_refresh, show_secrets=False) == {}
    one.destroy()
    assert client("rds", endpoint).describe_db_instances()["DBInstances"] == []
    assert client("s3", endpoint).list_buckets()["Buckets"] == []
    assert client("sqs", endpoint).list_queues().get("QueueUrls", []) == []


def hand_edits(outputs: dict[str, Any], endpoint: str) -> None:
    """Do by hand what the field notes list."""
    s3, bucket = client("s3", endpoint), outputs["bucket"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "hand"}]})
    s3.delete_public_access_block(Bucket=bucket)
    client("rds", endpoint).modify_db_instance(DBInstanceIdentifier="shop-db", BackupRetentionPeriod=1, ApplyImmediately=True)
    sqs, url = client("sqs", endpoint), outputs["queue"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    client("logs", endpoint).delete_log_group(logGroupName="/shop/web")
    client("iam", endpoint).detach_role_policy(RoleName=outputs["role"], PolicyArn=outputs["policy"])
    table = client("dynamodb", endpoint).list_tables()["TableNames"][0]
    client("dynamodb", endpoint).update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    client("secretsmanager", endpoint).put_secret_value(SecretId="shop/db", SecretString="by hand")
