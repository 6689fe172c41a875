"""Repositories laid out for Argo CD and Flux, and the way from one to its catalog."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import repository
from transom.catalog import load
from transom.catalog.model import Catalog
from transom.source.directory import DirectorySource

REPOSITORIES = repository.CHECKOUT / "tests" / "testdata" / "neighbours"

_ENVIRONMENT = """\
apiVersion: transom.dev/v1
kind: Environment
metadata: {{name: {environment}}}
spec:
  sources:
    - name: fleet
      path: {folder}
      alsoKnownAs: [https://git.example.com/acme/{folder}]
      entries: [{{path: {entry}}}]
  clusters: {{matchLabels: {{environment: {environment}}}}}
  aws: {{region: eu-central-1}}
"""


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str, str, str], Catalog]:
    """The catalog of one of the repositories in testdata: by folder, environment and entry."""

    def open_one(folder: str, environment: str, entry: str) -> Catalog:
        text = _ENVIRONMENT.format(folder=folder, environment=environment, entry=entry)
        (tmp_path / f"{environment}.yaml").write_text(text, encoding="utf-8")
        snapshot = DirectorySource("fleet", REPOSITORIES / folder).snapshot()
        return load.load(load.environment(tmp_path, environment), [snapshot], repository.renderer())

    return open_one
