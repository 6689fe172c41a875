"""What has no component yet: refused before anything is declared, at its line, and never ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks import unbuilt
from stacks.environment import _Walk
from tests import repository
from tests.repository import APPLICATION, BASIC, ENVIRONMENT
from transom.catalog import shards
from transom.errors import InvalidDocuments
from transom.specs.kinds import KINDS


def test_says_every_one_at_its_line(tmp_path: Path) -> None:
    """Fields of documents and of the environment are each told where they are written."""
    files = {**BASIC, "applications/shop/application.yaml": APPLICATION + "  sync: {selfHeal: true, retry: {limit: 3}}\n"}
    catalog = repository.catalog(tmp_path, files, ENVIRONMENT + "  sync: {selfHeal: true}\n")
    with pytest.raises(InvalidDocuments) as refused:
        unbuilt.refuse(catalog, catalog.entries)
    told = [(str(one.where).rpartition("/environments/")[2], one.reason) for one in refused.value.problems]
    wanted = ["applications/shop/application.yaml:7:10", "applications/shop/application.yaml:7:26", "dev.yaml:11:10"]
    assert sorted(told) == [(place, "NotBuilt") for place in wanted]


def test_what_is_built_passes(tmp_path: Path) -> None:
    """A repository without any of it is not held up."""
    catalog = repository.catalog(tmp_path, BASIC)
    unbuilt.refuse(catalog, shards.cut(catalog)[0].documents)


def test_every_kind_is_built_or_refused() -> None:
    """A kind that is neither in the walk's table nor in this one would be dropped in silence; an environment is the walk itself."""
    refused = {kind for kind, fields in unbuilt.UNBUILT.items() if unbuilt.Unbuilt() in fields}
    walked = {kind for kind in KINDS if hasattr(_Walk, f"_{kind.lower()}")}
    staged = {"ApplicationSet", "CompositeDefinition"}  # stages put other documents in their place
    assert {*KINDS} - {"Environment"} - staged == walked | refused
    assert not walked & refused
