"""A secret that is sealed, stands in Git, is applied, and is opened by the real Sealed Secrets controller."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

BASE = "examples/platform/applications/site/base"
BOUND = "  bindings:\n    - bucket: pictures\n      prefix: PICTURES\n"
VALUE = "correct horse battery staple"
_LONGEST = 240.0
"""Seconds, on a slow and busy machine."""


def test_a_sealed_secret_arrives(workplace: Make) -> None:
    """Two values of one file become a Secret; neither stands in Git or in the state, and nothing differs afterwards."""
    place = workplace("dev", having=["sealed-secrets"])
    for name in ("shop", "ledger"):
        shutil.rmtree(place.root / "examples/platform/applications" / name)
    (place.root / BASE / "bucket.yaml").unlink()
    place.edit(f"{BASE}/kustomization.yaml", "  - bucket.yaml\n", "")
    place.edit(f"{BASE}/application.yaml", BOUND, "  dependsOn: []\n")
    for key in ("ONE", "TWO"):
        command = ["transom", "seal", "dev", "site", "--name", "pay", "--key", key, "--into", f"{BASE}/sealed.yaml"]
        subprocess.run(command, cwd=place.root, env=place.environment, input=f"{VALUE} {key}", text=True, check=True, timeout=300)
    place.edit(f"{BASE}/kustomization.yaml", "  - site.yaml\n", "  - site.yaml\n  - sealed.yaml\n")
    place.run("transom", "apply", "dev")
    deadline = time.monotonic() + _LONGEST
    while not (
        found := place.run("kubectl", "--context", "sandbox-dev", "get", "secret", "-n", "site", "pay", "-o", "json", code=None).stdout
    ):
        assert time.monotonic() < deadline, place.kubectl("dev", "get", "sealedsecret", "-n", "site", "pay", "-o", "yaml")
        time.sleep(1)
    data = {name: base64.b64decode(value).decode() for name, value in json.loads(found)["data"].items()}
    assert data == {"ONE": f"{VALUE} ONE", "TWO": f"{VALUE} TWO"}
    assert VALUE not in (place.root / BASE / "sealed.yaml").read_text(encoding="utf-8")
    assert VALUE not in place.run("pulumi", "stack", "export", "-s", "dev").stdout
    place.run("transom", "drift", "dev", "--detailed-exitcode")
