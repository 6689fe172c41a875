"""What an environment lacks of another: versions, and nothing that differs by design."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import repository
from transom.catalog.model import Catalog
from transom.promotion import lacks
from transom.promotion.lacks import Image, Value

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      initContainers: [{name: move, image: registry.example.com/move:1}]
      containers: [{name: web, image: registry.example.com/web:1.0.0}]
"""
FILES = {
    **{name: text for name, text in repository.BASIC.items() if not name.startswith("applications/")},
    "infrastructure/clusters/main/cluster.yaml": repository.CLUSTER.replace("environment: dev", "environment: dev, live: also"),
    "applications/shop/base/application.yaml": repository.APPLICATION,
    "applications/shop/base/web.yaml": DEPLOYMENT,
    "applications/shop/base/kustomization.yaml": "resources: [application.yaml, web.yaml]\n",
    "applications/shop/overlays/dev/kustomization.yaml": (
        "resources: [../../base]\nimages: [{name: registry.example.com/web, newTag: 1.1.0}]\nreplicas: [{name: web, count: 2}]\n"
    ),
    "applications/shop/overlays/production/kustomization.yaml": "resources: [../../base]\nreplicas: [{name: web, count: 9}]\n",
}
PRODUCTION = repository.ENVIRONMENT.replace("{name: dev}", "{name: production}")
OVERLAY = "applications/shop/overlays/production/kustomization.yaml"


def pair(tmp_path: Path, files: dict[str, str] | None = None, rules: str = "", dev: str = "") -> tuple[Catalog, Catalog]:
    """What dev runs, and what production's files ask for."""
    whole = {**FILES, **(files or {})}
    there = repository.catalog(tmp_path / "dev", whole, repository.ENVIRONMENT + dev)
    here = repository.catalog(tmp_path / "production", whole, PRODUCTION + rules)
    return there, here


def test_an_image_is_lacked_and_replicas_are_not(tmp_path: Path) -> None:
    """The tag comes along, into production's own overlay; nine pods instead of two are nobody's lack."""
    (lack,) = lacks.between(*pair(tmp_path))
    assert (lack.document, lack.what, lack.has, lack.gets) == ("Application/shop", "image", "1.0.0", "1.1.0")
    assert lack.edit == Image("platform", OVERLAY, "registry.example.com/web", "1.1.0")


def test_nothing_is_lacked_of_oneself(tmp_path: Path) -> None:
    """Two environments with the same versions lack nothing of each other."""
    there, _ = pair(tmp_path)
    assert lacks.between(there, there) == ()


def test_only_what_was_named(tmp_path: Path) -> None:
    """Other applications stay out of it."""
    there, here = pair(tmp_path)
    assert lacks.between(there, here, only=["ledger"]) == ()
    assert len(lacks.between(there, here, only=["shop"])) == 1


def test_an_image_of_the_application_document(tmp_path: Path) -> None:
    """Where the application's own `images` decide, they are changed: in a patch of production's, and never in the base."""
    patch = (
        "apiVersion: transom.dev/v1\nkind: Application\nmetadata: {name: shop}\n"
        "spec:\n  images: [{name: registry.example.com/web, newTag: 1.0.5}]\n"
    )
    kustomization = "resources: [../../base]\npatches: [{path: application.yaml}]\n"
    files = {OVERLAY: kustomization, "applications/shop/overlays/production/application.yaml": patch}
    (lack,) = lacks.between(*pair(tmp_path, files))
    assert lack.has == "1.0.5"
    assert isinstance(lack.edit, Value)
    assert (lack.edit.path, lack.edit.line) == ("applications/shop/overlays/production/application.yaml", 5)
    assert (lack.edit.old, lack.edit.new) == ("1.0.5", "1.1.0")


@pytest.mark.parametrize("listed", [True, False])
def test_fields_come_along_where_they_are_listed(tmp_path: Path, listed: bool) -> None:  # noqa: FBT001 - a case of two
    """A database's version is promoted when production's rules list it, and is nobody's lack otherwise."""
    database = 'apiVersion: transom.dev/v1\nkind: Database\nmetadata: {{name: shop}}\nspec:\n  version: "{version}"\n  size: small\n'
    files = {
        "applications/shop/base/database.yaml": database.format(version=16),
        "applications/shop/base/kustomization.yaml": "resources: [application.yaml, web.yaml, database.yaml]\n",
        "applications/shop/overlays/dev/kustomization.yaml": "resources: [../../base]\npatches: [{path: database.yaml}]\n",
        "applications/shop/overlays/dev/database.yaml": database.format(version=17),
        OVERLAY: "resources: [../../base]\npatches: [{path: database.yaml}]\n",
        "applications/shop/overlays/production/database.yaml": database.format(version=16),
    }
    rules = "  promotion: {fields: [Database/spec.version]}\n" if listed else ""
    found = lacks.between(*pair(tmp_path, files, rules))
    assert [(one.what, one.has, one.gets) for one in found] == ([("field", "16", "17")] if listed else [])
    if listed:
        assert isinstance(found[0].edit, Value)
        assert found[0].edit.path == "applications/shop/overlays/production/database.yaml"


def test_what_has_no_place_is_told_and_not_written(tmp_path: Path) -> None:
    """A document that production has not, and an object of an application, are a person's to write; the reason is told."""
    queue = "apiVersion: transom.dev/v1\nkind: Queue\nmetadata: {name: orders}\nspec: {}\n"
    files = {
        "applications/shop/overlays/dev/queue.yaml": queue,
        "applications/shop/overlays/dev/settings.yaml": repository.CONFIG_MAP,
        "applications/shop/overlays/dev/kustomization.yaml": "resources: [../../base, queue.yaml, settings.yaml]\n",
    }
    found = lacks.between(*pair(tmp_path, files))
    assert {(one.what, one.name) for one in found} == {("document", "Queue/orders"), ("object", "ConfigMap settings")}
    assert all(one.edit is None and one.why for one in found)


SOURCE = "{{name: platform, repoURL: https://git.example.com/platform, targetRevision: {revision}}}"


def sourced(text: str, revision: str) -> str:
    """The environment with a repository at a revision."""
    return text.replace("{name: platform, path: platform}", SOURCE.format(revision=revision))


REVISIONS = {
    "a tag there and here": ("v1.5.0", "v1.4.0", "v1.5.0"),
    "a branch there": ("main", "v1.4.0", "c" * 40),
    "a branch here: what is merged there comes by itself": ("main", "production", None),
    "a range here: what fits comes by itself": ("v1.5.0", "'1.x'", None),
    "the same": ("v1.4.0", "v1.4.0", None),
}


@pytest.mark.parametrize("there, here, gets", REVISIONS.values(), ids=REVISIONS.keys())
def test_revisions(tmp_path: Path, there: str, here: str, gets: str | None) -> None:
    """A source that production holds at a tag or a commit gets the one that the other runs, and what is in it comes along with it."""
    first = repository.catalog(tmp_path / "dev", FILES, sourced(repository.ENVIRONMENT, there))
    second = repository.catalog(tmp_path / "production", FILES, sourced(PRODUCTION, here))
    found = lacks.between(first, second, revisions={"platform": "c" * 40})
    moved = [one for one in found if one.what == "revision"]
    assert [one.gets for one in moved] == ([gets] if gets else [])
    image = next(one for one in found if one.what == "image")
    assert (image.edit is None) == bool(gets)
    if gets:
        assert isinstance(moved[0].edit, Value)
        assert moved[0].edit.source == ""
        assert moved[0].edit.line == 5
