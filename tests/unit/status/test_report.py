"""Reports: a catalog and the stacks' exported states become what on-call asks first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import repository
from tests.repository import BASIC, CONFIG_MAP
from transom.catalog import digests
from transom.catalog.model import Catalog
from transom.status.health import Word
from transom.status.report import Sync, report

_PREFIX = "urn:pulumi:dev::transom"


def _resource(types: str, name: str, parent: str = "", **more: Any) -> dict[str, Any]:
    type_ = types.rpartition("$")[2]
    return {"urn": f"{_PREFIX}::{types}::{name}", "type": type_, "parent": parent, "custom": not type_.startswith("transom:"), **more}


def exported(documents: dict[str, str], *, status: dict[str, Any] | None = None) -> dict[str, Any]:
    """A state as the engine exports it: the shop with one Deployment."""
    environment, application = "transom:index:Environment", "transom:index:Environment$transom:kubernetes:Application"
    outputs = {"documents": documents, "revisions": {"platform": "directory"}}
    inputs = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
    resources = [
        {"urn": f"{_PREFIX}::pulumi:pulumi:Stack::transom-dev", "type": "pulumi:pulumi:Stack", "custom": False, "outputs": outputs},
        _resource(environment, "dev"),
        _resource(application, "shop", f"{_PREFIX}::{environment}::dev"),
        _resource(
            f"{application}$kubernetes:apps/v1:Deployment", "main/shop/web", f"{_PREFIX}::{application}::shop",
            inputs=inputs, outputs={"spec": {"replicas": 1}, "status": status or {}},
        ),
    ]  # fmt: skip
    return {"deployment": {"manifest": {"time": "2026-11-23T10:00:00Z"}, "resources": resources}}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """One cluster, one tenant, one application."""
    return repository.catalog(tmp_path, BASIC)


def test_nothing_deployed(catalog: Catalog) -> None:
    """Before the first apply everything is out of sync and missing; an absent state is no error."""
    for states in ({}, {"dev": {}}):
        found = report(catalog, states)
        assert {(one.sync, one.health.word) for one in found.documents} == {(Sync.OUT_OF_SYNC, Word.MISSING)}
        assert [one.identity for one in found.documents] == list(catalog.entries)


def test_all_is_well(catalog: Catalog) -> None:
    """What was applied as it stands in Git is synced, with the health of its resources."""
    state = exported(dict(digests.documents(catalog, catalog.entries)), status={"updatedReplicas": 1, "availableReplicas": 1})
    found = report(catalog, {"dev": state})
    assert {(one.sync, one.health.word) for one in found.documents} == {(Sync.SYNCED, Word.HEALTHY)}
    shop = found.document("Application/shop")
    assert shop is not None
    assert [(one.group, one.kind, one.namespace, one.name) for one in shop.resources] == [("apps", "Deployment", "shop", "web")]
    assert (found.stacks, found.revisions) == ({"dev": "2026-11-23T10:00:00Z"}, {"platform": "directory"})


def test_one_word_does_not_hide_the_other(catalog: Catalog, tmp_path: Path) -> None:
    """Changed in Git and unhealthy are two things, and both are told."""
    changed = repository.catalog(tmp_path / "changed", {**BASIC, "applications/shop/settings.yaml": CONFIG_MAP.replace('"1"', '"2"')})
    found = report(changed, {"dev": exported(dict(digests.documents(catalog, catalog.entries)))})
    shop, tenant = found.document("Application/shop"), found.document("Tenant/team-a")
    assert shop is not None
    assert tenant is not None
    assert (shop.sync, shop.health.word) == (Sync.OUT_OF_SYNC, Word.PROGRESSING)
    assert tenant.sync is Sync.SYNCED


def test_what_left_git_is_told(catalog: Catalog) -> None:
    """A document that was deployed and is no longer in Git stands at the end, with what will happen to it."""
    state = exported({**digests.documents(catalog, catalog.entries), "Queue/orders": "0" * 16})
    last = report(catalog, {"dev": state}).documents[-1]
    assert (last.identity, last.sync) == ("Queue/orders", Sync.OUT_OF_SYNC)
    assert "deletes it" in last.message
