"""What clusters that Transom makes need of add-ons: permissions of the well-known ones, and which may not be missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from transom.catalog.model import Entry
from transom.errors import Problem, Severity
from transom.specs.cluster import Cluster

AGENT = "eks-pod-identity-agent"
"""The add-on that hands pods the credentials of their role (EKS user guide: EKS Pod Identity)."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What an add-on may do: the managed policy that AWS names for it, and the service account that uses it."""

    account: str
    policy: str


PERMISSIONS: Mapping[str, Permission] = MappingProxyType(
    {
        "vpc-cni": Permission("aws-node", "AmazonEKS_CNI_Policy"),
        "aws-ebs-csi-driver": Permission("ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"),
        "aws-efs-csi-driver": Permission("efs-csi-controller-sa", "service-role/AmazonEFSCSIDriverPolicy"),
        "amazon-cloudwatch-observability": Permission("cloudwatch-agent", "CloudWatchAgentServerPolicy"),
    }
)
"""Add-ons that AWS has permissions for (EKS user guide: Amazon EKS add-ons, IAM roles)."""

_USUAL: Mapping[str, str] = MappingProxyType(
    {
        "vpc-cni": "pods get no addresses, and nodes do not become ready, unless you bring a network plugin of your own",
        "kube-proxy": "Services lead nowhere, unless your network plugin does its work",
        "coredns": "names of Services are not resolved, unless you bring a DNS server of your own",
    }
)
"""What EKS would install by itself, unpinned, and is not let to; and what is missing without it."""


def problems(clusters: Iterable[Entry[Cluster]]) -> Iterator[Problem]:
    """Add-ons that are missing: a mistake where another add-on cannot work without, a warning where one might be replaced."""
    for entry in clusters:
        eks = entry.document.spec.eks
        if eks is None:
            continue
        at = ("spec", "eks", "addons")
        where = entry.at(*at) if eks.addons else entry.at("spec", "eks")
        needing = [name for name in eks.addons if name in PERMISSIONS]
        if needing and AGENT not in eks.addons:
            message = f"add-on {needing[0]} gets its permissions from {AGENT}, which is not among them"
            yield Problem(entry.at(*at, needing[0]), "MissingAddon", message, f"add {AGENT} with its version")
        for name, told in _USUAL.items():
            if name not in eks.addons:
                yield Problem(where, "MissingAddon", f"without the add-on {name} {told}", f"add {name} with its version", Severity.WARNING)
