"""Property paths: tuples of names and indices, and their text as the engine writes it (`tags.team`, `ingress[0].fromPort`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

Path = tuple[str | int, ...]

_PLAIN: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_STEP: Final = re.compile(r"""\.?([A-Za-z_$][A-Za-z0-9_$\-]*)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]|\.?(\*)""")


def text(path: Path) -> str:
    """Give the path as the engine writes it; a name that is no identifier is quoted."""
    written = ""
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            written += f".{step}" if written else step
        else:
            quoted = step.replace("\\", "\\\\").replace('"', '\\"')
            written += f'["{quoted}"]'
    return written


def parse(written: str) -> tuple[str, ...]:
    """Give the steps of a path as a program writes it in `ignoreChanges`; `*` stands for any step."""
    steps: list[str] = []
    for match in _STEP.finditer(written):
        name, index, quoted, star = match.groups()
        steps.append(name or index or star or re.sub(r"\\(.)", r"\1", quoted or ""))
    return tuple(steps)


def covered(path: Path, ignored: Iterable[tuple[str, ...]]) -> bool:
    """Tell whether the path is one of the ignored ones or lies below one."""
    steps = tuple(map(str, path))
    return any(
        len(pattern) <= len(steps) and all(want in {"*", have} for want, have in zip(pattern, steps, strict=False)) for pattern in ignored
    )


def generic(path: Path) -> str:
    """Give the path without its indices, as entries name nested inputs: `rules.status`."""
    return ".".join(step for step in path if isinstance(step, str))
