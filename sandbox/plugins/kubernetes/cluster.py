"""The cluster that a provider's arguments lead to: its API server and settings, or why it cannot be reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.plugins import values
from sandbox.plugins.kubernetes import kubeconfig, objects
from sandbox.plugins.kubernetes.api import Api, ApiError, UnreachableError
from sandbox.plugins.kubernetes.objects import Kind, Object
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.serving import PluginError

_PLACE: Final = ("kubeconfig", "context", "cluster")

# Cluster-wide kinds, for previews while the cluster does not exist yet; a living API server is asked instead.
_CLUSTER_KINDS: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Configure found. `api` is None where the cluster cannot be reached, and `unreachable` says why."""

    settings: Settings
    api: Api | None
    unreachable: str = ""

    @property
    def default_namespace(self) -> str:
        """Where objects go whose program names no namespace."""
        if self.api is not None:
            return self.api.connection.namespace
        return self.settings.namespace or "default"

    def reachable(self) -> Api:
        """Give the API server. Raises PluginError where there is none."""
        if self.api is None:
            raise PluginError(f"configured Kubernetes cluster is unreachable: {self.unreachable}")
        return self.api

    def namespaced(self, kind: Kind) -> bool:
        """Tell whether objects of the kind live in namespaces; a kind that nobody knows yet is taken to, as by the real plugin."""
        try:
            found = self.api.find(kind) if self.api else None
        except UnreachableError:
            found = None
        return found.namespaced if found else kind.kind not in _CLUSTER_KINDS

    def can_try(self, inputs: Object) -> bool:
        """Tell whether a preview can be tried on the server: it is there, knows the kind, and nothing is unknown yet."""
        return self.api is not None and not values.has_unknown(inputs) and self.api.find(objects.kind(inputs)) is not None


def connect(given: Settings, environment: Mapping[str, str], home: Path) -> Cluster:
    """Give the cluster; one that cannot be reached fails only the operations that need it. Raises NotLoopbackError."""
    try:
        api = Api(kubeconfig.connect(given, environment, home), given.timeout)
    except kubeconfig.KubeconfigError as error:
        return Cluster(given, None, f"unable to load Kubernetes client configuration from kubeconfig file: {error}")
    try:
        api.request("GET", "/version")
    except (UnreachableError, ApiError) as error:
        return Cluster(given, None, f"unable to load schema information from the API server: {error}")
    return Cluster(given, api)


def replacing_arguments(old: Mapping[str, Any], new: Mapping[str, Any], changed: list[str]) -> list[str]:
    """Give those of the changed provider arguments that mean another cluster, so that everything in the old one is replaced."""
    before, after = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if after and before == after:
        return []  # the program says that it is still the same cluster
    replaces = ["clusterIdentifier"] if before and after else []
    unknown = next((key for key in _PLACE if new.get(key) is values.UNKNOWN), None)
    if unknown:
        return [*replaces, unknown]
    if _active(old) == _active(new):
        return replaces
    return replaces + [key for key in _PLACE if key in changed]


def _active(arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    plain = {key: values.reveal(arguments.get(key)) or "" for key in _PLACE}
    config = plain["kubeconfig"]
    text = json.dumps(config) if isinstance(config, dict) else str(config)
    try:
        return kubeconfig.active_cluster(text, plain["context"], plain["cluster"])
    except kubeconfig.KubeconfigError:
        return None  # a path, which says nothing about the cluster behind it
