"""A stored catalog is the catalog: the same digest, the same order, the same places, without a file of the source."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.repository import PLATFORM
from transom.catalog import shards, stored
from transom.catalog.project import CATALOGS, Project
from transom.errors import PermanentError

CHECKOUT = PLATFORM.parents[1]


@pytest.mark.parametrize("name", ["dev", "production"])
def test_there_and_back(name: str) -> None:
    """Nothing that an apply, a digest or a message reads is lost on the way."""
    catalog = Project(CHECKOUT).catalog(name)
    again = stored.load(stored.dump(catalog))
    assert again.digest == catalog.digest
    assert list(again.entries) == list(catalog.entries)
    assert dict(again.everything()) == dict(catalog.everything())
    assert shards.cut(again) == shards.cut(catalog)
    assert again.placements == catalog.placements
    assert stored.dump(again) == stored.dump(catalog)


def test_a_project_takes_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with a stored catalog needs neither its document nor its sources."""
    shutil.copytree(CHECKOUT / "environments", tmp_path / "environments")
    (tmp_path / "kept").mkdir()
    catalog = Project(CHECKOUT).catalog("dev")
    (tmp_path / "kept" / "dev.json").write_text(stored.dump(catalog), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert Project.here({CATALOGS: str(tmp_path / "kept")}).catalog("dev").digest == catalog.digest


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1}', '{"format": 1, "sources": 3}'])
def test_what_is_no_catalog_is_refused(text: str) -> None:
    """A damaged or foreign text is an error that says so, never half a catalog."""
    with pytest.raises(PermanentError, match="stored catalog"):
        stored.load(text)
