"""Stand-in for the AWS command line, where none is installed: `aws eks get-token`, which kubeconfigs of EKS clusters call, nothing else.

The token is the real one: an address of STS, signed for the cluster's name, as EKS's authenticator reads it (`k8s-aws-v1.` and base64).
Source: https://docs.aws.amazon.com/cli/latest/reference/eks/get-token.html; the form of the token is that of aws-iam-authenticator.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.plugins import loopback

_SIGNED_FOR = 60
"""Seconds that the address is valid for, as the AWS command line asks."""
_LIFETIME = timedelta(minutes=14)
"""How long the token may be used: EKS takes one for a quarter of an hour."""
_CLUSTER = "x-k8s-aws-id"


def main(words: list[str]) -> int:
    """Print the credential for one cluster; exit code 0. Everything else is refused with 252, which the AWS command line ends with too."""
    parser = argparse.ArgumentParser(prog="aws", description="The sandbox's stand-in for the AWS command line.")
    parser.add_argument("--region", default=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"))
    parser.add_argument("service", choices=["eks"])
    parser.add_argument("operation", choices=["get-token"])
    parser.add_argument("--cluster-name", required=True)
    parser.add_argument("--output", choices=["json"], default="json")
    try:
        asked = parser.parse_args(words)
    except SystemExit as ended:
        return 252 if ended.code else 0
    endpoint = os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL") or ""
    try:
        loopback.require(endpoint, plugin="aws")
    except loopback.NotLoopbackError as error:
        sys.stderr.write(f"{error}\n")
        return 252
    sys.stdout.write(json.dumps(credential(asked.cluster_name, asked.region, endpoint)) + "\n")
    return 0


def credential(cluster: str, region: str, endpoint: str) -> dict[str, Any]:
    """An ExecCredential for the cluster, from the credentials of the environment."""
    import boto3

    client = boto3.session.Session().client("sts", region_name=region, endpoint_url=endpoint)

    def named(request: Any, **_: Any) -> None:
        request.headers[_CLUSTER] = cluster

    client.meta.events.register("before-sign.sts.GetCallerIdentity", named)
    address = client.generate_presigned_url("get_caller_identity", ExpiresIn=_SIGNED_FOR, HttpMethod="GET")
    token = "k8s-aws-v1." + base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")
    ends = (datetime.now(UTC) + _LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {},
        "status": {"expirationTimestamp": ends, "token": token},
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
