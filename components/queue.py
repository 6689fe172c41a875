"""Queue: an SQS queue with a dead-letter queue.

Follows the SQS security best practices: encrypted at rest with keys that SQS manages, TLS only, a dead-letter queue that takes from this
queue alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.policies import tls_only


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


class Queue(pulumi.ComponentResource):
    """An SQS queue.

    Attributes:
        url, arn, region: where it is.
        dead_letter_arn: where messages go that nobody manages to process.
    """

    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    region: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:aws:Queue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        ending = ".fifo" if args.fifo else ""
        order = {"fifo_queue": True, "content_based_deduplication": True} if args.fifo else {}
        dead = aws.sqs.Queue(
            f"{name}-dead-letter",
            name=f"{args.queue}-dead-letter{ending}",
            message_retention_seconds=args.dead_letter_retention,
            sqs_managed_sse_enabled=True,
            tags=args.tags,
            opts=child,
            **order,
        )
        queue = aws.sqs.Queue(
            name,
            name=f"{args.queue}{ending}",
            visibility_timeout_seconds=args.visibility_timeout,
            message_retention_seconds=args.retention,
            delay_seconds=args.delay,
            receive_wait_time_seconds=20,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": args.max_receives}),
            sqs_managed_sse_enabled=True,
            tags=args.tags,
            opts=child,
            **order,
        )
        aws.sqs.RedriveAllowPolicy(
            f"{name}-dead-letter",
            queue_url=dead.id,
            redrive_allow_policy=pulumi.Output.json_dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]}),
            opts=child,
        )
        for suffix, one in (("", queue), ("-dead-letter", dead)):
            aws.sqs.QueuePolicy(f"{name}{suffix}", queue_url=one.id, policy=pulumi.Output.json_dumps(tls_only("sqs", one.arn)), opts=child)
        self.url, self.arn, self.region, self.dead_letter_arn = queue.url, queue.arn, queue.region, dead.arn
        self.register_outputs({"url": self.url, "arn": self.arn, "deadLetterArn": self.dead_letter_arn})
