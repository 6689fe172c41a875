"""Application: the Kubernetes objects of one unit, bound to the resources they need."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.cluster import ClusterConnection
from components.objects import MANAGED_BY, KubernetesObject, ObjectArgs, register

_POD_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """Environment variables that every container of an application gets from one resource."""

    name: str
    """Name of the Secret or ConfigMap that carries them, e.g. `shop-database-shop`: application, kind and name."""
    variables: Mapping[str, pulumi.Input[str]]
    secret: bool


@dataclass(frozen=True, slots=True)
class Owned:
    """A rendered object, its namespace, and its fields that others may set, as property paths."""

    data: Mapping[str, Any]
    namespace: str
    ignored: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ApplicationArgs:
    """Objects, place and bindings of an application."""

    environment: str
    tenant: str
    cluster: str
    connection: ClusterConnection
    namespace: str
    objects: Sequence[Owned]
    """Rendered objects."""
    kept: bool = False
    """Whether objects that are no longer declared stay on the cluster."""
    bindings: Sequence[Binding] = ()
    after: Sequence[pulumi.Resource] = field(default=())
    """What must be there first: the namespace's foundations, other applications' workloads."""


class Application(pulumi.ComponentResource):
    """What a team runs.

    Attributes:
        objects: everything it consists of; who depends on the application waits for these.
    """

    objects: list[KubernetesObject]

    def __init__(self, name: str, args: ApplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("transom:kubernetes:Application", name, None, opts)
        labels = {
            **MANAGED_BY,
            "transom.dev/tenant": args.tenant,
            "transom.dev/application": name,
            "transom.dev/environment": args.environment,
        }
        objects = [ObjectArgs(_carrier(binding), args.namespace, labels) for binding in args.bindings]
        objects += [ObjectArgs(bound(one.data, args.bindings), one.namespace, labels, one.ignored, args.kept) for one in args.objects]
        options = pulumi.ResourceOptions(parent=self, provider=args.connection.provider)
        self.objects = register(args.cluster, objects, options, args.after)
        self.register_outputs({})


def _carrier(binding: Binding) -> dict[str, Any]:
    """The object that carries a binding's variables."""
    if binding.secret:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": binding.name},
            "type": "Opaque",
            "stringData": dict(binding.variables),
        }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": binding.name}, "data": dict(binding.variables)}


def bound(data: Mapping[str, Any], bindings: Sequence[Binding]) -> Mapping[str, Any]:
    """`data` with the bindings' variables in each container of its pods, behind those it names itself; other kinds as they are."""
    group = str(data["apiVersion"]).rpartition("/")[0]
    way = _POD_TEMPLATES.get((group, str(data["kind"])))
    if way is None or not bindings:
        return data
    out: dict[str, Any] = copy.deepcopy(dict(data))
    template: Any = out
    for part in way:
        template = template.get(part) or {}
    sources = [{"secretRef" if binding.secret else "configMapRef": {"name": binding.name}} for binding in bindings]
    pod = template.get("spec") or {}
    for container in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        container["envFrom"] = [*(container.get("envFrom") or []), *sources]
    return out
