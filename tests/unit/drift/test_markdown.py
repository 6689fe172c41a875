"""The issue of an environment: one while there is something to do, within the host's limit, without anybody's markup."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

sys.path.insert(0, str(Path(__file__).parents[1] / "outlets"))

from hosts import State as Server
from hosts import serving

from transom.changes import DiffKind
from transom.cli import issues, main
from transom.drift import Finding, Property, Report, State, Unmanaged, markdown
from transom.drift.findings import Acknowledged
from transom.outlets import Target
from transom.outlets.github import GitHub
from transom.outlets.gitlab import GitLab

MARKER = "<!-- transom: drift dev -->"
HOSTILE = "<img src=x> @everyone [a](http://b) | `\n# no\n\u202e"
SCALED = Property("spec.replicas", DiffKind.UPDATE, 1, 5, by="kubectl (scale)", at="2026-11-27T04:38:00Z")
FINDING = Finding("dev", "dev", "Application/shop", "urn", "kubernetes:apps/v1:Deployment", "dev/shop/web", "", State.CHANGED, (SCALED,))
REPORT = Report((FINDING,), environments={"dev": 63})
CLEAN = Report((), environments={"dev": 64})


def body(report: Report, limit: int = 65_536) -> str:
    """The issue of dev."""
    return markdown.body(report, "dev", MARKER, limit)


def test_what_it_tells() -> None:
    """Document, resource, property, values, who, and the command that puts it back, by what it is acknowledged by."""
    text = body(REPORT)
    assert text.startswith(f"{MARKER}\n**`dev`: 1 resource is not as last applied.**")
    assert "### `Application/shop`" in text
    assert f"(`dev/{FINDING.key}`)" in text
    assert "  - `spec.replicas`: applied `1`, live `5`, by `kubectl (scale)` at `2026-11-27 04:38 UTC`" in text
    assert "`transom drift dev --heal`" in text


@pytest.mark.parametrize(
    "report, says",
    [
        (CLEAN, ""),
        (replace(REPORT, findings=(replace(FINDING, acknowledged=Acknowledged("a", "2026-12-01T00:00:00Z", "audit")),)), ""),
        (replace(CLEAN, unmanaged=(Unmanaged("dev", "dev", "shop", "kubernetes:core/v1:ConfigMap", "notes"),)), ""),
        (replace(CLEAN, errors=(("dev", "no credentials"),)), "could not be looked at"),
        (replace(CLEAN, findings=(replace(FINDING, state=State.UNREADABLE, properties=(), messages=("403",)),)), "1 could not be read"),
    ],
)
def test_when_it_is_open(report: Report, says: str) -> None:
    """Closed only where everything was read and is as applied or acknowledged: a failed look proves nothing."""
    text = body(report)
    assert bool(text) == bool(says)
    assert says in text


def test_words_of_others_are_no_markup() -> None:
    """Names, values and messages come out as text, whatever they say."""
    held = replace(
        FINDING, document=HOSTILE, name=HOSTILE, by=HOSTILE, properties=(replace(SCALED, live=HOSTILE, path=HOSTILE, by=HOSTILE),)
    )
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(
        body(replace(REPORT, findings=(held,), errors=(("dev", f"```\n{HOSTILE}"),)))
    )
    assert "<img" not in rendered
    assert "<a " not in rendered
    assert "<h1>" not in rendered
    assert "\u202e" not in rendered


def test_it_fits() -> None:
    """What does not fit is left out whole, and counted."""
    many = tuple(replace(FINDING, name=f"dev/shop/web-{number}") for number in range(400))
    text = body(replace(REPORT, findings=many), 10_000)
    assert len(text) <= 10_000
    shown = text.count("**changed**")
    assert 0 < shown < 400
    assert f"{400 - shown} more resources are not shown here" in text
    assert text.endswith("closed by the run that finds nothing.\n")


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as state:
        yield state


@pytest.mark.parametrize("name", ["GitHub", "GitLab"])
def test_one_issue_for_each_environment(name: str, server: Server) -> None:
    """Opened by the first run, left alone by the next, closed by the one that finds nothing; what failed elsewhere keeps none open."""
    target = Target("o/r" if name == "GitHub" else "7", 0, "", server.address + ("" if name == "GitHub" else "/api/v4"), "", "t")
    host = GitHub(target) if name == "GitHub" else GitLab(target)
    stacks = {"dev": "dev", "staging": "staging"}
    issues.keep(host, REPORT, stacks, stacks)
    issues.keep(host, REPORT, stacks, stacks)
    assert [(one["title"], one["state"]) for one in server.issues] == [("Drift in dev", "open" if name == "GitHub" else "opened")]
    assert not any(asked.startswith(("PATCH", "PUT")) for asked in server.asked)
    issues.keep(host, replace(CLEAN, errors=(("staging", "down"),)), stacks, stacks)
    assert [(one["title"], one["state"].removesuffix("ed")) for one in server.issues] == [
        ("Drift in dev", "clos"),
        ("Drift in staging", "open"),
    ]


@pytest.mark.parametrize("words", [["--heal"], ["--app", "shop"], ["--only", "Database/shop"]])
def test_an_issue_is_about_the_whole(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A part of the report would close the issue of the rest."""
    assert main.run(["drift", "dev", "--issue", "github", *words]) == 1
    assert "whole environments" in capsys.readouterr().err


def test_no_token(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing is told before anything is looked at."""
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_REPOSITORY", "o/r")
    assert main.run(["drift", "dev", "--issue", "github"]) == 1
    assert "GITHUB_TOKEN is not known" in capsys.readouterr().err
