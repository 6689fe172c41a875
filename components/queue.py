"""Queue: an SQS queue with a dead-letter queue.

Follows the SQS security best practices: encrypted at rest with keys that SQS manages, TLS only, a dead-letter queue that takes from this
queue alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components.policies import Sender, sending, tls_only


@dataclass(frozen=True, slots=True)
class QueueArgs:
    """What a queue is made of. Times in seconds."""

    queue: str
    """Physical name without the `.fifo` ending, unique in account and region."""
    fifo: bool
    visibility_timeout: int
    retention: int
    delay: int
    max_receives: int
    dead_letter_retention: int
    tags: Mapping[str, str] = field(default_factory=dict)
    dead_letter_arn: pulumi.Input[str] | None = None
    """Another queue that takes what nobody manages to process; one of its own is made when None."""
    sources: Sequence[pulumi.Input[str]] = ()
    """ARNs of the queues that it takes such messages of."""
    senders: Sequence[Sender] = ()
    """Resources of AWS that put messages into it."""
    account_id: pulumi.Input[str] | None = None
    """Needed with senders."""


class Queue(pulumi.ComponentResource):
    """An SQS queue.

    Attributes:
        url, arn, region: where it is.
        dead_letter_arn: where messages go that nobody manages to process.
        policy: who may send is settled once this is there.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    region: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    policy: aws.sqs.QueuePolicy

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Queue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        ending = ".fifo" if args.fifo else ""
        order = {"fifo_queue": True, "content_based_deduplication": True} if args.fifo else {}
        dead = None
        if args.dead_letter_arn is None:
            dead = aws.sqs.Queue(
                f"{name}-dead-letter",
                name=f"{args.queue}-dead-letter{ending}",
                message_retention_seconds=args.dead_letter_retention,
                sqs_managed_sse_enabled=True,
                tags=args.tags,
                opts=child,
                **order,
            )
        dead_letter_arn: Any = dead.arn if dead else args.dead_letter_arn
        self.dead_letter_arn = pulumi.Output.from_input(dead_letter_arn)
        queue = aws.sqs.Queue(
            name,
            name=f"{args.queue}{ending}",
            visibility_timeout_seconds=args.visibility_timeout,
            message_retention_seconds=args.retention,
            delay_seconds=args.delay,
            receive_wait_time_seconds=20,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": args.max_receives}),
            sqs_managed_sse_enabled=True,
            tags=args.tags,
            opts=child,
            **order,
        )
        if dead:
            _takes_from(f"{name}-dead-letter", dead, [queue.arn], child)
            policy = pulumi.Output.json_dumps(tls_only("sqs", dead.arn))
            aws.sqs.QueuePolicy(f"{name}-dead-letter", queue_url=dead.id, policy=policy, opts=child)
        if args.sources:
            _takes_from(name, queue, args.sources, child)
        document = tls_only("sqs", queue.arn)
        document["Statement"] += sending("sqs:SendMessage", queue.arn, args.senders, args.account_id)
        self.policy = aws.sqs.QueuePolicy(name, queue_url=queue.id, policy=pulumi.Output.json_dumps(document), opts=child)
        self.url, self.arn, self.region = queue.url, queue.arn, queue.region
        self.register_outputs({"url": self.url, "arn": self.arn, "region": self.region, "deadLetterArn": self.dead_letter_arn})


def _takes_from(name: str, queue: aws.sqs.Queue, sources: Sequence[pulumi.Input[str]], opts: pulumi.ResourceOptions) -> None:
    """Lets the queue be the dead-letter queue of these and of no others (SQS developer guide, Dead-letter queues)."""
    allowed = pulumi.Output.json_dumps({"redrivePermission": "byQueue", "sourceQueueArns": list(sources)})
    aws.sqs.RedriveAllowPolicy(name, queue_url=queue.id, redrive_allow_policy=allowed, opts=opts)
