"""Two catalogs side by side."""

from __future__ import annotations

from dataclasses import replace

from tests.repository import PLATFORM
from transom.catalog.project import Project
from transom.history import compare


def test_what_differs_is_told_by_document() -> None:
    """A changed object shows its changed lines, what is gone comes first, and what is alike is not told."""
    before = Project(PLATFORM.parents[1]).catalog("dev")
    assert compare.catalogs(before, before) == ()
    first, *rest = before.manifests["Application/shop"]
    grown = replace(first, data={**first.data, "metadata": {**first.data["metadata"], "labels": {"tried": "yes"}}})
    manifests = {**before.manifests, "Application/shop": (grown, *rest[:-1])}
    after = replace(before, manifests=manifests)
    removed, changed = compare.catalogs(before, after)
    assert (removed.change, changed.change) == ("removed", "changed")
    assert f"{rest[-1].kind} shop/{rest[-1].name}" in removed.name
    assert "+    tried: 'yes'" in changed.lines
