"""The journal: numbers without gaps or doubles, records and catalogs that come back as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.repository import PLATFORM
from transom.catalog.model import Catalog
from transom.catalog.project import Project
from transom.changes import Change, ChangeSet, Operation
from transom.errors import PermanentError
from transom.history.journal import Journal
from transom.history.records import Act, Actor, Result, stack_result
from transom.history.store import MemoryStore, Store

ABOUT = {"act": Act.APPLY, "actor": Actor(name="ada")}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The example's development environment."""
    return Project(PLATFORM.parents[1]).catalog("dev")


def test_a_deployment_is_numbered_and_ends(store: Store, catalog: Catalog) -> None:
    """Numbers count up per environment; the record is there while it runs, and says how it ended."""
    journal = Journal(store, "platform")
    first = journal.begin(catalog, ABOUT)
    assert (first.number, first.result) == (1, Result.RUNNING)
    journal.end(first.model_copy(update={"result": Result.SUCCEEDED, "duration": 2.5}))
    second = journal.begin(catalog, {**ABOUT, "message": "again"})
    assert second.number == 2
    assert [(one.number, one.result, one.message) for one in journal.deployments("dev")] == [
        (2, Result.RUNNING, "again"),
        (1, Result.SUCCEEDED, ""),
    ]
    assert journal.deployment("dev", 1).duration == 2.5
    assert journal.environments() == ("dev",)


def test_what_was_applied_comes_back(store: Store, catalog: Catalog) -> None:
    """The catalog of a deployment is kept once for all deployments of the same documents, and comes back whole."""
    journal = Journal(store, "platform")
    first, second = (journal.begin(catalog, ABOUT) for _ in range(2))
    assert first.catalog == second.catalog
    assert journal.catalog(first).digest == catalog.digest
    assert len(store.keys(".transom/platform/catalogs")) == 1


def test_many_begin_at_once(catalog: Catalog) -> None:
    """No two runs get the same number."""
    store = MemoryStore()
    with ThreadPoolExecutor(max_workers=8) as pool:
        begun = list(pool.map(lambda _: Journal(store, "platform").begin(catalog, ABOUT), range(8)))
    assert sorted(one.number for one in begun) == list(range(1, 9))


def test_what_is_not_there_is_told(catalog: Catalog) -> None:
    """An unknown number is an error with the range there is; a damaged record or catalog is an error that names it."""
    store = MemoryStore()
    journal = Journal(store, "platform")
    with pytest.raises(PermanentError, match="nothing was applied yet"):
        journal.deployment("dev", 1)
    first = journal.begin(catalog, ABOUT)
    with pytest.raises(PermanentError, match="there are 1 to 1"):
        journal.deployment("dev", 7)
    store.replace(f".transom/platform/catalogs/{first.catalog}.json.gz", b"nonsense")
    with pytest.raises(PermanentError, match="damaged"):
        journal.catalog(first)
    store.replace(store.keys(".transom/platform/history/dev")[0], b'{"format": 2}')
    with pytest.raises(PermanentError, match="cannot be read"):
        journal.deployment("dev", 1)


def test_no_value_of_a_property_is_recorded() -> None:
    """A record counts what was done and keeps no values, so nothing secret can be in it."""
    urn = "urn:pulumi:dev::p::t::n"
    changes = ChangeSet(
        purpose="apply",
        environment="dev",
        stack="dev",
        changes=(
            Change(urn=urn, type="t", name="n", operation=Operation.CREATE),
            Change(urn=urn, type="t", name="m", operation=Operation.DELETE, failed=True, messages=("no",)),
        ),
        succeeded=False,
    )
    result = stack_result(changes)
    assert (result.counts, result.error) == ({Operation.CREATE: 1}, "no")
