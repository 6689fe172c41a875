"""The workflows of examples/workflows: least permissions, nothing of a fork executed, and commands that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests import repository
from tests.unit.workflows.reading import read
from transom.cli import main

FOLDER = repository.CHECKOUT / "examples" / "workflows"
FILES = sorted(FOLDER.glob("github/*.yml"))
GITLAB = FOLDER / "gitlab" / ".gitlab-ci.yml"
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OWN = "github.event.pull_request.head.repo.full_name == github.repository"
WORD = re.compile(r"(?<![\w-])change(?![\w-])")
AS_DATA = re.compile(r"^(git -C change -c [^;&|]* merge --quiet --no-edit \"\$BASE\"|transom comment [^;&|]*--source [\w-]+=change\S*)$")
"""The two ways in which a run step may name a fork's files: joined by git, and read as a source."""


def complaints(text: str) -> Iterator[str]:
    """What is unsafe about a workflow of GitHub."""
    workflow = read(text)
    if workflow.get("permissions") != {}:
        yield "the workflow gives permissions to all jobs"
    yield from (f"not pinned: {line.strip()}" for line in text.splitlines() if "uses:" in line and not PINNED.search(line))
    events = workflow["on"] if isinstance(workflow["on"], dict) else {workflow["on"]: None}
    for name, job in workflow["jobs"].items():
        if "permissions" not in job:
            yield f"{name} says no permissions"
        runs = [step["run"] for step in job["steps"] if "run" in step]
        yield from (f"{name} puts an expression into a shell" for run in runs if "${{" in run)
        if "pull_request" in events and OWN not in job.get("if", ""):
            yield from _with_the_forks_code(name, job)
        if events.keys() & {"pull_request_target", "workflow_run", "issue_comment"}:
            yield from _beside_the_forks_code(name, job, runs)


def _with_the_forks_code(name: str, job: dict[str, Any]) -> Iterator[str]:
    """A job that runs what anybody wrote has nothing that is worth taking."""
    if job.get("permissions") not in ({}, {"contents": "read"}):
        yield f"{name} runs a fork's code with permissions"
    if "environment" in job or "secrets." in yaml.safe_dump(job) or "github.token" in yaml.safe_dump(job):
        yield f"{name} runs a fork's code with secrets"


def _beside_the_forks_code(name: str, job: dict[str, Any], runs: list[str]) -> Iterator[str]:
    """A job with secrets has a fork's files in one folder, and reads them."""
    if "environment" not in job:
        yield f"{name} is not approved by anybody"
    for step in job["steps"]:
        told = step.get("with", {})
        if "ref" in told and not (told.get("path") == "change" and str(told.get("persist-credentials")) == "false"):
            yield f"{name} checks a fork's code out as its own, or with a token"
        if str(step.get("working-directory", "")).startswith("change"):
            yield f"{name} runs something in a fork's folder"
    lines = (line.strip() for run in runs for line in run.splitlines())
    yield from (f"{name} may execute a fork's code: {line}" for line in lines if WORD.search(line) and not AS_DATA.match(line))
    yield from (f"{name} fetches a fork's code" for run in runs if re.search(r"git (fetch|pull|checkout|clone)|gh pr checkout", run))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_safe(file: Path) -> None:
    """Each job says its permissions, each action is pinned, and no token is near what a fork wrote."""
    assert list(complaints(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "file, before, after, says",
    [
        ("preview.yml", "permissions: {}\n", "", "permissions to all jobs"),
        ("preview.yml", f"    if: {OWN}\n", "", "runs a fork's code with secrets"),
        ("preview.yml", "    permissions:\n      contents: read\n    steps:", "    steps:", "validate says no permissions"),
        ("preview.yml", '"origin/$BASE"', '"origin/${{ github.head_ref }}"', "an expression into a shell"),
        ("deploy.yml", "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0", "actions/checkout@v5", "not pinned"),
        ("preview-forks.yml", "    environment: preview-forks\n", "", "not approved"),
        ("preview-forks.yml", "          path: change\n", "", "as its own"),
        ("preview-forks.yml", "          make venv\n", "          make -C change venv\n", "may execute a fork's code"),
        ("preview-forks.yml", "          make venv\n", "          cd change && make venv\n", "may execute a fork's code"),
        ("preview-forks.yml", "          make venv\n", "          ./change/run\n          make venv\n", "may execute a fork's code"),
        ("preview-forks.yml", "          make venv\n", "          gh pr checkout 1\n", "fetches a fork's code"),
        ("preview-forks.yml", "examples/platform\n", "examples/platform; sh change/x\n", "may execute a fork's code"),
    ],
)
def test_what_is_unsafe_is_found(file: str, before: str, after: str, says: str) -> None:
    """The check itself: each mistake that is made elsewhere is seen."""
    text = (FOLDER / "github" / file).read_text(encoding="utf-8")
    assert before in text
    assert says in " | ".join(complaints(text.replace(before, after)))


def _lines() -> Iterator[tuple[str, str]]:
    """Every shell line that names transom, with its file."""
    for file in FILES:
        for job in read(file.read_text(encoding="utf-8"))["jobs"].values():
            yield from ((file.name, line.strip()) for step in job["steps"] for line in step.get("run", "").splitlines())
    for job in read(GITLAB.read_text(encoding="utf-8")).values():
        if isinstance(job, dict):
            yield from ((GITLAB.name, line) for line in job.get("script", ()))


COMMANDS = sorted({(file, line) for file, line in _lines() if line.startswith("transom ")})


@pytest.mark.parametrize("file, line", COMMANDS)
def test_commands_exist(file: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is one that click takes, options and all."""
    words = [word.replace("$BASE", "main") for word in shlex.split(line)[1:]]
    for place in ("production.plan", "change/examples/platform/x"):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    words = ["1" if word == "$NUMBER" else word for word in words]
    assert isinstance(main.cli, click.Group)
    with click.Context(main.cli) as context:
        name, command, rest = main.cli.resolve_command(context, words)
        assert command is not None, file
        if isinstance(command, click.Group):
            group = command
            with click.Context(group, parent=context) as inner:
                name, command, rest = group.resolve_command(inner, ["report", *rest])
                assert command is not None, file
        command.make_context(name, rest, parent=context)


def test_each_use_has_its_workflow() -> None:
    """Preview, deploy, drift and promotion, on both hosts."""
    for file in ("github", "gitlab"):
        lines = " ".join(line for where, line in COMMANDS if (where == GITLAB.name) == (file == "gitlab"))
        for verb in ("validate", "comment", "plan", "apply", "drift", "promote"):
            assert f"transom {verb}" in lines, (file, verb)


def test_actionlint() -> None:
    """GitHub's own syntax, contexts and expressions, by the tool that knows them."""
    command = [repository.program("actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", *map(str, FILES)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stdout


def test_gitlab_deploys_one_at_a_time() -> None:
    """Each job that applies is of one environment, and waits for the one before it; only production is by hand."""
    jobs = read(GITLAB.read_text(encoding="utf-8"))
    applying = {name: job for name, job in jobs.items() if isinstance(job, dict) and job.get("extends") == ".deploy"}
    assert applying.keys() == {"dev", "staging", "production"}
    for name, job in applying.items():
        assert job["environment"]["name"] == name
        assert job["resource_group"] == f"transom-{name}"
    assert CI_OWN in jobs["preview"]["rules"][0]["if"]


CI_OWN = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
