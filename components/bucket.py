"""Bucket: a private S3 bucket.

Follows the S3 security best practices: access control lists off, all public access blocked, encrypted at rest, TLS only, versioned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.policies import tls_only

EVENTS: Mapping[str, str] = {
    "created": "s3:ObjectCreated:*",
    "removed": "s3:ObjectRemoved:*",
    "restored": "s3:ObjectRestore:*",
    "tagged": "s3:ObjectTagging:*",
}
"""S3's events, by the words of documents (S3 user guide, Event notification types)."""


@dataclass(frozen=True, slots=True)
class NotificationArgs:
    """Who hears of which objects."""

    name: str
    """Short name, unique in the bucket."""
    arn: pulumi.Input[str]
    is_topic: bool
    events: Sequence[str]
    """Words of `EVENTS`."""
    prefix: str = ""
    suffix: str = ""
    after: Sequence[pulumi.Resource] = field(default=())
    """The receiver's policy: S3 tries it when it is told of the receiver, and refuses one that does not let it in."""


@dataclass(frozen=True, slots=True)
class BucketArgs:
    """What a bucket is made of. Ages in days."""

    bucket: pulumi.Input[str]
    """Physical name, unique in the world."""
    versioning: bool
    expire_after: int | None
    expire_old_versions_after: int
    archive_after: int | None
    notifications: Sequence[NotificationArgs] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    imported: str | None = None
    """Name of the bucket that is there already; its parts are put over what it has of them."""


class Bucket(pulumi.ComponentResource):
    """An S3 bucket.

    Attributes:
        name, arn, region: where it is.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    region: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, bucket=args.bucket, tags=args.tags, opts=pulumi.ResourceOptions(parent=self, import_=args.imported))
        aws.s3.BucketOwnershipControls(name, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child)
        closed = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.id, rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}], opts=child
        )
        status = "Enabled" if args.versioning else "Suspended"
        versioning = aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": status}, opts=child)
        aws.s3.BucketLifecycleConfiguration(
            name, bucket=bucket.id, rules=lifecycle(args), opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning])
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=pulumi.Output.json_dumps(tls_only("s3", [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")])),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        if args.notifications:
            self._tell(name, bucket, args.notifications)
        self.name, self.arn, self.region = bucket.bucket, bucket.arn, bucket.region
        self.register_outputs({"name": self.name, "arn": self.arn, "region": self.region})

    def _tell(self, name: str, bucket: aws.s3.Bucket, notifications: Sequence[NotificationArgs]) -> None:
        """All notifications of the bucket: S3 keeps them as one."""
        after = [policy for one in notifications for policy in one.after]
        aws.s3.BucketNotification(
            name,
            bucket=bucket.id,
            queues=[_notification(one) for one in notifications if not one.is_topic],
            topics=[_notification(one) for one in notifications if one.is_topic],
            opts=pulumi.ResourceOptions(parent=self, depends_on=after, protect=False),  # holds no data, and goes with its field
        )


def _notification(args: NotificationArgs) -> dict[str, Any]:
    chosen = {"filter_prefix": args.prefix, "filter_suffix": args.suffix}
    receiver = "topic_arn" if args.is_topic else "queue_arn"
    events = sorted(EVENTS[word] for word in args.events)
    return {"id": args.name, receiver: args.arn, "events": events, **{key: value for key, value in chosen.items() if value}}


def lifecycle(args: BucketArgs) -> list[dict[str, Any]]:
    """Lifecycle rules; unfinished uploads always go after a week (S3: aborting incomplete multipart uploads)."""
    rule: dict[str, Any] = {
        "id": "transom",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        "noncurrent_version_expiration": {"noncurrent_days": args.expire_old_versions_after},
    }
    if args.expire_after is not None:
        rule["expiration"] = {"days": args.expire_after}
    if args.archive_after is not None:
        rule["transitions"] = [{"days": args.archive_after, "storage_class": "STANDARD_IA"}]
    return [rule]
