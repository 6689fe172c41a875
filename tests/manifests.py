"""Manifests that an API server takes, and single changes of them that it refuses: shared by the tests without a server and with one."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from transom.rendering import yamltext

FOLDER = Path(__file__).parent / "testdata" / "manifests"
GONE = object()
"""In place of a value: the field is removed."""


@cache
def _documents(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(yamltext.plain((FOLDER / name).read_text(encoding="utf-8")))


def right() -> tuple[dict[str, Any], ...]:
    """Manifests of built-in kinds that a server of the newest version takes."""
    return tuple(document for file in sorted((FOLDER / "right").glob("*.yaml")) for document in _documents(f"right/{file.name}"))


def custom() -> tuple[dict[str, Any], ...]:
    """Custom resources that a server takes once it has `definition`."""
    return _documents("custom.yaml")


def definition() -> dict[str, Any]:
    """What declares the kind of `custom`."""
    return _documents("definition.yaml")[0]


def named(identity: str) -> dict[str, Any]:
    """A right manifest by kind and name, `Deployment/most`."""
    kind, _, name = identity.partition("/")
    return next(one for one in (*right(), *custom()) if one["kind"] == kind and one["metadata"]["name"] == name)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A right manifest with one change that makes it wrong.

    Attributes:
        of: the manifest, `Deployment/most`.
        at: the place of the change, `spec.template.spec.containers.0.image`; / instead of . where keys have dots in them.
        value: what is put there; GONE removes it.
        reason: why it is refused.
        told: the place that is told, when it is another one.
        words: part of the message or hint.
    """

    of: str
    at: str
    value: Any
    reason: str
    told: str = ""
    words: str = ""

    def __str__(self) -> str:
        return f"{self.of} {self.at}"

    @property
    def manifest(self) -> dict[str, Any]:
        """The wrong manifest."""
        out = copy.deepcopy(named(self.of))
        *way, last = path(self.at)
        here: Any = out
        for part in way:
            here = here[part]
        if self.value is GONE:
            del here[last]
        elif isinstance(here, list) and last == len(here):
            here.append(self.value)
        else:
            here[last] = self.value
        return out


def path(text: str) -> tuple[str | int, ...]:
    """`spec.ports.0.port` as keys and indices."""
    return tuple(int(part) if part.isdigit() else part for part in text.split("/" if "/" in text else "."))


_POD = "spec.template.spec"
_WEB = f"{_POD}.containers.0"
_MOST = "Deployment/most"

