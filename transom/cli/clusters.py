"""A cluster of an environment becomes a connection to its API server, for verbs that ask it directly."""

from __future__ import annotations

from typing import Any

from transom.catalog.model import Catalog
from transom.engine import Engine, Request
from transom.errors import PermanentError
from transom.live.cluster import ClusterApi

_PROVIDER = "pulumi:providers:kubernetes"


def connect(engine: Engine, catalog: Catalog, name: str) -> ClusterApi:
    """The API server of a cluster: by the context that its document names, or by the kubeconfig that its stack made.

    Raises:
        PermanentError: it cannot be reached so.
    """
    existing = catalog.clusters[name].document.spec.existing
    if existing is not None:
        return ClusterApi(name, context=existing.context)
    return ClusterApi(name, kubeconfig=_made(engine, catalog, name))


def _made(engine: Engine, catalog: Catalog, name: str) -> str:
    """The kubeconfig of a cluster that the environment's own stack made, as its provider has it in the state: it holds no credential."""
    state: dict[str, Any] = engine.export(Request(stack=catalog.name, environment=catalog.name))
    for resource in (state.get("deployment") or {}).get("resources") or ():
        kubeconfig = (resource.get("inputs") or {}).get("kubeconfig")
        if resource["type"] == _PROVIDER and resource["urn"].endswith(f"::kubernetes-{name}") and isinstance(kubeconfig, str):
            return kubeconfig
    hint = "its stack has not made it yet, or keeps its kubeconfig as a secret"
    raise PermanentError(f"cluster {name}: no kubeconfig is known", reason="ClusterUnreachable", hint=hint)
