"""Controllers that a cluster has when they are asked for: Argo Rollouts and Sealed Secrets.

Both are the real programs, built from their pinned Go modules; their definitions and the rights of Argo Rollouts are those that lie in
the modules. What they need to begin: definitions, a user with rights, and where a controller insists on running in a pod, the files that a
pod would have.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from sandbox import certificates, cluster
from sandbox.apidata import origins
from sandbox.apiserver import ApiServer
from sandbox.cluster import Cluster
from sandbox.errors import SandboxError
from sandbox.processes import Command
from sandbox.state import write_private

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_NAMESPACE = "kube-system"
"""Where Sealed Secrets keeps its key, as its own manifests have it."""
_TOKEN_SECONDS = 365 * 24 * 3600
_ACCOUNT_FILES = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where a program in a pod looks for its identity (Kubernetes: accessing the API from a pod)."""

_IN_A_POD = 'mount -t tmpfs tmpfs /var/run && mkdir -p "$1" && cp "$2"/* "$1" && shift 2 && exec "$@"'


@dataclass(frozen=True, slots=True)
class Given:
    """What a controller's command line is made of: the cluster, its program, its ports (the first is asked whether it is ready)."""

    cluster: Cluster
    program: Path
    ports: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller by the name that `transom sandbox up --with` knows.

    Attributes:
        part: its program's name in the toolchain.
        module: the Go module that has its definitions, with the version.
        definitions: the files with them, below the module's folder.
        rules: its rights: from the module's folder.
        command: its command line.
        ready: the path at which its first port answers once it works.
    """

    part: str
    module: tuple[str, str]
    definitions: str
    rules: Callable[[Path], list[dict[str, Any]]]
    command: Callable[[Given], Command]
    ready: str


def purposes(names: tuple[str, ...], clusters: tuple[str, ...]) -> dict[str, str]:
    """The ports that controllers need, each with the process that holds it."""
    return {
        f"{CONTROLLERS[name].part}-{item}{end}": f"{CONTROLLERS[name].part}-{item}" for name in names for item in clusters for end in _ENDS
    }


_ENDS = ("", "-metrics")


def given(name: str, item: Cluster, program: Path, ports: Mapping[str, int]) -> Given:
    """What the controller of this name works with on a cluster."""
    own = item.process(CONTROLLERS[name].part)
    return Given(item, program, (ports[own], ports[f"{own}-metrics"]))


def prepare(name: str, create: Callable[[str, dict[str, Any]], None]) -> None:
    """Puts a controller's definitions and rights on a cluster; what is there is left as it is. `create` takes a path and an object."""
    controller = CONTROLLERS[name]
    folder = origins.module(*controller.module)
    user = f"transom-sandbox-{controller.part}"
    for definition in _definitions(folder, controller.definitions):
        create(_DEFINITIONS, definition)
    create(f"{_RBAC}/clusterroles", _object("ClusterRole", user, rules=controller.rules(folder)))
    subjects = [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user},
        {"kind": "ServiceAccount", "name": user, "namespace": _NAMESPACE},
    ]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user}
    create(f"{_RBAC}/clusterrolebindings", _object("ClusterRoleBinding", user, roleRef=role, subjects=subjects))
    create(
        f"/api/v1/namespaces/{_NAMESPACE}/serviceaccounts",
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": user, "namespace": _NAMESPACE}},
    )


def is_defined(name: str, client: ApiServer) -> bool:
    """Whether the API server serves the controller's kinds."""
    folder = origins.module(*CONTROLLERS[name].module)
    return all(_is_established(client, one["metadata"]["name"]) for one in _definitions(folder, CONTROLLERS[name].definitions))


