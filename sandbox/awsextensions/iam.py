"""IAM in moto: AWS's own policies, each there from the moment that something is attached to it.

moto has them all, and loads none unless told to load them all, which takes seconds at every start.
"""

from __future__ import annotations

import json
from typing import Any


def mend() -> None:
    """Puts the policies within moto's reach. Safe to call twice."""
    from moto.iam.models import IAMBackend

    original = IAMBackend.attach_role_policy
    if getattr(original, "is_mended", False):
        return

    def attach_role_policy(self: Any, policy_arn: str, role_name: str) -> None:
        if ":iam::aws:policy/" in policy_arn and policy_arn not in self.managed_policies:
            _load(self, policy_arn)
        original(self, policy_arn, role_name)

    attach_role_policy.is_mended = True  # type: ignore[attr-defined]  # the mark that tells a second call
    IAMBackend.attach_role_policy = attach_role_policy


def _load(backend: Any, arn: str) -> None:
    """One of AWS's policies from moto's own data; nothing where AWS has none of that name, which moto then says."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy

    name = arn.rpartition("/")[2]
    data = json.loads(aws_managed_policies_data).get(name)
    if data is None:
        return
    policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
    if policy.arn == arn:
        backend.managed_policies[policy.arn] = policy
