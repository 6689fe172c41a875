"""When a part must be rebuilt: its pin is the digest of all that decides what comes out of the compiler."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.toolchain.layout import Layout
from sandbox.toolchain.parts import Part


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a built program was built from: written after the program is in place, so that one without the other is seen as not built."""

    pin: str
    version: str
    seconds: float


def digest(part: Part, go_version: str) -> str:
    """The part's pin: hex digest over module files, our own sources in the module, package, linker flags and the Go version."""
    seen = hashlib.sha256()
    for piece in (
        (part.module / "go.mod").read_bytes(),
        (part.module / "go.sum").read_bytes(),
        *(source.read_bytes() for source in sorted(part.module.rglob("*.go"))),
        part.package.encode(),
        part.ldflags.encode(),
        go_version.encode(),
    ):
        seen.update(len(piece).to_bytes(8, "big"))
        seen.update(piece)
    return seen.hexdigest()


def read(layout: Layout, part: Part) -> Stamp | None:
    """The stamp of the built program; None where there is no program or no readable stamp."""
    if not os.access(layout.program(part.name), os.X_OK):
        return None
    try:
        return Stamp(**json.loads(layout.stamp(part.name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write(layout: Layout, part: Part, stamp: Stamp) -> None:
    """Keep the stamp; whole or not at all."""
    path = layout.stamp(part.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(f"{path}.{os.getpid()}.tmp")
    draft.write_text(json.dumps(asdict(stamp), indent=1) + "\n", encoding="utf-8")
    draft.replace(path)
