"""All resource types, by token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.plugins.aws.entry import Entry
from sandbox.plugins.aws.resources import (
    cloudwatch,
    defaultgroup,
    dynamodb,
    eks,
    eksaccess,
    elasticache,
    endpoints,
    iam,
    kms,
    launchtemplate,
    nodegroup,
    oidc,
    rds,
    replicationgroup,
    routes,
    s3,
    s3notification,
    secretsmanager,
    securitygroup,
    sns,
    sqs,
    vpc,
)

_SERVICES: Final = (
    s3,
    s3notification,
    sqs,
    rds,
    secretsmanager,
    securitygroup,
    defaultgroup,
    vpc,
    routes,
    endpoints,
    launchtemplate,
    iam,
    oidc,
    kms,
    sns,
    dynamodb,
    elasticache,
    replicationgroup,
    eks,
    nodegroup,
    eksaccess,
    cloudwatch,
)
ENTRIES: Final[Mapping[str, Entry]] = {entry.pulumi: entry for service in _SERVICES for entry in service.ENTRIES}
