"""S3 bucket lifecycle rules between the provider's shape and AWS's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, one_of

_CLASSES: Final = ("DEEP_ARCHIVE", "GLACIER", "GLACIER_IR", "INTELLIGENT_TIERING", "ONEZONE_IA", "STANDARD_IA")
# The provider's name and AWS's, per part of a rule.
_PARTS: Final = {
    "abortIncompleteMultipartUpload": ("AbortIncompleteMultipartUpload", {"daysAfterInitiation": "DaysAfterInitiation"}),
    "expiration": ("Expiration", {"date": "Date", "days": "Days", "expiredObjectDeleteMarker": "ExpiredObjectDeleteMarker"}),
    "noncurrentVersionExpiration": (
        "NoncurrentVersionExpiration",
        {"noncurrentDays": "NoncurrentDays", "newerNoncurrentVersions": "NewerNoncurrentVersions"},
    ),
}
_MANY: Final = {
    "transitions": ("Transitions", {"date": "Date", "days": "Days", "storageClass": "StorageClass"}),
    "noncurrentVersionTransitions": (
        "NoncurrentVersionTransitions",
        {"noncurrentDays": "NoncurrentDays", "newerNoncurrentVersions": "NewerNoncurrentVersions", "storageClass": "StorageClass"},
    ),
}
_FILTER: Final = {"prefix": "Prefix", "objectSizeGreaterThan": "ObjectSizeGreaterThan", "objectSizeLessThan": "ObjectSizeLessThan"}


def _sent(given: Mapping[str, Any], names: Mapping[str, str]) -> Props:
    return {there: given[here] for here, there in names.items() if given.get(here) not in (None, "")}


def _shown(found: Mapping[str, Any], names: Mapping[str, str]) -> Props:
    return {here: _plain(found[there]) for here, there in names.items() if found.get(there) is not None}


def _plain(value: Any) -> Any:
    return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, dt.datetime) else value


def _sent_rule(rule: Mapping[str, Any]) -> Props:
    sent: Props = {"ID": rule["id"], "Status": rule["status"]}
    if rule.get("prefix"):
        sent["Prefix"] = rule["prefix"]
    else:
        sent["Filter"] = _sent_filter(rule.get("filter") or {})
    for name, (there, names) in _PARTS.items():
        if rule.get(name):
            sent[there] = _sent(rule[name], names)
    for name, (there, names) in _MANY.items():
        if rule.get(name):
            sent[there] = [_sent(item, names) for item in rule[name]]
    return sent


def _sent_filter(given: Mapping[str, Any]) -> Props:
    both = given.get("and")
    if both:
        tags = {"Tags": tagging.pairs(both["tags"])} if both.get("tags") else {}
        return {"And": {**_sent(both, _FILTER), **tags}}
    if given.get("tag"):
        return {"Tag": {"Key": given["tag"]["key"], "Value": given["tag"]["value"]}}
    return _sent(given, _FILTER) or {"Prefix": ""}


def _shown_rule(found: Mapping[str, Any]) -> Props:
    rule: Props = {"id": found.get("ID"), "status": found["Status"]}
    if found.get("Prefix"):
        rule["prefix"] = found["Prefix"]
    if "Filter" in found:
        rule["filter"] = _shown_filter(found["Filter"] or {})
    for name, (there, names) in _PARTS.items():
        if found.get(there):
            rule[name] = _shown(found[there], names)
    for name, (there, names) in _MANY.items():
        if found.get(there):
            rule[name] = [_shown(item, names) for item in found[there]]
    return rule


def _shown_filter(found: Mapping[str, Any]) -> Props:
    both = found.get("And")
    if both:
        tags = {"tags": tagging.mapping(both["Tags"])} if both.get("Tags") else {}
        return {"and": {**_shown(both, _FILTER), **tags}}
    if found.get("Tag"):
        return {"tag": {"key": found["Tag"]["Key"], "value": found["Tag"]["Value"]}}
    return _shown(found, _FILTER)


def _put(aws: Aws, inputs: Props) -> str:
    rules = [_sent_rule(rule) for rule in inputs.get("rules") or ()]
    aws.client("s3").put_bucket_lifecycle_configuration(Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": rules})
    return str(inputs["bucket"])


def _read(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("s3").get_bucket_lifecycle_configuration(Bucket=id_)
    return {"bucket": id_, "rules": [_shown_rule(rule) for rule in found["Rules"]]}


def _update(aws: Aws, change: Change) -> None:
    _put(aws, change.new)


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("s3").delete_bucket_lifecycle(Bucket=id_)


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    rules = inputs.get("rules")
    if not rules:
        yield "rules", "at least one rule is required"
        return
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping) and not any(rule.get(name) for name in (*_PARTS, *_MANY)):
            yield "rules", f"rules[{index}] names no action: give expiration, transitions, or one of {', '.join(sorted({*_PARTS, *_MANY}))}"


LIFECYCLE: Final = Entry(
    pulumi="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    terraform="aws_s3_bucket_lifecycle_configuration",
    title="S3 Bucket Lifecycle Configuration",
    inputs=("bucket", "rules"),
    create=_put,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("bucket",),
    checks={
        "rules.status": one_of("Enabled", "Disabled"),
        "rules.transitions.storageClass": one_of(*_CLASSES),
        "rules.noncurrentVersionTransitions.storageClass": one_of(*_CLASSES),
        "rules.noncurrentVersionExpiration.newerNoncurrentVersions": between(1, 100),
        "rules.abortIncompleteMultipartUpload.daysAfterInitiation": between(1, 3650),
    },
    check=_check,
    gone=("NoSuchLifecycleConfiguration", "NoSuchBucket", "404"),
)
