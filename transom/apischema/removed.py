"""Group versions that Kubernetes had once: when they went, and what took their place.

Source: Kubernetes, "Deprecated API Migration Guide".
"""

from __future__ import annotations

from collections.abc import Mapping

_APPS = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet")
_RBAC = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_STORAGE = ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")
_FLOW = ("FlowSchema", "PriorityLevelConfiguration")

Gone = tuple[str, str]
"""The version of Kubernetes that no longer had it, and the apiVersion that has the kind now (empty: none)."""


def _each(api_version: str, kinds: tuple[str, ...], since: str, now: str) -> dict[tuple[str, str], Gone]:
    return {(api_version, kind): (since, now) for kind in kinds}


REMOVED: Mapping[tuple[str, str], Gone] = {
    **_each("extensions/v1beta1", _APPS, "1.16", "apps/v1"),
    **_each("apps/v1beta1", _APPS, "1.16", "apps/v1"),
    **_each("apps/v1beta2", _APPS, "1.16", "apps/v1"),
    **_each("extensions/v1beta1", ("NetworkPolicy",), "1.16", "networking.k8s.io/v1"),
    **_each("extensions/v1beta1", ("PodSecurityPolicy",), "1.16", ""),
    **_each("extensions/v1beta1", ("Ingress",), "1.22", "networking.k8s.io/v1"),
    **_each("networking.k8s.io/v1beta1", ("Ingress", "IngressClass"), "1.22", "networking.k8s.io/v1"),
    **_each("rbac.authorization.k8s.io/v1alpha1", _RBAC, "1.22", "rbac.authorization.k8s.io/v1"),
    **_each("rbac.authorization.k8s.io/v1beta1", _RBAC, "1.22", "rbac.authorization.k8s.io/v1"),
    **_each("admissionregistration.k8s.io/v1beta1", _WEBHOOKS, "1.22", "admissionregistration.k8s.io/v1"),
    **_each("apiextensions.k8s.io/v1beta1", ("CustomResourceDefinition",), "1.22", "apiextensions.k8s.io/v1"),
    **_each("apiregistration.k8s.io/v1beta1", ("APIService",), "1.22", "apiregistration.k8s.io/v1"),
    **_each("certificates.k8s.io/v1beta1", ("CertificateSigningRequest",), "1.22", "certificates.k8s.io/v1"),
    **_each("coordination.k8s.io/v1beta1", ("Lease",), "1.22", "coordination.k8s.io/v1"),
    **_each("scheduling.k8s.io/v1alpha1", ("PriorityClass",), "1.22", "scheduling.k8s.io/v1"),
    **_each("scheduling.k8s.io/v1beta1", ("PriorityClass",), "1.22", "scheduling.k8s.io/v1"),
    **_each("storage.k8s.io/v1beta1", _STORAGE, "1.22", "storage.k8s.io/v1"),
    **_each("batch/v1beta1", ("CronJob",), "1.25", "batch/v1"),
    **_each("batch/v2alpha1", ("CronJob",), "1.21", "batch/v1"),
    **_each("discovery.k8s.io/v1beta1", ("EndpointSlice",), "1.25", "discovery.k8s.io/v1"),
    **_each("autoscaling/v2beta1", ("HorizontalPodAutoscaler",), "1.25", "autoscaling/v2"),
    **_each("autoscaling/v2beta2", ("HorizontalPodAutoscaler",), "1.26", "autoscaling/v2"),
    **_each("policy/v1beta1", ("PodDisruptionBudget",), "1.25", "policy/v1"),
    **_each("policy/v1beta1", ("PodSecurityPolicy",), "1.25", ""),
    **_each("node.k8s.io/v1beta1", ("RuntimeClass",), "1.25", "node.k8s.io/v1"),
    **_each("storage.k8s.io/v1beta1", ("CSIStorageCapacity",), "1.27", "storage.k8s.io/v1"),
    **_each("flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    **_each("flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    **_each("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, "1.32", "flowcontrol.apiserver.k8s.io/v1"),
}
"""By apiVersion and kind."""

INSTEAD: Mapping[str, str] = {"PodSecurityPolicy": "label the namespace for pod security instead: podSecurity in the tenant's document"}
"""What to do where nothing took a kind's place."""
