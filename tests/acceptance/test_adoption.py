"""What was there before its document, with the real engine: planned as an import with its differences, taken over, never made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Workplace

pytestmark = pytest.mark.acceptance

ROOM = Path(__file__).parents[1] / "testdata" / "adoption"
BUCKET, TABLE = "pictures-of-2019", "old-orders"


@pytest.fixture
def place(workplace: Callable[..., Workplace]) -> Workplace:
    """A workplace whose only environment takes over a bucket with an object and a table with an item."""
    made = workplace("main")
    made.only(ROOM, "adoption")
    s3, dynamodb = made.aws("s3"), made.aws("dynamodb")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "by", "Value": "hand"}]})
    s3.put_object(Bucket=BUCKET, Key="one", Body=b"kept")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},  # moto does not let it be turned on afterwards
    )
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": "one"}})
    return made


def operations(report: dict[str, Any]) -> dict[str, str]:
    """What a plan or an apply does, by type and name."""
    changes = [one for part in report["changeSets"] for one in part["changes"]]
    return {f"{one['type'].rpartition(':')[2]}/{one['name']}": one["operation"] for one in changes}


def differences(report: dict[str, Any], type_: str) -> set[str]:
    """Paths of the properties in which what is imported differs from its document."""
    changes = [one for part in report["changeSets"] for one in part["changes"] if one["type"].endswith(f":{type_}")]
    return {one["path"] for change in changes for one in change["properties"]}


def tags(place: Workplace) -> dict[str, str]:
    """The bucket's tags."""
    return {one["Key"]: one["Value"] for one in place.aws("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]}


def made(place: Workplace) -> dict[str, datetime]:
    """When each bucket was made: its own policy keeps everybody without TLS, as the sandbox is, from what is in it."""
    return {one["Name"]: one["CreationDate"] for one in place.aws("s3").list_buckets()["Buckets"]}


def test_adoption(place: Workplace) -> None:
    """The plan imports, tells the differences and changes nothing; an apply takes over and brings to the document; the next has nothing."""
    table, before = place.aws("dynamodb").describe_table(TableName=TABLE)["Table"], made(place)
    report = place.json("transom", "plan", "adoption")
    planned = operations(report)
    assert (planned["Bucket/pictures"], planned["Table/orders"]) == ("import", "import")
    assert any(path.startswith("tags") for path in differences(report, "Bucket"))
    assert "pointInTimeRecovery.enabled" in differences(report, "Table")
    assert "will fail" not in str(report)
    assert tags(place) == {"by": "hand"}

    done = operations(place.json("transom", "apply", "adoption"))
    assert (done["Bucket/pictures"], done["Table/orders"]) == ("import", "import")
    assert tags(place)["transom:document"] == "Bucket/pictures"
    assert made(place) == before
    kept = place.aws("dynamodb").describe_table(TableName=TABLE)["Table"]
    assert (kept["CreationDateTime"], kept["ItemCount"]) == (table["CreationDateTime"], 1)
    assert kept["DeletionProtectionEnabled"]
    again = place.json("transom", "plan", "adoption")
    assert operations(again) == {}


def test_what_is_not_there_is_refused(place: Workplace) -> None:
    """An unknown id ends the plan and the apply before anything happens."""
    place.edit("platform/resources/pictures.yaml", BUCKET, "nobody-knows-it")
    told = place.run("transom", "plan", "adoption", code=None)
    assert told.returncode == 1
    assert "does not exist" in told.stdout + told.stderr
    assert place.run("transom", "apply", "adoption", code=None).returncode == 1
    assert [one["Name"] for one in place.aws("s3").list_buckets()["Buckets"]] == [BUCKET]
    assert not place.aws("dynamodb").describe_table(TableName=TABLE)["Table"].get("DeletionProtectionEnabled")


def test_what_would_have_to_be_replaced_is_refused(place: Workplace) -> None:
    """A table with another key than its document says is left as it is: the guard says so, and its protection stops the engine."""
    place.edit("platform/resources/orders.yaml", "{name: id}", "{name: number}")
    told = place.run("transom", "plan", "adoption", code=None)
    assert "Table/orders" in told.stdout + told.stderr
    refused = place.run("transom", "apply", "adoption", code=None)
    assert refused.returncode == 1
    assert "StatefulReplacement" in refused.stdout + refused.stderr
    table = place.aws("dynamodb").describe_table(TableName=TABLE)["Table"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert tags(place) == {"by": "hand"}
