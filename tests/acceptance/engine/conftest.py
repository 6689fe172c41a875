"""The real engine on a ground of its own per test; a machine without the engine fails these tests, it does not skip them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ground import Ground


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty project, backend and cloud. The Automation API starts `pulumi` from this process's own PATH."""
    laid = Ground.lay(tmp_path)
    for name, value in laid.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE")
    return laid


@pytest.fixture
def engine(ground):
    """The real engine."""
    return ground.engine()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives the real engine."""
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here + os.sep):
            item.add_marker(pytest.mark.acceptance)
