"""What a change would do to every environment, from two revisions of a real repository to the record, on the engine in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.catalogengine import CatalogEngine
from tests.checkout import STAGING, Checkout
from tests.repository import CONFIG_MAP
from transom.catalog.project import Project
from transom.changes import Operation
from transom.cli import reviewing, wiring
from transom.cli.reviewing import Reviewed, Wanted
from transom.engine import fleet
from transom.errors import EngineError
from transom.exitcodes import ExitCode
from transom.review import telling
from transom.review.pullrequest import EnvironmentReview

SETTINGS = "platform/applications/shop/settings.yaml"


@pytest.fixture
def engine(tmp_path: Path) -> CatalogEngine:
    """No stack is there yet."""
    (tmp_path / "backend").mkdir()
    return CatalogEngine(tmp_path / "backend")


@pytest.fixture
def apply(engine: CatalogEngine, command: Any) -> Callable[[], None]:
    """Applies everything as it lies in the checkout."""

    def run() -> None:
        catalogs = wiring.catalogs(Project.here(), ())
        members = wiring.members(catalogs)
        wiring.create_missing(engine, members)
        assert fleet.run(engine.apply, members).succeeded
        engine.planned.clear()

    return lambda: command(run)


@pytest.fixture
def programs(engine: CatalogEngine) -> Callable[[Path], CatalogEngine]:
    """Drives the program in a folder: one whose `stacks/tags.txt` gives every resource a tag, on the same cloud and states."""

    def made(folder: Path) -> CatalogEngine:
        assert (folder / "Pulumi.yaml").is_file()
        return engine.with_program(folder)

    return made


@pytest.fixture
def review(engine: CatalogEngine, programs: Any, command: Any) -> Callable[..., Reviewed]:
    """Reviews the checkout against HEAD."""
    return lambda revision="HEAD", **more: command(lambda: reviewing.review(Project.here(), engine, Wanted(revision, **more), programs))


def _of(found: Reviewed, name: str) -> EnvironmentReview:
    (one,) = [one for one in found.record.environments if one.environment == name]
    return one


def _told(part: Any) -> list[tuple[str, str, list[str]]]:
    return [(c.document, c.operation.value, [p.path for p in c.properties]) for changes in part for c in changes.changes]


def test_only_what_is_touched_is_planned(checkout: Checkout, engine: CatalogEngine, apply: Any, review: Any) -> None:
    """A changed object plans its stack in each environment; the other stacks are told as untouched."""
    apply()
    checkout.edit(SETTINGS, '"1"', '"2"')
    found = review()
    dev = _of(found, "dev")
    assert _told(dev.change) == [("Application/shop", "update", ["objects.settings.data.a"])]
    assert set(dev.untouched) == {"dev", "dev.team-b"}
    assert not dev.pending
    assert sorted(engine.planned) == ["dev.team-a", "dev.team-a", "staging", "staging"]
    assert found.exit_code is ExitCode.DONE
    assert found.record.base == checkout.git("rev-parse", "HEAD")
    (change,) = dev.change[0].changes
    assert (change.location, change.application) == ("platform/applications/shop/application.yaml:1:1", "shop")


def test_an_environment_without_a_difference_is_not_planned(checkout: Checkout, engine: CatalogEngine, apply: Any, review: Any) -> None:
    """A comment touches nothing; `--all` plans all the same."""
    apply()
    checkout.edit(SETTINGS, "kind:", "# words\nkind:")
    found = review()
    assert found.record.untouched == ("dev", "staging")
    assert not found.record.environments
    assert not engine.planned
    assert "not touched by the change, and not planned: dev, staging" in telling.text(found.record)
    assert len(review(everything=True).record.environments) == 2


def test_pending_is_told_apart(checkout: Checkout, apply: Any, review: Any) -> None:
    """What was merged and not applied yet is pending; the change is what comes on top of it, and what it takes back is told."""
    apply()
    checkout.edit(SETTINGS, '{a: "1"}', '{a: "2", b: "x"}')
    checkout.commit()
    checkout.edit(SETTINGS, '{a: "2", b: "x"}', '{a: "3"}')
    staging = _of(review(), "staging")
    ((change,),) = [one.changes for one in staging.change]
    assert [(p.path, p.before, p.after) for p in change.properties] == [("objects.settings.data.a", "2", "3")]
    assert _told(staging.pending) == [("Application/shop", "update", ["objects.settings.data.a", "objects.settings.data.b"])]
    assert _told(staging.withdrawn) == [("Application/shop", "update", ["objects.settings.data.b"])]
    told = telling.text(review().record)
    assert "staging, pending already, without this change: 1 to update" in told
    assert "staging, pending, and taken back by this change: 1 to update" in told


def test_a_stack_that_does_not_exist_yet(checkout: Checkout, review: Any) -> None:
    """What the base would create is pending; a document that the change brings is the change's."""
    checkout.write(platform__applications__shop__more=CONFIG_MAP.replace("settings", "more"))
    dev = _of(review(), "dev")
    assert _told(dev.change) == [("Application/shop", "update", ["objects.more"])]
    assert ("Application/shop", "create", ["destination", "objects", "tenant"]) in _told(dev.pending)


