"""Well-known custom resources: which Go modules have their definitions, and at which version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.apidata import origins
from transom.apischema import definitions
from transom.rendering import yamltext


@dataclass(frozen=True, slots=True)
class Project:
    """A project whose definitions are kept: its name, Go module and version, and the files below the module's folder."""

    name: str
    module: str
    version: str
    files: str

    @property
    def about(self) -> str:
        """In messages: `Argo Rollouts v1.8.3`."""
        return f"{self.name} {self.version}"

    def definitions(self) -> Iterator[dict[str, Any]]:
        """Its CustomResourceDefinitions."""
        for file in sorted(origins.module(self.module, self.version).glob(self.files)):
            for written in yamltext.parse(file.read_text(encoding="utf-8"), file.name)[0]:
                if definitions.is_definition(written.data):
                    yield written.data


PROJECTS = (
    Project("Argo Rollouts", "github.com/argoproj/argo-rollouts", "v1.8.3", "manifests/crds/*-crd.yaml"),
    Project("Argo CD", "github.com/argoproj/argo-cd/v3", "v3.2.0", "manifests/crds/*-crd.yaml"),
    Project("Sealed Secrets", "github.com/bitnami-labs/sealed-secrets", "v0.30.0", "helm/sealed-secrets/crds/*.yaml"),
    Project("External Secrets", "github.com/external-secrets/external-secrets", "v0.20.4", "config/crds/bases/*.yaml"),
    Project("cert-manager", "github.com/cert-manager/cert-manager", "v1.19.1", "deploy/crds/*.yaml"),
    Project(
        "Prometheus Operator", "github.com/prometheus-operator/prometheus-operator", "v0.76.0", "example/prometheus-operator-crd/*.yaml"
    ),
    Project("Gateway API", "sigs.k8s.io/gateway-api", "v1.4.0", "config/crd/experimental/*.yaml"),
    Project("KEDA", "github.com/kedacore/keda/v2", "v2.18.1", "config/crd/bases/*.yaml"),
    Project("Flux kustomize-controller", "github.com/fluxcd/kustomize-controller", "v1.7.3", "config/crd/bases/*.yaml"),
)
"""Their definitions are published under the Apache License 2.0, as this repository is."""
