"""Kubernetes objects registered as they were rendered: no typed class, no schema, no cluster asked, any kind.

The engine sees the same type tokens and properties that `pulumi_kubernetes` classes give, at a fraction of their import time.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

FORCE = "pulumi.com/patchForce"
"""Takes over fields that others set by hand: without it a heal fails on the first conflict (server-side apply, field manager conflicts)."""
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"

MANAGED_BY = {"app.kubernetes.io/managed-by": "transom"}

_BEFORE_WORKLOADS = 1
_WORKLOADS = 2
_AFTER_WORKLOADS = 3
_RANKS = {
    ("", "Namespace"): 0,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): 0,
    ("scheduling.k8s.io", "PriorityClass"): 0,
    ("storage.k8s.io", "StorageClass"): 0,
    ("", "ConfigMap"): _BEFORE_WORKLOADS,
    ("", "Secret"): _BEFORE_WORKLOADS,
    ("", "ServiceAccount"): _BEFORE_WORKLOADS,
    ("", "PersistentVolume"): _BEFORE_WORKLOADS,
    ("", "PersistentVolumeClaim"): _BEFORE_WORKLOADS,
    ("", "ResourceQuota"): _BEFORE_WORKLOADS,
    ("", "LimitRange"): _BEFORE_WORKLOADS,
    ("rbac.authorization.k8s.io", "Role"): _BEFORE_WORKLOADS,
    ("rbac.authorization.k8s.io", "RoleBinding"): _BEFORE_WORKLOADS,
    ("rbac.authorization.k8s.io", "ClusterRole"): _BEFORE_WORKLOADS,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BEFORE_WORKLOADS,
    ("networking.k8s.io", "NetworkPolicy"): _BEFORE_WORKLOADS,
    ("external-secrets.io", "SecretStore"): _BEFORE_WORKLOADS,
    ("external-secrets.io", "ExternalSecret"): _BEFORE_WORKLOADS,
    ("bitnami.com", "SealedSecret"): _BEFORE_WORKLOADS,
    ("argoproj.io", "AnalysisTemplate"): _BEFORE_WORKLOADS,
    ("networking.k8s.io", "Ingress"): _AFTER_WORKLOADS,
    ("autoscaling", "HorizontalPodAutoscaler"): _AFTER_WORKLOADS,
    ("policy", "PodDisruptionBudget"): _AFTER_WORKLOADS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _AFTER_WORKLOADS,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _AFTER_WORKLOADS,
}
"""What is there before what (the order of Helm's and Argo CD's kind sorting, in four steps). Everything else comes with the workloads:
a Service must not come earlier, since it is ready only once pods answer behind it."""

WAVE = "argocd.argoproj.io/sync-wave"
HOOK = "argocd.argoproj.io/hook"
_PHASES: Mapping[str, int] = {"PreSync": -1, "Sync": 0, "PostSync": 1}
"""Hooks of Argo CD before, with and after everything else (argo-cd.readthedocs.io: sync phases and waves)."""

_KEPT = (
    ("argocd.argoproj.io/sync-options", "Prune=false"),
    ("argocd.argoproj.io/sync-options", "Delete=false"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
)
"""Annotations, with one of the values between commas, of objects that stay in the cluster when they leave Git."""

_NOT_AWAITED = frozenset({("networking.k8s.io", "Ingress")})
"""Ready only once an ingress controller reports an address, which many never do."""


_AWAITED = frozenset(
    {
        *(("apps", kind) for kind in ("Deployment", "StatefulSet", "DaemonSet")),
        ("batch", "Job"),
        *(("", kind) for kind in ("Pod", "Service", "PersistentVolumeClaim")),
    }
)
"""Kinds that may take long to become ready (pulumi-kubernetes: await logic); the others are ready when they are there."""


@dataclass(frozen=True, slots=True)
class ObjectArgs:
    """A Kubernetes object: plain data with outputs where values are not known yet, and labels that it gets beside its own."""

    data: Mapping[str, Any]
    namespace: str
    """Empty for cluster-scoped kinds."""
    labels: Mapping[str, str]
    ignored: Sequence[str] = ()
    """Fields that others may set, as property paths: `spec.replicas`."""
    kept: bool = False
    """Whether it stays on the cluster when it is no longer declared."""
    timeout: int = 0
    """Seconds that it may take to become ready; 0 leaves it to the provider."""

    @property
    def group_and_kind(self) -> tuple[str, str]:
        """E.g. `("apps", "Deployment")`."""
        return str(self.data["apiVersion"]).rpartition("/")[0], str(self.data["kind"])

    @property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations as they were rendered."""
        return self.data["metadata"].get("annotations") or {}

    @property
    def rank(self) -> tuple[int, int, int]:
        """Its step in the order: phase, wave, and among those of one wave what its kind needs."""
        phases = [_PHASES[word] for word in self._words(HOOK) if word in _PHASES]
        return min(phases, default=0), int(self.annotations.get(WAVE, "0")), _RANKS.get(self.group_and_kind, _WORKLOADS)

    @property
    def stays(self) -> bool:
        """Whether it stays in the cluster when it leaves Git: its application says so, or its own annotations do.

        A hook is a run and no thing to keep: kept, it would be in the way of the next one.
        """
        return (self.kept and HOOK not in self.annotations) or any(value in self._words(key) for key, value in _KEPT)

    def _words(self, annotation: str) -> list[str]:
        return [word.strip() for word in str(self.annotations.get(annotation, "")).split(",")]