def _is_established(client: ApiServer, definition: str) -> bool:
    try:
        found = client.get(f"{_DEFINITIONS}/{definition}")
    except (OSError, ValueError):
        return False
    conditions = ((found or {}).get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def command(name: str, work: Given) -> Command:
    """The command line of the controller of this name."""
    return CONTROLLERS[name].command(work)


def is_ready(name: str, work: Given) -> bool:
    """Whether it answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{work.ports[0]}{CONTROLLERS[name].ready}", timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own word
    except (OSError, urllib.error.URLError):
        return False


def check_names(names: tuple[str, ...]) -> None:
    """Refuses what is no controller's name."""
    if unknown := [name for name in names if name not in CONTROLLERS]:
        raise SandboxError(f"no such controller: {', '.join(unknown)}", hint=f"there are {', '.join(CONTROLLERS)}")


def _definitions(folder: Path, files: str) -> list[dict[str, Any]]:
    """Without their conversion webhooks, which answer inside a cluster only: each version is stored as it is written."""
    found = []
    for file in sorted(folder.glob(files)):
        for one in yaml.load_all(file.read_text(encoding="utf-8"), yaml.CSafeLoader):
            if one and one.get("kind") == "CustomResourceDefinition":
                one["spec"].pop("conversion", None)
                found.append(one)
    return found


def _object(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, **fields}


def _written_rules(folder: Path) -> list[dict[str, Any]]:
    """The rights that Argo Rollouts' own manifests give it."""
    role = yaml.safe_load((folder / "manifests/role/argo-rollouts-clusterrole.yaml").read_text(encoding="utf-8"))
    rules: list[dict[str, Any]] = role["rules"]
    return rules


def _rule(groups: str, resources: str, verbs: str) -> dict[str, Any]:
    return {
        "apiGroups": ["" if group == "core" else group for group in groups.split()],
        "resources": resources.split(),
        "verbs": verbs.split(),
    }


_READ = "get list watch"


def _sealed_rules(_folder: Path) -> list[dict[str, Any]]:
    """As the project's chart has them (roles secrets-unsealer and key-admin)."""
    return [
        _rule("bitnami.com", "sealedsecrets", _READ),
        _rule("bitnami.com", "sealedsecrets/status", "update"),
        _rule("core", "secrets", "get list create update delete watch"),
        _rule("core", "events", "create patch"),
    ]


def _rollouts(work: Given) -> Command:
    return Command(
        work.cluster.process("rollouts-controller"),
        (
            str(work.program),
            f"--kubeconfig={_kubeconfig(work, 'rollouts-controller')}",
            f"--healthzPort={work.ports[0]}",
            f"--metricsport={work.ports[1]}",
            "--leader-elect=false",
            "--loglevel=info",
        ),
    )


def _sealed(work: Given) -> Command:
    """Sealed Secrets takes its identity from a pod's files and from nowhere else: it gets them in a mount namespace of its own."""
    item = work.cluster
    folder = item.layout.cluster(item.name) / "sealed-secrets"
    user = "transom-sandbox-sealed-secrets-controller"
    write_private(folder / "token", _token(item, folder / "token", user))
    write_private(folder / "ca.crt", certificates.authority(item.layout.keys).certificate.read_text(encoding="utf-8"))
    return Command(
        item.process("sealed-secrets-controller"),
        (
            *("unshare", "--map-root-user", "--mount", "--fork", "--kill-child=SIGTERM", "sh", "-c", _IN_A_POD, "sh"),
            *(_ACCOUNT_FILES, str(folder), str(work.program)),
            f"--listen-addr=127.0.0.1:{work.ports[0]}",
            f"--listen-metrics-addr=127.0.0.1:{work.ports[1]}",
            "--key-renew-period=0",
        ),
        {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(item.port), "POD_NAMESPACE": _NAMESPACE},
    )


def _token(item: Cluster, kept: Path, user: str) -> str:
    """A token of the controller's service account; the one that it had, so that a running controller is not started anew."""
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    path = f"/api/v1/namespaces/{_NAMESPACE}/serviceaccounts/{user}/token"
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": _TOKEN_SECONDS}}
    token: str = item.client().post(path, asked)["status"]["token"]
    return token


def _kubeconfig(work: Given, part: str) -> Path:
    return cluster.component_kubeconfig(work.cluster, part, f"transom-sandbox-{part}")


CONTROLLERS: Mapping[str, Controller] = MappingProxyType(
    {
        "rollouts": Controller(
            "rollouts-controller",
            ("github.com/argoproj/argo-rollouts", "v1.8.3"),
            "manifests/crds/*-crd.yaml",
            _written_rules,
            _rollouts,
            "/healthz",
        ),
        "sealed-secrets": Controller(
            "sealed-secrets-controller",
            ("github.com/bitnami-labs/sealed-secrets", "v0.30.0"),
            "helm/sealed-secrets/crds/*.yaml",
            _sealed_rules,
            _sealed,
            "/v1/cert.pem",
        ),
    }
)
"""In the order in which they are told."""
