"""Pods are rolled when what they read changes."""

# ruff: noqa: E501 - the tables have one case per line

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi
import pytest

from components import configuration
from components.application import Application, ApplicationArgs, Binding, Owned
from components.cluster import ClusterConnection, ClusterConnectionArgs
from tests.recording import run


def config(value: str, kind: str = "ConfigMap") -> dict[str, Any]:
    """A ConfigMap or Secret `settings`."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "settings"}, "data": {"a": value}}


def workload(pod: Mapping[str, Any], kind: str = "Deployment", version: str = "apps/v1") -> dict[str, Any]:
    """A workload of these pods."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": {"template": {"spec": dict(pod)}}}


def digest(*objects: dict[str, Any], bindings: Callable[[], Sequence[Binding]] = tuple, of: str = "Deployment") -> str | None:
    """The digest on the workload's pods; None where there is none."""

    def program() -> None:
        connection = ClusterConnection("main", ClusterConnectionArgs("somewhere"))
        owned = [Owned(one, "shop") for one in objects]
        Application("shop", ApplicationArgs("dev", "team-a", "main", connection, "shop", owned, bindings=bindings()))

    (found,) = (one for one in run(program).registered if one.type.endswith(f":{of}"))
    metadata = found.inputs["spec"]["template"].get("metadata") or {}
    value = (metadata.get("annotations") or {}).get(configuration.DIGEST)
    return None if value is None else str(value)


CONTAINER: Mapping[str, Any] = {"name": "web", "image": "web"}
READERS = [
    ("variables of a ConfigMap", "ConfigMap", {"containers": [{**CONTAINER, "envFrom": [{"configMapRef": {"name": "settings"}}]}]}),
    ("one key", "ConfigMap", {"containers": [{**CONTAINER, "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]}]}),
    ("files", "ConfigMap", {"containers": [CONTAINER], "volumes": [{"name": "v", "configMap": {"name": "settings"}}]}),
    ("projected", "ConfigMap", {"containers": [CONTAINER], "volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]}),
    ("an initial container", "Secret", {"initContainers": [{**CONTAINER, "envFrom": [{"secretRef": {"name": "settings"}}]}], "containers": [CONTAINER]}),
    ("files of a Secret", "Secret", {"containers": [CONTAINER], "volumes": [{"name": "v", "secret": {"secretName": "settings"}}]}),
]  # fmt: skip


@pytest.mark.parametrize("reason, kind, pod", READERS, ids=[case[0] for case in READERS])
def test_a_change_rolls_pods(reason: str, kind: str, pod: dict[str, Any]) -> None:
    """However pods read it, another content is another template, and the same content the same."""
    first = digest(config("1", kind), workload(pod))
    assert first, reason
    assert digest(config("1", kind), workload(pod)) == first
    assert digest(config("2", kind), workload(pod)) != first


LEFT = [
    ("another name", workload({"containers": [{**CONTAINER, "envFrom": [{"configMapRef": {"name": "other"}}]}]}), "Deployment"),
    ("reads nothing", workload({"containers": [CONTAINER]}), "Deployment"),
    ("a Job cannot change", workload({"containers": [{**CONTAINER, "envFrom": [{"configMapRef": {"name": "settings"}}]}]}, "Job", "batch/v1"), "Job"),
]  # fmt: skip


@pytest.mark.parametrize("reason, data, kind", LEFT, ids=[case[0] for case in LEFT])
def test_others_are_left_alone(reason: str, data: dict[str, Any], kind: str) -> None:
    """What reads nothing of it, or cannot be rolled, carries no digest."""
    assert digest(config("1"), data, of=kind) is None, reason


def test_a_binding_rolls_pods() -> None:
    """A rotated password reaches running pods, and the digest is no secret that hides the plan."""

    def with_password(password: str) -> str | None:
        return digest(
            workload({"containers": [CONTAINER]}),
            bindings=lambda: [Binding("shop-database-shop", {"P": pulumi.Output.secret(password)}, secret=True)],
        )

    first = with_password("one")
    assert first
    assert with_password("one") == first
    assert with_password("two") != first
    assert "one" not in first
