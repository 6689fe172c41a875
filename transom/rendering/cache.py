"""What was rendered, kept by the content it came from: an untouched overlay costs one hash."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FORMAT = "1"
"""Part of every key: raise it when what is kept changes its shape or another Kustomize renders otherwise."""

Kept = list[tuple[dict[str, Any], str]]
"""Documents, each with the path of its origin below the snapshot's root."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Rendered units as JSON files in `folder`; without a folder nothing is kept."""

    folder: Path | None = None

    def key(self, files: Iterable[Path], root: Path) -> str:
        """Hash of the files' paths below `root` and their contents: the same in every checkout."""
        digest = hashlib.sha256(_FORMAT.encode())
        for file in files:
            content = file.read_bytes()
            digest.update(f"\0{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def get(self, key: str) -> Kept | None:
        """What was kept under `key`; None when nothing was, or when it cannot be read."""
        if self.folder is None:
            return None
        try:
            return [(data, origin) for data, origin in json.loads((self.folder / f"{key}.json").read_bytes())]
        except (OSError, ValueError):
            return None

    def put(self, key: str, rendered: Kept) -> None:
        """Keeps `rendered`; a full or read-only disk costs speed, not the run. Data that JSON would change (dates) is not kept."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError, TypeError):
            text = json.dumps(rendered)
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as half_made:
                half_made.write(text)
            os.replace(half_made.name, self.folder / f"{key}.json")  # noqa: PTH105 - atomic, and says so
