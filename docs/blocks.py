"""Markdown as the checks see it: fenced blocks with their place, headings with their anchors, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)$")
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"`[^`]*`")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *$")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its file, the line of its opening fence (from 1), the words behind the fence, its text."""

    file: Path
    line: int
    info: tuple[str, ...]
    text: str

    @property
    def language(self) -> str:
        """The first word behind the fence, e.g. `yaml`; empty when there is none."""
        return self.info[0] if self.info else ""

    @property
    def place(self) -> str:
        """`docs/verbs.md:12`."""
        return f"{self.file.relative_to(ROOT).as_posix()}:{self.line}"


def files() -> tuple[Path, ...]:
    """Every Markdown file of the documentation, sorted."""
    return (ROOT / "CHANGELOG.md", ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md")


def blocks(file: Path) -> tuple[Block, ...]:
    """The fenced blocks of one file, in order."""
    out: list[Block] = []
    begun: tuple[int, str, tuple[str, ...]] | None = None
    lines: list[str] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and begun is None:
            begun, lines = (number, fence["indent"], tuple(fence["info"].split())), []
        elif fence and begun is not None:
            out.append(Block(file, begun[0], begun[2], "".join(f"{one}\n" for one in lines)))
            begun = None
        elif begun is not None:
            lines.append(line.removeprefix(begun[1]))
    if begun is not None:
        raise ValueError(f"{file}:{begun[0]}: a fence is opened and not closed")
    return tuple(out)


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """The lines outside of fenced blocks, each with its number."""
    inside = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def anchors(file: Path) -> frozenset[str]:
    """The anchors that GitHub makes of the file's headings."""
    headings = (found["text"] for _, line in prose(file) if (found := _HEADING.match(line)))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def broken_links() -> list[str]:
    """Links inside the repository that lead nowhere, as `file:line: link`."""
    wrong = []
    for file in files():
        for number, line in prose(file):
            for found in _LINK.finditer(_CODE.sub("", line)):
                target, _, anchor = found["target"].partition("#")
                if target.startswith(("http://", "https://")):
                    continue
                aim = (file.parent / target).resolve() if target else file
                if not aim.exists() or (anchor and anchor not in anchors(aim)):
                    wrong.append(f"{file.relative_to(ROOT).as_posix()}:{number}: {found['target']}")
    return wrong
