"""Kind Cluster: a Kubernetes cluster that applications are placed on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from transom.specs.base import Document, Spec


class ExistingCluster(Spec):
    """A cluster that somebody else made."""

    context: str = Field(min_length=1)
    """Context in the kubeconfig of whoever runs Transom (KUBECONFIG, or ~/.kube/config)."""


class ClusterSpec(Spec):
    """Where the cluster is."""

    existing: ExistingCluster
    """A cluster that exists already."""


class Cluster(Document):
    """A Kubernetes cluster, chosen by an environment through its labels."""

    kind: Literal["Cluster"]
    """Always Cluster."""
    spec: ClusterSpec
    """Where the cluster is."""
