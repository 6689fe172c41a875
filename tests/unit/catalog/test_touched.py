"""Which documents and stacks a change touches."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.repository import APPLICATION, CONFIG_MAP, ENVIRONMENT, TENANT, catalog, with_files
from transom.catalog.model import Catalog
from transom.catalog.touched import Touched, touched

SHARDED = ENVIRONMENT + "  shards: tenant\n"
FILES = with_files(
    tenants__team_b=TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger]"),
    applications__ledger__application=APPLICATION.replace("shop", "ledger").replace("team-a", "team-b"),
)
ALL = frozenset({"dev", "dev.team-a", "dev.team-b"})


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Makes the catalog of two tenants with an application each, with these files instead."""
    numbers = count()

    def make(files: Mapping[str, str] | None = None, environment: str = SHARDED) -> Catalog:
        found = {name: text for name, text in {**FILES, **(files or {})}.items() if text}
        return catalog(tmp_path / str(next(numbers)), found, environment)

    return make


def _told(found: Touched) -> tuple[set[str], set[str]]:
    return set(found.documents), set(found.stacks)


@pytest.mark.parametrize(
    "files,documents,stacks",
    [
        pytest.param({}, set(), set(), id="nothing"),
        pytest.param({"applications/shop/settings.yaml": "# words\n" + CONFIG_MAP}, set(), set(), id="only a comment"),
        pytest.param(
            {"applications/shop/settings.yaml": CONFIG_MAP.replace('"1"', '"2"')}, {"Application/shop"}, {"dev.team-a"}, id="an object"
        ),
        pytest.param({"applications/shop/settings.yaml": ""}, {"Application/shop"}, {"dev.team-a"}, id="an object is gone"),
        pytest.param(
            {"tenants/team_b.yaml": TENANT.replace("team-a", "team-b").replace("[shop, site]", "[ledger, books]")},
            {"Tenant/team-b"},
            {"dev", "dev.team-b"},
            id="a tenant: whatever needs it may come out otherwise",
        ),
        pytest.param(
            {"applications/books/application.yaml": APPLICATION.replace("name: shop", "name: books")},
            {"Application/books"},
            {"dev.team-a"},
            id="a new document",
        ),
        pytest.param({"applications/ledger/application.yaml": ""}, {"Application/ledger"}, {"dev.team-b"}, id="a document is gone"),
    ],
)
def test_a_stack_is_touched_by_its_documents_and_what_they_need(
    made: Any, files: dict[str, str], documents: set[str], stacks: set[str]
) -> None:
    """Stacks without a difference are told apart, so that nobody need plan them."""
    found = touched(made(), made(files))
    assert found.documents == documents
    held = found.stacks | found.others
    assert found.stacks >= stacks & held
    assert found.stacks <= stacks
    assert not found.stacks & found.others


def test_without_a_base_everything_is_new(made: Any) -> None:
    """An environment that the base does not have is planned whole."""
    found = touched(None, made())
    assert found.stacks == ALL & found.stacks
    assert not found.others
    assert "Application/shop" in found.documents


@pytest.mark.parametrize(
    "environment,touches",
    [
        (SHARDED.replace("eu-central-1", "eu-west-1"), True),
        (SHARDED + "  tags: {team: x}\n", True),
        (SHARDED + "  guards: {deletions: {count: 1}}\n", False),
        (ENVIRONMENT, True),
    ],
)
def test_the_environments_own_document(made: Any, environment: str, touches: bool) -> None:  # noqa: FBT001 - a column of the table
    """Region, sizes and tags are in everything; its guards are in no resource."""
    found = touched(made(), made(environment=environment))
    assert bool(found.stacks) is touches
    assert bool(found.others) is not touches


def test_what_changes_hands_touches_both_stacks(made: Any) -> None:
    """An application that goes to another tenant leaves one stack and comes into the other."""
    moved = {"applications/ledger/application.yaml": APPLICATION.replace("name: shop", "name: ledger").replace("shop}", "site}")}
    found = touched(made(), made(moved))
    assert "Application/ledger" in found.documents
    assert found.stacks >= {"dev.team-a"}
