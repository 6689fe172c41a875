"""The bounds of a source: which paths belong to it. Whoever reads a file that a document names asks here first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LARGEST = 4 * 2**20
"""Bytes of a file that is read."""
_POINTER = b"version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024
"""Bytes (git-lfs: docs/spec.md, The Pointer)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a path is not read: a stable reason, what is wrong, what to do."""

    reason: str
    message: str
    hint: str


def refusal(root: Path, target: Path, name: str) -> Refusal | None:
    """Why `target`, resolved, is no part of the source at `root`; None when it is. `name` is how the document calls it. Opens no file."""
    if not target.is_relative_to(root):
        return Refusal(reason="PathOutsideSource", message=f"{name} leads out of the source", hint="name a path inside the repository")
    if ".git" in str(target)[len(str(root)) :].casefold().split("/"):
        hint = "name a file of your own: what git keeps there may hold credentials"
        return Refusal(reason="PathOutsideSource", message=f"{name} is git's own", hint=hint)
    return None


def unusable(target: Path, name: str) -> Refusal | None:
    """Why a file of the source is not taken as it is: it is larger than any that is meant, or stands for one that lies elsewhere."""
    size = target.stat().st_size
    if size > LARGEST:
        hint = f"{LARGEST // 2**20} MiB is the most; an object of Kubernetes holds less"
        return Refusal(reason="TooLarge", message=f"{name} has {size // 2**20} MiB", hint=hint)
    if size <= _LONGEST_POINTER and is_pointer(target):
        hint = "keep the file itself in Git: what it stands for is not fetched"
        return Refusal(reason="LfsPointer", message=f"{name} is a pointer of Git LFS", hint=hint)
    return None


def is_pointer(file: Path) -> bool:
    """Whether a file stands for one that Git LFS keeps elsewhere."""
    try:
        with file.open("rb") as opened:
            return opened.read(len(_POINTER)) == _POINTER
    except OSError:
        return False
