"""Policy packs in Pulumi's own form, run by the real engine and the real policy SDK."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

from tests.repository import CHECKOUT

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

WEB = "examples/platform/applications/shop/base/web.yaml"


def test_a_policy_refuses_and_can_be_told_to_let_through(workplace: Make) -> None:
    """A mandatory policy is a guard: told at the line, refused with code 4, let through by a permission with an end."""
    assert (CHECKOUT / "policies" / ".venv" / "bin" / "python").exists(), "make policies makes it"
    place = workplace("dev")
    shutil.copytree(CHECKOUT / "policies", place.root / "policies", ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    (place.root / "policies" / ".venv").symlink_to(CHECKOUT / "policies" / ".venv")
    document = place.root / "environments" / "dev.yaml"
    before = document.read_text()
    document.write_text(before.replace("spec:\n", "spec:\n  guards: {policies: [policies/baseline]}\n", 1))
    applied = place.json("transom", "apply", "dev")
    assert applied["succeeded"]

    place.edit(WEB, "shop/web:1.4.2", "shop/web:latest")
    planned = place.json("transom", "plan", "dev")
    (refusal,) = planned["refusals"]
    assert refusal["rule"] == "PolicyViolation"
    assert f"policy baseline/no-latest-images refuses dev/shop/web of Application/shop ({WEB}:1:1): " in refusal["message"]
    assert "container web runs registry.example.com/shop/web:latest" in refusal["message"]
    refused = place.run("transom", "apply", "dev", code=4)
    assert "rule: PolicyViolation, policy: baseline/no-latest-images, document: Application/shop" in refused.stderr
    assert "web:latest" not in place.kubectl("dev", "get", "deployment", "web", "-n", "shop", "-o", "yaml")
    bare = place.run("pulumi", "up", "-s", "dev", "--yes", "--non-interactive", "--policy-pack", "policies/baseline", code=None)
    assert bare.returncode != 0
    assert "no-latest-images" in bare.stdout + bare.stderr

    allowed = "[{rule: PolicyViolation, policy: baseline/no-latest-images, document: Application/shop, until: 2099-01-01, reason: a test}]"
    document.write_text(before.replace("spec:\n", f"spec:\n  guards: {{policies: [policies/baseline], allow: {allowed}}}\n", 1))
    place.run("transom", "apply", "dev")
    assert "web:latest" in place.kubectl("dev", "get", "deployment", "web", "-n", "shop", "-o", "yaml")
