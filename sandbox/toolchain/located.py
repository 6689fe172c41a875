"""Where a part is: on PATH in a version that will do, or built, or missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.toolchain import golang, pins
from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import Part

SANDBOX_MARK = ".transom-sandbox"
"""A file of this name marks a folder that belongs to a sandbox, whichever."""


@dataclass(frozen=True, slots=True)
class Found:
    """A program that will do: its path, its version as it says itself, and where it is from."""

    path: Path
    version: str
    origin: Literal["PATH", "built"]


@dataclass(frozen=True, slots=True)
class Missing:
    """No program that will do; `hint` is the command that gets it."""

    hint: str


def locate(part: Part, layout: Layout) -> Found | Missing:
    """The user's own program where it is recent enough, else the built one. Starts the program on PATH to ask its version, nothing else."""
    own = on_path(part, layout)
    if own is not None:
        return own
    stamp = pins.read(layout, part)
    if stamp is not None:
        return Found(layout.program(part.name), stamp.version, "built")
    return Missing(f"python3 -m sandbox.toolchain build {part.name}")


def on_path(part: Part, layout: Layout) -> Found | None:
    """The user's own program, if it may be used for this part and is recent enough. What we built ourselves is not the user's own."""
    if not part.oldest:
        return None
    for folder in user_folders():
        path = shutil.which(part.name, path=str(folder))
        if path is None or folder.resolve() == layout.programs:
            continue
        version = version_of(path, part)
        if golang.numbers(version) >= part.oldest:
            return Found(Path(path), version, "PATH")
    return None


def user_folders() -> tuple[Path, ...]:
    """The folders of PATH but for those a sandbox put there: what lies in them is ours, or a link to what is found elsewhere anyway."""
    return tuple(Path(folder) for folder in os.get_exec_path() if folder and not (Path(folder) / SANDBOX_MARK).exists())


def version_of(path: str, part: Part) -> str:
    """The version the program prints, such as `v5.8.2`; empty when it does not run or prints none."""
    try:
        done = subprocess.run([path, *part.version_command], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    if done.returncode != 0:
        return ""
    numbers = golang.numbers(done.stdout)
    return "v" + ".".join(map(str, numbers)) if numbers else ""


def environment(layout: Layout) -> dict[str, str]:
    """Our environment with the built programs found after the user's own."""
    return {**os.environ, "PATH": os.pathsep.join([*map(str, user_folders()), str(layout.programs)])}
