"""Three definitions as a platform team writes them (a database, a web service of manifests, a pipeline of both), and how they go wrong.

Everything that is told is kept, in the words that people read: `platform/mistakes.yaml`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import repository
from tests.repository import BASIC
from tests.unit.composites.documents import COMPOSITIONS, DEFINITION, replaced
from transom.catalog.model import Catalog

_FOLDER = Path(__file__).parent / "platform"
CASES: list[dict[str, Any]] = yaml.safe_load((_FOLDER / "mistakes.yaml").read_text(encoding="utf-8"))


def files() -> dict[str, str]:
    """The three definitions, and a claim of each."""
    definitions = {
        f"{COMPOSITIONS}{name}.yaml": (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8") for name in ("web-service", "data-pipeline")
    }
    claims = (_FOLDER / "claims.yaml").read_text(encoding="utf-8")
    return {**BASIC, f"{COMPOSITIONS}instance.yaml": DEFINITION, **definitions, "applications/shop/claims.yaml": claims}


def manifests(catalog: Catalog) -> dict[str, Any]:
    """The application's objects by kind and name."""
    return {f"{one.kind}/{one.name}": one.data for one in catalog.manifests["Application/shop"]}


def test_a_web_service_of_manifests(tmp_path: Path) -> None:
    """Lists, mappings, loops over a filtered list, conditions and names of other objects end up in manifests that the API takes."""
    found = manifests(repository.catalog(tmp_path, files()))
    (container,) = found["Deployment/front"]["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"containerPort": 8080, "name": "http"}, {"containerPort": 9090, "name": "metrics"}]
    assert container["env"] == [{"name": "A", "value": "1"}]
    assert container["resources"] == {"requests": {"cpu": "100m"}}
    assert found["Service/front-http"]["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": 8080}]
    assert "Service/front-metrics" not in found
    assert found["HorizontalPodAutoscaler/front-scaler"]["spec"]["scaleTargetRef"]["name"] == "front"


def test_a_pipeline_of_resources_and_a_composite(tmp_path: Path) -> None:
    """A composite inside a composite is there on a condition, and gives its connection."""
    catalog = repository.catalog(tmp_path / "a", files())
    assert {"Bucket/flow-landing", "Queue/flow-in", "Queue/flow-out", "Database/flow-store-db"} <= set(catalog.entries)
    assert manifests(catalog)["ConfigMap/flow-settings"]["data"] == {
        "queues": "${Queue/flow-in.outputs.url}",
        "host": "${Database/flow-store-db.outputs.host}",
    }
    without = {
        **files(),
        "applications/shop/claims.yaml": replaced(files()["applications/shop/claims.yaml"], "spec: {store: {}}", "spec: {}"),
    }
    data = manifests(repository.catalog(tmp_path / "b", without))["ConfigMap/flow-settings"]["data"]
    assert data["host"] == "${Bucket/flow-landing.outputs.name}"


@pytest.mark.parametrize("case", CASES, ids=[f"{case['old'].strip()[:30]} -> {case['new'].strip()[:30]}" for case in CASES])
def test_everything_that_is_told(tmp_path: Path, case: dict[str, Any]) -> None:
    """Each mistake is told at its line, and nothing beside it that only follows from it."""
    given = files()
    given[case["file"]] = replaced(given[case["file"]], case["old"], case["new"])
    assert [f"{one.reason} {one.where} {one.message}" for one in repository.problems(tmp_path, given)] == case["told"]
