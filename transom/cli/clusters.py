"""A cluster of an environment becomes a connection to its API server, for verbs that ask it directly."""

from __future__ import annotations

from typing import Any

from transom.catalog import names
from transom.catalog.model import Catalog
from transom.engine import Engine, Request
from transom.errors import PermanentError
from transom.live.cluster import ClusterApi

_PROVIDER = "pulumi:providers:kubernetes"


def connect(catalog: Catalog, name: str, engine: Engine | None = None) -> ClusterApi:
    """The API server of a cluster: by the context that its document names; of one that a stack made, by the kubeconfig in its state.

    Without an engine nothing is read from the state, and one that a stack made is looked for in the kubeconfig of whoever runs this.

    Raises:
        PermanentError: it cannot be reached so.
    """
    existing = catalog.clusters[name].document.spec.existing
    if existing is not None:
        return ClusterApi(name, (existing.context,))
    if engine is None:
        return ClusterApi(name, _contexts(catalog, name))
    return ClusterApi(name, kubeconfig=_made(engine, catalog, name))


def _contexts(catalog: Catalog, name: str) -> tuple[str, ...]:
    """Names that the context of an EKS cluster may have: those that `aws eks update-kubeconfig` gives."""
    aws, physical = catalog.environment.document.spec.aws, names.of_platform(catalog.name, name)
    return (f"arn:aws:eks:{aws.region}:{aws.account_id}:cluster/{physical}", physical, name)


def _made(engine: Engine, catalog: Catalog, name: str) -> str:
    """The kubeconfig of a cluster that the environment's own stack made, as its provider has it in the state: it holds no credential."""
    state: dict[str, Any] = engine.export(Request(stack=catalog.name, environment=catalog.name))
    for resource in (state.get("deployment") or {}).get("resources") or ():
        kubeconfig = (resource.get("inputs") or {}).get("kubeconfig")
        if resource["type"] == _PROVIDER and resource["urn"].endswith(f"::kubernetes-{name}") and isinstance(kubeconfig, str):
            return kubeconfig
    hint = "its stack has not made it yet, or keeps its kubeconfig as a secret"
    raise PermanentError(f"cluster {name}: no kubeconfig is known", reason="ClusterUnreachable", hint=hint)
