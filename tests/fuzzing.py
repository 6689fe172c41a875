"""Documents that nobody should write: right ones, changed at random, with what hurts readers of YAML. A seed always gives the same ones."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import repository
from tests.manifests import FOLDER
from tests.repository import BASIC, ENVIRONMENT
from transom.catalog import load
from transom.catalog.model import Entry
from transom.errors import InvalidDocuments, Problem
from transom.rendering.render import Renderer
from transom.source.base import Snapshot
from transom.specs.environment import Environment

_PRINTED = r"""
:|- |? |!|!!binary |!!python/object:os.system |!foo |&a |*a|*b|<<: *a|<<: [*a, *b]|<<: 1|>|%YAML 1.2|---|...|#|@|`|{|}|[|]|,|"|'|\|~
null|true|yes|off|0x1F|0o17|1_000|1e400|.inf|-.inf|.nan|22:30|2027-01-31|2027-99-99|2001-12-14t21:59:43.10-05:00|=|-0|1.|+1|''|""
name: x|kind: Pod|apiVersion: v1|apiVersion: transom.dev/v1|kind: Database|metadata: 1|spec: []|1: 2|true: x|null: x|ü|日本|🚀
"""
_CONTROL = (
    "|", "|2-", "\t", "\r", "\r\n", "\n", "\x00", "\x07", "\x85", "\ufeff", "\u2028", "\u202e", "\u200b", "9" * 400, "? [a]\n: b",
    "? {a: 1}\n: b",
)  # fmt: skip
_WORDS = (*_PRINTED.strip().replace("\n", "|").split("|"), *_CONTROL)
Change = Callable[[random.Random, str], str]


def _insert(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_WORDS) + text[at:]


def _remove(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.randrange(1, 12) :]


def _swap(chance: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) > 1:
        one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def _repeat(chance: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = chance.randrange(len(lines))
    return "".join([*lines[:at], *[lines[at]] * chance.choice((2, 3, 50)), *lines[at:]])


def _indent(chance: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    at = chance.randrange(len(lines))
    lines[at] = chance.choice((" ", "  ", "\t", "    ")) + lines[at] if chance.random() < 0.5 else lines[at].lstrip()
    return "".join(lines)


def _replace(chance: random.Random, text: str) -> str:
    """Another value behind one of the colons."""
    lines = text.splitlines()
    places = [index for index, line in enumerate(lines) if ": " in line]
    if not places:
        return text
    at = chance.choice(places)
    lines[at] = lines[at].partition(": ")[0] + ": " + chance.choice(_WORDS)
    return "\n".join(lines) + "\n"


def _bomb(chance: random.Random, text: str) -> str:
    depth = chance.randrange(2, 30)
    levels = "".join(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9) if i else 1}]\n" for i in range(depth))
    return chance.choice(
        (levels + text, text + levels, text + "loop: &loop {again: *loop}\n", text + "list: &l [*l]\n", text + "m: &m {<<: *m}\n")
    )


def _nest(chance: random.Random, text: str) -> str:
    depth = chance.choice((30, 100, 1000, 5000))
    word = chance.choice(("[", "{a: ", "- ", "? ", "&a [", "!x ["))
    return text + "deep: " + word * depth + "\n"


def _steps(chance: random.Random, text: str) -> str:
    """Nested by indentation, rightly."""
    depth = chance.choice((30, 70, 200))
    return text + "".join(f"{' ' * level}l{level}:\n" for level in range(depth)) + f"{' ' * depth}x: 1\n"


def _huge(chance: random.Random, text: str) -> str:
    size = chance.choice((10_000, 200_000))
    return chance.choice(
        (
            text + f"big: {'x' * size}\n",
            text + f"{'k' * size}: 1\n",
            text + f'quoted: "{chr(92)}x41{"y " * (size // 2)}"\n',
            text + "many:\n" + "- 1\n" * (size // 4),
            text + "".join(f"field{i}: {i}\n" for i in range(size // 100)),
            text + f"number: {'7' * (size // 10)}\n",
            text.replace("name: ", f"name: {'n' * 5000}", 1),
            "# " + "c" * size + "\n" + text,
            text + " " * size + "x: 1\n",
        )
    )


def _many(chance: random.Random, text: str) -> str:
    return "---\n".join([chance.choice((text, "a: 1\n", "\n", "- 1\n", "x\n", "kind: [\n"))] * chance.choice((3, 300, 3000)))[:1_000_000]


def _ends(chance: random.Random, text: str) -> str:
    return chance.choice(
        ("\ufeff" + text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), text.rstrip("\n"), text.replace("  ", "\t"), text.upper())
    )


_LIGHT: tuple[Change, ...] = (_insert, _insert, _remove, _swap, _repeat, _indent, _replace, _replace, _ends)
_HEAVY: tuple[Change, ...] = (_bomb, _nest, _steps, _huge, _many)
_HEAVY_SHARE = 0.03


def seeds() -> tuple[str, ...]:
    """What is changed: documents of ours, and manifests."""
    texts = [text for name, text in BASIC.items() if name.endswith(".yaml")]
    for file in sorted(FOLDER.rglob("*.yaml")):
        texts += file.read_text(encoding="utf-8").split("---\n")
    return tuple(texts)


def documents(seed: int, count: int) -> Iterator[bytes]:
    """`count` changed documents."""
    chance = random.Random(seed)  # noqa: S311 - the same every time is what it is for
    known = seeds()
    for _ in range(count):
        text = chance.choice(known)
        for _ in range(chance.randrange(1, 5)):
            text = chance.choice(_LIGHT)(chance, text)
        if chance.random() < _HEAVY_SHARE:
            text = chance.choice(_HEAVY)(chance, text)
        content = text.encode("utf-8", errors="surrogatepass")
        if chance.random() < 0.02:
            at = chance.randrange(len(content) + 1)
            content = content[:at] + chance.randbytes(chance.randrange(1, 8)) + content[at:]
        yield content


class Ground:
    """A repository on disk in which one file is changed again and again."""

    def __init__(self, folder: Path) -> None:
        environments = folder / "environments"
        environments.mkdir(parents=True)
        (environments / "dev.yaml").write_text(ENVIRONMENT, encoding="utf-8")
        root = folder.resolve() / "platform"
        for name, text in BASIC.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        self.environment: Entry[Environment] = load.environment(environments, "dev")
        self.snapshot = Snapshot("platform", "directory", root)
        self.renderer: Renderer = repository.renderer()
        self.file = root / "applications/shop/changed.yaml"
        self.names = {*BASIC, "applications/shop/changed.yaml"}

    def read(self, content: bytes) -> tuple[Problem, ...]:
        """What is wrong with the repository when the file holds `content`; anything but problems is a defect, and raised."""
        self.file.write_bytes(content)
        try:
            return load.load(self.environment, [self.snapshot], self.renderer).warnings
        except InvalidDocuments as error:
            return error.problems


def complaints(problems: tuple[Problem, ...], content: bytes, names: set[str]) -> list[str]:
    """What is wrong with what was told: each problem has a reason, words of bearable length, and a place in a file."""
    lines = len(_BREAK.findall(content.decode("utf-8", errors="replace"))) + 2
    out = []
    for problem in problems:
        if problem.where.path not in names:
            out.append(f"no file: {problem.where}")
        if problem.where.path.endswith("changed.yaml") and not 1 <= problem.where.line <= lines:
            out.append(f"no line: {problem.where}")
        if not problem.reason.isidentifier() or not problem.message:
            out.append(f"no words: {problem}")
        if len(str(problem)) > _LONGEST:
            out.append(f"{len(str(problem))} characters: {str(problem)[:200]}")
    return out


_BREAK = re.compile("[\n\r\x85\u2028\u2029]")
"""What ends a line for YAML 1.1."""
_LONGEST = 3200
"""Characters of a message: a line that people read."""
