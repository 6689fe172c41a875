"""Partitions of AWS: what ARNs of a region begin with.

Source: AWS General Reference, Amazon Resource Names; each partition has regions of its own, told by how their codes begin.
"""

from __future__ import annotations

_BEGINNINGS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "eusc-": "aws-eusc"}


def of(region: str) -> str:
    """The partition of a region, e.g. `aws` for `eu-central-1`."""
    return next((partition for beginning, partition in _BEGINNINGS.items() if region.startswith(beginning)), "aws")


def managed_policy(region: str, name: str) -> str:
    """ARN of one of AWS's own policies, e.g. `AmazonEKSClusterPolicy`."""
    return f"arn:{of(region)}:iam::aws:policy/{name}"
