"""The controllers that a sandbox has when asked: every act on a Rollout, and sealed secrets, by the real programs."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import environment, lifecycle
from tests import repository
from transom.live.cluster import ClusterApi
from transom.rollouts import acts, progress
from transom.rollouts.acts import Act
from transom.rollouts.cluster import Cluster
from transom.rollouts.progress import Phase, Progress
from transom.sealing import certificates, seal

pytestmark = pytest.mark.sandbox

_LONGEST = 180.0
"""Seconds, on a slow and busy machine."""
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
}
ROLLOUT = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Rollout",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 3,
        "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": "progressively"},
        "strategy": {"canary": {"steps": [{"setWeight": 34}, {"pause": {}}]}},
    },
}


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of a sandbox of its own with both controllers."""
    home: Path = tmp_path_factory.mktemp("controllers") / "sandbox"
    lifecycle.up(home, having=["rollouts", "sealed-secrets"])
    assert lifecycle.status(home).state == "running"
    yield environment.environment(home)
    lifecycle.down(home, purge=True)


def kubectl(variables: Mapping[str, str], *words: str, given: Any = None) -> str:
    """What kubectl prints; empty where it fails."""
    command = [repository.program("kubectl"), "--kubeconfig", variables["KUBECONFIG"], *words]
    text = None if given is None else json.dumps(given)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60).stdout


def test_each_act_moves_the_rollout(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused at its weight; taken back, tried again, held, and promoted in full."""
    monkeypatch.setenv("KUBECONFIG", variables["KUBECONFIG"])
    cluster = Cluster(ClusterApi("dev", ("sandbox-dev",)))
    for one in (DEPLOYMENT, ROLLOUT):
        kubectl(variables, "apply", "-f", "-", given=one)

    def reaches(holds: Callable[[Progress], bool]) -> Mapping[str, Any]:
        deadline = time.monotonic() + _LONGEST
        while not holds(found := progress.of(rollout := cluster.rollouts("default")[0])):
            assert time.monotonic() < deadline, found.line
            time.sleep(0.5)
        return rollout

    def does(rollout: Mapping[str, Any], act: Act) -> None:
        patch = acts.patch(rollout, act)
        for body, of_status in ((patch.status, True), (patch.spec, False)):
            if body:
                cluster.patch("default", "web", body, of_status=of_status)

    reaches(lambda one: one.phase is Phase.HEALTHY)
    kubectl(variables, "set", "image", "deployment/web", "web=web:2")
    does(reaches(lambda one: (one.phase, one.set_weight, one.step) == (Phase.PAUSED, 34, 1)), Act.ABORT)
    does(reaches(lambda one: one.aborted and one.phase is Phase.DEGRADED and one.weight == 0), Act.RETRY)
    does(reaches(lambda one: not one.aborted and one.phase is Phase.PAUSED), Act.PAUSE)
    does(reaches(lambda one: one.message == "manually paused"), Act.PROMOTE_FULL)
    reaches(lambda one: one.promoted and one.phase is Phase.HEALTHY)


@pytest.mark.parametrize("scope", [*seal.Scope])
def test_the_controller_opens_what_is_sealed(variables: dict[str, str], scope: seal.Scope) -> None:
    """In each scope the Secret comes of it, bytes and all."""
    key = seal.public_key(certificates.fetch(variables["SEALED_SECRETS_CERT"]))
    name = f"pay-{scope}"
    plain = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"A": base64.b64encode(b"\x00\xff").decode()}}
    kubectl(variables, "apply", "-f", "-", given=seal.secret(key, plain, "default", scope))
    deadline = time.monotonic() + _LONGEST
    while not (found := kubectl(variables, "get", "secret", name, "-o", "json")):
        assert time.monotonic() < deadline, kubectl(variables, "get", "sealedsecret", name, "-o", "yaml")
        time.sleep(0.5)
    assert json.loads(found)["data"] == plain["data"]
