"""Cluster: the connection to a Kubernetes cluster, and what every cluster gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes import Provider

from components.objects import KubernetesObject, ObjectArgs, register


@dataclass(frozen=True, slots=True)
class ClusterConnectionArgs:
    """How to reach a cluster."""

    context: str | None = None
    """Context of the kubeconfig of whoever runs this; no path or credential gets into the state."""
    kubeconfig: pulumi.Input[str] | None = None
    """A kubeconfig of the cluster's own, instead; one that holds no credential."""
    after: Sequence[pulumi.Resource] = field(default=())
    """What must be there before anything is put into the cluster: nodes, add-ons, whoever may."""


class ClusterConnection(pulumi.ComponentResource):
    """The provider through which everything on one cluster is made.

    Server-side apply with in-place updates of ConfigMaps and Secrets, as users of Kustomize expect
    (pulumi-kubernetes provider arguments enableConfigMapMutable, enableSecretMutable).
    """

    provider: Provider

    def __init__(self, name: str, args: ClusterConnectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:kubernetes:ClusterConnection", name, None, opts)
        self.provider = Provider(
            f"kubernetes-{name}",
            context=args.context,
            # Empty, not None: for None the SDK would write the path that KUBECONFIG has into the state; empty leaves it to the plugin.
            kubeconfig="" if args.context is not None else args.kubeconfig,
            enable_server_side_apply=True,
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.register_outputs({})


@dataclass(frozen=True, slots=True)
class ClusterArgs:
    """What one cluster gets."""

    connection: ClusterConnection
    objects: Sequence[ObjectArgs]


class Cluster(pulumi.ComponentResource):
    """Objects that belong to the cluster itself: namespaces, classes, policies, RBAC.

    Attributes:
        objects: all of them; who goes into a namespace that is among them waits for these.
    """

    objects: list[KubernetesObject]

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:kubernetes:Cluster", name, None, opts)
        self.objects = register(name, args.objects, pulumi.ResourceOptions(parent=self, provider=args.connection.provider))
        self.register_outputs({})
