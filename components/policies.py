"""Resource policies that several kinds of cloud resources attach."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pulumi


@dataclass(frozen=True, slots=True)
class Sender:
    """A resource of AWS that may send to another one."""

    service: str
    """Its service's principal, `sns.amazonaws.com` or `s3.amazonaws.com`."""
    arn: pulumi.Input[str]


def tls_only(service: str, resources: pulumi.Input[str] | list[pulumi.Input[str]], actions: str = "*") -> dict[str, Any]:
    """A resource policy that refuses every request without TLS.

    Sources: AWS Config rule s3-bucket-ssl-requests-only; SQS and SNS security best practices.

    Args:
        service: prefix of the actions, `s3`, `sqs` or `sns`.
        resources: ARN or ARNs that it is about.
        actions: which ones, where the service does not take all of them at once.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": f"{service}:{actions}",
                "Resource": resources,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def sending(
    action: str, resource: pulumi.Input[str], senders: Iterable[Sender], account_id: pulumi.Input[str] | None
) -> list[dict[str, Any]]:
    """Statements that let these resources send, each alone and only as part of this account: against the confused deputy.

    Sources: SQS developer guide, Subscribing a queue to a topic; S3 user guide, Granting permissions to publish event notifications.
    """
    return [
        {
            "Sid": f"From{index}",
            "Effect": "Allow",
            "Principal": {"Service": sender.service},
            "Action": action,
            "Resource": resource,
            "Condition": {
                "ArnEquals": {"aws:SourceArn": sender.arn},
                **({"StringEquals": {"aws:SourceAccount": account_id}} if account_id is not None else {}),
            },
        }
        for index, sender in enumerate(senders, 1)
    ]