def test_a_new_environment_is_all_the_changes(checkout: Checkout, review: Any) -> None:
    """An environment that the base does not declare has nothing pending."""
    checkout.write(environments__preview=STAGING.replace("staging", "preview"))
    preview = _of(review(), "preview")
    assert not preview.pending
    assert all(change.operation is Operation.CREATE for changes in preview.change for change in changes.changes)
    assert preview.notes == ("the environment is new: all of it is the change's",)


def test_an_environment_that_goes(checkout: Checkout, review: Any) -> None:
    """An environment whose document is removed is told; nothing in it is touched."""
    checkout.write(environments__staging="")
    assert "declared no more" in _of(review(), "staging").notes[0]


def test_a_mistake_in_one_environment_keeps_no_other_back(checkout: Checkout, apply: Any, review: Any) -> None:
    """The mistake is told with its line and environment, the other environment's plan beside it; the code says invalid."""
    apply()
    checkout.edit(SETTINGS, '"1"', '"2"')
    checkout.edit("environments/staging.yaml", "storage: 50Gi", "storage: fifty")
    found = review()
    assert _told(_of(found, "dev").change)
    assert _of(found, "staging").error == "its documents are invalid"
    (mistake,) = found.record.mistakes
    assert (mistake.path, mistake.environments) == ("environments/staging.yaml", ("staging",))
    assert found.exit_code is ExitCode.INVALID


def test_an_engine_that_fails_in_one_environment(checkout: Checkout, engine: CatalogEngine, apply: Any, review: Any) -> None:
    """The environment says why, the others are told, and the code is not 0."""
    apply()
    checkout.edit(SETTINGS, '"1"', '"2"')
    engine.says["staging"] = EngineError("no credentials")
    found = review()
    assert "no credentials" in _of(found, "staging").error
    assert _told(_of(found, "dev").change)
    assert found.exit_code is ExitCode.FAILED


def test_a_broken_base(checkout: Checkout, apply: Any, review: Any) -> None:
    """Where the base is invalid nothing can be subtracted, and the record says so."""
    apply()
    checkout.edit(SETTINGS, "kind: ConfigMap", "kind: [")
    checkout.commit()
    checkout.edit(SETTINGS, "kind: [", "kind: ConfigMap")
    checkout.edit(SETTINGS, '"1"', '"2"')
    dev = _of(review(), "dev")
    assert "the base cannot be planned" in dev.notes[0]
    assert _told(dev.change) == [("Application/shop", "update", ["objects.settings.data.a"])]


def test_drift_is_told_by_itself(checkout: Checkout, engine: CatalogEngine, apply: Any, review: Any) -> None:
    """With a look at the live state the way back from drift is neither the change's nor pending."""
    apply()
    (urn,) = [urn for urn in engine.cloud if urn.startswith("urn:pulumi:staging:") and urn.endswith("::shop")]
    engine.cloud[urn] = {**engine.cloud[urn], "tenant": "by-hand"}
    checkout.edit(SETTINGS, '"1"', '"2"')
    staging = _of(review(refresh=True), "staging")
    assert _told(staging.change) == [("Application/shop", "update", ["objects.settings.data.a"])]
    assert not staging.pending
    assert _told(staging.drift) == [("Application/shop", "update", ["tenant"])]
    only = _of(review(drift=True), "staging")
    assert (only.looked_for_drift, _told(only.drift)) == (True, _told(staging.drift))


def test_a_change_of_the_program_touches_everything(checkout: Checkout, apply: Any, review: Any) -> None:
    """Resources may come out otherwise though no document differs: every stack is planned."""
    apply()
    checkout.edit("Pulumi.yaml", "runtime", "# words\nruntime")
    assert {one.environment for one in review().record.environments} == {"dev", "staging"}


def test_what_comes_of_a_change_of_the_program_is_the_changes(checkout: Checkout, apply: Any, review: Any) -> None:
    """The base is planned with the program as it was, so that what only the new one does is not taken for pending."""
    (checkout.root / "stacks").mkdir()
    (checkout.root / "stacks" / "tags.txt").write_text("old")
    checkout.commit()
    apply()
    (checkout.root / "stacks" / "tags.txt").write_text("new")
    checkout.edit(SETTINGS, '"1"', '"2"')
    staging = _of(review(), "staging")
    assert not staging.pending
    told = {document: paths for document, _, paths in _told(staging.change)}
    assert told["Tenant/team-a"] == ["tag"]
    assert told["Application/shop"] == ["objects.settings.data.a", "tag"]
    assert "the base with the program as it was" in staging.notes[0]


def test_the_environments_own_document_at_the_base(checkout: Checkout, apply: Any, review: Any) -> None:
    """What the environment itself said is part of the base: a tag that is pending there is not the change's."""
    apply()
    before = checkout.git("rev-parse", "HEAD")
    checkout.edit("environments/staging.yaml", "spec:\n", "spec:\n  tags: {team: x}\n")
    assert _of(review(), "staging").change
    checkout.commit()
    assert review().record.untouched == ("dev", "staging")
    assert _of(review(before), "staging").change


@pytest.mark.usefixtures("checkout")
def test_a_revision_that_there_is_not(review: Any) -> None:
    """A slip of the pen is told for each environment, and nothing is planned."""
    found = review("no-such-branch")
    assert all("no-such-branch" in one.error for one in found.record.environments)
    assert found.exit_code is ExitCode.FAILED
