"""Going back takes applications and leaves data where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.repository import PLATFORM
from transom.catalog import stored
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.errors import PermanentError
from transom.history.restore import restored


@pytest.fixture(scope="module")
def now() -> Catalog:
    """The example's development environment."""
    return Project(PLATFORM.parents[1]).catalog("dev")


def _without(catalog: Catalog, *identities: str) -> Catalog:
    whole = json.loads(stored.dump(catalog))
    whole["entries"] = [one for one in whole["entries"] if f"{one[0]['kind']}/{one[0]['metadata']['name']}" not in identities]
    whole["needs"] = {
        name: [need for need in needs if need not in identities] for name, needs in whole["needs"].items() if name not in identities
    }
    for part in ("owners", "manifests"):
        whole[part] = {name: value for name, value in whole[part].items() if name not in identities}
    return stored.load(json.dumps(whole))


def _with(catalog: Catalog, identity: str, spec: Mapping[str, Any]) -> Catalog:
    whole = json.loads(stored.dump(catalog))
    for one, _ in whole["entries"]:
        if f"{one['kind']}/{one['metadata']['name']}" == identity:
            one["spec"].update(spec)
    whole["needs"][identity] += [f"Application/{name}" for name in spec.get("dependsOn", ())]
    return stored.load(json.dumps(whole))


def test_applications_go_back_and_data_stays(now: Catalog) -> None:
    """An application's earlier document is taken; a database's is not, and the reader is told so."""
    earlier = _with(_with(now, "Application/site", {"dependsOn": ["ledger"]}), "Database/shop", {"storage": "5Gi"})
    back = restored(now, earlier)
    assert back.catalog.entries["Application/site"].data == earlier.entries["Application/site"].data
    assert back.catalog.entries["Database/shop"].data == now.entries["Database/shop"].data
    assert back.stayed == ("Database/shop",)
    named = restored(now, earlier, including=["Database/shop"])
    assert named.catalog.entries["Database/shop"].data == earlier.entries["Database/shop"].data
    assert named.stayed == ()


def test_what_is_new_goes_and_new_data_stays(now: Catalog) -> None:
    """An application that the earlier deployment did not have is gone again; a bucket that it did not have is not."""
    earlier = _without(now, "Application/site", "Bucket/pictures")
    back = restored(now, earlier)
    assert "Application/site" not in back.catalog.entries
    assert "Bucket/pictures" in back.catalog.entries
    assert back.stayed == ("Bucket/pictures",)


def test_one_application_alone(now: Catalog) -> None:
    """Limited to an application everything else stays as it is, also what the earlier deployment did not have."""
    earlier = _with(_without(now, "Application/ledger"), "Application/site", {"dependsOn": ["shop"]})
    back = restored(now, earlier, only=["site"])
    assert back.catalog.entries["Application/site"].data == earlier.entries["Application/site"].data
    assert "Application/ledger" in back.catalog.entries
    assert list(back.catalog.entries).index("Application/shop") < list(back.catalog.entries).index("Application/site")


def test_the_commits_are_those_gone_back_to(now: Catalog) -> None:
    """A whole environment is at the earlier deployment's commits; where one application goes back, the rest is still at today's."""
    earlier = replace(now, snapshots=tuple(replace(one, revision="1" * 40) for one in now.snapshots))
    assert {one.revision for one in restored(now, earlier).catalog.snapshots} == {"1" * 40}
    assert restored(now, earlier, only=["site"]).catalog.snapshots == now.snapshots


def test_loose_ends_are_refused(now: Catalog) -> None:
    """What goes back finds everything it needs, or nothing is done; unknown names are told."""
    with pytest.raises(PermanentError, match="--with Database/shop"):
        restored(_without(now, "Database/shop"), now)
    with pytest.raises(PermanentError, match="has no application nothing"):
        restored(now, now, only=["nothing"])
    with pytest.raises(PermanentError, match="neither deployment"):
        restored(now, now, including=["Database/none"])
