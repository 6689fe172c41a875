"""Which changed properties replace an object instead of updating it.

The table is the real plugin's (provider/pkg/provider/diff.go of pulumi-kubernetes 4): the fields that the API server holds immutable,
and name and namespace of every object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sandbox.plugins.kubernetes import objects

Pattern = tuple[str, ...]
Path = tuple[str | int, ...]

IDENTITY: Final[tuple[Pattern, ...]] = (("metadata", "name"), ("metadata", "namespace"))

_SELECTOR: Final = ("spec.selector",)
_CONTAINER: Final = [
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
]
_POD: Final = [
    "affinity",
    "automountServiceAccountToken",
    "dnsConfig",
    "dnsPolicy",
    "enableServiceLinks",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostname",
    "imagePullSecrets",
    "nodeName",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "priorityClassName",
    "readinessGates",
    "restartPolicy",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "serviceAccount",
    "serviceAccountName",
    "shareProcessNamespace",
    "subdomain",
    "terminationGracePeriodSeconds",
    "volumes",
]
_VOLUME: Final = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "csi",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "glusterfs",
    "hostPath",
    "iscsi",
    "local",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
]
_STATEFUL_SET: Final = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_JOB: Final = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")

_FIELDS: Final[Mapping[str, Sequence[str]]] = {
    "apps/v1beta1/StatefulSet": _STATEFUL_SET,
    **{f"apps/{version}/{kind}": _SELECTOR for version in ("v1beta2", "v1") for kind in ("DaemonSet", "Deployment")},
    **{f"apps/{version}/StatefulSet": _STATEFUL_SET for version in ("v1beta2", "v1")},
    "v1/PersistentVolume": tuple(f"spec.{field}" for field in _VOLUME),
    "v1/PersistentVolumeClaim": ("spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"),
    "v1/Pod": (
        *(f"spec.{field}" for field in _POD),
        *(f"spec.{group}.*.{field}" for group in ("containers", "initContainers") for field in _CONTAINER),
    ),
    "v1/ResourceQuota": ("spec.scopes",),
    "v1/Secret": ("type",),
    "v1/Service": ("spec.clusterIP",),
    "policy/v1beta1/PodDisruptionBudget": ("spec",),
    **{
        f"rbac.authorization.k8s.io/{version}/{kind}": ("roleRef",)
        for version in ("v1alpha1", "v1beta1", "v1")
        for kind in ("ClusterRoleBinding", "RoleBinding")
    },
    "storage.k8s.io/v1/StorageClass": ("parameters", "provisioner"),
    **{f"batch/{version}/Job": _JOB for version in ("v1beta1", "v1", "v2alpha1")},
}


def patterns(obj: Mapping[str, Any], *, config_map_mutable: bool, secret_mutable: bool) -> tuple[Pattern, ...]:
    """Give the patterns of properties whose change replaces the object; `*` stands for any element of a list.

    The data of a ConfigMap or Secret replaces it unless the provider holds the kind mutable and the object is not marked immutable.
    """
    immutable = obj.get("immutable") is True
    fields: Iterable[str] = _FIELDS.get(str(objects.kind(obj)), ())
    if objects.is_secret(obj) and (immutable or not secret_mutable):
        fields = ("type", "stringData", "data")
    elif objects.is_config_map(obj) and (immutable or not config_map_mutable):
        fields = ("binaryData", "data")
    return (*IDENTITY, *(tuple(field.split(".")) for field in fields))


def replaces(path: Path, value: Any, found: Sequence[Pattern]) -> bool:
    """Tell whether setting the property at the path to the value (None: removing it) touches one of the patterns.

    It does when the pattern names the property, something above it, or something that lies inside the value.
    """
    return any(_touches(path, value, pattern) for pattern in found)


def _touches(path: Path, value: Any, pattern: Pattern) -> bool:
    for step, expected in zip(path, pattern, strict=False):
        if expected == "*":
            continue  # any element of a list, any value of a map
        if isinstance(step, int) or step != expected:
            return False
    return _holds(value, pattern[len(path) :])


def _holds(value: Any, pattern: Pattern) -> bool:
    if not pattern:
        return True
    first, rest = pattern[0], pattern[1:]
    if first == "*":
        inner = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        return any(_holds(element, rest) for element in inner)
    return isinstance(value, Mapping) and first in value and _holds(value[first], rest)
