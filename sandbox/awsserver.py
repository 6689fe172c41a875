"""moto's server, mended where it forgets what it was told: run as `python -m sandbox.awsserver -H 127.0.0.1 -p PORT`.

The real provider plugin never comes to rest on what moto forgets, so these extend moto's own backends, as one would contribute them:

- SQS: `RedriveAllowPolicy` is given back (API_GetQueueAttributes), and setting one attribute no longer removes the queue's policy
  (API_SetQueueAttributes: attributes that are not named stay).
- EKS and ElastiCache: operations that moto does not have; IAM: AWS's own policies; CloudTrail: events, and looking them up; RDS: replicas,
  restores, and changes that wait for the maintenance window (`sandbox/awsextensions`).
- RDS: parameters that were set are told apart by `Source: user` (API_DescribeDBParameters), which is how a client finds its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any


def mend() -> None:
    """Puts the mended methods into moto's backends. Safe to call twice."""
    from moto.rds.models import DBParameterGroup
    from moto.rds.responses import RDSResponse
    from moto.sqs.models import Queue

    from sandbox.awsextensions import cloudtrail, eks, elasticache, iam, rds, rdspending

    cloudtrail.mend()
    eks.mend()
    elasticache.mend()
    iam.mend()
    rds.mend()
    rdspending.mend()
    if hasattr(Queue, "redrive_allow_policy"):
        return
    Queue.redrive_allow_policy = None
    Queue.attributes = property(_attributes(Queue.attributes.fget))
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue._set_attributes = _keeping_policy(Queue._set_attributes)  # noqa: SLF001 - the method that forgets
    DBParameterGroup.update_parameters = _marked_as_set
    RDSResponse.describe_db_parameters = _by_source(RDSResponse.describe_db_parameters)


def _attributes(original: Any) -> Any:
    def attributes(self: Any) -> dict[str, Any]:
        found = {name: value for name, value in original(self).items() if name != "RedriveAllowPolicy"}
        policy = self.redrive_allow_policy
        if policy:
            found["RedriveAllowPolicy"] = policy if isinstance(policy, str) else json.dumps(policy)
        return found

    return attributes


def _keeping_policy(original: Any) -> Any:
    def set_attributes(self: Any, attributes: Mapping[str, Any], now: float | None = None) -> None:
        before = getattr(self, "policy", None)
        original(self, attributes, now)
        if "Policy" not in attributes:
            self.policy = before

    return set_attributes


def _marked_as_set(self: Any, new_parameters: Iterable[Mapping[str, Any]]) -> None:
    for parameter in new_parameters:
        self.parameters[parameter["ParameterName"]].update({**parameter, "Source": "user"})


def _by_source(original: Any) -> Any:
    def describe_db_parameters(self: Any) -> Any:
        found = original(self)
        source = self.params.get("Source")
        if source:
            found.result["Parameters"] = [one for one in found.result["Parameters"] if one.get("Source") == source]
        return found

    return describe_db_parameters


if __name__ == "__main__":
    from moto.server import main

    from sandbox.awsextensions import authenticator

    mend()
    if port := os.environ.get(authenticator.VARIABLE):
        authenticator.serve(int(port), f"http://127.0.0.1:{sys.argv[sys.argv.index('-p') + 1]}")
    main(sys.argv[1:])
