"""Contexts that act as a tenant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from transom.engine import kubeconfig
from transom.errors import PermanentError

USER = "system:serviceaccount:shop:transom-deploy"


def config(path: Path, user: dict[str, Any], context: str = "dev") -> Path:
    """A kubeconfig of one context."""
    path.parent.mkdir(parents=True, exist_ok=True)
    contexts = [{"name": context, "context": {"cluster": "c", "user": "me"}}]
    path.write_text(yaml.safe_dump({"contexts": contexts, "users": [{"name": "me", "user": user}], "current-context": context}))
    return path


def test_a_context_that_acts(tmp_path: Path) -> None:
    """The person's own credentials, wherever their files lie, with the account on top; the cluster stays where it is written."""
    path = config(tmp_path / "kube" / "config", {"client-certificate": "me.crt", "exec": {"command": "./token", "args": ["x"]}})
    made = kubeconfig.written([("dev", USER)], [path])
    name = "dev/as/shop/transom-deploy"
    assert made["contexts"] == [{"name": name, "context": {"cluster": "c", "user": name}}]
    folder = tmp_path / "kube"
    (person,) = made["users"]
    assert person["user"] == {
        "client-certificate": str(folder / "me.crt"),
        "exec": {"command": str(folder / "token"), "args": ["x"]},
        "as": USER,
    }
    assert "clusters" not in made
    assert "current-context" not in made


def test_contexts_of_others(tmp_path: Path) -> None:
    """One that there is not is left to the provider to miss; one that a person wrote is the person's."""
    path = config(tmp_path / "config", {"token": "t"}, "dev/as/shop/transom-deploy")
    other = config(tmp_path / "other", {"token": "t"})
    assert kubeconfig.written([("staging", USER)], [path])["contexts"] == []
    assert kubeconfig.written([("dev", USER)], [path, other])["contexts"] == []


def test_a_broken_file(tmp_path: Path) -> None:
    """The message names the file and shows nothing of it."""
    path = tmp_path / "config"
    path.write_text("contexts: [{nome: token-of-mine}]")
    with pytest.raises(PermanentError, match="is no kubeconfig") as raised:
        kubeconfig.written([("dev", USER)], [path])
    assert "token-of-mine" not in str(raised.value)


def test_where_they_lie(tmp_path: Path) -> None:
    """KUBECONFIG's files that are there, else the one at home."""
    home = config(tmp_path / ".kube" / "config", {})
    first = config(tmp_path / "first", {})
    assert kubeconfig.files({"KUBECONFIG": f"{first}:{tmp_path / 'none'}"}, tmp_path) == [first]
    assert kubeconfig.files({}, tmp_path) == [home]
