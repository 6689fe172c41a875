"""Whose hand on a Kubernetes object is nobody's business: controllers by the names that they manage fields under. Rules as data.

A name that is not here is taken for a person's tool, and what it set is told: kubectl, k9s, Lens, a browser, a script, and other tools that
deploy (Helm, Argo CD, Flux), for two of those on one object is what somebody wants to know. An operator of the house's own is named in the
environment's `drift.ignore`.
"""

from __future__ import annotations

from transom.drift.rules import Cause, Rule

_CONTROLLERS: tuple[tuple[str, str], ...] = (
    ("kube-controller-manager", "Kubernetes' own controllers"),
    ("kube-scheduler", "Kubernetes' own controllers"),
    ("kube-apiserver", "Kubernetes' own controllers"),
    ("kubelet", "Kubernetes' own controllers"),
    ("cloud-controller-manager", "the cloud's controllers"),
    ("aws-cloud-controller-manager", "the cloud's controllers"),
    ("ebs-csi-*", "storage drivers"),
    ("csi-*", "storage drivers"),
    ("external-provisioner", "storage drivers"),
    ("external-attacher", "storage drivers"),
    ("external-resizer", "storage drivers"),
    ("snapshot-controller", "storage drivers"),
    ("cluster-autoscaler", "autoscalers"),
    ("horizontal-pod-autoscaler", "autoscalers"),
    ("vpa-*", "autoscalers"),
    ("recommender", "autoscalers"),
    ("keda*", "autoscalers"),
    ("karpenter*", "autoscalers"),
    ("cert-manager*", "cert-manager"),
    ("cainjector", "cert-manager"),
    ("rollouts-controller", "Argo Rollouts"),
    ("argo-rollouts*", "Argo Rollouts"),
    ("flagger*", "Flagger"),
    ("external-secrets*", "External Secrets"),
    ("sealed-secrets*", "Sealed Secrets"),
    ("secrets-store-*", "the secrets store driver"),
    ("external-dns*", "ExternalDNS"),
    ("aws-load-balancer-controller*", "the load balancer controller"),
    ("elbv2*", "the load balancer controller"),
    ("nginx-ingress-controller*", "ingress controllers"),
    ("traefik*", "ingress controllers"),
    ("pilot-discovery", "Istio"),
    ("istiod*", "Istio"),
    ("istio-*", "Istio"),
    ("linkerd*", "Linkerd"),
    ("cilium-*", "Cilium"),
    ("calico-*", "Calico"),
    ("kyverno*", "Kyverno"),
    ("gatekeeper*", "Gatekeeper"),
    ("velero*", "Velero"),
    ("prometheus-operator*", "the Prometheus operator"),
    ("PrometheusOperator", "the Prometheus operator"),
    ("reloader", "Reloader"),
    ("Reloader", "Reloader"),
    ("kwok*", "simulated nodes"),
)
"""Names as these controllers send them: `--user-agent`'s first word, or the field manager that their source names."""

HANDS: tuple[Rule, ...] = (
    # https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/ : scales through the subresource
    Rule(
        type="kubernetes:*",
        path=r"spec\.replicas",
        manager="kube-controller-manager",
        reason="scaled by a HorizontalPodAutoscaler",
        cause=Cause.EXTERNAL,
    ),
    # https://kubernetes.io/docs/reference/kubectl/generated/kubectl_rollout/kubectl_rollout_restart/
    Rule(
        type="kubernetes:*",
        path=r'spec\.template\.metadata\.annotations\["kubectl\.kubernetes\.io/restartedAt"\]',
        manager="*",
        reason="asked for a restart; taking it away would restart again",
    ),
    # https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/ : taken away by whoever set it
    Rule(
        type="kubernetes:*",
        path=r"metadata\.finalizers\[\d+\]",
        manager="*",
        reason="a finalizer belongs to whoever waits for it",
        cause=Cause.EXTERNAL,
    ),
    # the plugin's name for a resource's hand, which it draws anew for each: a Patch resource, or another stack
    Rule(type="kubernetes:*", path=".*", manager="pulumi-kubernetes-*", reason="applied by another Pulumi resource", cause=Cause.EXTERNAL),
    *(Rule(type="kubernetes:*", path=".*", manager=name, reason=f"set by {who}", cause=Cause.EXTERNAL) for name, who in _CONTROLLERS),
)
"""The rules for fields that somebody else holds; the first that fits decides."""


def is_controller(manager: str) -> bool:
    """Whether a manager's name is a known controller's."""
    from fnmatch import fnmatchcase

    return any(fnmatchcase(manager, name) for name, _ in _CONTROLLERS)
