"""The jobs of examples/workflows, run for real: shell steps in fresh clones, the real engine on a sandbox, a server in the host's place.

`gh`, which GitHub's machines have, is a script that keeps what it was asked: the branch is pushed for real, the pull request is not opened.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.layout import CHECKOUT
from tests.acceptance.conftest import Workplace
from tests.acceptance.jobs import Runner
from tests.unit.outlets.hosts import State, serving
from tests.unit.workflows.reading import read

pytestmark = pytest.mark.acceptance

FOLDER = CHECKOUT / "examples" / "workflows"
GITLAB = read((FOLDER / "gitlab" / ".gitlab-ci.yml").read_text(encoding="utf-8"))
_WHOLE = ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE", "sandbox", "policies")
"""What a user's repository has of Transom beside the program, so that a job can install it."""
_OURS = ("PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_OPTION_CONFIG_FILE", "PULUMI_BACKEND_URL", "PYTHONPATH")
"""What the sandbox sets and a job gets from its host, or has no need of."""
_IMAGE = "registry.example.com/site"
SITE = "examples/platform/applications/site/overlays/dev/kustomization.yaml"


@dataclass
class Hosted:
    """A repository on a host, its platform, and the machine that runs its jobs."""

    place: Workplace
    runner: Runner
    state: State
    secrets: dict[str, str] = field(repr=False)

    @property
    def known(self) -> dict[str, Any]:
        """What GitHub knows in any job."""
        github = {
            "repository": "team-a/platform",
            "server_url": f"file://{self.runner.origin.parents[1]}",
            "api_url": self.state.address,
            "ref_name": "main",
            "run_id": "17",
            "token": "token-of-the-job",
            "event_name": "push",
            "event": {},
        }
        variables = {"PULUMI_BACKEND_URL": self.place.environment["PULUMI_BACKEND_URL"]}
        return {"github": github, "vars": variables, "secrets": self.secrets, "matrix": {}, "inputs": {}}

    @property
    def variables(self) -> dict[str, str]:
        """What GitLab knows in any job."""
        own = {
            "CI_PROJECT_ID": "7",
            "CI_PROJECT_PATH": "team-a/platform",
            "CI_SERVER_HOST": "gitlab.example.com",
            "CI_API_V4_URL": f"{self.state.address}/api/v4",
            "CI_PROJECT_URL": "https://gitlab.example.com/team-a/platform",
            "CI_DEFAULT_BRANCH": "main",
            "CI_PIPELINE_ID": "23",
            "GITLAB_TOKEN": "token-of-the-project",
            "AWS_ID_TOKEN": "token-of-the-job",
        }
        return {**own, **self.known["vars"], **self.secrets}

    def git(self, *words: str) -> str:
        """Git in the user's checkout."""
        done = subprocess.run(["git", *words], cwd=self.place.root, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()

    def push(self, branch: str, message: str) -> str:
        """Commits everything and pushes it; the commit."""
        self.git("add", "--all", ".")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return self.git("rev-parse", "HEAD")

    def github(self, workflow: str, job: str, revision: str, **known: Any) -> str:
        """What a job printed; `event`, `matrix` and `inputs` are those of this run."""
        jobs = read((FOLDER / "github" / workflow).read_text(encoding="utf-8"))["jobs"]
        mine = self.known
        mine["github"] |= {"sha": revision, **known.pop("github", {})}
        return "\n".join(self.runner.github(jobs[job], mine | known, revision))


@pytest.fixture
def hosted(workplace: Callable[..., Workplace], tmp_path: Path) -> Iterator[Hosted]:
    """The example's three environments in a repository of their own; their stacks were made once, as the page says."""
    place = workplace("dev", "staging", "production")
    for name in _WHOLE:
        copy = shutil.copytree if (CHECKOUT / name).is_dir() else shutil.copy
        copy(CHECKOUT / name, place.root / name, **({"ignore": _ignored} if copy is shutil.copytree else {}))
    (place.root / ".venv").unlink()
    (place.root / ".gitignore").write_text((CHECKOUT / ".gitignore").read_text() + ".venv\n.tools\nproduction.plan\n")
    passphrase = Path(place.environment["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text(encoding="utf-8").strip()
    machine = {name: value for name, value in place.environment.items() if name not in _OURS}
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "gh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {tmp_path}/gh\n')
    (tools / "gh").chmod(0o755)
    (tools / "python3").symlink_to(sys._base_executable)  # another one would make the environment anew
    machine |= {
        "PATH": f"{tools}:{_installed()}",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/hosts/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://oauth2:token-of-the-project@gitlab.example.com/",
    }
    origin = tmp_path / "hosts" / "team-a" / "platform.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin)], check=True, timeout=60)
    subprocess.run(["git", "-C", str(origin), "config", "receive.advertisePushOptions", "true"], check=True, timeout=60)
    folder = tmp_path / "runner"
    folder.mkdir()
    linked = {".venv": CHECKOUT / ".venv", ".tools": CHECKOUT / ".tools"}
    with serving() as state:
        made = Hosted(place, Runner(origin, folder, linked, machine, _engine(place)), state, {"PULUMI_CONFIG_PASSPHRASE": passphrase})
        made.git("init", "--quiet", "--initial-branch=main")
        made.git("config", "user.name", "Ada")
        made.git("config", "user.email", "ada@example.com")
        made.git("remote", "add", "origin", str(origin))
        _added(place.root / "environments" / "staging.yaml", "  promotion: {from: dev}\n")
        own = {**os.environ, **place.environment, "PULUMI_CONFIG_PASSPHRASE": passphrase}
        own = {name: value for name, value in own.items() if name not in _OURS[:2]}
        for stack in ("dev", "staging", "production"):
            subprocess.run(
                ["pulumi", "stack", "init", stack, "--no-select"], cwd=place.root, env=own, check=True, timeout=60, capture_output=True
            )
        made.push("main", "the platform")
        yield made


def _engine(place: Workplace) -> Path:
    folders = map(Path, place.environment["PATH"].split(":"))
    return next(one for one in folders if (one / "pulumi-language-python").exists())


def _installed() -> str:
    """PATH as the machine has it, without what the checkout brings: the job adds its own."""
    return ":".join(one for one in os.environ["PATH"].split(":") if not one.startswith(str(CHECKOUT)))


def _added(file: Path, text: str) -> None:
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def _ignored(_folder: str, names: list[str]) -> set[str]:
    return {"__pycache__", ".venv"} & set(names)


def test_github(hosted: Hosted) -> None:
    """Preview, deploy, drift, a fork, promotion: each job of each workflow, in the order of a team's day."""
    first = hosted.git("rev-parse", "HEAD")
    for job in ("dev", "staging"):
        assert "created" in hosted.github("deploy.yml", job, first)
    hosted.github("deploy.yml", "plan-production", first)
    assert "created" in hosted.github("deploy.yml", "production", first)
    assert "unchanged" in hosted.github("deploy.yml", "dev", first)

    hosted.git("checkout", "--quiet", "-b", "newer-site")
    _added(hosted.place.root / SITE, f"images:\n  - {{name: {_IMAGE}, newTag: 2.1.0}}\n")
    head = hosted.push("newer-site", "site 2.1.0 in dev")
    pull = {"pull_request": {"number": 4, "head": {"sha": head}}}
    about = {"github": {"ref": "refs/pull/4/merge", "base_ref": "main", "event_name": "pull_request", "event": pull}}
    hosted.state.heads[4] = head
    assert "valid" in hosted.github("preview.yml", "validate", head, **about)
    hosted.github("preview.yml", "preview", head, **about)
    (comment,) = hosted.state.comments
    assert "`dev` |  | 1 |" in comment["body"]
    assert f"{_IMAGE}:2.1.0" in comment["body"]
    hosted.github("preview-forks.yml", "preview", first, **about)
    (comment,) = hosted.state.comments
    assert f"{_IMAGE}:2.1.0" in comment["body"]
    assert hosted.state.runs
    assert all("token-of-the-job" in token for token in hosted.state.tokens)

    hosted.git("checkout", "--quiet", "main")
    hosted.git("merge", "--quiet", "--ff-only", "newer-site")
    hosted.git("push", "--quiet", "origin", "main")
    assert "1 updated" in hosted.github("deploy.yml", "dev", head)

    hosted.place.kubectl("dev", "scale", "deployment", "web", "-n", "shop", "--replicas=5")
    hosted.github("drift.yml", "look", head, matrix={"environment": "dev"})
    (issue,) = hosted.state.issues
    assert issue["state"] == "open"
    assert "spec.replicas" in issue["body"]
    hosted.place.kubectl("dev", "scale", "deployment", "web", "-n", "shop", "--replicas=1")
    hosted.github("drift.yml", "look", head, matrix={"environment": "dev"})
    assert issue["state"] == "closed"

    hosted.github("promote.yml", "promote", head, inputs={"from": "dev", "to": "staging"})
    assert "2.1.0" in hosted.git("--git-dir", str(hosted.runner.origin), "show", "promote-staging-17", "--stat", "-p")
    assert "pr create --base main --head promote-staging-17 --fill" in (hosted.runner.folder.parent / "gh").read_text()


def test_gitlab(hosted: Hosted) -> None:
    """The same on GitLab, with its own variables."""
    first = hosted.git("rev-parse", "HEAD")

    def job(name: str, revision: str, **variables: str) -> str:
        return hosted.runner.gitlab(GITLAB, name, {**hosted.variables, **variables}, revision)

    assert "created" in job("dev", first, CI_ENVIRONMENT_NAME="dev", CI_COMMIT_TITLE="the platform")
    assert "created" in job("staging", first, CI_ENVIRONMENT_NAME="staging", CI_COMMIT_TITLE="the platform")
    job("plan-production", first)
    assert "created" in job("production", first, CI_ENVIRONMENT_NAME="production", CI_COMMIT_TITLE="the platform")

    _added(hosted.place.root / SITE, f"images:\n  - {{name: {_IMAGE}, newTag: 2.1.0}}\n")
    hosted.git("checkout", "--quiet", "-b", "newer-site")
    head = hosted.push("newer-site", "site 2.1.0 in dev")
    merge = {"CI_MERGE_REQUEST_IID": "4", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": head}
    assert "valid" in job("validate", head, **merge)
    job("preview", head, **merge)
    (comment,) = hosted.state.comments
    assert f"{_IMAGE}:2.1.0" in comment["body"]

    hosted.git("push", "--quiet", "origin", "HEAD:main")
    assert "1 updated" in job("dev", head, CI_ENVIRONMENT_NAME="dev", CI_COMMIT_TITLE="site 2.1.0")
    hosted.place.kubectl("dev", "scale", "deployment", "web", "-n", "shop", "--replicas=5")
    job("drift", head, ENVIRONMENT="dev")
    (issue,) = hosted.state.issues
    assert "spec.replicas" in json.dumps(issue)
    said = job("promote", head, FROM="dev", TO="staging")
    assert "promote-23" in said
    assert "2.1.0" in hosted.git("--git-dir", str(hosted.runner.origin), "show", "promote-23", "-p")
