"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.plugins.aws import tagging
from sandbox.plugins.aws.entry import Autoname, Change, Entry, Props, RefusedError
from sandbox.plugins.aws.session import Aws
from sandbox.plugins.aws.validators import arn, json_text, matches, one_of

_GONE: Final = ("NotFound", "NotFoundException", "ResourceNotFound")
_TOPIC: Final[Mapping[str, tuple[str, type]]] = {
    "contentBasedDeduplication": ("ContentBasedDeduplication", bool),
    "deliveryPolicy": ("DeliveryPolicy", str),
    "displayName": ("DisplayName", str),
    "fifoTopic": ("FifoTopic", bool),
    "kmsMasterKeyId": ("KmsMasterKeyId", str),
    "policy": ("Policy", str),
    "signatureVersion": ("SignatureVersion", int),
    "tracingConfig": ("TracingConfig", str),
}
_FIFO_ONLY: Final = frozenset({"contentBasedDeduplication", "fifoTopic"})
_SUBSCRIPTION: Final[Mapping[str, tuple[str, type]]] = {
    "deliveryPolicy": ("DeliveryPolicy", str),
    "filterPolicy": ("FilterPolicy", str),
    "filterPolicyScope": ("FilterPolicyScope", str),
    "rawMessageDelivery": ("RawMessageDelivery", bool),
    "redrivePolicy": ("RedrivePolicy", str),
    "subscriptionRoleArn": ("SubscriptionRoleArn", str),
}


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(value: str | None, kind: type) -> Any:
    if not value:
        return None
    return value.lower() == "true" if kind is bool else kind(value)


def _create_topic(aws: Aws, inputs: Props) -> str:
    sns = aws.client("sns")
    expected = aws.arn("sns", inputs["name"])
    # CreateTopic gives an existing topic back as if it had made it; the real provider would take it over, and destroy it later.
    # Refusing is the one place where this stand-in is stricter: nothing is adopted unseen.
    if any(topic["TopicArn"] == expected for page in sns.get_paginator("list_topics").paginate() for topic in page["Topics"]):
        raise RefusedError(f"a topic {inputs['name']!r} exists already ({expected}); import it to adopt it")
    attributes = {
        there: _written(inputs[name])
        for name, (there, _) in _TOPIC.items()
        if inputs.get(name) not in (None, "") and (name not in _FIFO_ONLY or inputs.get("fifoTopic"))
    }
    return str(sns.create_topic(Name=inputs["name"], Attributes=attributes, Tags=tagging.pairs(inputs.get("tagsAll")))["TopicArn"])


def _read_topic(aws: Aws, id_: str, _before: Props) -> Props:
    sns = aws.client("sns")
    found = sns.get_topic_attributes(TopicArn=id_)["Attributes"]
    state = {name: _shown(found.get(there), kind) for name, (there, kind) in _TOPIC.items()}
    return {
        **state,
        "name": id_.rpartition(":")[2],
        "arn": id_,
        "fifoTopic": bool(state["fifoTopic"]),
        "contentBasedDeduplication": bool(state["contentBasedDeduplication"]),
        "owner": found.get("Owner"),
        "tags": tagging.mapping(sns.list_tags_for_resource(ResourceArn=id_).get("Tags")),
    }


def _update_topic(aws: Aws, change: Change) -> None:
    sns = aws.client("sns")
    for name, value in change.pick(_TOPIC).items():
        sns.set_topic_attributes(TopicArn=change.id, AttributeName=_TOPIC[name][0], AttributeValue="" if value is None else _written(value))
    given, removed = tagging.delta(change)
    if removed:
        sns.untag_resource(ResourceArn=change.id, TagKeys=removed)
    if given:
        sns.tag_resource(ResourceArn=change.id, Tags=tagging.pairs(given))


def _delete_topic(aws: Aws, id_: str, _state: Props) -> None:
    sns = aws.client("sns")
    sns.get_topic_attributes(TopicArn=id_)  # DeleteTopic succeeds on what is not there: ask first, so that a wrong id is told
    sns.delete_topic(TopicArn=id_)


def _create_subscription(aws: Aws, inputs: Props) -> str:
    attributes = {there: _written(inputs[name]) for name, (there, _) in _SUBSCRIPTION.items() if inputs.get(name) not in (None, "")}
    made = aws.client("sns").subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    return str(made["SubscriptionArn"])


