"""Bucket and Queue: private, encrypted, TLS only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.account import Account, AccountArgs
from components.bucket import Bucket, BucketArgs, lifecycle
from components.queue import Queue, QueueArgs
from tests.recording import ACCOUNT, Recorder, run

TAGS = {"transom:document": "x"}
BUCKET = BucketArgs("dev-pictures", versioning=True, expire_after=None, expire_old_versions_after=90, archive_after=None, tags=TAGS)


def queue(*, fifo: bool = False) -> QueueArgs:
    """Arguments of a queue."""
    return QueueArgs("dev-orders", fifo, 30, 345600, 0, 5, 1209600, TAGS)


def made(component: type[Any], args: Any, **options: Any) -> Recorder:
    """One component under the recorder."""

    def program() -> None:
        provider = aws.Provider("aws", region="eu-central-1")
        component("one", args, pulumi.ResourceOptions(providers=[provider], **options))

    return run(program)


@pytest.mark.parametrize("component, args, kind", [(Bucket, BUCKET, "Bucket"), (Queue, queue(), "Queue")])
def test_children(component: type[Any], args: Any, kind: str) -> None:
    """Every part is a child of the component and made by its provider; what can be tagged is."""
    recorder = made(component, args)
    top, provider = recorder.one(f"transom:aws:{kind}"), recorder.one("pulumi:providers:aws").urn
    children = [one for one in recorder.registered if one.type.startswith("aws:")]
    assert {(child.parent, child.provider) for child in children} == {(top.urn, provider)}
    tagged = [child for child in children if child.type in ("aws:s3/bucket:Bucket", "aws:sqs/queue:Queue")]
    assert tagged
    assert all(child.inputs["tags"] == TAGS for child in tagged)


@pytest.mark.parametrize("protect", [True, False])
def test_a_protected_bucket_is_protected_in_every_part(*, protect: bool) -> None:
    """Its policy, its versioning and its encryption cannot be deleted either."""
    recorder = made(Bucket, BUCKET, protect=protect)
    assert {one.protected for one in recorder.registered if not one.type.startswith("pulumi:")} == {protect}


def test_a_bucket_is_closed() -> None:
    """No access lists, no public access by any of the four ways, encrypted, versioned."""
    recorder = made(Bucket, BUCKET)
    assert recorder.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }
    block = recorder.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert [block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")] == [True] * 4
    (rule,) = recorder.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}
    assert recorder.one("aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_requests_without_tls_are_refused() -> None:
    """Bucket and both queues deny every action, to everyone, without TLS."""
    bucket, both = made(Bucket, BUCKET), made(Queue, queue())
    policies = [
        one.inputs["policy"] for one in bucket.of_type("aws:s3/bucketPolicy:BucketPolicy") + both.of_type("aws:sqs/queuePolicy:QueuePolicy")
    ]
    assert len(policies) == 3
    for policy in policies:
        (statement,) = json.loads(policy)["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Action"] in ("s3:*", "sqs:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert "arn:" in str(statement["Resource"])


def test_order_in_a_bucket() -> None:
    """The policy comes after public access is blocked, the life cycle after versioning: S3 refuses or loses them otherwise."""
    recorder = made(Bucket, BUCKET)
    block = recorder.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").urn
    versioning = recorder.one("aws:s3/bucketVersioning:BucketVersioning").urn
    assert block in recorder.one("aws:s3/bucketPolicy:BucketPolicy").depends_on
    assert versioning in recorder.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").depends_on


@pytest.mark.parametrize(
    "expire, archive, extra",
    [
        (None, None, {}),
        (30, None, {"expiration": {"days": 30}}),
        (90, 60, {"expiration": {"days": 90}, "transitions": [{"days": 60, "storage_class": "STANDARD_IA"}]}),
    ],
)
def test_lifecycle(expire: int | None, archive: int | None, extra: dict[str, Any]) -> None:
    """Unfinished uploads and old versions always go; objects only when asked."""
    args = BucketArgs("b", versioning=True, expire_after=expire, expire_old_versions_after=90, archive_after=archive)
    (rule,) = lifecycle(args)
    always = {"abort_incomplete_multipart_upload": {"days_after_initiation": 7}, "noncurrent_version_expiration": {"noncurrent_days": 90}}
    assert {key: rule[key] for key in rule.keys() - {"id", "status", "filter"}} == {**always, **extra}


@pytest.mark.parametrize("fifo", [False, True])
def test_a_queue_sets_aside_what_fails(*, fifo: bool) -> None:
    """Messages go to the dead-letter queue after so many tries, and it takes from this queue alone; both are encrypted and of one kind."""
    recorder = made(Queue, queue(fifo=fifo))
    main, dead = recorder.one("aws:sqs/queue:Queue", "one").inputs, recorder.one("aws:sqs/queue:Queue", "one-dead-letter").inputs
    ending = ".fifo" if fifo else ""
    assert (main["name"], dead["name"]) == (f"dev-orders{ending}", f"dev-orders-dead-letter{ending}")
    assert json.loads(main["redrivePolicy"]) == {"deadLetterTargetArn": "arn:one-dead-letter", "maxReceiveCount": 5}
    allow = json.loads(recorder.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy").inputs["redriveAllowPolicy"])
    assert allow == {"redrivePermission": "byQueue", "sourceQueueArns": ["arn:one"]}
    assert (main["sqsManagedSseEnabled"], dead["sqsManagedSseEnabled"]) == (True, True)
    assert (main.get("fifoQueue", False), dead.get("fifoQueue", False)) == (fifo, fifo)
    assert (main["messageRetentionSeconds"], dead["messageRetentionSeconds"]) == (345600, 1209600)


@pytest.mark.parametrize(
    "account, local, expected", [(ACCOUNT, False, {"allowedAccountIds": f'["{ACCOUNT}"]'}), (None, True, {"s3UsePathStyle": "true"})]
)
def test_an_account(account: str | None, expected: dict[str, Any], *, local: bool) -> None:
    """The provider touches only the account that is named, tags everything, and holds no credentials."""
    args = AccountArgs("eu-central-1", account, local, {"transom:environment": "dev"})
    recorder = run(lambda: Account("dev", args))
    inputs = recorder.one("pulumi:providers:aws").inputs
    assert expected.items() <= inputs.items()
    assert json.loads(inputs["defaultTags"]) == {"tags": {"transom:environment": "dev"}}
    assert not {key for key in inputs if "key" in key.lower() or "token" in key.lower()}


def test_a_bucket_that_is_there_already_is_imported() -> None:
    """The bucket itself; its parts are put over what it has of them."""
    recorder = made(Bucket, replace(BUCKET, imported="pictures-of-2019"))
    assert {one.type: one.imported for one in recorder.registered if one.imported} == {"aws:s3/bucket:Bucket": "pictures-of-2019"}
    assert not any(one.imported for one in made(Bucket, BUCKET).registered)
