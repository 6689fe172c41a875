"""Application: the Kubernetes objects of one unit, bound to the resources they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components import configuration
from components.cluster import ClusterConnection
from components.objects import MANAGED_BY, KubernetesObject, ObjectArgs, register

_POD_TEMPLATES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """Environment variables, or files, that every container of an application gets from one resource."""

    name: str
    """Name of the Secret or ConfigMap that carries them, e.g. `shop-database-shop`: application, kind and name."""
    variables: Mapping[str, pulumi.Input[str]]
    secret: bool
    folder: str = ""
    """Where each variable is a file of its name, in the containers; empty where they are environment variables."""
    carrier: Mapping[str, Any] | None = None
    """An object that brings the Secret, instead of the Secret itself; empty where something else brings it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A rendered object, its namespace, and its fields that others may set, as property paths."""

    data: Mapping[str, Any]
    namespace: str
    ignored: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The application's own service account, for pods that name none."""

    name: str
    namespaces: Sequence[str]
    """Where it has to be made."""
    annotated: Sequence[tuple[str, str]] = ()
    """Namespace and name of service accounts that carry `annotations`, also among the application's own objects."""
    annotations: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    agent: str = ""
    """Name of the network policies that let pods reach the agent of EKS Pod Identity; empty where something else vouches for them."""
    agent_namespaces: Sequence[str] = ()
    """Where they are needed: everything is closed in a tenant's namespaces but what is opened."""


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
    timeout: int = 0
    """Seconds that each object may take to become ready; 0 leaves it to the provider."""
    bindings: Sequence[Binding] = ()
    account: ServiceAccount | None = None
    """None where pods stay with the accounts that they have."""
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
        objects = [ObjectArgs(_carrier(binding), args.namespace, labels) for binding in args.bindings if binding.carrier != {}]
        if args.account:
            objects += [ObjectArgs(_service_account(args.account, space), space, labels) for space in args.account.namespaces]
            objects += [ObjectArgs(_way_to_agent(args.account.agent), space, labels) for space in args.account.agent_namespaces]
        contents = configuration.contents([(one.data, one.namespace) for one in args.objects])
        contents |= {(args.namespace, "Secret" if one.secret else "ConfigMap", one.name): dict(one.variables) for one in args.bindings}
        for one in args.objects:
            data = configuration.marked(bound(identified(one, args.account), args.bindings), one.namespace, contents)
            objects.append(ObjectArgs(data, one.namespace, labels, one.ignored, args.kept, args.timeout))
        options = pulumi.ResourceOptions(parent=self, provider=args.connection.provider)
        self.objects = register(args.cluster, objects, options, args.after)
        self.register_outputs({})


def _carrier(binding: Binding) -> dict[str, Any]:
    """The object that carries a binding's variables."""
    if binding.carrier is not None:
        return dict(binding.carrier)
    if binding.secret:
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": binding.name},
            "type": "Opaque",
            "stringData": dict(binding.variables),
        }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": binding.name}, "data": dict(binding.variables)}


def _service_account(account: ServiceAccount, namespace: str) -> dict[str, Any]:
    annotations = dict(account.annotations) if (namespace, account.name) in account.annotated else {}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account.name, "annotations": annotations}}


def _way_to_agent(name: str) -> dict[str, Any]:
    """An opening to the node's own address of the agent (EKS user guide: EKS Pod Identity, considerations)."""
    blocks = [{"ipBlock": {"cidr": cidr}} for cidr in ("169.254.170.23/32", "fd00:ec2::23/128")]
    egress = [{"to": blocks, "ports": [{"protocol": "TCP", "port": 80}]}]
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": egress}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name}, "spec": spec}


def identified(one: Owned, account: ServiceAccount | None) -> Mapping[str, Any]:
    """An object whose pods have a service account of their own, and whose service accounts carry what vouches for them."""
    if account is None:
        return one.data
    data = one.data
    if (data["apiVersion"], data["kind"]) == ("v1", "ServiceAccount") and (one.namespace, data["metadata"]["name"]) in account.annotated:
        metadata = data["metadata"]
        return {**data, "metadata": {**metadata, "annotations": {**account.annotations, **(metadata.get("annotations") or {})}}}
    found = _with_pod(data)
    if found is None or (found[1].get("serviceAccountName") or found[1].get("serviceAccount") or "default") != "default":
        return data
    out, pod = found
    pod.pop("serviceAccount", None)  # the old name of the same field
    pod["serviceAccountName"] = account.name
    return out


def bound(data: Mapping[str, Any], bindings: Sequence[Binding]) -> Mapping[str, Any]:
    """`data` with the bindings' variables and files in each container of its pods, behind what it names itself; other kinds as they are."""
    found = _with_pod(data) if bindings else None
    if found is None:
        return data
    out, pod = found
    files = [binding for binding in bindings if binding.folder]
    sources = [{"secretRef" if binding.secret else "configMapRef": {"name": binding.name}} for binding in bindings if not binding.folder]
    mounts = [{"name": _volume_name(binding), "mountPath": binding.folder, "readOnly": True} for binding in files]
    added = {key: values for key, values in (("envFrom", sources), ("volumeMounts", mounts)) if values}
    for field_ in ("initContainers", "containers"):
        if pod.get(field_):
            pod[field_] = [
                {**container, **{key: [*(container.get(key) or []), *values] for key, values in added.items()}} for container in pod[field_]
            ]
    if files:
        pod["volumes"] = [*(pod.get("volumes") or []), *map(_volume, files)]
    return out


def _volume_name(binding: Binding) -> str:
    return f"binding-{binding.folder.rpartition('/')[2]}"[:63].rstrip("-")


def _volume(binding: Binding) -> dict[str, Any]:
    """A binding's files: its variables one by one, without those that somebody adds to the object by hand."""
    items = [{"key": key, "path": key} for key in sorted(binding.variables)]
    if binding.secret:
        return {"name": _volume_name(binding), "secret": {"secretName": binding.name, "items": items}}
    return {"name": _volume_name(binding), "configMap": {"name": binding.name, "items": items}}


def _with_pod(data: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """A copy of an object and the spec of its pods in it, to be changed; None for what makes no pods.

    Only what lies on the way is copied: outputs that stand in the object cannot be.
    """
    way = _POD_TEMPLATES.get((str(data["apiVersion"]).rpartition("/")[0], str(data["kind"])))
    out: dict[str, Any] = dict(data)
    pod = out
    for part in (*way, "spec") if way else ():
        if not isinstance(pod.get(part), dict):
            return None
        pod[part] = dict(pod[part])
        pod = pod[part]
    return (out, pod) if way else None