def _read_subscription(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("sns").get_subscription_attributes(SubscriptionArn=id_)["Attributes"]
    state = {name: _shown(found.get(there), kind) for name, (there, kind) in _SUBSCRIPTION.items()}
    return {
        **state,
        "arn": id_,
        "topic": found["TopicArn"],
        "protocol": found.get("Protocol"),
        "endpoint": found.get("Endpoint"),
        "ownerId": found.get("Owner"),
        "pendingConfirmation": found.get("PendingConfirmation") == "true",
        "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
        "rawMessageDelivery": bool(state["rawMessageDelivery"]),
        "filterPolicyScope": state["filterPolicyScope"] or ("MessageAttributes" if state["filterPolicy"] else None),
    }


def _update_subscription(aws: Aws, change: Change) -> None:
    sns = aws.client("sns")
    picked = change.pick(_SUBSCRIPTION)
    # The scope decides how the policy is read, so it goes first.
    for name in sorted(picked, key=lambda each: each != "filterPolicyScope"):
        value = picked[name]
        empty = "{}" if name == "filterPolicy" else ""
        sns.set_subscription_attributes(
            SubscriptionArn=change.id, AttributeName=_SUBSCRIPTION[name][0], AttributeValue=empty if value is None else _written(value)
        )


def _delete_subscription(aws: Aws, id_: str, _state: Props) -> None:
    aws.client("sns").unsubscribe(SubscriptionArn=id_)


def _put_policy(aws: Aws, inputs: Props) -> str:
    aws.client("sns").set_topic_attributes(TopicArn=inputs["arn"], AttributeName="Policy", AttributeValue=inputs["policy"])
    return str(inputs["arn"])


def _read_policy(aws: Aws, id_: str, _before: Props) -> Props:
    found = aws.client("sns").get_topic_attributes(TopicArn=id_)["Attributes"]
    return {"arn": id_, "policy": found["Policy"], "owner": found.get("Owner")}


def _update_policy(aws: Aws, change: Change) -> None:
    _put_policy(aws, change.new)


def _delete_policy(aws: Aws, id_: str, _state: Props) -> None:
    """A topic always has a policy: put back the one it is born with, as the real provider does."""
    import json

    actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ]
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": actions,
        "Resource": id_,
        "Condition": {"StringEquals": {"AWS:SourceOwner": aws.account}},
    }
    document = json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
    aws.client("sns").set_topic_attributes(TopicArn=id_, AttributeName="Policy", AttributeValue=document)


def _check_topic(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    name, fifo = inputs.get("name"), inputs.get("fifoTopic")
    if isinstance(name, str) and bool(fifo) != name.endswith(".fifo"):
        yield "name", f"invalid topic name: {name}; a FIFO topic's name ends with .fifo, and no other's does"
    if inputs.get("contentBasedDeduplication") and not fifo:
        yield "contentBasedDeduplication", "content-based deduplication can only be set for FIFO topics"


def _check_subscription(inputs: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if inputs.get("protocol") == "firehose" and not inputs.get("subscriptionRoleArn"):
        yield "subscriptionRoleArn", "is required for protocol firehose"


TOPIC: Final = Entry(
    pulumi="aws:sns/topic:Topic",
    terraform="aws_sns_topic",
    title="SNS Topic",
    inputs=("name", "tags", *_TOPIC),
    create=_create_topic,
    read=_read_topic,
    update=_update_topic,
    delete=_delete_topic,
    replaces=("name", "fifoTopic"),
    defaults={"contentBasedDeduplication": False, "fifoTopic": False},
    json=("policy", "deliveryPolicy"),
    checks={
        "deliveryPolicy": json_text,
        "name": matches(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo", "must be 1 to 256 letters, digits, hyphens and underscores"),
        "policy": json_text,
        "signatureVersion": one_of(1, 2),
        "tracingConfig": one_of("Active", "PassThrough"),
    },
    check=_check_topic,
    gone=_GONE,
    autoname=Autoname("name", 256, suffix=lambda inputs: ".fifo" if inputs.get("fifoTopic") else ""),
)
SUBSCRIPTION: Final = Entry(
    pulumi="aws:sns/topicSubscription:TopicSubscription",
    terraform="aws_sns_topic_subscription",
    title="SNS Topic Subscription",
    inputs=("topic", "protocol", "endpoint", *_SUBSCRIPTION),
    create=_create_subscription,
    read=_read_subscription,
    update=_update_subscription,
    delete=_delete_subscription,
    replaces=("topic", "protocol", "endpoint"),
    defaults={"rawMessageDelivery": False},
    json=("deliveryPolicy", "filterPolicy", "redrivePolicy"),
    checks={
        "deliveryPolicy": json_text,
        "filterPolicy": json_text,
        "filterPolicyScope": one_of("MessageAttributes", "MessageBody"),
        "protocol": one_of("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"),
        "redrivePolicy": json_text,
        "subscriptionRoleArn": arn,
        "topic": arn,
    },
    check=_check_subscription,
    gone=_GONE,
)
TOPIC_POLICY: Final = Entry(
    pulumi="aws:sns/topicPolicy:TopicPolicy",
    terraform="aws_sns_topic_policy",
    title="SNS Topic Policy",
    inputs=("arn", "policy"),
    create=_put_policy,
    read=_read_policy,
    update=_update_policy,
    delete=_delete_policy,
    replaces=("arn",),
    json=("policy",),
    checks={"arn": arn, "policy": json_text},
    gone=_GONE,
)
ENTRIES: Final = (TOPIC, SUBSCRIPTION, TOPIC_POLICY)
