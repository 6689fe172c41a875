"""A plan that is saved is the plan that is carried out, or none is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click import UsageError

from tests.catalogengine import CatalogEngine
from tests.checkout import Checkout
from transom.catalog.project import Project
from transom.cli import running, saving, wiring
from transom.engine import fleet
from transom.engine.state import digest
from transom.errors import GuardRefused, PermanentError
from transom.exitcodes import ExitCode

SETTINGS = "platform/applications/shop/settings.yaml"
FILE = Path("plan.json")


@pytest.fixture
def engine(tmp_path: Path) -> CatalogEngine:
    """No stack is there yet."""
    return CatalogEngine(tmp_path)


@pytest.fixture
def save(engine: CatalogEngine, command: Any) -> Callable[..., None]:
    """Plans these environments and writes the plan."""

    def run(*names: str) -> None:
        catalogs = wiring.catalogs(Project.here(), names)
        members = wiring.members(catalogs, ordered=False)
        wiring.create_missing(engine, members)
        found = saving.states(engine, members)
        planned = running.plan(engine, members)
        saving.write(saving.made("memory", catalogs, planned.changesets, found, refresh=False), FILE)

    return lambda *names: command(lambda: run(*names))


@pytest.fixture
def apply(engine: CatalogEngine, command: Any) -> Callable[..., None]:
    """What `apply --plan` does up to the apply, and the apply; `between` happens while it plans."""

    def run(between: Callable[[], None]) -> None:
        held = saving.Held.to(FILE, "memory", (), refresh=False)
        catalogs = wiring.catalogs(Project.here(), held.environments)
        members = wiring.members(catalogs)
        wiring.create_missing(engine, members)
        held.begin(engine, members)
        planned = running.plan(engine, members)
        between()
        held.check(engine, members, catalogs, planned)
        assert fleet.run(engine.apply, members).succeeded

    return lambda between=lambda: None: command(lambda: run(between))


@pytest.mark.usefixtures("checkout")
def test_a_plan_is_carried_out(save: Any, apply: Any, engine: CatalogEngine) -> None:
    """Where nothing has moved the plan is applied: once, for then the state is another."""
    save("dev", "staging")
    apply()
    assert {urn.split("::")[0] for urn in engine.cloud} == {f"urn:pulumi:{one}" for one in ("dev", "dev.team-a", "dev.team-b", "staging")}
    with pytest.raises(GuardRefused, match="the state of dev was changed"):
        apply()


@pytest.fixture
def another(engine: CatalogEngine, command: Any) -> Callable[[], None]:
    """Another run, which applies staging."""

    def run() -> None:
        members = wiring.members(wiring.catalogs(Project.here(), ["staging"]))
        assert fleet.run(engine.apply, members).succeeded

    return lambda: command(run)


@pytest.mark.parametrize(
    "moved",
    [
        (lambda c, _: c.edit(SETTINGS, '"1"', '"2"'), ["staging: Application/shop asks for something else"]),
        (lambda c, _: c.write(platform__applications__shop__settings=""), ["Application/shop asks for something else"]),
        (lambda c, _: c.write(platform__tenants__team_b="", platform__applications__ledger__application=""), ["Tenant/team-b is gone"]),
        (lambda c, _: c.edit("environments/staging.yaml", "spec:\n", "spec:\n  tags: {a: b}\n"), ["the document of environment staging"]),
        (
            lambda c, _: c.edit("environments/staging.yaml", "spec:\n", "spec:\n  shards: tenant\n"),
            ["stack staging.team-a is not in the plan"],
        ),
        (lambda c, _: (c.edit("environments/dev.yaml", "spec:", "spec: # words"), c.commit()), ["source platform was at "]),
        (lambda _, another: another(), ["the state of staging was changed", "create memory:Tenant team-a was planned and is not needed"]),
    ],
)
def test_what_has_moved_is_told(checkout: Checkout, save: Any, apply: Any, another: Any, moved: tuple[Any, list[str]]) -> None:
    """Documents, commits, the cut, the state: anything that is not as it was planned ends the run before anything is done, code 4."""
    move, words = moved
    save("staging")
    move(checkout, another)
    with pytest.raises(GuardRefused) as refused:
        apply()
    assert (refused.value.reason, refused.value.exit_code) == ("PlanMoved", ExitCode.REFUSED)
    assert all(word in str(refused.value) for word in words), str(refused.value)
    assert "transom plan staging --save plan.json" in refused.value.hint


@pytest.mark.usefixtures("checkout")
def test_a_run_in_between_is_noticed(save: Any, apply: Any, another: Any) -> None:
    """Also while the plan is made again."""
    save("staging")
    with pytest.raises(GuardRefused, match="just now"):
        apply(another)


@pytest.mark.usefixtures("checkout")
def test_the_file_is_checked(save: Any) -> None:
    """Neither another project's plan, nor a newer form, nor anything else is taken for a plan."""
    save("staging")
    with pytest.raises(PermanentError, match="is a plan of project memory"):
        saving.read(FILE, "other")
    whole = json.loads(FILE.read_text())
    for wrong in (json.dumps(whole | {"format": 2}), "{}", "no json"):
        FILE.write_text(wrong)
        with pytest.raises(PermanentError, match="holds no plan"):
            saving.read(FILE, "memory")
    FILE.unlink()
    with pytest.raises(PermanentError, match="cannot be read"):
        saving.read(FILE, "memory")
    plan = saving.SavedPlan(project="memory", made="2027-01-01T00:00:00Z", environments=())
    with pytest.raises(PermanentError, match="cannot be written"):
        saving.write(plan, Path("no-folder/plan.json"))


@pytest.mark.parametrize("file,environments,refresh", [(None, (), False), (FILE, ("dev",), False), (FILE, (), True)])
def test_a_plan_or_environments(file: Path | None, environments: tuple[str, ...], refresh: bool) -> None:  # noqa: FBT001 - a column
    """A command line that names both, or neither, is not guessed at."""
    with pytest.raises(UsageError):
        saving.Held.to(file, "memory", environments, refresh=refresh)


def test_the_digest_of_a_state() -> None:
    """The same resources in any order, written at another time and encrypted anew, are the same state; anything else is not."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    one = {"urn": "a", "type": "t", "inputs": {"size": 1, "pin": {**secret, "ciphertext": "x"}}, "modified": "2027-01-01T00:00:00Z"}
    two = {"urn": "b", "type": "t"}

    def of(*resources: dict[str, Any], **more: Any) -> str:
        return digest({"deployment": {"manifest": {"time": "now"}, "resources": list(resources), **more}})

    again = {**one, "inputs": {"size": 1, "pin": {**secret, "ciphertext": "y"}}, "modified": "2027-01-02T00:00:00Z"}
    assert of(one, two) == of(two, again)
    assert of(one, two) != of(one)
    assert of(one) != of({**one, "inputs": {**one["inputs"], "size": 2}})
    assert of(two) != of({**two, "protect": True})
    assert of(one) != of(one, pending_operations=[{"resource": {"urn": "c"}, "type": "creating"}])
    assert digest({"version": 3}) == digest({"deployment": {}})
