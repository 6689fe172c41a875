"""S3 bucket notifications to queues and topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws.entry import Change, Entry, Props
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn

_TARGETS: Final = {"queues": ("QueueConfigurations", "queueArn", "QueueArn"), "topics": ("TopicConfigurations", "topicArn", "TopicArn")}
_FILTERS: Final = {"filterPrefix": "prefix", "filterSuffix": "suffix"}


def _sent(inputs: Mapping[str, Any]) -> Props:
    wanted: Props = {}
    for name, (listed, here, there) in _TARGETS.items():
        configurations = [_configuration(each, here, there) for each in inputs.get(name) or ()]
        if configurations:
            wanted[listed] = configurations
    return wanted


def _configuration(given: Mapping[str, Any], here: str, there: str) -> Props:
    rules = [{"Name": name, "Value": given[key]} for key, name in _FILTERS.items() if given.get(key)]
    named = {"Id": given["id"]} if given.get("id") else {}
    filters = {"Filter": {"Key": {"FilterRules": rules}}} if rules else {}
    return {**named, there: given[here], "Events": given["events"], **filters}


def _put(aws: Aws, inputs: Props) -> str:
    aws.client("s3").put_bucket_notification_configuration(Bucket=inputs["bucket"], NotificationConfiguration=_sent(inputs))
    return str(inputs["bucket"])


def _read(aws: Aws, id_: str, before: Props) -> Props:
    found = aws.client("s3").get_bucket_notification_configuration(Bucket=id_)
    state: Props = {"bucket": id_}
    for name, (listed, here, there) in _TARGETS.items():
        shown = [_shown(each, here, there) for each in found.get(listed) or ()]
        order = [each.get("id") for each in before.get(name) or ()]
        state[name] = sorted(shown, key=lambda each: order.index(each["id"]) if each["id"] in order else len(order))
    return state


def _shown(found: Mapping[str, Any], here: str, there: str) -> Props:
    rules = {each["Name"].lower(): each["Value"] for each in ((found.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ()}
    filters = {key: rules[name] for key, name in _FILTERS.items() if rules.get(name)}
    return {"id": found.get("Id"), here: found[there], "events": sorted(found["Events"]), **filters}


def _update(aws: Aws, change: Change) -> None:
    _put(aws, change.new)


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("s3").put_bucket_notification_configuration(Bucket=id_, NotificationConfiguration={})


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, (_, here, _there) in _TARGETS.items():
        for each in inputs.get(name) or ():
            if isinstance(each, Mapping) and not each.get("events"):
                yield name, f"a notification to {each.get(here)} names events"


NOTIFICATION: Final = Entry(
    pulumi="aws:s3/bucketNotification:BucketNotification",
    terraform="aws_s3_bucket_notification",
    title="S3 Bucket Notification",
    inputs=("bucket", "queues", "topics"),
    create=_put,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("bucket",),
    checks={"queues.queueArn": arn, "topics.topicArn": arn},
    check=_check,
    gone=("NoSuchBucket",),
)
ENTRIES: Final = (NOTIFICATION,)
