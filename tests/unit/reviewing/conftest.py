"""A project in a Git repository, and verbs that drive the engine in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from tests import repository
from tests.checkout import FILES, Checkout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """Two environments of one source, `dev` cut by tenant, committed on main."""
    root = tmp_path / "project"
    for name, text in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.chdir(root)
    monkeypatch.setenv("PATH", f"{Path(repository.kustomize()).parent}:/usr/bin:/bin")
    monkeypatch.setenv("TRANSOM_CACHE", str(tmp_path / "cache"))
    for name in ("TRANSOM_REVISIONS", "TRANSOM_CATALOGS", "TRANSOM_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    found = Checkout(root)
    found.git("init", "-q", "-b", "main")
    found.commit("the beginning")
    return found


@pytest.fixture
def command() -> Any:
    """Runs a function as a verb runs: inside of a command of click's."""

    def run(function: Callable[[], Any]) -> Any:
        with click.Context(click.Command("test")):
            return function()

    return run
