"""Who changed what, and what waits: Transom's questions to AWS against the sandbox's trail and its RDS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.moto_api._internal.models import moto_api_backend
from moto.server import ThreadedMotoServer

from sandbox import awsserver
from transom.live.trail import Trail

REGION = "eu-central-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A server of AWS with a user ada; makes clients of hers, and of the provider's."""
    awsserver.mend()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "provider")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "provider")
    iam = boto3.client("iam", region_name=REGION)
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]

    def client(service: str, **more: Any) -> Any:
        hers = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return boto3.client(service, region_name=REGION, **(more or hers))

    yield client
    server.stop()
    moto_api_backend.reset()


def test_the_last_change_that_was_not_the_providers(aws: Any) -> None:
    """Of REST, query and JSON services alike; reads are no changes, and neither is what the provider did."""
    from botocore.config import Config

    provider = Config(user_agent_extra="APN/1.0 HashiCorp/1.0 Terraform/1.5")
    s3, sqs, tables = (aws(name, config=provider) for name in ("s3", "sqs", "dynamodb"))
    s3.create_bucket(Bucket="trail-pictures", CreateBucketConfiguration={"LocationConstraint": REGION})
    url = sqs.create_queue(QueueName="trail-orders")["QueueUrl"]
    key = [{"AttributeName": "a", "KeyType": "HASH"}]
    attributes = [{"AttributeName": "a", "AttributeType": "S"}]
    tables.create_table(TableName="trail-carts", AttributeDefinitions=attributes, KeySchema=key, BillingMode="PAY_PER_REQUEST")
    trail = Trail(REGION)
    assert [trail.last_change(kind, [name]) for kind, name in (("aws:s3/x", "trail-pictures"), ("aws:sqs/x", url))] == [None, None]

    aws("s3").put_bucket_versioning(Bucket="trail-pictures", VersioningConfiguration={"Status": "Suspended"})
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    aws("dynamodb").delete_table(TableName="trail-carts")
    aws("s3").get_bucket_versioning(Bucket="trail-pictures")
    expected = {
        "trail-pictures": ("aws:s3/bucket:Bucket", "PutBucketVersioning"),
        url: ("aws:sqs/queue:Queue", "SetQueueAttributes"),
        f"arn:aws:dynamodb:{REGION}:123456789012:table/trail-carts": ("aws:dynamodb/table:Table", "DeleteTable"),
    }
    for name, (kind, call) in expected.items():
        event = trail.last_change(kind, [name])
        assert event is not None, name
        assert (event.by, event.what, event.at.startswith(str(datetime.now(UTC).year))) == ("ada", call, True)
    assert Trail(REGION, since=datetime.now(UTC) + timedelta(hours=1)).last_change("aws:s3/x", ["trail-pictures"]) is None
    assert trail.last_change("kubernetes:core/v1:Pod", ["trail-pictures"]) is None
    assert trail.complaints == []


def test_what_waits_for_the_maintenance_window(aws: Any) -> None:
    """A change without ApplyImmediately waits and changes nothing yet; one with it is made, and takes the waiting one's place."""
    rds = aws("rds")
    about = {"Engine": "postgres", "MasterUsername": "ada", "MasterUserPassword": "not-a-real-one", "AllocatedStorage": 20}
    made = rds.create_db_instance(DBInstanceIdentifier="trail", DBInstanceClass="db.t4g.micro", **about)["DBInstance"]
    instance, trail = "aws:rds/instance:Instance", Trail(REGION)
    assert trail.pending(instance, "trail") == {}
    rds.modify_db_instance(DBInstanceIdentifier="trail", DBInstanceClass="db.t4g.small", BackupRetentionPeriod=9)
    waiting = {"instanceClass": "db.t4g.small", "backupRetentionPeriod": 9}
    assert trail.pending(instance, "trail") == trail.pending(instance, made["DbiResourceId"]) == waiting
    [live] = rds.describe_db_instances(DBInstanceIdentifier="trail")["DBInstances"]
    assert live["DBInstanceClass"] == "db.t4g.micro"
    rds.modify_db_instance(DBInstanceIdentifier="trail", DBInstanceClass="db.t4g.small", ApplyImmediately=True)
    assert trail.pending(instance, "trail") == {"backupRetentionPeriod": 9}
    assert trail.pending("aws:s3/bucket:Bucket", "trail") == {}


def test_without_an_answer_the_report_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody answers: told once, and nothing is known."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    trail = Trail(REGION)
    trail.patience = 1
    assert trail.last_change("aws:s3/bucket:Bucket", ["b"]) is None
    assert len(trail.complaints) == 1
