"""Pods that read ConfigMaps and Secrets are rolled when these change: their template carries a digest of what they read.

Kubernetes itself leaves pods as they are when a ConfigMap that they take variables from changes (kubernetes.io: ConfigMaps, mounted
ConfigMaps are updated automatically). The digest is what Helm's chart tips recommend ("Automatically Roll Deployments").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pulumi

DIGEST = "transom.dev/configuration"
"""Annotation of a pod template."""

Key = tuple[str, str, str]
"""Namespace, kind and name of a ConfigMap or a Secret."""

_ROLLED: frozenset[tuple[str, str]] = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("argoproj.io", "Rollout")}
)
"""Kinds that replace their pods when the template changes. A Job's template cannot change, and a CronJob reads anew each time."""

_SOURCES: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("", "ConfigMap"): ("ConfigMap", ("data", "binaryData")),
    ("", "Secret"): ("Secret", ("data", "stringData")),
    ("bitnami.com", "SealedSecret"): ("Secret", ("spec",)),
}
"""What becomes a ConfigMap or a Secret of its own name, and the fields that decide what is in it."""


def contents(objects: Iterable[tuple[Mapping[str, Any], str]]) -> dict[Key, Any]:
    """What the ConfigMaps and Secrets among these objects hold, by where they are; each object with its namespace."""
    out: dict[Key, Any] = {}
    for data, namespace in objects:
        source = _SOURCES.get((_group(data), str(data["kind"])))
        if source:
            kind, fields = source
            out[namespace, kind, str(data["metadata"]["name"])] = {field: data[field] for field in fields if data.get(field)}
    return out


def marked(data: Mapping[str, Any], namespace: str, contents: Mapping[Key, Any]) -> Mapping[str, Any]:
    """The object with the digest of what its pods read in their template; as it is where they read nothing of `contents`."""
    if (_group(data), str(data["kind"])) not in _ROLLED:
        return data
    spec = data.get("spec")
    template = spec.get("template") if isinstance(spec, dict) else None
    pod = template.get("spec") if isinstance(template, dict) else None
    if not isinstance(spec, dict) or not isinstance(template, dict) or not isinstance(pod, dict):
        return data
    read = {f"{kind}/{name}": contents[namespace, kind, name] for kind, name in _read(pod) if (namespace, kind, name) in contents}
    if not read:
        return data
    metadata = template.get("metadata") or {}
    annotations = {DIGEST: digest(read), **(metadata.get("annotations") or {})}
    return {**data, "spec": {**spec, "template": {**template, "metadata": {**metadata, "annotations": annotations}}}}


def digest(value: Any) -> pulumi.Output[str]:
    """A short digest of plain values and outputs; of secrets too, which nobody can read out of it."""
    return pulumi.Output.unsecret(pulumi.Output.json_dumps(value, sort_keys=True).apply(_short))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of every ConfigMap and Secret that the containers of a pod read, as variables or as files."""
    for container in (*_list(pod, "initContainers"), *_list(pod, "containers")):
        for source in _list(container, "envFrom"):
            yield from _named(source, "configMapRef", "secretRef", "name")
        for variable in _list(container, "env"):
            yield from _named(variable.get("valueFrom"), "configMapKeyRef", "secretKeyRef", "name")
    for volume in _list(pod, "volumes"):
        yield from _named(volume, "configMap", "", "name")
        yield from _named(volume, "", "secret", "secretName")
        for source in _list(volume.get("projected"), "sources"):
            yield from _named(source, "configMap", "secret", "name")


def _named(reference: Any, config_map: str, secret: str, name: str) -> Iterator[tuple[str, str]]:
    for kind, field in (("ConfigMap", config_map), ("Secret", secret)):
        found = reference.get(field) if isinstance(reference, dict) and field else None
        if isinstance(found, dict) and isinstance(found.get(name), str):
            yield kind, found[name]


def _list(value: Any, field: str) -> list[dict[str, Any]]:
    found = value.get(field) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _group(data: Mapping[str, Any]) -> str:
    return str(data["apiVersion"]).rpartition("/")[0]
