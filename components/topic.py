"""Topic: an SNS topic and what it delivers to.

Follows the SNS security best practices: encrypted at rest, TLS only, nobody may publish whom a permission does not let, each queue takes
from its own topics alone. The key is SNS's own, unless another service of AWS publishes: that needs a key whose policy lets it (SNS
developer guide, Enable compatibility between event sources from AWS services and encrypted topics).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components import partitions
from components.policies import Sender, sending, tls_only


@dataclass(frozen=True, slots=True)
class SubscriptionArgs:
    """A queue that gets what is published."""

    name: str
    """Short name, unique among the topic's subscriptions."""
    queue_arn: pulumi.Input[str]
    raw: bool = True
    """Whether messages arrive as they were published, without SNS's envelope."""
    filter_policy: Mapping[str, Any] | None = None
    filter_body: bool = False
    """Whether the filter reads the message's body instead of its attributes."""
    after: Sequence[pulumi.Resource] = field(default=())
    """The queue's policy: without it messages would be lost."""


@dataclass(frozen=True, slots=True)
class TopicArgs:
    """What a topic is made of."""

    topic: str
    """Physical name without the `.fifo` ending, unique in account and region."""
    account_id: pulumi.Input[str]
    region: str
    fifo: bool = False
    senders: Sequence[Sender] = ()
    """Services of AWS that publish to it."""
    subscriptions: Sequence[SubscriptionArgs] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class Topic(pulumi.ComponentResource):
    """An SNS topic.

    Attributes:
        arn, region: where it is.
        key_arn: its own KMS key; None where SNS's key is used.
        policy: who may publish is settled once this is there.
    """

    arn: pulumi.Output[str]
    region: pulumi.Output[str]
    key_arn: pulumi.Output[str] | None
    policy: aws.sns.TopicPolicy

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Topic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = self._key(name, args) if args.senders else None
        order = {"fifo_topic": True, "content_based_deduplication": True} if args.fifo else {}
        topic = aws.sns.Topic(
            name,
            name=f"{args.topic}{'.fifo' if args.fifo else ''}",
            kms_master_key_id=key.arn if key else "alias/aws/sns",
            tags=args.tags,
            opts=child,
            **order,
        )
        document = tls_only("sns", topic.arn, "Publish")
        document["Statement"] += sending("sns:Publish", topic.arn, args.senders, args.account_id)
        self.policy = aws.sns.TopicPolicy(name, arn=topic.arn, policy=pulumi.Output.json_dumps(document), opts=child)
        for subscription in args.subscriptions:
            self._subscribe(name, topic, subscription)
        self.arn, self.region, self.key_arn = topic.arn, topic.region, key.arn if key else None
        self.register_outputs({"arn": self.arn, "region": self.region})

    def _subscribe(self, name: str, topic: aws.sns.Topic, args: SubscriptionArgs) -> None:
        chosen = {}
        if args.filter_policy is not None:
            scope = "MessageBody" if args.filter_body else "MessageAttributes"
            chosen = {"filter_policy": json.dumps(args.filter_policy, sort_keys=True), "filter_policy_scope": scope}
        aws.sns.TopicSubscription(
            f"{name}-{args.name}",
            topic=topic.arn,
            protocol="sqs",
            endpoint=args.queue_arn,
            raw_message_delivery=args.raw,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
            **chosen,
        )

    def _key(self, name: str, args: TopicArgs) -> aws.kms.Key:
        """A key that the account's permissions decide about, and that the publishing services may use for this account alone."""
        child = pulumi.ResourceOptions(parent=self)
        services = sorted({sender.service for sender in args.senders})
        root = {
            "Sid": "Account",
            "Effect": "Allow",
            "Principal": {"AWS": pulumi.Output.format("arn:{}:iam::{}:root", partitions.of(args.region), args.account_id)},
            "Action": "kms:*",
            "Resource": "*",
        }
        used = [
            {
                "Sid": f"Service{index}",
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
            }
            for index, service in enumerate(services, 1)
        ]
        key = aws.kms.Key(
            name,
            description=f"Topic {args.topic}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [root, *used]}),
            tags=args.tags,
            opts=child,
        )
        aws.kms.Alias(name, name=f"alias/{args.topic}", target_key_id=key.key_id, opts=child)
        return key