WRONG = (
    # fields, types, words
    Wrong(_MOST, "spec.stratgey", {"type": "Recreate"}, "UnknownField", words="spec.stratgey is not a field"),
    Wrong("Deployment/least", "spec.stratgey", {"type": "Recreate"}, "UnknownField", words="did you mean strategy?"),
    Wrong("Deployment/least", f"{_POD}.image", "x", "UnknownField", words="it belongs in spec.template.spec.containers[]"),
    Wrong("Deployment/least", "spec.containers", [], "UnknownField", words="it belongs in spec.template.spec"),
    Wrong(_MOST, f"{_WEB}.replicas", 3, "UnknownField", words="it belongs in spec"),
    Wrong("ConfigMap/settings", "spec", {}, "UnknownField", words="known are"),
    Wrong(_MOST, "spec.replicas", "3", "WrongType", words="write it without quotes"),
    Wrong(_MOST, "spec.replicas", 1.5, "WrongType", words="a whole number"),
    Wrong(_MOST, f"{_WEB}.env.0.value", 8080, "WrongType", words="put it in quotes"),
    Wrong(_MOST, f"{_WEB}.env.0.value", True, "WrongType", words="put it in quotes"),
    Wrong(_MOST, f"{_WEB}.command", "/bin/web", "WrongType", words="begin each entry with a hyphen"),
    Wrong(_MOST, f"{_WEB}.resources", [], "WrongType", words="a mapping"),
    Wrong("ConfigMap/settings", "data.level", 1, "WrongType", words="put it in quotes"),
    Wrong("ConfigMap/settings", "immutable", "true", "WrongType", words="without quotes"),
    Wrong("Deployment/least", "metadata.labels", {"a": 1}, "WrongType", "metadata.labels.a"),
    Wrong(_MOST, f"{_WEB}.imagePullPolicy", "always", "InvalidValue", words="did you mean Always?"),
    Wrong(_MOST, f"{_WEB}.ports.0.protocol", "HTTP", "InvalidValue", words="TCP"),
    Wrong("Service/web", "spec.type", "Loadbalancer", "InvalidValue", words="did you mean LoadBalancer?"),
    Wrong(_MOST, f"{_WEB}.resources.limits.memory", "256MB", "InvalidValue", words="no quantity"),
    Wrong(_MOST, f"{_WEB}.resources.requests.cpu", "100 m", "InvalidValue"),
    Wrong("ConfigMap/settings", "binaryData.logo", "not base64!", "InvalidValue", words="base64"),
    Wrong("Lease/lease", "spec.renewTime", "yesterday", "InvalidValue", words="2027-01-31T10:00:00Z"),
    # what is missing
    Wrong(_MOST, f"{_WEB}.name", GONE, "MissingField"),
    Wrong(_MOST, f"{_WEB}.image", GONE, "MissingField", words="name an image"),
    Wrong(_MOST, f"{_WEB}.image", "", "MissingField"),
    Wrong(_MOST, f"{_POD}.containers", [], "InvalidValue", words="at least 1"),
    Wrong("Deployment/least", "spec.selector", GONE, "MissingField"),
    Wrong("Deployment/least", "spec.selector", {}, "MissingField", words="selects nothing"),
    Wrong("Deployment/least", "spec", GONE, "MissingField"),
    Wrong("Service/plain", "spec.ports", [], "MissingField"),
    Wrong("Service/plain", "spec.ports.0.port", GONE, "MissingField"),
    Wrong("Service/web", "spec.ports.0.name", GONE, "MissingField", words="more than one port"),
    Wrong("Service/elsewhere", "spec.externalName", GONE, "MissingField"),
    Wrong("Ingress/web", "spec.rules.0.http.paths.0.pathType", GONE, "MissingField", words="Prefix"),
    Wrong("Ingress/web", "spec.defaultBackend.service.port", {}, "MissingField", words="number: 80"),
    Wrong("PersistentVolumeClaim/data", "spec.accessModes", GONE, "MissingField"),
    Wrong("PersistentVolumeClaim/data", "spec.resources.requests", {}, "MissingField", "spec.resources.requests.storage"),
    Wrong("PersistentVolume/local", "spec.nodeAffinity", GONE, "MissingField"),
    Wrong("PersistentVolume/disk", "spec.nfs", GONE, "MissingField", "spec"),
    Wrong("HorizontalPodAutoscaler/web", "spec.maxReplicas", GONE, "MissingField"),
    Wrong("HorizontalPodAutoscaler/web", "spec.scaleTargetRef.apiVersion", GONE, "MissingField"),
    Wrong("HorizontalPodAutoscaler/web", "spec.metrics.0.resource", GONE, "MissingField"),
    Wrong("Role/system:reader:odd-Name", "rules.0.apiGroups", GONE, "MissingField", words='the core group is ""'),
    Wrong("RoleBinding/readers", "roleRef", GONE, "MissingField"),
    Wrong("StorageClass/fast", "provisioner", GONE, "MissingField"),
    Wrong("Job/migrate", "spec.template.spec.restartPolicy", GONE, "MissingField", words="OnFailure, Never"),
    Wrong("Job/migrate", "spec.completions", GONE, "MissingField"),
    # names, labels, keys
    Wrong("ConfigMap/settings", "metadata.name", "Settings", "InvalidValue", words="lower-case"),
    Wrong("Service/plain", "metadata.name", "my.service", "InvalidValue"),
    Wrong("CronJob/nightly", "metadata.name", "n" * 53, "InvalidValue", words="52"),
    Wrong("Role/system:reader:odd-Name", "metadata.name", "a/b", "InvalidValue"),
    Wrong("Deployment/least", "metadata.labels", {"app": "Not valid"}, "InvalidValue", "metadata.labels.app"),
    Wrong("Deployment/least", "metadata.labels", {"a/b/c": "x"}, "InvalidValue", "metadata/labels/a/b/c"),
    Wrong("Deployment/least", "metadata.annotations", {"not valid": "x"}, "InvalidValue", "metadata.annotations.not valid"),
    Wrong("Deployment/least", "metadata.labels", {"app": "a" * 64}, "InvalidValue", "metadata.labels.app", words="63"),
    Wrong("ConfigMap/settings", "data/..", "x", "InvalidValue"),
    Wrong("ConfigMap/settings", "data/a b", "x", "InvalidValue"),
    Wrong(_MOST, f"{_WEB}.name", "Web", "InvalidValue"),
    Wrong(_MOST, f"{_WEB}.ports.0.name", "much-too-long-a-name", "InvalidValue", words="15"),
    Wrong(_MOST, f"{_WEB}.ports.0.containerPort", 80800, "InvalidValue", words="65535"),
    Wrong(_MOST, f"{_WEB}.ports.0.containerPort", 0, "InvalidValue", words="at least 1"),
    Wrong(_MOST, f"{_WEB}.env.0.name", "A=B", "InvalidValue"),
    Wrong(_MOST, f"{_WEB}.resources.limits.cpus", 1, "InvalidValue", words="cpu, memory"),
    Wrong(_MOST, "metadata.finalizers", ["not valid"], "InvalidValue", "metadata.finalizers.0"),
    # two of the same
    Wrong(_MOST, f"{_POD}.containers.1", {"name": "web", "image": "x"}, "DuplicateEntry", f"{_POD}.containers.1.name"),
    Wrong(_MOST, f"{_POD}.containers.1", {"name": "proxy", "image": "x"}, "DuplicateEntry", f"{_POD}.containers.1.name"),
    Wrong(_MOST, f"{_WEB}.env.8", {"name": "PLAIN", "value": "x"}, "DuplicateEntry", f"{_WEB}.env.8.name"),
    Wrong(_MOST, f"{_WEB}.ports.4", {"containerPort": 8080}, "DuplicateEntry", f"{_WEB}.ports.4.containerPort", words="the same"),
    Wrong(_MOST, f"{_WEB}.volumeMounts.3", {"name": "logs", "mountPath": "/data"}, "DuplicateEntry", f"{_WEB}.volumeMounts.3.mountPath"),
    Wrong(_MOST, f"{_POD}.volumes.9", {"name": "data", "emptyDir": {}}, "DuplicateEntry", f"{_POD}.volumes.9.name"),
    Wrong("Service/web", "spec.ports.3", {"name": "again", "port": 80}, "DuplicateEntry", "spec.ports.3.port"),
    Wrong("Service/web", "spec.ports.1.name", "http", "DuplicateEntry"),
    Wrong("ConfigMap/settings", "binaryData.level", "Cg==", "DuplicateEntry"),
    # fields that exclude each other
    Wrong(_MOST, f"{_WEB}.env.3.value", "x", "ConflictingFields", f"{_WEB}.env.3.valueFrom"),
    Wrong(_MOST, f"{_WEB}.env.3.valueFrom.secretKeyRef", {"name": "a", "key": "b"}, "ConflictingFields"),
    Wrong(_MOST, f"{_WEB}.livenessProbe.exec", {"command": ["x"]}, "ConflictingFields", f"{_WEB}.livenessProbe.httpGet"),
    Wrong(_MOST, f"{_WEB}.livenessProbe", {"periodSeconds": 1}, "MissingField", words="no handler"),
    Wrong(_MOST, f"{_WEB}.livenessProbe.successThreshold", 2, "InvalidValue", words="must be 1"),
    Wrong(_MOST, f"{_WEB}.livenessProbe.httpGet.port", "not a port", "InvalidValue"),
    Wrong(_MOST, f"{_POD}.initContainers.0.livenessProbe", {"tcpSocket": {"port": 1}}, "ConflictingFields"),
    Wrong(_MOST, f"{_POD}.volumes.0.emptyDir", {}, "ConflictingFields", f"{_POD}.volumes.0.persistentVolumeClaim"),
    Wrong(_MOST, "spec.strategy.type", "Recreate", "ConflictingFields", "spec.strategy.rollingUpdate"),
    Wrong(
        _MOST,
        "spec.strategy.rollingUpdate",
        {"maxSurge": 0, "maxUnavailable": 0},
        "ConflictingFields",
        "spec.strategy.rollingUpdate.maxUnavailable",
    ),
    Wrong(_MOST, "spec.strategy.rollingUpdate.maxSurge", "a quarter", "InvalidValue", words="25%"),
    Wrong("PodDisruptionBudget/web", "spec.minAvailable", 1, "ConflictingFields"),
    Wrong("Service/plain", "spec.ports.0.nodePort", 30001, "ConflictingFields"),
    Wrong("NetworkPolicy/web", "spec.ingress.0.from.2.podSelector", {}, "ConflictingFields", "spec.ingress.0.from.2.ipBlock"),
    Wrong(
        "NetworkPolicy/web",
        "spec.ingress.0.from.2.ipBlock.except",
        ["192.168.0.0/16"],
        "InvalidValue",
        "spec.ingress.0.from.2.ipBlock.except.0",
    ),
    Wrong("NetworkPolicy/web", "spec.ingress.0.from.2.ipBlock.cidr", "10.0.0.1", "InvalidValue"),
    Wrong(_MOST, "spec.selector.matchExpressions.1.values", ["x"], "ConflictingFields"),
    Wrong(_MOST, "spec.selector.matchExpressions.0.values", [], "MissingField"),
    Wrong(_MOST, f"{_POD}.tolerations.0.tolerationSeconds", 5, "ConflictingFields"),
    Wrong("LimitRange/limits", "spec.limits.0.default.cpu", 3, "ConflictingFields"),
    Wrong("ClusterRole/metrics", "rules.0.resources", ["pods"], "ConflictingFields", "rules.0.nonResourceURLs"),
    # one thing against another
    Wrong("Deployment/least", "spec.selector.matchLabels.app", "other", "SelectorMismatch", words='has "least"'),
    Wrong("StatefulSet/store", "spec.template.metadata.labels", {"a": "b"}, "SelectorMismatch", "spec.selector.matchLabels.app"),
    Wrong(_MOST, "spec.selector.matchExpressions.0.values", ["api"], "SelectorMismatch", "spec.selector"),
    Wrong("ReplicationController/old", "spec.selector.app", "new", "SelectorMismatch"),
    Wrong(_MOST, f"{_WEB}.volumeMounts.0.name", "dat", "UnknownVolume", words="did you mean data?"),
    Wrong("StatefulSet/store", f"{_WEB}.volumeMounts.0.name", "store", "UnknownVolume"),
    Wrong(_MOST, f"{_WEB}.resources.requests.cpu", 2, "RequestAboveLimit", words="the limit 1.5"),
    Wrong(_MOST, f"{_WEB}.resources.requests.memory", "1Gi", "RequestAboveLimit"),
    Wrong(_MOST, f"{_POD}.restartPolicy", "Never", "InvalidValue", words="a Deployment has Always"),
    Wrong("Job/migrate", "spec.template.spec.restartPolicy", "Always", "InvalidValue", words="OnFailure or Never"),
    Wrong("CronJob/nightly", "spec.schedule", "61 * * * *", "InvalidValue", words="minute 61 is not between 0 and 59"),
    Wrong("CronJob/nightly", "spec.schedule", "* * * *", "InvalidValue", words="it has 4 fields"),
    Wrong("CronJob/nightly", "spec.schedule", "0 0 * * fri-mon", "InvalidValue", words="backwards"),
    Wrong("CronJob/nightly", "spec.schedule", "@dayly", "InvalidValue"),
    Wrong("CronJob/nightly", "spec.schedule", "TZ=UTC 0 0 * * *", "InvalidValue", words="timeZone"),
    Wrong("CronJob/nightly", "spec.timeZone", "Europe/Brelin", "InvalidValue"),
    Wrong("HorizontalPodAutoscaler/web", "spec.minReplicas", 11, "ConflictingFields", "spec.maxReplicas"),
    Wrong("Ingress/web", "spec.rules.0.http.paths.0.path", "shop", "InvalidValue", words="does not begin with /"),
    Wrong("Ingress/web", "spec.rules.0.host", "Shop.example.com", "InvalidValue"),
    Wrong("Ingress/web", "spec.rules.0.host", "10.0.0.1", "InvalidValue", words="is an address"),
    Wrong("ClusterRoleBinding/conformity-readers", "roleRef.kind", "Role", "InvalidValue"),
    Wrong("RoleBinding/readers", "subjects.0.kind", "Serviceaccount", "InvalidValue"),
    Wrong("CustomResourceDefinition/others.conformity.example.com", "metadata.name", "other.example.com", "InvalidValue", words="others."),
    Wrong("CustomResourceDefinition/others.conformity.example.com", "spec.versions.0.storage", False, "InvalidValue", "spec.versions"),
    Wrong("CustomResourceDefinition/others.conformity.example.com", "spec.versions.0.schema", GONE, "MissingField"),
    # custom resources
    Wrong("Gizmo/full", "spec.colr", "red", "UnknownField"),
    Wrong("Gizmo/least", "spec.sizes", 1, "UnknownField"),
    Wrong("Gizmo/full", "spec.size", "3", "WrongType"),
    Wrong("Gizmo/full", "spec.size", 10, "InvalidValue", words="less than 10"),
    Wrong("Gizmo/full", "spec.size", GONE, "MissingField"),
    Wrong("Gizmo/full", "spec.colour", "pink", "InvalidValue", words="red"),
    Wrong("Gizmo/full", "spec.colour", None, "WrongType"),
    Wrong("Gizmo/full", "spec.code", "ab_12", "InvalidValue", words="it must match"),
    Wrong("Gizmo/full", "spec.tags", ["a", "a"], "DuplicateEntry", "spec.tags.1"),
    Wrong("Gizmo/full", "spec.ports.2", {"port": 80, "protocol": "TCP"}, "DuplicateEntry", "spec.ports.2.port"),
    Wrong("Gizmo/full", "spec.labels", {}, "InvalidValue", words="at least 1"),
    Wrong("Gizmo/full", "spec.source.s3", {}, "InvalidValue", "spec.source", words="exactly one of git, s3"),
    Wrong("Gizmo/full", "spec.mode", {}, "InvalidValue", words="at least one of a, b"),
    Wrong("Gizmo/full", "spec.mode.b", 1, "InvalidValue", "spec.mode", words="leave out"),
    Wrong("Gizmo/full", "spec.limits.high", 6, "InvalidValue", words="at most 5"),
    Wrong("Gizmo/full", "spec.embedded.kind", GONE, "MissingField"),
    Wrong("Gizmo/full", "spec.address", "fd00::1", "InvalidValue"),
    Wrong("Gizmo/full", "metadata.labels.app", "Not valid", "InvalidValue"),
    Wrong("Gizmo/full", "metadata.name", "Full", "InvalidValue"),
)
"""Each is refused by the server, too."""
