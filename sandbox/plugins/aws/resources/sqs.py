"""SQS queues and the resources that set one of their policies."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props
from sandbox.plugins.aws.failures import code
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import between, json_text, matches, one_of

_GONE: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NonExistentQueue")
# The provider's name, SQS's, and how SQS writes it.
_ATTRIBUTES: Final[Mapping[str, tuple[str, type]]] = {
    "contentBasedDeduplication": ("ContentBasedDeduplication", bool),
    "deduplicationScope": ("DeduplicationScope", str),
    "delaySeconds": ("DelaySeconds", int),
    "fifoQueue": ("FifoQueue", bool),
    "fifoThroughputLimit": ("FifoThroughputLimit", str),
    "kmsDataKeyReusePeriodSeconds": ("KmsDataKeyReusePeriodSeconds", int),
    "kmsMasterKeyId": ("KmsMasterKeyId", str),
    "maxMessageSize": ("MaximumMessageSize", int),
    "messageRetentionSeconds": ("MessageRetentionPeriod", int),
    "policy": ("Policy", str),
    "receiveWaitTimeSeconds": ("ReceiveMessageWaitTimeSeconds", int),
    "redriveAllowPolicy": ("RedriveAllowPolicy", str),
    "redrivePolicy": ("RedrivePolicy", str),
    "sqsManagedSseEnabled": ("SqsManagedSseEnabled", bool),
    "visibilityTimeoutSeconds": ("VisibilityTimeout", int),
}
_ONE_AT_A_TIME: Final = threading.Lock()
# moto as released takes this and does not keep it: then the state stands in, and a change by hand is not seen.
_FORGETTABLE: Final = ("redriveAllowPolicy",)
_FIFO_ONLY: Final = frozenset({"fifoQueue", "contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit"})


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: str | None, kind: type) -> Any:
    if value is None:
        return None
    return value.lower() == "true" if kind is bool else kind(value)


def _send(sqs: Any, url: str, attributes: Mapping[str, str]) -> None:
    """Set attributes of a queue.

    moto 5.2 drops a queue's policy whenever attributes are set without it, so it is sent along; the lock keeps two resources
    of one queue, which the engine sets at the same time, from sending each other's old one.
    """
    with _ONE_AT_A_TIME:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes") or {}
        kept = {"Policy": found["Policy"]} if found.get("Policy") and "Policy" not in attributes else {}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={**kept, **attributes})


def _known(aws: Aws, url: str, attribute: str) -> bool:
    """Tell whether the server knows an attribute at all: moto as released refuses to be asked for what it does not keep."""
    from botocore.exceptions import ClientError

    try:
        aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])
    except ClientError as error:
        if code(error) in {"InvalidAttributeName", "InvalidAttributeValue"}:
            return False
        raise
    return True


def _create(aws: Aws, inputs: Props) -> str:
    attributes = {}
    for name, (there, _) in _ATTRIBUTES.items():
        value = inputs.get(name)
        # A standard queue refuses the FIFO attributes, even when they say false; an empty policy says nothing.
        if value in (None, "") or (name in _FIFO_ONLY and not inputs.get("fifoQueue")):
            continue
        attributes[there] = _written(value)
    return str(
        aws.client("sqs").create_queue(QueueName=inputs["name"], Attributes=attributes, tags=inputs.get("tagsAll") or {})["QueueUrl"]
    )


def _read(aws: Aws, id_: str, before: Props) -> Props:
    sqs = aws.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=id_, AttributeNames=["All"])["Attributes"]
    state = {name: _shown(found.get(there), kind) for name, (there, kind) in _ATTRIBUTES.items()}
    state["fifoQueue"] = bool(state["fifoQueue"])
    state["contentBasedDeduplication"] = bool(state["contentBasedDeduplication"])
    for name in _FORGETTABLE:
        if not state[name] and before.get(name) and not _known(aws, id_, _ATTRIBUTES[name][0]):
            state[name] = before[name]
    return {
        **state,
        "name": id_.rpartition("/")[2],
        "arn": found["QueueArn"],
        "url": id_,
        "tags": sqs.list_queue_tags(QueueUrl=id_).get("Tags"),
    }


def _update(aws: Aws, change: Change) -> None:
    sqs = aws.client("sqs")
    attributes = {}
    for name, value in change.pick(_ATTRIBUTES).items():
        if name not in _FIFO_ONLY or change.new.get("fifoQueue"):
            attributes[_ATTRIBUTES[name][0]] = "" if value is None else _written(value)  # empty text takes a policy or a key away
    if attributes:
        _send(sqs, change.id, attributes)
    given, removed = tagging.delta(change)
    if removed:
        sqs.untag_queue(QueueUrl=change.id, TagKeys=removed)
    if given:
        sqs.tag_queue(QueueUrl=change.id, Tags=given)


def _delete(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("sqs").delete_queue(QueueUrl=id_)


def _check(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    name, fifo = inputs.get("name"), inputs.get("fifoQueue")
    if isinstance(name, str):
        if fifo and not name.endswith(".fifo"):
            yield "name", f"invalid queue name: {name}; the name of a FIFO queue ends with .fifo"
        if not fifo and name.endswith(".fifo"):
            yield "name", f"invalid queue name: {name}; only a FIFO queue's name may end with .fifo"
    if inputs.get("contentBasedDeduplication") and not fifo:
        yield "contentBasedDeduplication", "content-based deduplication can only be set for FIFO queue"
    if inputs.get("kmsMasterKeyId") and inputs.get("sqsManagedSseEnabled"):
        yield "kmsMasterKeyId", "conflicts with sqsManagedSseEnabled"


def _attribute_entry(resource: str, terraform: str, prop: str, title: str) -> Entry:
    """Give the entry of a resource that sets one JSON attribute of a queue and takes it away again."""
    there = _ATTRIBUTES[prop][0]

    def put(aws: Aws, inputs: Props) -> str:
        _send(aws.client("sqs"), inputs["queueUrl"], {there: inputs[prop]})
        return str(inputs["queueUrl"])

    def read(aws: Aws, id_: str, before: Props) -> Props | None:
        found = aws.client("sqs").get_queue_attributes(QueueUrl=id_, AttributeNames=["All"])["Attributes"].get(there)
        if not found and prop in _FORGETTABLE and not _known(aws, id_, there):
            found = before.get(prop)
        return {"queueUrl": id_, prop: found} if found else None

    def update(aws: Aws, change: Change) -> None:
        put(aws, change.new)

    def delete(aws: Aws, id_: str, _state: Props) -> None:
        _send(aws.client("sqs"), id_, {there: ""})

    return Entry(
        pulumi=f"aws:sqs/{resource[0].lower()}{resource[1:]}:{resource}",
        terraform=terraform,
        title=title,
        inputs=("queueUrl", prop),
        create=put,
        read=read,
        update=update,
        delete=delete,
        replaces=("queueUrl",),
        json=(prop,),
        checks={prop: json_text},
        gone=_GONE,
    )


QUEUE: Final = Entry(
    pulumi="aws:sqs/queue:Queue",
    terraform="aws_sqs_queue",
    title="SQS Queue",
    inputs=("name", "tags", *_ATTRIBUTES),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    replaces=("name", "fifoQueue"),
    defaults={
        "contentBasedDeduplication": False,
        "delaySeconds": 0,
        "fifoQueue": False,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    },
    json=("policy", "redrivePolicy", "redriveAllowPolicy"),
    checks={
        "name": matches(r"[0-9A-Za-z_-]{1,80}|[0-9A-Za-z_-]{1,75}\.fifo", "must be 1 to 80 letters, digits, hyphens and underscores"),
        "deduplicationScope": one_of("messageGroup", "queue"),
        "delaySeconds": between(0, 900),
        "fifoThroughputLimit": one_of("perQueue", "perMessageGroupId"),
        "kmsDataKeyReusePeriodSeconds": between(60, 86400),
        "maxMessageSize": between(1024, 1048576),
        "messageRetentionSeconds": between(60, 1209600),
        "policy": json_text,
        "receiveWaitTimeSeconds": between(0, 20),
        "redriveAllowPolicy": json_text,
        "redrivePolicy": json_text,
        "visibilityTimeoutSeconds": between(0, 43200),
    },
    check=_check,
    gone=_GONE,
    autoname=Autoname("name", 80, suffix=lambda inputs: ".fifo" if inputs.get("fifoQueue") else ""),
)
ENTRIES: Final = (
    QUEUE,
    _attribute_entry("QueuePolicy", "aws_sqs_queue_policy", "policy", "SQS Queue Policy"),
    _attribute_entry("RedrivePolicy", "aws_sqs_queue_redrive_policy", "redrivePolicy", "SQS Queue Redrive Policy"),
    _attribute_entry("RedriveAllowPolicy", "aws_sqs_queue_redrive_allow_policy", "redriveAllowPolicy", "SQS Queue Redrive Allow Policy"),
)
