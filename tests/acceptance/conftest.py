"""A project of its own for each scenario: the checkout's program and example, with a sandbox of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox import environment, lifecycle
from sandbox.layout import CHECKOUT

_PROGRAM = ("Pulumi.yaml", "__main__.py", "stacks", "components", "transom", "environments", "examples")


@dataclass(frozen=True)
class Workplace:
    """A copy of the checkout's program that a scenario may edit, and the variables that its commands run with."""

    root: Path
    environment: dict[str, str] = field(repr=False)

    def run(self, *command: str, code: int | None = 0, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """Runs a command as a user would; fails with what it printed unless it ends with `code` (None: any)."""
        done = subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False)
        if code is not None and done.returncode != code:
            pytest.fail(f"{' '.join(command)} ended with {done.returncode}, not {code}:\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *command: str, code: int | None = 0) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*command, "-o", "json", code=code).stdout)

    def kubectl(self, cluster: str, *words: str) -> str:
        """Run kubectl on one of the sandbox's clusters."""
        return self.run("kubectl", "--context", f"sandbox-{cluster}", *words, timeout=60).stdout

    def aws(self, service: str) -> Any:
        """A boto3 client of the sandbox's cloud."""
        return boto3.client(
            service,
            region_name=self.environment["AWS_REGION"],
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    def only(self, room: Path, environment: str) -> None:
        """Has the repository of `room` instead of the example's, with this environment alone."""
        shutil.rmtree(self.root / "environments")
        (self.root / "environments").mkdir()
        shutil.copy(room / f"{environment}.yaml", self.root / "environments" / f"{environment}.yaml")
        shutil.copytree(room / "platform", self.root / "platform")

    def edit(self, path: str, before: str, after: str) -> None:
        """Replaces a text that must be there, as a person edits a document."""
        file = self.root / path
        text = file.read_text(encoding="utf-8")
        assert before in text, f"{path} does not hold {before!r}"
        file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def workplace(tmp_path: Path) -> Iterator[Callable[..., Workplace]]:
    """Makes a workplace on a sandbox of the scenario's own: what is left in a cloud is part of what is tested."""
    home = tmp_path / "sandbox"

    def make(*clusters: str, having: Sequence[str] = ()) -> Workplace:
        lifecycle.up(home, clusters=clusters, having=having)
        root, backend = tmp_path / "project", tmp_path / "backend"
        root.mkdir()
        backend.mkdir()
        for name in _PROGRAM:
            source = CHECKOUT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        (root / ".venv").symlink_to(CHECKOUT / ".venv")
        own = {"PULUMI_BACKEND_URL": f"file://{backend}", "PYTHONPATH": str(root)}
        return Workplace(root, {**os.environ, **environment.environment(home), **own})

    yield make
    lifecycle.down(home, purge=True)