class KubernetesObject(pulumi.CustomResource):
    """One object of any kind."""

    def __init__(self, name: str, args: ObjectArgs, opts: pulumi.ResourceOptions) -> None:
        version = str(args.data["apiVersion"])
        token = f"kubernetes:{'core/' if '/' not in version else ''}{version}:{args.data['kind']}"
        super().__init__(token, name, _owned(args), opts)


def _owned(args: ObjectArgs) -> dict[str, Any]:
    """The object with our labels and with the annotations that make us its owner; its own win."""
    data: dict[str, Any] = copy.copy(dict(args.data))
    metadata = dict(data["metadata"])
    metadata["labels"] = {**args.labels, **(metadata.get("labels") or {})}
    annotations = {FORCE: "true"}
    if args.group_and_kind in _NOT_AWAITED:
        annotations[SKIP_AWAIT] = "true"
    elif args.timeout and args.group_and_kind in _AWAITED:
        annotations[TIMEOUT] = str(args.timeout)
    metadata["annotations"] = {**annotations, **(metadata.get("annotations") or {})}
    if args.namespace:
        metadata["namespace"] = args.namespace
    data["metadata"] = metadata
    return data


def register(
    cluster: str, objects: Iterable[ObjectArgs], opts: pulumi.ResourceOptions, first: Sequence[pulumi.Resource] = ()
) -> list[KubernetesObject]:
    """Registers objects of one cluster in safe order; each step waits for the one before it, the first for `first`.

    Names in state are `cluster/namespace/name` (`cluster/name` without a namespace), from identity alone.
    """
    out: list[KubernetesObject] = []
    before: list[pulumi.Resource] = list(first)
    steps: dict[tuple[int, int, int], list[ObjectArgs]] = {}
    for one in objects:
        steps.setdefault(one.rank, []).append(one)
    for rank in sorted(steps):
        step = [
            KubernetesObject(
                "/".join(filter(None, (cluster, one.namespace, str(one.data["metadata"]["name"])))),
                one,
                pulumi.ResourceOptions.merge(
                    opts,
                    pulumi.ResourceOptions(depends_on=before, ignore_changes=list(one.ignored) or None, retain_on_delete=one.stays or None),
                ),
            )
            for one in steps[rank]
        ]
        out += step
        before = list(step)
    return out
