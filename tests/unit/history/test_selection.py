"""Part of what Git asks for: applications that were named, or all but those that wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from tests.repository import APPLICATION, BASIC
from transom.catalog.model import Catalog
from transom.errors import PermanentError
from transom.history import selection

OTHER = """\
apiVersion: transom.dev/v1
kind: Application
metadata: {{name: other}}
spec:
  tenant: team-a
  destination: {{namespace: site}}
{more}"""
QUEUE = """\
apiVersion: transom.dev/v1
kind: Queue
metadata: {name: orders}
spec: {tenant: team-a}
"""


def catalog(folder: Path, shop: str = "", other: str = "", data: str = "1", queue: str = "") -> Catalog:
    """Two applications, each with a ConfigMap."""
    settings = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{a: '{data}'}}\n"
    files = {
        **BASIC,
        "applications/shop/application.yaml": APPLICATION + shop,
        "applications/shop/settings.yaml": settings,
        "applications/other/application.yaml": OTHER.format(more=other),
        "applications/other/settings.yaml": settings,
        "resources/queue.yaml": queue,
    }
    return repository.catalog(folder, {name: text for name, text in files.items() if text})


def data(found: Catalog, application: str) -> str:
    """What the application's ConfigMap holds."""
    (manifest,) = found.manifests[f"Application/{application}"]
    return str(manifest.data["data"]["a"])


MANUAL = "  sync: {automated: false}\n"


def test_it_waits_until_it_is_named(tmp_path: Path) -> None:
    """What is not automated stays as it was applied last, and the rest does not wait for it."""
    applied, wanted = catalog(tmp_path / "a", MANUAL), catalog(tmp_path / "b", MANUAL, data="2")
    found = selection.automatic(wanted, applied)
    assert (data(found.catalog, "shop"), data(found.catalog, "other"), found.waiting) == ("1", "2", ("shop",))
    assert selection.automatic(wanted, wanted).waiting == ()
    named = selection.named(wanted, applied, ["shop"]).catalog
    assert (data(named, "shop"), data(named, "other")) == ("2", "1")


def test_one_that_was_never_applied(tmp_path: Path) -> None:
    """It is not there until it is named; then it comes with all that it needs."""
    queue = "  bindings: [{queue: orders}]\n"
    wanted = catalog(tmp_path, MANUAL + queue, queue=QUEUE)
    found = selection.automatic(wanted, None)
    assert "Application/shop" not in found.catalog.entries
    assert found.waiting == ("shop",)
    named = selection.named(wanted, None, ["shop"]).catalog
    assert {"Application/shop", "Queue/orders", "Tenant/team-a"} <= set(named.entries)
    assert "Application/other" not in named.entries
    assert named.placements == {"shop": "main"}


def test_what_needs_one_that_waits(tmp_path: Path) -> None:
    """The message says what to name."""
    wanted = catalog(tmp_path, MANUAL, "  dependsOn: [shop]\n")
    with pytest.raises(PermanentError, match="needs Application/shop, which waits") as raised:
        selection.automatic(wanted, None)
    assert raised.value.hint == "transom apply dev --app shop"


def test_a_name_that_git_does_not_have(tmp_path: Path) -> None:
    """A slip of the pen applies nothing."""
    with pytest.raises(PermanentError, match="no application shpo"):
        selection.named(catalog(tmp_path), None, ["shpo"])
