"""Fixtures for every test: one sandbox for the whole run, shared by all workers, started by the first test that needs it."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from sandbox import environment, lifecycle
from sandbox.layout import CHECKOUT

_FOLDER = "TRANSOM_TEST_SANDBOX"
_PARENT = CHECKOUT / ".cache" / "test-sandboxes"


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """The run's sandbox: its folder and the variables by which tools find it."""

    root: Path
    environment: dict[str, str]

    @property
    def kubeconfig(self) -> Path:
        """The file with a context for each cluster."""
        return Path(self.environment["KUBECONFIG"])

    def run(self, *command: str, cwd: Path | None = None, check: bool = True, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """Run a program in the sandbox's environment; a failure shows what it printed."""
        done = subprocess.run(
            command, cwd=cwd, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and done.returncode != 0:
            pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done


# No deadline: a test that fails because the machine was busy promises nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


# A command that a shell starts in the background ignores Ctrl-C, and its children inherit that; tests press it and expect to be heard.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """The controller, which starts first and ends last, names the folder; workers inherit it."""
    if hasattr(config, "workerinput"):
        return
    _purge_leftovers()
    os.environ[_FOLDER] = str(_PARENT / str(os.getpid()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The controller ends last: nothing of the run's sandbox is left."""
    if not hasattr(session.config, "workerinput"):
        lifecycle.down(Path(os.environ[_FOLDER]), purge=True)


@pytest.fixture(name="sandbox", scope="session")
def _sandbox() -> RunningSandbox:
    """A running sandbox with the cluster `dev`. A missing tool is an error, not a skip."""
    root = Path(os.environ[_FOLDER])
    lifecycle.up(root)
    return RunningSandbox(root, environment.environment(root))


@pytest.fixture(scope="session")
def cluster(sandbox: RunningSandbox) -> Path:
    """The kubeconfig of the run's sandbox; its current context is the cluster `dev`."""
    return sandbox.kubeconfig


def _purge_leftovers() -> None:
    """Sandboxes of runs that were killed."""
    for folder in _PARENT.glob("*"):
        if folder.name.isdigit() and not psutil.pid_exists(int(folder.name)):
            lifecycle.down(folder, purge=True)
