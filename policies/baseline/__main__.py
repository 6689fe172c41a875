"""The policy pack `baseline`, in Pulumi's own form (CrossGuard): `pulumi up --policy-pack policies/baseline`."""

from __future__ import annotations

from typing import Any

import rules
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)


def _policy(name: str, rule: rules.Rule, level: EnforcementLevel, schema: PolicyConfigSchema | None = None) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        config: dict[str, Any] = args.get_config() if schema else {}
        for wrong in rule(args.resource_type, args.props, config):
            report(wrong)

    described = " ".join((rule.__doc__ or name).split())
    return ResourceValidationPolicy(name=name, description=described, validate=validate, enforcement_level=level, config_schema=schema)


_TAGS = PolicyConfigSchema(properties={"tags": {"type": "array", "items": {"type": "string"}, "default": []}})
_WANTED = PolicyConfigSchema(properties={"wanted": {"type": "array", "items": {"type": "string"}, "default": []}})

PolicyPack(
    name="baseline",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        _policy("no-public-buckets", rules.no_public_buckets, EnforcementLevel.MANDATORY),
        _policy("no-public-databases", rules.no_public_databases, EnforcementLevel.MANDATORY),
        _policy("encryption", rules.encryption, EnforcementLevel.MANDATORY),
        _policy("no-latest-images", rules.no_latest_images, EnforcementLevel.MANDATORY),
        _policy("resource-limits", rules.resource_limits, EnforcementLevel.ADVISORY, _WANTED),
        _policy("required-tags", rules.required_tags, EnforcementLevel.ADVISORY, _TAGS),
    ],
)
