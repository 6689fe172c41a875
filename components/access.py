"""What an application may do with a resource it is bound to: statements of an IAM policy, by the binding's level.

Each level holds the one before it: `read` sees and takes, `write` also puts and removes, `admin` also reaches what ordinary work does not
touch, versions of objects or the purging of a queue. None changes the resource itself, its policy or its settings: that is Transom's.
Every action and every resource is named; the one `*` is that of a bucket's objects. Sources: the service authorization reference of each
service, for which resource types each action can be bound to; IAM best practices, Apply least-privilege permissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi

Level = Literal["read", "write", "admin"]

LEVELS: Mapping[Level, int] = {"read": 1, "write": 2, "admin": 3}

_BUCKET: Mapping[Level, Sequence[str]] = {
    "read": ("s3:GetBucketLocation", "s3:ListBucket"),
    "write": ("s3:ListBucketMultipartUploads",),
    "admin": ("s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:ListBucketVersions"),
}
_OBJECTS: Mapping[Level, Sequence[str]] = {
    "read": ("s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectTagging"),
    "write": (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectTagging",
        "s3:ListMultipartUploadParts",
        "s3:PutObject",
        "s3:PutObjectTagging",
    ),
    "admin": (
        "s3:DeleteObjectVersion",
        "s3:DeleteObjectVersionTagging",
        "s3:GetObjectVersion",
        "s3:GetObjectVersionAttributes",
        "s3:GetObjectVersionTagging",
        "s3:PutObjectVersionTagging",
        "s3:RestoreObject",
    ),
}
_QUEUE: Mapping[Level, Sequence[str]] = {
    "read": ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"),
    "write": ("sqs:SendMessage",),
    "admin": ("sqs:PurgeQueue",),
}
_DEAD_LETTERS: Mapping[Level, Sequence[str]] = {
    "read": (),
    "write": (),
    "admin": (
        "sqs:CancelMessageMoveTask",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sqs:ListMessageMoveTasks",
        "sqs:PurgeQueue",
        "sqs:ReceiveMessage",
        "sqs:StartMessageMoveTask",
    ),
}
_TOPIC: Mapping[Level, Sequence[str]] = {
    "read": ("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"),
    "write": ("sns:Publish",),
    "admin": ("sns:Subscribe",),
}
_TABLE: Mapping[Level, Sequence[str]] = {
    "read": ("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DescribeTable", "dynamodb:GetItem"),
    "write": ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
    "admin": (
        "dynamodb:DescribeContinuousBackups",
        "dynamodb:DescribeTimeToLive",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
    ),
}
_SEARCH: Mapping[Level, Sequence[str]] = {"read": ("dynamodb:Query", "dynamodb:Scan"), "write": (), "admin": ("dynamodb:PartiQLSelect",)}
"""Of a table and of its indexes."""
_KEY: Mapping[Level, Sequence[str]] = {"read": (), "write": ("kms:Decrypt", "kms:GenerateDataKey"), "admin": ()}
"""What publishing to an encrypted topic takes (SNS developer guide, Key management)."""


def bucket(arn: pulumi.Input[str], level: Level) -> list[dict[str, Any]]:
    """Statements about a bucket and its objects."""
    return _statements([("Bucket", _BUCKET, arn), ("Objects", _OBJECTS, pulumi.Output.concat(arn, "/*"))], level)


def queue(arn: pulumi.Input[str], dead_letter_arn: pulumi.Input[str], level: Level) -> list[dict[str, Any]]:
    """Statements about a queue; `admin` also about its dead-letter queue."""
    return _statements([("Queue", _QUEUE, arn), ("DeadLetters", _DEAD_LETTERS, dead_letter_arn)], level)


def topic(arn: pulumi.Input[str], key_arn: pulumi.Input[str] | None, level: Level) -> list[dict[str, Any]]:
    """Statements about a topic, and about its key where it has one of its own."""
    about = [("Topic", _TOPIC, arn)]
    return _statements([*about, ("Key", _KEY, key_arn)] if key_arn is not None else about, level)


def table(arn: pulumi.Input[str], index_arns: Sequence[pulumi.Input[str]], level: Level) -> list[dict[str, Any]]:
    """Statements about a table and each of its indexes by name."""
    return _statements([("Items", _TABLE, arn), ("Search", _SEARCH, [arn, *index_arns])], level)


def document(statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    """The policy as JSON."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _statements(about: Sequence[tuple[str, Mapping[Level, Sequence[str]], Any]], level: Level) -> list[dict[str, Any]]:
    held = [name for name, rank in LEVELS.items() if rank <= LEVELS[level]]
    found = []
    for sid, actions, resource in about:
        allowed = sorted(action for name in held for action in actions[name])
        if allowed:
            found.append({"Sid": sid, "Effect": "Allow", "Action": allowed, "Resource": resource})
    return found
