"""`transom affected`: a change of a definition is told with every claim that it touches, before it is merged."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.repository import CHECKOUT
from transom.cli import main

DEFINITION = Path("examples/platform/infrastructure/compositions/postgresql-instance.yaml")
CLAIM = """\
apiVersion: database.example.com/v1alpha1
kind: PostgreSQLInstance
metadata: {name: orders}
spec: {tenant: team-a, version: "15", size: medium, dumps: true}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example repository with one claim, committed; and the working directory."""
    for folder in ("environments", "examples"):
        shutil.copytree(CHECKOUT / folder, tmp_path / folder)
    (tmp_path / "examples/platform/databases").mkdir(exist_ok=True)
    (tmp_path / "examples/platform/databases/orders.yaml").write_text(CLAIM, encoding="utf-8")
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, timeout=60)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(CHECKOUT / ".tools" / "bin"), prepend=":")
    return tmp_path


def changed(old: str, new: str) -> None:
    """Changes the definition in the working tree."""
    text = DEFINITION.read_text(encoding="utf-8")
    assert old in text
    DEFINITION.write_text(text.replace(old, new), encoding="utf-8")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the verb prints."""
    assert main.run(["affected", "--base", "HEAD", *words]) == 0
    return capsys.readouterr().out


def test_a_change_of_a_definition_lists_the_claims_it_touches(capsys: pytest.CaptureFixture[str]) -> None:
    """Every claim with its line, in every environment where something changes, and each value that does."""
    changed("environment.name == 'production'", "environment.name != 'dev'")
    assert told(capsys) == (
        "~ PostgreSQLInstance/orders in staging  (examples/platform/databases/orders.yaml:1:1)\n"
        "    ~ Database/orders-db\n"
        "        spec.highAvailability: false → true\n"
        "1 claim in 1 environment\n"
    )


def test_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """A comment in a definition touches nobody."""
    changed("spec:\n  group", "# a comment\nspec:\n  group")
    assert told(capsys) == "0 claims in 0 environments\n"


def test_documents_come_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    """What a claim is made of beside what it was, or no more, and claims that are new or gone."""
    changed("    - id: dumps", "    - id: copies")
    Path("examples/platform/databases/letters.yaml").write_text(CLAIM.replace("orders", "letters"), encoding="utf-8")
    found = json.loads(told(capsys, "dev", "-o", "json"))["dev"]
    assert [(one["claim"], one["sign"]) for one in found] == [("PostgreSQLInstance/letters", "+"), ("PostgreSQLInstance/orders", "~")]
    assert [(one["document"], one["sign"]) for one in found[1]["documents"]] == [
        ("Bucket/orders-dumps", "-"),
        ("Bucket/orders-copies", "+"),
    ]


def test_only_one_kind(capsys: pytest.CaptureFixture[str]) -> None:
    """`--kind` leaves out the others."""
    changed("environment.name == 'production'", "environment.name != 'dev'")
    assert told(capsys, "--kind", "WebService") == "0 claims in 0 environments\n"
