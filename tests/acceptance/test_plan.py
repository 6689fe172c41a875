"""A pull request as a reviewer sees it, and a plan that is held to, with the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

DEPLOYMENT = "examples/platform/applications/shop/base/deployment.yaml"
DATABASE = "examples/platform/applications/shop/base/database.yaml"


def _git(place: Any, *words: str) -> str:
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")
    return str(place.run("git", *who, *words).stdout).strip()


def _told(part: Any) -> list[tuple[str, str, list[str]]]:
    """Document, operation and paths of each change."""
    return [
        (change["document"], change["operation"], [one["path"] for one in change["properties"]])
        for changes in part
        for change in changes["changes"]
    ]


def test_a_pull_request(workplace: Make) -> None:
    """Pending, the change, what it takes back, and drift are told apart; staging, which has no cluster yet, keeps dev from nothing."""
    place = workplace("dev")
    (place.root / ".gitignore").write_text(".venv\n.transom\n__pycache__\n")
    _git(place, "init", "-q", "-b", "main")
    _git(place, "add", "-A")
    _git(place, "commit", "-qm", "the beginning")
    place.run("transom", "apply", "dev")

    place.edit(DATABASE, "size: small", "size: medium")  # merged, and not applied
    _git(place, "commit", "-qam", "a larger database")
    place.kubectl("dev", "scale", "deployment", "web", "-n", "shop", "--replicas=5")
    ledger = "examples/platform/applications/ledger/base/settings.yaml"
    place.edit(ledger, "ROUNDING: half-even", "ROUNDING: half-up")

    record = place.json("transom", "plan", "dev", "--base", "HEAD", "--drift")
    (dev,) = record["environments"]
    assert record["base"] == _git(place, "rev-parse", "HEAD")
    rolled = ("Application/ledger", "update", ['spec.template.metadata.annotations["transom.dev/configuration"]'])
    assert _told(dev["change"]) == [rolled, ("Application/ledger", "update", ["data.ROUNDING"])], "pods roll with what they read"
    assert [one[:2] for one in _told(dev["pending"])] == [("Database/shop", "update")]
    assert _told(dev["drift"]) == [("Application/shop", "update", ["spec.replicas"])]
    _, change = dev["change"][0]["changes"]
    assert (change["location"], change["application"]) == (f"{ledger}:1:1", "ledger")

    refreshed = place.json("transom", "plan", "dev", "--base", "HEAD", "--refresh")["environments"][0]
    assert _told(refreshed["change"]) == _told(dev["change"])
    assert [one[:2] for one in _told(refreshed["pending"])] == [("Database/shop", "update")]

    both = place.json("transom", "plan", "dev", "staging", "--base", "HEAD", code=None)
    found = {one["environment"]: one for one in both["environments"]}
    assert _told(found["dev"]["change"]) == _told(dev["change"])
    assert found["staging"]["error"] or found["staging"]["change"]

    text = place.run("transom", "plan", "dev", "--base", "HEAD").stdout
    assert "dev: 2 to update" in text
    assert "dev, pending already, without this change: 1 to update" in text

    place.run("git", "checkout", "-q", ledger)
    assert place.json("transom", "plan", "--base", "HEAD")["untouched"] == ["dev", "production", "staging"]

    place.edit("components/objects.py", '"app.kubernetes.io/managed-by": "transom"', '"app.kubernetes.io/managed-by": "somebody"')
    (dev,) = place.json("transom", "plan", "dev", "--base", "HEAD")["environments"]
    assert [one[:2] for one in _told(dev["pending"])] == [("Database/shop", "update")], "the base is planned with the program as it was"
    assert ("Application/ledger", "update", ['metadata.labels["app.kubernetes.io/managed-by"]']) in _told(dev["change"])


def test_a_plan_that_is_held_to(workplace: Make) -> None:
    """A saved plan is applied; one that another commit, or another run, has overtaken is refused, and nothing is done."""
    place = workplace("dev")
    place.run("transom", "plan", "dev", "--save", "plan.json")
    place.run("transom", "apply", "--plan", "plan.json")
    assert place.json("transom", "plan", "dev")["totals"]["unchanged"] == 64
    again = place.run("transom", "apply", "--plan", "plan.json", code=4)
    assert "the state of dev was changed by another run" in again.stderr

    place.edit(DATABASE, "size: small", "size: medium")
    place.run("transom", "plan", "dev", "--save", "plan.json")
    place.edit(DATABASE, "size: medium", "size: small")
    refused = place.run("transom", "apply", "--plan", "plan.json", code=4)
    assert "dev: Database/shop asks for something else" in refused.stderr
    place.edit(DATABASE, "size: small", "size: medium")
    place.run("transom", "apply", "--plan", "plan.json")
    (instance,) = place.aws("rds").describe_db_instances()["DBInstances"]
    assert instance["AllocatedStorage"] == 50
