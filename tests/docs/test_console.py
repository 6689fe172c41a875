"""The commands in the pages are run, in their order, and print what the pages say they print.

A line `...` stands for any number of lines, `...` inside a line for anything. Times, ports and ids are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import blocks
import pytest

_PROGRESS = re.compile(r"^\S+: .* (?:finished|failed) after \d+ s$")
"""What a terminal shows on one line that goes away again."""
_SAME: tuple[tuple[str, str], ...] = (
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\b(sgr|sg|vpc|subnet)-[0-9a-f]+", r"\1-ID"),
)


def _commands(block: blocks.Block) -> Iterator[tuple[str, list[str]]]:
    command: str | None = None
    expected: list[str] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, expected
            command, expected = line.removeprefix("$ "), []
        else:
            assert command is not None, f"{block.place}: begins with output"
            expected.append(line.rstrip())
    if command is not None:
        yield command, expected


def _alike(wanted: list[str], printed: list[str]) -> bool:
    """Whether the lines agree."""
    if not wanted:
        return not printed
    if wanted[0] == "...":
        return any(_alike(wanted[1:], printed[start:]) for start in range(len(printed) + 1))
    if not printed:
        return False
    pattern = ".*".join(re.escape(part) for part in _same(wanted[0]).split("..."))
    return re.fullmatch(pattern, _same(printed[0])) is not None and _alike(wanted[1:], printed[1:])


def _same(line: str) -> str:
    for pattern, word in _SAME:
        line = re.sub(pattern, word, line)
    return line.rstrip()


def _trimmed(lines: list[str]) -> list[str]:
    """Without progress, and without empty lines at the end."""
    kept = [line for line in lines if not _PROGRESS.match(line)]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _walk(shell: Any, found: list[blocks.Block]) -> None:
    for block in found:
        for command, wanted in _commands(block):
            printed = _trimmed(shell.run(command))
            assert _alike(_trimmed(wanted), printed), f"{block.place}: $ {command}\nprinted\n" + "\n".join(printed)


def _files(*, sandbox: bool) -> list[Any]:
    """Each page with console blocks, and the blocks of that sort in it."""
    out = []
    for file in blocks.files():
        found = [block for block in blocks.blocks(file) if block.language == "console" and ("sandbox" in block.info) == sandbox]
        if found:
            out.append(pytest.param(found, id=file.relative_to(blocks.ROOT).as_posix()))
    return out


@pytest.mark.parametrize("found", _files(sandbox=False))
def test_commands_without_a_sandbox(found: list[blocks.Block], shell: Callable[[dict[str, str]], Any]) -> None:
    """A reader who types these commands in a fresh checkout sees what the page shows."""
    _walk(shell({}), found)


@pytest.mark.sandbox
@pytest.mark.parametrize("found", _files(sandbox=True))
def test_commands_on_a_sandbox(found: list[blocks.Block], shell: Callable[[dict[str, str]], Any], own_sandbox: dict[str, str]) -> None:
    """A reader who types these commands on a new sandbox sees what the page shows."""
    _walk(shell(own_sandbox), found)


def test_the_comparison_sees_differences(tmp_path: Path) -> None:
    """An ellipsis stands for what it stands for, and for nothing else; what is not compared is only what changes from run to run."""
    assert _alike(["a", "...", "d"], ["a", "b", "c", "d"])
    assert _alike(["at 2026-01-01T00:00:00Z on 127.0.0.1:1"], ["at 2027-02-02T11:11:11.5Z on 127.0.0.1:65000"])
    assert _alike(["path ... end"], [f"path {tmp_path} end"])
    assert not _alike(["a", "b"], ["a"])
    assert not _alike(["a"], ["a", "b"])
    assert not _alike(["replicas: 5"], ["replicas: 4"])
    assert not _alike(["a", "...", "d"], ["a", "b"])
