"""Runs the shell steps of a workflow's jobs as their host would: in a fresh clone, step by step, with the host's variables and files.

What only the host can do is told apart by name, and fails where it is not known: its own actions (checkout, Python, the cache, AWS
credentials by OpenID), which the fresh clone and the sandbox's environment stand for; artifacts, which are carried from job to job here;
`apt-get` and `curl`. Expressions are looked up in what the host would know; one that is not there fails.

Pulumi with its language host, which an action or its installer brings, is that of the sandbox.

- GitHub: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (shell: `bash -e FILE`)
- GitLab: https://docs.gitlab.com/ci/yaml/ (all lines in one shell that ends with the first that fails)
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_HOSTS = ("actions/setup-python@", "actions/cache@", "aws-actions/configure-aws-credentials@")


@dataclass(frozen=True)
class Runner:
    """A machine of the host.

    Attributes:
        origin: the bare repository that jobs are cloned from.
        folder: where workspaces, the host's files and artifacts are kept.
        linked: folders of the checkout that the host's cache would bring, by name in the workspace.
        environment: what the job's machine has: PATH, HOME, and what stands for the credentials that the host's actions would give.
        engine: folder with what Pulumi's installer brings.
    """

    origin: Path
    folder: Path
    linked: Mapping[str, Path]
    environment: Mapping[str, str] = field(repr=False)
    engine: Path

    def github(self, job: Mapping[str, Any], known: Mapping[str, Any], revision: str) -> list[str]:
        """What the steps of a job of GitHub Actions printed; fails with it where a step fails.

        `known` has the contexts of expressions (`github`, `vars`, `secrets`, `matrix`, `inputs`, `runner`).
        """
        place = self._workspace(revision)
        path, event = self.folder / "path", self.folder / "event.json"
        path.write_text("")
        event.write_text(json.dumps(known["github"]["event"]))
        own = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_PATH": str(path),
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_SHA": revision,
            **{
                f"GITHUB_{name.upper()}": str(value)
                for name, value in known["github"].items()
                if isinstance(value, str) and name != "token"
            },
        }
        said = []
        for step in job["steps"]:
            if "run" not in step:
                self._action(step, place, known, path)
                continue
            given = {name: _filled(str(value), known) for name, value in (step.get("env") or {}).items()}
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            before = [line for line in reversed(path.read_text().splitlines()) if line]
            paths = {"PATH": ":".join([*before, self.environment["PATH"]])}
            said.append(_run(["bash", "-e", str(script)], place, {**self.environment, **own, **paths, **given}))
        return said

    def gitlab(self, workflow: Mapping[str, Any], name: str, variables: Mapping[str, str], revision: str) -> str:
        """What a job of GitLab CI printed; fails with it where a line fails."""
        job = _merged(workflow, name)
        place = self._workspace(revision)
        self._bring_artifacts(place)
        own = {"CI": "true", "GITLAB_CI": "true", "CI_PROJECT_DIR": str(place), "CI_COMMIT_SHA": revision}
        home = self.folder / "home" / ".pulumi"
        home.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            (home / "bin").symlink_to(self.engine)
        found = {**self.environment, **own, **variables, "HOME": str(home.parent)}
        found |= {key: _shell(str(value), found) for key, value in {**workflow["variables"], **(job.get("variables") or {})}.items()}
        found |= variables  # those of the pipeline go before those of the file
        lines = [*_lines(workflow, job.get("before_script") or workflow["default"]["before_script"]), *job["script"]]
        script = self.folder / "job.sh"
        script.write_text("\n".join(line for line in lines if not line.startswith(("apt-get ", "curl "))) + "\n")
        said = _run(["bash", "-eo", "pipefail", str(script)], place, found)
        for path in (job.get("artifacts") or {}).get("paths") or ():
            shutil.copy(place / path, self._artifacts())
        return said

    def _action(self, step: Mapping[str, Any], place: Path, known: Mapping[str, Any], path: Path) -> None:
        uses, told = step["uses"], step.get("with") or {}
        if uses.startswith("actions/checkout@"):
            if "ref" in told:
                _git(self.folder, "clone", "--quiet", str(self.origin), str(place / told["path"]))
                _git(place / told["path"], "checkout", "--quiet", _filled(told["ref"], known))
        elif uses.startswith("actions/upload-artifact@"):
            shutil.copy(place / told["path"], self._artifacts())
        elif uses.startswith("actions/download-artifact@"):
            self._bring_artifacts(place)
        elif uses.startswith("pulumi/actions@"):
            path.write_text(f"{path.read_text()}{self.engine}\n")
        else:
            assert uses.startswith(_HOSTS), f"nobody here knows what {uses} does"

    def _bring_artifacts(self, place: Path) -> None:
        for artifact in self._artifacts().glob("*"):
            shutil.copy(artifact, place)

    def _artifacts(self) -> Path:
        folder = self.folder / "artifacts"
        folder.mkdir(exist_ok=True)
        return folder

    def _workspace(self, revision: str) -> Path:
        place = self.folder / "workspace"
        shutil.rmtree(place, ignore_errors=True)
        _git(self.folder, "clone", "--quiet", str(self.origin), str(place))
        _git(place, "checkout", "--quiet", "-B", "main" if _is_main(place, revision) else "work", revision)
        for name, target in self.linked.items():
            (place / name).symlink_to(target)
        return place


def _is_main(place: Path, revision: str) -> bool:
    return _git(place, "rev-parse", "origin/main").strip() == revision


def _filled(text: str, known: Mapping[str, Any]) -> str:
    return _EXPRESSION.sub(lambda found: _value(found[1], known), text)


def _value(expression: str, known: Mapping[str, Any]) -> str:
    """An expression of names with dots, and `||` between them."""
    for alternative in expression.split("||"):
        value: Any = known
        for part in alternative.strip().split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value:
            return str(value)
    pytest.fail(f"the host would know nothing of {expression}")


def _merged(workflow: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A job with what it extends: mappings are merged, all else is the job's own (https://docs.gitlab.com/ci/yaml/yaml_optimization/)."""
    job = dict(workflow[name])
    while "extends" in job:
        base = workflow[job.pop("extends")]
        job = {
            key: {**base[key], **job[key]} if isinstance(job.get(key), dict) and key in base else job.get(key, base.get(key))
            for key in {**base, **job}
        }
    return job


def _lines(workflow: Mapping[str, Any], given: list[Any]) -> Iterator[str]:
    for line in given:
        if isinstance(line, list):  # !reference [default, before_script]
            yield from _lines(workflow, workflow[line[0]][line[1]])
        else:
            yield line


def _shell(text: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: variables.get(found[1], ""), text)


def _git(folder: Path, *words: str) -> str:
    return _run(["git", *words], folder, None)


def _run(command: list[str], folder: Path, environment: Mapping[str, str] | None) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment and dict(environment), capture_output=True, text=True, timeout=400, check=False
    )
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr
