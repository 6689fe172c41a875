"""One simulated cluster: the command lines of its components, their kubeconfigs and the objects it starts with.

API server, controller manager and scheduler are the real ones; nodes and what runs on them are simulated by kwok, so a pod becomes Running
without a container, and a Job's pods complete. Volumes are folders, load balancers and ingresses get an address at which nothing answers.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import certificates
from sandbox.apiserver import ApiServer
from sandbox.awsextensions.controlplanes import ControlPlane
from sandbox.certificates import Pair, Subject
from sandbox.layout import Layout
from sandbox.processes import Command
from sandbox.state import write_private

REGION = "eu-central-1"
NODES = ("node-1", "node-2")
_LOAD_BALANCER = "192.0.2.10"  # of the range that is kept free for examples: https://www.rfc-editor.org/rfc/rfc5737
_ADVERTISED = "192.0.2.1"  # an API server refuses to advertise a loopback address; nothing in a simulated pod ever dials it
_ISSUER = "https://kubernetes.default.svc.cluster.local"
_SERVICE_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster of a sandbox. `programs` has the path of each program it runs."""

    name: str
    layout: Layout
    port: int
    etcd_port: int
    authenticator_port: int
    programs: dict[str, Path]

    @property
    def context(self) -> str:
        """Its name in the user's kubeconfig."""
        return f"sandbox-{self.name}"

    def process(self, component: str) -> str:
        """The name of one of its processes."""
        return f"{component}-{self.name}"

    def client(self) -> ApiServer:
        """Its API server as the administrator sees it."""
        return ApiServer(
            self.port, certificates.authority(self.layout.keys), self.user("admin", "transom-sandbox-admin", ("system:masters",))
        )

    def user(self, name: str, common_name: str, groups: tuple[str, ...] = ()) -> Pair:
        """The client certificate of one user."""
        return certificates.issue(self.layout.keys, Subject(name=name, common_name=common_name, groups=groups))


def api_command(cluster: Cluster) -> Command:
    """The API server: TLS, client certificates, RBAC; Pod Security admission is on by default, NodeRestriction is switched on."""
    keys = cluster.layout.keys
    serving = certificates.issue(
        keys, Subject(f"apiserver-{cluster.name}", "kube-apiserver", names=_SERVICE_NAMES, addresses=("10.96.0.1",))
    )
    to_etcd = certificates.issue(keys, Subject("etcd-client", "kube-apiserver"))
    accounts = certificates.issue(keys, Subject(f"service-accounts-{cluster.name}", "service-accounts"))
    authority = certificates.authority(keys)
    return Command(
        cluster.process("kube-apiserver"),
        (
            str(cluster.programs["kube-apiserver"]),
            f"--etcd-servers=https://127.0.0.1:{cluster.etcd_port}",
            f"--etcd-prefix=/{cluster.name}",
            f"--etcd-cafile={authority.certificate}",
            f"--etcd-certfile={to_etcd.certificate}",
            f"--etcd-keyfile={to_etcd.key}",
            "--bind-address=127.0.0.1",
            f"--secure-port={cluster.port}",
            f"--advertise-address={_ADVERTISED}",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={authority.certificate}",
            f"--authentication-token-webhook-config-file={_authenticator(cluster)}",
            "--authentication-token-webhook-version=v1",
            "--authentication-token-webhook-cache-ttl=5s",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-account-issuer={_ISSUER}",
            f"--service-account-key-file={accounts.certificate}",
            f"--service-account-signing-key-file={accounts.key}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true",
            "--profiling=false",
            "--v=1",
        ),
    )


def control_planes(clusters: tuple[Cluster, ...]) -> dict[str, ControlPlane]:
    """The API servers as EKS tells of them: an EKS cluster of one of these names gets it for its control plane."""
    authority = certificates.authority(clusters[0].layout.keys)
    return {item.name: ControlPlane(f"https://127.0.0.1:{item.port}", _data(authority.certificate)) for item in clusters}


def _authenticator(cluster: Cluster) -> Path:
    """Where the API server asks about bearer tokens, as a kubeconfig: the sandbox's stand-in for EKS's authenticator."""
    path = cluster.layout.cluster(cluster.name) / "authenticator.kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "default",
        "clusters": [{"name": "default", "cluster": {"server": f"http://127.0.0.1:{cluster.authenticator_port}/{cluster.name}"}}],
        "users": [{"name": "default"}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
    }
    write_private(path, yaml.safe_dump(document, sort_keys=False))
    return path


def component_commands(cluster: Cluster) -> tuple[Command, ...]:
    """What needs the API server to be ready: controller manager, scheduler, simulated nodes."""
    authority = certificates.authority(cluster.layout.keys)
    accounts = certificates.issue(cluster.layout.keys, Subject(f"service-accounts-{cluster.name}", "service-accounts"))
    manager = component_kubeconfig(cluster, "controller-manager", "system:kube-controller-manager")
    scheduler = component_kubeconfig(cluster, "scheduler", "system:kube-scheduler")
    kwok = component_kubeconfig(cluster, "kwok", "transom-sandbox-kwok")
    stages = cluster.layout.cluster(cluster.name) / "stages.yaml"
    write_private(stages, yaml.safe_dump_all(_STAGES, sort_keys=False))
    return (
        Command(
            cluster.process("kube-controller-manager"),
            (
                str(cluster.programs["kube-controller-manager"]),
                *_kubeconfig_flags(manager),
                f"--service-account-private-key-file={accounts.key}",
                f"--root-ca-file={authority.certificate}",
                f"--cluster-signing-cert-file={authority.certificate}",
                f"--cluster-signing-key-file={authority.key}",
                "--use-service-account-credentials=true",
                "--enable-hostpath-provisioner=true",
                # A busy machine delays the simulated nodes' heartbeats; a node taken for dead marks its pods not ready for good.
                "--node-monitor-grace-period=1h",
                "--node-startup-grace-period=1h",
                "--leader-elect=false",
                "--secure-port=0",
                "--profiling=false",
            ),
        ),
        Command(
            cluster.process("kube-scheduler"),
            (
                str(cluster.programs["kube-scheduler"]),
                *_kubeconfig_flags(scheduler),
                "--leader-elect=false",
                "--secure-port=0",
                "--profiling=false",
            ),
        ),
        Command(
            cluster.process("kwok"),
            (
                str(cluster.programs["kwok"]),
                f"--kubeconfig={kwok}",
                f"--config={stages}",
                "--manage-all-nodes=true",
                "--enable-crds=",
                "--cidr=10.244.0.1/16",
                "--node-ip=192.0.2.2",
            ),
        ),
    )


def first_objects() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Collection path and object of everything a cluster starts with: kwok's rights, nodes, the default storage class."""
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    return (
        (f"{rbac}/clusterroles", _KWOK_ROLE),
        (f"{rbac}/clusterrolebindings", _KWOK_BINDING),
        *(("/api/v1/nodes", _node(name, zone)) for name, zone in zip(NODES, "ab", strict=True)),
        ("/apis/storage.k8s.io/v1/storageclasses", _STORAGE_CLASS),
    )


def is_settled(client: ApiServer) -> bool:
    """Whether pods can be made: nodes Ready, and the default namespace has its service account."""
    try:
        if client.get("/api/v1/namespaces/default/serviceaccounts/default") is None:
            return False
        nodes = client.get("/api/v1/nodes")["items"]
    except (OSError, ValueError):
        return False
    ready = [item for item in nodes if any(c["type"] == "Ready" and c["status"] == "True" for c in item["status"].get("conditions", ()))]
    # A node is tainted not-ready until the controller manager has seen it ready.
    return len(ready) >= len(NODES) and not any(item["spec"].get("taints") for item in ready)


def write_kubeconfig(layout: Layout, clusters: tuple[Cluster, ...]) -> None:
    """The user's kubeconfig: one context for each cluster, the first one current, everything embedded."""
    authority = certificates.authority(layout.keys)
    admin = clusters[0].client().user
    write_private(
        layout.kubeconfig,
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": clusters[0].context,
                "clusters": [{"name": item.context, "cluster": _endpoint(item, authority)} for item in clusters],
                "users": [
                    {
                        "name": "sandbox-admin",
                        "user": {"client-certificate-data": _data(admin.certificate), "client-key-data": _data(admin.key)},
                    }
                ],
                "contexts": [{"name": item.context, "context": {"cluster": item.context, "user": "sandbox-admin"}} for item in clusters],
            },
            sort_keys=False,
        ),
    )


def component_kubeconfig(cluster: Cluster, name: str, user: str) -> Path:
    """The kubeconfig of one of its own components, by the user's client certificate."""
    pair = cluster.user(name, user)
    path = cluster.layout.cluster(cluster.name) / f"{name}.kubeconfig"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "default",
        "clusters": [{"name": "default", "cluster": _endpoint(cluster, certificates.authority(cluster.layout.keys))}],
        "users": [{"name": "default", "user": {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
    }
    write_private(path, yaml.safe_dump(document, sort_keys=False))
    return path


def _kubeconfig_flags(path: Path) -> tuple[str, ...]:
    return tuple(f"--{flag}={path}" for flag in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"))


def _endpoint(cluster: Cluster, authority: Pair) -> dict[str, str]:
    return {"server": f"https://127.0.0.1:{cluster.port}", "certificate-authority-data": _data(authority.certificate)}


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _node(name: str, zone: str) -> dict[str, Any]:
    """A worker as a managed node group has them: 16 CPUs, 64 GiB. What pods may ask for is a little less."""
    capacity = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", "pods": "234"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/role": "agent",
                "node.kubernetes.io/instance-type": "m7i.4xlarge",
                "topology.kubernetes.io/region": REGION,
                "topology.kubernetes.io/zone": f"{REGION}{zone}",
            },
        },
        "status": {"capacity": capacity, "allocatable": {**capacity, "cpu": "15890m", "memory": "60Gi"}},
    }


_KWOK_ROLE: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "transom-sandbox-kwok"},
    "rules": [
        {"apiGroups": [""], "resources": ["nodes", "pods", "services"], "verbs": ["get", "list", "watch", "patch", "update", "delete"]},
        {"apiGroups": [""], "resources": ["nodes/status", "pods/status", "services/status"], "verbs": ["patch", "update"]},
        {
            "apiGroups": ["networking.k8s.io"],
            "resources": ["ingresses", "ingresses/status"],
            "verbs": ["get", "list", "watch", "patch", "update"],
        },
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "list", "watch", "create", "patch", "update"]},
        {"apiGroups": ["", "events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch", "update"]},
    ],
}

_KWOK_BINDING: dict[str, Any] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "transom-sandbox-kwok"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "transom-sandbox-kwok"},
    "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "transom-sandbox-kwok"}],
}

_STORAGE_CLASS: dict[str, Any] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": "kubernetes.io/host-path",
    "reclaimPolicy": "Delete",
}


def _given_address(api_group: str, kind: str, only: list[dict[str, Any]]) -> dict[str, Any]:
    """A kwok stage that gives such objects a load balancer's address once: https://kwok.sigs.k8s.io/docs/user/stages-configuration/."""
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": f"{kind.lower()}-address"},
        "spec": {
            "resourceRef": {"apiGroup": api_group, "kind": kind},
            "selector": {
                "matchExpressions": [
                    *only,
                    {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                    {"key": ".status.loadBalancer.ingress", "operator": "DoesNotExist"},
                ]
            },
            "next": {"statusTemplate": f"loadBalancer:\n  ingress:\n  - ip: {_LOAD_BALANCER}\n"},
        },
    }


_STAGES = [
    _given_address("v1", "Service", [{"key": ".spec.type", "operator": "In", "values": ["LoadBalancer"]}]),
    _given_address("networking.k8s.io/v1", "Ingress", []),
]
