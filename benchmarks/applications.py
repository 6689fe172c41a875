"""What `benchmarks.peer` measures: applications of four objects, figures, and a sandbox for each contestant."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import lifecycle
from sandbox.environment import environment

OBJECTS = 4
PER_TENANT = 25
"""Applications of one tenant, so of one stack: a hundred objects, which is where a stack is cheapest (docs/shards.md)."""
CLUSTER = "peer"


@dataclass(frozen=True, slots=True)
class Figure:
    """One contestant: seconds from empty to ready, and bytes of memory at the most.

    Attributes:
        largest: of its largest process.
        together: of all its processes at one time.
        processor: seconds of processor time of its own processes.
        progress: (applications that are ready, seconds), for the shape of the curve.
    """

    name: str
    applications: int
    seconds: float
    largest: int
    together: int
    processor: float
    progress: tuple[tuple[int, float], ...] = ()


def tenant(number: int) -> str:
    """The tenant of an application, which is also its namespace."""
    return f"team-{number // PER_TENANT + 1}"


def objects(number: int) -> list[dict[str, Any]]:
    """The four objects of an application."""
    name = f"app-{number:04}"
    labels = {"app": name}
    container = {
        "name": "web",
        "image": "registry.example.com/service:1.0.0",
        "envFrom": [{"configMapRef": {"name": f"{name}-settings"}}],
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
    }
    pod = {"serviceAccountName": name, "containers": [container]}
    data = {"LOG_LEVEL": "info", "NAME": name}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "automountServiceAccountToken": False},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-settings"}, "data": data},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"selector": labels, "ports": [{"port": 80}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec},
    ]


def tenants(count: int) -> list[str]:
    """Names of all tenants, in order."""
    return list(dict.fromkeys(tenant(number) for number in range(count)))


@contextmanager
def sandbox(folder: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A sandbox with one cluster, which goes at the end; its folder and variables."""
    root = folder / "sandbox"
    lifecycle.up(root, (CLUSTER,), say=lambda line: print(line, file=sys.stderr, flush=True))
    try:
        yield root, {**os.environ, **environment(root)}
    finally:
        lifecycle.down(root, purge=True)
