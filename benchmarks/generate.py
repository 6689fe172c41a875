"""Writes a shape as a user would keep it: a repository of documents, and a Transom project whose environment reads it.

`python -m benchmarks.generate FOLDER --objects 800 --tenants 8 --shards tenant` writes one to look at, or for other measurements.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks import shape
from benchmarks.shape import Namespace, Service, Shape, Team

ENVIRONMENT = "bench"
_API = "transom.dev/v1"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a project is written, the kubeconfig context it goes to, and how its environment is cut into stacks."""

    folder: Path
    context: str
    shards: str = "none"


def write(target: Target, what: Shape) -> None:
    """Writes the project and its repository."""
    project(target)
    repository(target, what)


def repository(target: Target, what: Shape) -> None:
    """Writes the documents; what an earlier release left of them is replaced."""
    root = target.folder / "repository"
    if root.exists():
        shutil.rmtree(root)
    _infrastructure(root, target.context)
    for team in what.teams:
        dump(root / "tenants" / f"{team.name}.yaml", [_tenant(team, what.release)])
        for namespace in team.namespaces:
            for service in namespace.services:
                _service(root / "applications" / service.name, team, namespace, service)
                _overlay(root / "applications" / service.name / "overlays" / ENVIRONMENT, service, what.release)


def project(target: Target) -> None:
    """Writes what stands beside the repository: the Pulumi project with the program's entry, and the environment."""
    target.folder.mkdir(parents=True, exist_ok=True)
    # As a user's repository has it: the language host, and `transom`, run the program in the environment that they are in themselves.
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    dump(target.folder / "Pulumi.yaml", [{"name": "transom", "runtime": runtime}])
    (target.folder / "__main__.py").write_text("from stacks.environment import run\n\nrun()\n", encoding="utf-8")
    spec = {
        "sources": [{"name": "repository", "path": "repository"}],
        "clusters": {"matchLabels": {"environment": ENVIRONMENT}},
        "aws": {"region": "eu-central-1"},
        "shards": target.shards,
    }
    dump(target.folder / "environments" / f"{ENVIRONMENT}.yaml", [document("Environment", ENVIRONMENT, spec)])


def _infrastructure(repository: Path, context: str) -> None:
    cluster = document("Cluster", ENVIRONMENT, {"existing": {"context": context}})
    cluster["metadata"]["labels"] = {"environment": ENVIRONMENT}
    dump(repository / "infrastructure" / "clusters" / ENVIRONMENT / "cluster.yaml", [cluster])


def _tenant(team: Team, release: int) -> dict[str, Any]:
    spec = {
        "namespaces": [namespace.name for namespace in team.namespaces],
        "owners": [{"group": team.name, "role": "edit"}],
        "quota": {"cpu": 8 + release, "memory": "16Gi", "pods": 40},
        "defaults": {"cpu": "100m", "memory": "128Mi", "memoryLimit": f"{512 + release}Mi"},
    }
    return document("Tenant", team.name, spec)


def _service(folder: Path, team: Team, namespace: Namespace, service: Service) -> None:
    """The base: our document beside ordinary manifests."""
    application = document("Application", service.name, {"tenant": team.name, "destination": {"namespace": namespace.name}})
    dump(folder / "base" / "application.yaml", [application])
    dump(folder / "base" / "settings.yaml", _settings(service))
    dump(folder / "base" / "workload.yaml", _workload(service))
    dump(folder / "base" / "kustomization.yaml", [{"resources": ["application.yaml", "settings.yaml", "workload.yaml"]}])


def _overlay(folder: Path, service: Service, release: int) -> None:
    """What a release changes: a label on everything, the image, one setting."""
    changed = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{service.name}-settings"}, "data": {"RELEASE": str(release)}}
    dump(
        folder / "kustomization.yaml",
        [
            {
                "resources": ["../../base"],
                "labels": [{"pairs": {"app.kubernetes.io/version": f"v{release}"}}],
                "images": [{"name": "registry.example.com/service", "newTag": f"1.{release}.0"}],
                "patches": [{"path": "settings.yaml"}],
            }
        ],
    )
    dump(folder / "settings.yaml", [changed])


def _settings(service: Service) -> list[dict[str, Any]]:
    name = service.name
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "automountServiceAccountToken": False}
    settings = {"LOG_LEVEL": "info", "PORT": "8080", "REGION": "eu-central-1", "TIMEOUT": "30s", "WORKERS": "4"}
    page = "\n".join(f"location /{part} {{ proxy_pass http://{name}-{part}:8080; }}" for part in ("api", "assets", "events", "health"))
    maps = [("settings", settings), ("files", {"routes.conf": page})]
    maps += [(f"extra-{number}", {"value": str(number)}) for number in range(1, service.extra + 1)]
    return [
        account,
        *({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-{part}"}, "data": data} for part, data in maps),
    ]


def _workload(service: Service) -> list[dict[str, Any]]:
    """Scaled to zero: what is measured is the making of objects, not the start of pods. So the Service is not waited for."""
    name, labels = service.name, {"app": service.name}
    container = {
        "name": "service",
        "image": "registry.example.com/service",
        "ports": [{"name": "http", "containerPort": 8080}],
        "envFrom": [{"configMapRef": {"name": f"{name}-settings"}}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 5},
        "volumeMounts": [{"name": "files", "mountPath": "/etc/service"}],
    }
    pod = {
        "serviceAccountName": name,
        "containers": [container],
        "volumes": [{"name": "files", "configMap": {"name": f"{name}-files"}}],
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "annotations": {"pulumi.com/skipAwait": "true"}},
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name},
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
        },
    ]


def document(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """A document of ours."""
    return {"apiVersion": _API, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}


class _Dumper(yaml.SafeDumper):
    """Writes what stands in two places twice, as a person does."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the dumper's signature
        """Always."""
        return True


def dump(file: Path, documents: Iterable[Mapping[str, Any]]) -> None:
    """Writes documents into a file, with the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False), encoding="utf-8")


def main() -> None:
    """Write a project with a repository of the asked size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--objects", type=int, default=50, help="Kubernetes objects in all (default 50)")
    parser.add_argument("--tenants", type=int, default=1, help="teams they are spread over (default 1)")
    parser.add_argument("--shards", choices=("none", "tenant", "auto"), default="none")
    parser.add_argument("--release", type=int, default=1, help="another number changes all that can be changed in place")
    parser.add_argument("--context", default="sandbox-dev", help="context of the kubeconfig (default sandbox-dev)")
    given = parser.parse_args()
    what = shape.of(given.objects, given.tenants, release=given.release)
    write(Target(given.folder, given.context, given.shards), what)
    print(f"{what.objects} objects of {len(what.teams)} tenants in {given.folder}")


if __name__ == "__main__":
    main()
