"""All resource types, by token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.plugins.aws.entry import Entry
from sandbox.plugins.aws.resources import (
    cloudwatch,
    dynamodb,
    endpoints,
    iam,
    kms,
    rds,
    routes,
    s3,
    secretsmanager,
    securitygroup,
    sns,
    sqs,
    vpc,
)

_SERVICES: Final = (s3, sqs, rds, secretsmanager, securitygroup, vpc, routes, endpoints, iam, kms, sns, dynamodb, cloudwatch)
ENTRIES: Final[Mapping[str, Entry]] = {entry.pulumi: entry for service in _SERVICES for entry in service.ENTRIES}
