"""Programs that render: what their version is, asked once for as long as their file stays the same."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from transom.errors import ToolMissing
from transom.rendering.store import Store

_TIMEOUT = 60
"""Seconds."""

HINTS = {
    "kustomize": "make demo builds it, and transom doctor says where it is",
    "helm": "python3 -m sandbox.toolchain build helm, or install it: https://helm.sh/docs/intro/install/",
}
"""How to get a program."""


def version(program: str, words: Sequence[str], store: Store) -> str:
    """What `program` prints when it is started with these words; empty when it does not run.

    Raises:
        ToolMissing: there is no such program.
    """
    found = shutil.which(program)
    if found is None:
        raise missing(program)
    status = Path(found).stat()
    key = f"program:{found}:{status.st_size}:{status.st_mtime_ns}"
    if kept := store.get(key):
        return kept.decode()
    try:
        said = subprocess.run([found, *words], capture_output=True, text=True, timeout=_TIMEOUT, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if said:
        store.put({key: said.encode()})
    return said


def missing(program: str) -> ToolMissing:
    """The error for a program that is not on this machine."""
    name = Path(program).name.partition("-")[0]
    return ToolMissing(f"{name} is not on this machine", hint=HINTS.get(name, "transom doctor says what is missing"))
