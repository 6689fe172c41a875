"""Property paths as the engine writes them: `spec.ports[0].port`, `metadata.annotations["a.b/c"]`. Pure.

https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/property_path.go has the grammar; what it refuses is here taken as one
key.
"""

from __future__ import annotations

import re
from typing import Any, Final

Path = tuple[str | int, ...]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""Nothing is there; None is a value."""

_STEP = re.compile(r'\.?(?P<name>[^.\[\]"]+)|\[(?P<index>\d+)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]')
_PLAIN = re.compile(r"[^.\[\]\"\s]+")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def parse(text: str) -> Path:
    """The steps of a path: names as text, list positions as numbers. A text that is no path is one key."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or (at == 0 and text.startswith(".")):
            return (text,)
        if step["index"] is not None:
            steps.append(int(step["index"]))
        elif step["quoted"] is not None:
            steps.append(_ESCAPE.sub(r"\1", step["quoted"]))
        else:
            steps.append(step["name"])
        at = step.end()
    return tuple(steps) or (text,)


def show(path: Path) -> str:
    """The path as text; `parse` gives it back."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step) is not None:
            text += f".{step}" if text else step
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def find(root: Any, path: Path) -> Any:
    """The value at `path` under `root`, or MISSING."""
    current = root
    for step in path:
        if isinstance(current, dict) and str(step) in current:
            current = current[str(step)]
        elif isinstance(current, list) and isinstance(step, int) and step < len(current):
            current = current[step]
        else:
            return MISSING
    return current
