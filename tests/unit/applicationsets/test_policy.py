"""What a set's syncPolicy writes into the Applications that it generates."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.applicationsets.ground import CONFIG_MAP, SET, a_set, catalog, told

POLICIES = [
    ("{}", None, None),
    ("{applicationsSync: sync}", None, None),
    ("{applicationsSync: create-update}", False, None),
    ("{applicationsSync: create-delete}", None, False),
    ("{applicationsSync: create-only}", False, False),
    ("{preserveResourcesOnDeletion: true}", False, None),
    ("{preserveResourcesOnDeletion: true, applicationsSync: create-delete}", False, False),
]


@pytest.mark.parametrize("policy, prune, update", POLICIES)
def test_policies(tmp_path: Path, policy: str, prune: bool | None, update: bool | None) -> None:  # noqa: FBT001 - a table
    """Each policy says what becomes of objects that are no longer declared, and of those that would change."""
    files = {SET: a_set("- clusters: {}", syncPolicy=policy), "applications/sets/settings.yaml": CONFIG_MAP}
    found = catalog(tmp_path, files)
    assert {(entry.document.spec.sync.prune, entry.document.spec.sync.update) for entry in found.applications.values()} == {(prune, update)}


def test_the_rest_of_the_templates_sync_stays(tmp_path: Path) -> None:
    """A policy adds to what the template says itself."""
    spec = "destination: {cluster: '{{name}}', namespace: shop}\nsync: {allowEmpty: false}"
    files = {
        SET: a_set("- clusters: {}", spec=spec, syncPolicy="{applicationsSync: create-update}"),
        "applications/sets/settings.yaml": CONFIG_MAP,
    }
    sync = catalog(tmp_path, files).applications["web-one"].document.spec.sync
    assert (sync.prune, sync.allow_empty) == (False, False)


def test_a_template_may_not_say_the_opposite(tmp_path: Path) -> None:
    """One of two contradicting words would be passed over: both are named."""
    spec = "destination: {cluster: '{{name}}', namespace: shop}\nsync: {prune: true}"
    files = {
        SET: a_set("- clusters: {}", spec=spec, syncPolicy="{applicationsSync: create-only}"),
        "applications/sets/settings.yaml": CONFIG_MAP,
    }
    (line,) = told(tmp_path, files)
    assert line.startswith(f"InvalidValue {SET}:13:21: sync.prune: true contradicts the set's syncPolicy")
