"""What the real engine keeps and shows of secrets that went through the plugin."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

pytestmark = pytest.mark.sandbox


def _program(namespace: str, word: str) -> Callable[[], None]:
    def run() -> None:
        import pulumi_kubernetes

        provider = pulumi_kubernetes.Provider("k", enable_secret_mutable=True, enable_config_map_mutable=True)
        options = pulumi.ResourceOptions(provider=provider)
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": namespace}, "stringData": {"p": word}}
        marked = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": namespace}}
        pulumi.CustomResource("kubernetes:core/v1:Secret", "s", secret, options)
        pulumi.CustomResource("kubernetes:core/v1:ConfigMap", "c", {**marked, "data": {"p": pulumi.Output.secret(word)}}, options)

    return run


def _kept(folder: Path) -> list[str]:
    found = [path.read_text(encoding="utf-8") for path in folder.rglob("*.json*") if path.is_file()]
    assert any("ciphertext" in text for text in found)
    return found


def test_secrets_are_in_clear_nowhere_but_the_cluster(ground: Any, namespace: str, tmp_path: Path) -> None:
    """Neither state nor events nor output hold a secret: not on create, not on update, not on refresh, in no encoding."""
    import base64

    words = ("first-hush-word", "second-hush-word")
    shown: list[str] = []
    stack = ground.stack(tmp_path, _program(namespace, words[0]))
    hear = {
        "on_event": lambda event: shown.append(json.dumps(event.to_json() if hasattr(event, "to_json") else str(vars(event)))),
        "on_output": shown.append,
    }
    stack.up(**hear)
    shown += _kept(tmp_path)
    stack.workspace.program = _program(namespace, words[1])
    stack.preview(diff=True, **hear)
    stack.up(diff=True, **hear)
    stack.refresh(show_secrets=False, **hear)
    shown += _kept(tmp_path)
    everything = "\n".join(shown)
    assert ground.kubectl("get", "configmap", "c", "-n", namespace, "-o", "jsonpath={.data.p}") == words[1]
    for word in words:
        assert word not in everything
        assert base64.b64encode(word.encode()).decode() not in everything
    stack.destroy()
