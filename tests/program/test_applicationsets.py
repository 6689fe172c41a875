"""The program on generated applications: what their set's policy means for each registration."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stacks import environment
from tests.recording import run
from tests.unit.applicationsets.ground import CONFIG_MAP, SET, a_set, catalog
from transom.catalog import shards

CASES = [
    ("sync", (), False),
    ("create-update", (), True),
    ("create-delete", ("*",), False),
    ("create-only", ("*",), True),
]


@pytest.mark.parametrize("policy, ignored, kept", CASES)
def test_policies_reach_the_engine(tmp_path: Path, policy: str, ignored: tuple[str, ...], kept: bool) -> None:  # noqa: FBT001 - a table
    """Every object of every generated application is registered so that the engine itself keeps the policy."""
    files = {
        SET: a_set("- clusters: {}", syncPolicy=f"{{applicationsSync: {policy}}}"),
        "applications/sets/settings.yaml": CONFIG_MAP,
    }
    found = catalog(tmp_path, files)
    (shard,) = shards.cut(found)
    recorder = run(lambda: environment.build(found, shard, today=date(2026, 11, 23)), stack=shard.stack)
    objects = [one for one in recorder.of_type("kubernetes:core/v1:ConfigMap") if one.name.endswith("/settings")]
    assert {one.name for one in objects} == {"one/shop/settings", "two/shop/settings"}
    assert {(one.ignored, one.kept) for one in objects} == {(ignored, kept)}
