"""Writes the messages of the pages in docs/errors/ anew, from the mistakes on them: run it when wording has changed, and read the diff.

Needs kustomize on PATH or in `.tools/bin`. A message with `...` in it is left as it is.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import blocks
import errortable

_ENTRY = re.compile(r"(?P<between>.*?)```text\n(?P<told>.*?)```", re.DOTALL)
_FILE = re.compile(r"```yaml mistake\n(?P<text># (?P<path>\S+)\n.*?)```", re.DOTALL)


def told(reason: str, files: dict[str, str]) -> list[str]:
    """The problems of this reason that `transom validate` tells of the example repository with these files in it."""
    with tempfile.TemporaryDirectory() as name:
        for folder in ("environments", "examples"):
            shutil.copytree(blocks.ROOT / folder, Path(name, folder))
        for path, text in files.items():
            file = Path(name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        path = os.pathsep.join([str(blocks.ROOT / ".tools" / "bin"), os.environ["PATH"]])
        command = [str(Path(sys.executable).parent / "transom"), "validate", "-o", "json"]
        done = subprocess.run(command, cwd=name, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
    problems = [one for one in json.loads(done.stdout)["problems"] if one["reason"] == reason]
    return [
        f"{one['path']}:{one['line']}:{one['column']}: {'warning: ' if one['severity'] == 'warning' else ''}{one['message']}"
        + (f"; {one['hint']}" if one["hint"] else "")
        for one in problems
    ]


def _renewed(reason: str, found: re.Match[str]) -> str:
    files = {one["path"]: one["text"] for one in _FILE.finditer(found["between"])}
    if not files or "..." in found["told"]:
        return found[0]
    lines = told(reason, files)[: len(found["told"].splitlines())]
    if not lines:
        print(f"{reason}: this mistake is not told any more", file=sys.stderr)
        return found[0]
    said = "".join(f"{line}\n" for line in lines)
    return f"{found['between']}```text\n{said}```"


def main() -> int:
    """Exit code 0; what changed is for `git diff` to say."""
    for reason, page in errortable.pages().items():
        page.write_text(_ENTRY.sub(partial(_renewed, reason), page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
