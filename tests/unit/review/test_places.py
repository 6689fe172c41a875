"""Which line and which application a change set's changes and messages are told at."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repository import BASIC, catalog, with_files
from transom import review
from transom.catalog import stored
from transom.catalog.model import Catalog
from transom.changes import Change, ChangeSet, Diagnostic, Operation

DATABASE = "apiVersion: transom.dev/v1\nkind: Database\nmetadata: {name: %s}\nspec: {tenant: team-a, version: '16', size: small}\n"
BOUND = BASIC["applications/shop/application.yaml"] + "  bindings: [{database: orders}]\n"
SITE = BASIC["applications/shop/application.yaml"].replace("shop", "site")

FILES = with_files(
    applications__shop__application=BOUND + "---\n" + DATABASE % "shop",
    applications__site__application=SITE,
    databases__all=DATABASE % "orders" + "---\n" + DATABASE % "nobodys",
)


@pytest.fixture
def found(tmp_path: Path) -> Catalog:
    """Two applications, a database beside one of them, one that it alone is bound to, and one that nobody uses."""
    return catalog(tmp_path, FILES)


def _change(document: str, kind: str = "aws:rds/instance:Instance", name: str = "n", operation: Operation = Operation.UPDATE) -> Change:
    return Change(urn=f"urn:pulumi:dev::p::{kind}::{name}", type=kind, name=name, operation=operation, document=document)


def _set(*changes: Change, diagnostics: tuple[Diagnostic, ...] = ()) -> ChangeSet:
    return ChangeSet(purpose="plan", environment="dev", stack="dev", changes=changes, diagnostics=diagnostics)


@pytest.mark.parametrize(
    "document,resource,location,application",
    [
        ("Application/shop", ("aws:iam/role:Role", "shop"), "applications/shop/application.yaml:1:1", "shop"),
        ("Application/shop", ("kubernetes:core/v1:ConfigMap", "main/shop/settings"), "applications/shop/settings.yaml:1:1", "shop"),
        (
            "Application/shop",
            ("kubernetes:core/v1:Secret", "main/shop/made-of-a-binding"),
            "applications/shop/application.yaml:1:1",
            "shop",
        ),
        ("Database/shop", ("aws:rds/instance:Instance", "shop"), "applications/shop/application.yaml:9:1", "shop"),
        ("Database/orders", ("aws:rds/instance:Instance", "orders"), "databases/all.yaml:1:1", "shop"),
        ("Database/nobodys", ("aws:rds/instance:Instance", "nobodys"), "databases/all.yaml:6:1", ""),
        ("Tenant/team-a", ("kubernetes:core/v1:Namespace", "main/shop"), "tenants/team-a.yaml:1:1", ""),
        ("", ("pulumi:providers:aws", "dev"), "", ""),
        ("Database/gone", ("aws:rds/instance:Instance", "gone"), "", ""),
    ],
)
def test_a_change_is_told_at_its_line(found: Catalog, document: str, resource: tuple[str, str], location: str, application: str) -> None:
    """An object at its own manifest, everything else at its document; with the application that it lies beside, or that alone uses it."""
    (change,) = review.placed(_set(_change(document, *resource)), found).changes
    assert (change.location, change.application) == (location, application)


def test_what_two_applications_use_is_neithers(tmp_path: Path) -> None:
    """A database that several applications are bound to is part of none of them."""
    shared = {**FILES, "applications/site/application.yaml": SITE + "  bindings: [{database: orders}]\n"}
    (change,) = review.placed(_set(_change("Database/orders")), catalog(tmp_path, shared)).changes
    assert change.application == ""


def test_what_is_gone_is_told_where_it_was(found: Catalog, tmp_path: Path) -> None:
    """A deleted document and a deleted object keep their last known line, also when all that is left of them is a stored catalog."""
    after = catalog(tmp_path / "after", BASIC | {"applications/shop/settings.yaml": BASIC["applications/shop/settings.yaml"] + "# end\n"})
    earlier = stored.load(stored.dump(found))
    gone = _set(
        _change("Database/orders", operation=Operation.DELETE),
        _change("Application/site", "kubernetes:core/v1:ConfigMap", "main/shop/settings", Operation.DELETE),
    )
    assert review.lacking(gone, after)
    assert [change.location for change in review.placed(gone, after).changes] == ["", ""]
    placed = review.placed(gone, after, earlier)
    assert [(change.location, change.application) for change in placed.changes] == [
        ("databases/all.yaml:1:1", "shop"),
        ("applications/site/application.yaml:1:1", "site"),
    ]
    assert placed.documents == {"Database/orders": "databases/all.yaml:1:1", "Application/site": "applications/site/application.yaml:1:1"}
    assert not review.lacking(_set(_change("Application/shop")), after)


def test_messages_have_a_line_too(found: Catalog) -> None:
    """What the engine refused before any operation is told at the document that caused it; what belongs to no document has none."""
    told = (
        Diagnostic(severity="error", message="no such class", urn="urn:pulumi:dev::p::t::orders", document="Database/orders"),
        Diagnostic(severity="warning", message="careful"),
    )
    placed = review.placed(_set(diagnostics=told), found)
    assert [diagnostic.location for diagnostic in placed.diagnostics] == ["databases/all.yaml:1:1", ""]
    assert "databases/all.yaml:1:1: error: Database/orders: no such class\nwarning: careful\n" in review.text([placed])


def test_a_plan_shows_the_lines(found: Catalog) -> None:
    """The text of a plan names each document's line behind it, and a refused change its own; what was applied is told without."""
    refused = _change("Application/shop", "kubernetes:core/v1:ConfigMap", "main/shop/settings").model_copy(
        update={"failed": True, "messages": ("no",)}
    )
    placed = review.placed(_set(refused, _change("Database/orders")), found)
    assert review.text([placed]).splitlines()[1:] == [
        "",
        "Application/shop  (applications/shop/application.yaml:1:1)",
        "  ~ update kubernetes:core/v1:ConfigMap main/shop/settings  (failed)  (applications/shop/settings.yaml:1:1)",
        "      ! no",
        "",
        "Database/orders  (databases/all.yaml:1:1)",
        "  ~ update aws:rds/instance:Instance n",
    ]
    assert "Database/orders\n" in review.text([placed.model_copy(update={"purpose": "apply"})])


def test_placing_again_changes_nothing(found: Catalog) -> None:
    """A change set that has its places keeps them."""
    once = review.placed(_set(_change("Database/orders")), found)
    assert review.placed(once, found) == once
