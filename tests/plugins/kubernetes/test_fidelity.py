"""Every recorded case, run through the real engine: the same operations, property diffs, refusals and drift as the real plugin's."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).parents[2] / "testdata" / "fidelity"
RECORDED = json.loads((DATA / "recorded.json").read_text(encoding="utf-8"))

# Error texts are held by their meaning: each of these words that the real plugin said, the stand-in says too.
PHRASES = (
    "was not successfully created by the Kubernetes API server",
    "already exists",
    "The resource already exists in the cluster",
    "object is being deleted",
    "failed to fully initialize or become live",
    "server-side apply field conflict detected",
    "must be between 1 and 65535",
    "cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas",
    'no matches for kind "Nothing" in version "fidelity.example/v1"',
    "Verify that any required CRDs have been created",
    "not found",
)
WIDGET = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.fidelity.example"},
    "spec": {
        "group": "fidelity.example",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
                    }
                },
            }
        ],
    },
}


@pytest.fixture(scope="session")
def widgets(ground: Any) -> None:
    """The custom resource that one of the cases is about."""
    ground.kubectl("apply", "--server-side", "-f", "-", stdin=WIDGET)
    ground.kubectl("wait", "--for=condition=Established", "crd/widgets.fidelity.example", "--timeout=60s")


@pytest.fixture
def room(ground: Any) -> Iterator[str]:
    """A namespace of the case's own, so that cases run side by side."""
    name = f"fidelity-{uuid.uuid4().hex[:8]}"
    ground.kubectl("create", "namespace", name)
    yield name
    ground.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.sandbox
@pytest.mark.parametrize("name", sorted(RECORDED))
@pytest.mark.usefixtures("widgets")
def test_case(name: str, ground: Any, room: str, tmp_path: Path) -> None:
    """What the engine shows at each step of the case is what it showed with the real plugin."""
    command = [sys.executable, str(Path(__file__).parent / "case.py"), name, room, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, **ground.environment}, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    seen, expected = json.loads(done.stdout), copy.deepcopy(RECORDED[name])
    told, known = _without_errors(seen), _without_errors(expected)
    assert seen == expected
    assert told.keys() == known.keys()
    for step, errors in known.items():
        wanted = [phrase for phrase in PHRASES if phrase in errors]
        assert wanted, f"no phrase stands for {errors}"
        assert [phrase for phrase in wanted if phrase not in told[step]] == []


def test_every_case_is_recorded() -> None:
    """No case is left without its recording, and no recording without its case."""
    assert {case["name"] for case in yaml.safe_load((DATA / "cases.yaml").read_text(encoding="utf-8"))} == set(RECORDED)


def _without_errors(outcome: dict[str, Any]) -> dict[str, str]:
    found = {step: " ".join(seen.pop("errors")) for step, seen in outcome.items() if "errors" in seen}
    return {step: re.sub(r"\s+", " ", text) for step, text in found.items()}
