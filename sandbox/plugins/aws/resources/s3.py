"""S3 buckets and the resources that configure one aspect of a bucket each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props, RefusedError
from sandbox.plugins.aws.failures import code
from sandbox.plugins.aws.resources import s3lifecycle
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import json_text, matches, one_of

_GONE: Final = ("404", "NoSuchBucket", "NotFound")
_HOSTED_ZONES: Final = {  # docs.aws.amazon.com/general/latest/gr/s3.html, website endpoints
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "eu-north-1": "Z3BAZG2TWCNX0D",
}
_ACCESS: Final = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}
_BATCH: Final = 1000  # most objects one DeleteObjects takes


def _create_bucket(aws: Aws, inputs: Props) -> str:
    s3, name = aws.client("s3"), inputs["bucket"]
    # In us-east-1 AWS answers a second creation by the owner with success; the real provider looks first, and adopts nothing unseen.
    if _exists(s3, name):
        raise RefusedError(f"BucketAlreadyOwnedByYou: the bucket {name!r} exists already; import it to adopt it")
    wanted: Props = {"Bucket": name}
    if aws.region != "us-east-1":
        wanted["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
    if inputs.get("objectLockEnabled"):
        wanted["ObjectLockEnabledForBucket"] = True
    s3.create_bucket(**wanted)
    aws.made(name)
    if inputs.get("tagsAll"):
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tagging.pairs(inputs["tagsAll"])})
    return str(name)


def _exists(s3: Any, name: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code(error) in _GONE:
            return False
        raise
    return True


def _read_bucket(aws: Aws, id_: str, _before: Props) -> Props:
    s3 = aws.client("s3")
    s3.head_bucket(Bucket=id_)
    return {
        "bucket": id_,
        "arn": f"arn:{aws.partition}:s3:::{id_}",
        "bucketDomainName": f"{id_}.s3.{aws.suffix}",
        "bucketRegionalDomainName": f"{id_}.s3.{aws.region}.{aws.suffix}",
        "bucketRegion": aws.region,
        "hostedZoneId": _HOSTED_ZONES.get(aws.region),
        "objectLockEnabled": _object_lock(s3, id_),
        "requestPayer": s3.get_bucket_request_payment(Bucket=id_).get("Payer"),
        "tags": _bucket_tags(s3, id_),
    }


def _bucket_tags(s3: Any, name: str) -> dict[str, str]:
    found = _optional(lambda: s3.get_bucket_tagging(Bucket=name), ("NoSuchTagSet",))
    return tagging.mapping(found.get("TagSet"))


def _object_lock(s3: Any, name: str) -> bool:
    found = _optional(lambda: s3.get_object_lock_configuration(Bucket=name), ("ObjectLockConfigurationNotFoundError",))
    return bool(found.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled")


def _optional(call: Any, absent: tuple[str, ...]) -> Props:
    from botocore.exceptions import ClientError

    try:
        found: Props = call()
    except ClientError as error:
        if code(error) in absent:
            return {}
        raise
    return found


def _update_bucket(aws: Aws, change: Change) -> None:
    if "tags" not in change.keys:
        return
    s3, tags = aws.client("s3"), change.new.get("tagsAll") or {}
    # Tags that AWS itself or somebody who is to be ignored has put there must survive, for S3 replaces the whole set.
    foreign = {key: value for key, value in _bucket_tags(s3, change.id).items() if aws.session.settings.ignore_tags.matches(key)}
    if tags or foreign:
        s3.put_bucket_tagging(Bucket=change.id, Tagging={"TagSet": tagging.pairs({**foreign, **tags})})
    else:
        s3.delete_bucket_tagging(Bucket=change.id)


def _delete_bucket(aws: Aws, id_: str, state: Props) -> None:
    s3 = aws.client("s3")
    if state.get("forceDestroy"):
        _empty(s3, id_)
    s3.delete_bucket(Bucket=id_)


def _empty(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, PaginationConfig={"PageSize": _BATCH}):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        doomed = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        for start in range(0, len(doomed), _BATCH):
            s3.delete_objects(Bucket=name, Delete={"Objects": doomed[start : start + _BATCH], "Quiet": True})
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", ()):
            s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])


def _put_versioning(aws: Aws, inputs: Props) -> str:
    wanted = inputs["versioningConfiguration"]
    if wanted["status"] != "Disabled":
        _send_versioning(aws, inputs["bucket"], wanted)
    else:
        aws.client("s3").head_bucket(Bucket=inputs["bucket"])
    return str(inputs["bucket"])


def _send_versioning(aws: Aws, bucket: str, wanted: Mapping[str, Any]) -> None:
    given = {"Status": wanted["status"], **({"MFADelete": wanted["mfaDelete"]} if wanted.get("mfaDelete") else {})}
    aws.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=given)


def _read_versioning(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("s3").get_bucket_versioning(Bucket=id_)
    return {"bucket": id_, "versioningConfiguration": {"status": found.get("Status") or "Disabled", "mfaDelete": found.get("MFADelete")}}


def _update_versioning(aws: Aws, change: Change) -> None:
    wanted, had = change.new["versioningConfiguration"], change.old.get("versioningConfiguration") or {}
    if wanted["status"] == "Disabled" and had.get("status") != "Disabled":
        raise RefusedError(f"versioning_configuration.status cannot be updated from '{had.get('status')}' to 'Disabled'")
    _send_versioning(aws, change.id, wanted)


def _delete_versioning(aws: Aws, id_: str, state: Props) -> None:
    if (state.get("versioningConfiguration") or {}).get("status") != "Disabled":
        aws.client("s3").put_bucket_versioning(Bucket=id_, VersioningConfiguration={"Status": "Suspended"})


def _put_encryption(aws: Aws, inputs: Props) -> str:
    rules = [_encryption_rule(rule) for rule in inputs["rules"]]
    aws.client("s3").put_bucket_encryption(Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": rules})
    return str(inputs["bucket"])


def _encryption_rule(rule: Mapping[str, Any]) -> Props:
    sent: Props = {}
    default = rule.get("applyServerSideEncryptionByDefault")
    if default:
        key = {"KMSMasterKeyID": default["kmsMasterKeyId"]} if default.get("kmsMasterKeyId") else {}
        sent["ApplyServerSideEncryptionByDefault"] = {"SSEAlgorithm": default["sseAlgorithm"], **key}
    if rule.get("bucketKeyEnabled") is not None:
        sent["BucketKeyEnabled"] = rule["bucketKeyEnabled"]
    return sent


def _read_encryption(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("s3").get_bucket_encryption(Bucket=id_)["ServerSideEncryptionConfiguration"]["Rules"]
    rules = []
    for rule in found:
        default = rule.get("ApplyServerSideEncryptionByDefault") or {}
        shown = {"sseAlgorithm": default.get("SSEAlgorithm"), "kmsMasterKeyId": default.get("KMSMasterKeyID")}
        rules.append(
            {"applyServerSideEncryptionByDefault": shown if default else None, "bucketKeyEnabled": rule.get("BucketKeyEnabled", False)}
        )
    return {"bucket": id_, "rules": rules}


def _put_access(aws: Aws, inputs: Props) -> str:
    wanted = {sent: bool(inputs.get(name)) for name, sent in _ACCESS.items()}
    aws.client("s3").put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=wanted)
    return str(inputs["bucket"])


def _read_access(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("s3").get_public_access_block(Bucket=id_)["PublicAccessBlockConfiguration"]
    return {"bucket": id_, **{name: bool(found.get(sent)) for name, sent in _ACCESS.items()}}


def _put_policy(aws: Aws, inputs: Props) -> str:
    aws.client("s3").put_bucket_policy(Bucket=inputs["bucket"], Policy=inputs["policy"])
    return str(inputs["bucket"])


def _read_policy(aws: Aws, id_: str, _before: Props) -> Props:
    return {"bucket": id_, "policy": aws.client("s3").get_bucket_policy(Bucket=id_)["Policy"]}


def _put_ownership(aws: Aws, inputs: Props) -> str:
    wanted = {"Rules": [{"ObjectOwnership": inputs["rule"]["objectOwnership"]}]}
    aws.client("s3").put_bucket_ownership_controls(Bucket=inputs["bucket"], OwnershipControls=wanted)
    return str(inputs["bucket"])


def _read_ownership(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("s3").get_bucket_ownership_controls(Bucket=id_)["OwnershipControls"]["Rules"]
    return {"bucket": id_, "rule": {"objectOwnership": found[0]["ObjectOwnership"]}}


def _encryption_check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for rule in inputs.get("rules") or ():
        default = rule.get("applyServerSideEncryptionByDefault") if isinstance(rule, Mapping) else None
        if isinstance(default, Mapping) and default.get("kmsMasterKeyId") and default.get("sseAlgorithm") == "AES256":
            yield "rules", "kmsMasterKeyId needs sseAlgorithm aws:kms or aws:kms:dsse, not AES256"


BUCKET: Final = Entry(
    pulumi="aws:s3/bucket:Bucket",
    terraform="aws_s3_bucket",
    title="S3 Bucket",
    inputs=("bucket", "forceDestroy", "objectLockEnabled", "tags"),
    create=_create_bucket,
    read=_read_bucket,
    update=_update_bucket,
    delete=_delete_bucket,
    replaces=("bucket", "objectLockEnabled"),
    kept=("forceDestroy",),
    defaults={"forceDestroy": False},
    checks={"bucket": matches(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]", "must be 3 to 63 lower case letters, digits, dots and hyphens")},
    gone=_GONE,
    autoname=Autoname("bucket", 63, lower=True),
)
VERSIONING: Final = Entry(
    pulumi="aws:s3/bucketVersioning:BucketVersioning",
    terraform="aws_s3_bucket_versioning",
    title="S3 Bucket Versioning",
    inputs=("bucket", "versioningConfiguration"),
    create=_put_versioning,
    read=_read_versioning,
    update=_update_versioning,
    delete=_delete_versioning,
    replaces=("bucket",),
    checks={
        "versioningConfiguration.status": one_of("Enabled", "Suspended", "Disabled"),
        "versioningConfiguration.mfaDelete": one_of("Enabled", "Disabled"),
    },
    gone=_GONE,
)
ENCRYPTION: Final = Entry(
    pulumi="aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    terraform="aws_s3_bucket_server_side_encryption_configuration",
    title="S3 Bucket Server-side Encryption Configuration",
    inputs=("bucket", "rules"),
    refused=("rules.blockedEncryptionTypes",),
    create=_put_encryption,
    read=_read_encryption,
    update=lambda aws, change: _ignore(_put_encryption(aws, change.new)),
    delete=lambda aws, id_, _state: _ignore(aws.client("s3").delete_bucket_encryption(Bucket=id_)),
    replaces=("bucket",),
    checks={"rules.applyServerSideEncryptionByDefault.sseAlgorithm": one_of("AES256", "aws:fsx", "aws:kms", "aws:kms:dsse")},
    check=_encryption_check,
    gone=(*_GONE, "ServerSideEncryptionConfigurationNotFoundError"),
)
PUBLIC_ACCESS: Final = Entry(
    pulumi="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    terraform="aws_s3_bucket_public_access_block",
    title="S3 Bucket Public Access Block",
    inputs=("bucket", *_ACCESS),
    create=_put_access,
    read=_read_access,
    update=lambda aws, change: _ignore(_put_access(aws, change.new)),
    delete=lambda aws, id_, _state: _ignore(aws.client("s3").delete_public_access_block(Bucket=id_)),
    replaces=("bucket",),
    defaults=dict.fromkeys(_ACCESS, False),
    gone=(*_GONE, "NoSuchPublicAccessBlockConfiguration"),
)
POLICY: Final = Entry(
    pulumi="aws:s3/bucketPolicy:BucketPolicy",
    terraform="aws_s3_bucket_policy",
    title="S3 Bucket Policy",
    inputs=("bucket", "policy"),
    create=_put_policy,
    read=_read_policy,
    update=lambda aws, change: _ignore(_put_policy(aws, change.new)),
    delete=lambda aws, id_, _state: _ignore(aws.client("s3").delete_bucket_policy(Bucket=id_)),
    replaces=("bucket",),
    json=("policy",),
    checks={"policy": json_text},
    gone=(*_GONE, "NoSuchBucketPolicy"),
)
OWNERSHIP: Final = Entry(
    pulumi="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    terraform="aws_s3_bucket_ownership_controls",
    title="S3 Bucket Ownership Controls",
    inputs=("bucket", "rule"),
    create=_put_ownership,
    read=_read_ownership,
    update=lambda aws, change: _ignore(_put_ownership(aws, change.new)),
    delete=lambda aws, id_, _state: _ignore(aws.client("s3").delete_bucket_ownership_controls(Bucket=id_)),
    replaces=("bucket",),
    checks={"rule.objectOwnership": one_of("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")},
    gone=(*_GONE, "OwnershipControlsNotFoundError"),
)


def _ignore(_answer: Any) -> None:
    """Make a statement of a call whose answer says nothing."""


ENTRIES: Final = (BUCKET, VERSIONING, ENCRYPTION, PUBLIC_ACCESS, POLICY, OWNERSHIP, s3lifecycle.LIFECYCLE)
