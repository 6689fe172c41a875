"""Defined kinds for editors and for clusters: what they accept and refuse is what validation accepts and refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests import repository
from tests.unit.composites.documents import CLAIM, DEFINITION, files, replaced
from transom.catalog.composites import definitions, export
from transom.catalog.composites.definitions import Kind
from transom.rendering.kustomization import dump
from transom.source.memory import MemorySource


@pytest.fixture
def kind(tmp_path: Path) -> Kind:
    """The kind of DEFINITION."""
    snapshot = MemorySource("platform", files(DEFINITION, ""), tmp_path / "kind").snapshot()
    return definitions.of_sources("dev", [snapshot], repository.renderer()).kinds["database.example.com/v1alpha1", "PostgreSQLInstance"]


@pytest.mark.parametrize(
    "old, new, accepted",
    [
        ("size: small", "size: small", True),
        ("size: small", "size: small\n  tenant: team-a\n  revision: 1", True),
        ("size: small", "size: huge", False),
        ("size: small", "days: 41", False),
        ("size: small", "days: '4'", False),
        ("size: small", "sise: small", False),
        ('version: "15"', "version: 15", False),
        ('  version: "15"\n', "", False),
        ("queues: [a, b]", "queues: [1]", False),
        ("size: small", "revision: 7", False),
    ],
)
def test_editors_are_told_the_same(kind: Kind, tmp_path: Path, old: str, new: str, accepted: bool) -> None:  # noqa: FBT001 - a case's data
    """The JSON Schema accepts a claim exactly when validation does, as far as schemas go."""
    claim = replaced(CLAIM, old, new)
    schema = export.schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(claim)) == accepted
    assert (repository.problems(tmp_path / "repository", files(claim=claim)) == ()) == accepted


def test_the_definition_of_a_custom_resource_is_one(kind: Kind, tmp_path: Path) -> None:
    """The exported CustomResourceDefinition is held to the API of Kubernetes, offline."""
    crd: dict[str, Any] = export.definition({"v1alpha1": kind})
    assert crd["metadata"]["name"] == "postgresqlinstances.database.example.com"
    (version,) = crd["spec"]["versions"]
    assert set(version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]) == {"host", "size"}
    assert repository.problems(tmp_path / "repository", {**repository.BASIC, "infrastructure/base/crd.yaml": dump(crd)}) == ()
