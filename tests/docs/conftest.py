"""What the tests of the documentation share: the modules of docs/, scratch checkouts, a shell in one, and a sandbox of their own.

Of their own, because the pages apply `dev` under its real names, and so do other tests on the shared sandbox.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from sandbox import environment, lifecycle
from sandbox.layout import CHECKOUT
from sandbox.toolchain import located
from sandbox.toolchain.layout import Layout

sys.path.insert(0, str(CHECKOUT / "docs"))

_SANDBOXES = CHECKOUT / ".cache" / "docs-sandboxes"
_SECONDS = 600.0
"""That one command may take on a busy machine."""
_END = "== end of command:"


class Shell:
    """A shell in a scratch checkout; it remembers its folder and variables from one command to the next, as a reader's does."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> list[str]:
        """The lines that a command prints, both streams together."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{{ {command}\n}} </dev/null; __code=$?; echo; echo '{_END}'; (exit $__code)\n")
        self.process.stdin.flush()
        lines: list[str] = []
        watch = threading.Timer(_SECONDS, self.process.kill)
        watch.start()
        try:
            for line in self.process.stdout:
                if line.startswith(_END):
                    break
                lines.append(line.rstrip())
            else:
                pytest.fail(f"{command} ended the shell, or took longer than {_SECONDS:.0f} s:\n" + "\n".join(lines))
        finally:
            watch.cancel()
        return lines[:-1] if lines and not lines[-1] else lines

    def close(self) -> None:
        """Ends the shell, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of every file of the repository, with the tools of the real one."""
    import house

    for path in house.tracked():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, target)
    for tools in (".venv", ".tools"):
        (tmp_path / tools).symlink_to(CHECKOUT / tools)
    return tmp_path


@pytest.fixture
def shell(scratch: Path) -> Iterator[Callable[[dict[str, str]], Shell]]:
    """Opens a shell in the scratch checkout, with variables beside the usual ones."""
    opened: list[Shell] = []

    def open_one(more: dict[str, str]) -> Shell:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "AWS_", "TRANSOM_"))}
        own["PATH"] = os.pathsep.join([str(scratch / ".venv" / "bin"), more.get("PATH", located.environment(Layout.of(CHECKOUT))["PATH"])])
        opened.append(Shell(scratch, {**own, "PYTHONPATH": str(scratch), **{k: v for k, v in more.items() if k != "PATH"}}))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def own_sandbox() -> Iterator[dict[str, str]]:
    """The variables of a sandbox that nobody else uses, as `transom sandbox env` prints them."""
    for folder in _SANDBOXES.glob("*"):
        if not psutil.pid_exists(int(folder.name)):
            lifecycle.down(folder, purge=True)
    root = _SANDBOXES / str(os.getpid())
    lifecycle.up(root)
    yield environment.environment(root)
    lifecycle.down(root, purge=True)
