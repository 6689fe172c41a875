"""Resource policies that every kind of cloud resource shares."""

from __future__ import annotations

from typing import Any

import pulumi


def tls_only(service: str, resources: pulumi.Input[str] | list[pulumi.Input[str]]) -> dict[str, Any]:
    """A resource policy that refuses every request without TLS.

    Sources: AWS Config rule s3-bucket-ssl-requests-only; SQS security best practices.

    Args:
        service: prefix of the actions, `s3` or `sqs`.
        resources: ARN or ARNs that it is about.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": f"{service}:*",
                "Resource": resources,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
