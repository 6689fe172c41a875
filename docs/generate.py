"""Writes what is generated: tables of fields and options between the marks in docs/, and schemas/. Run it after a model or a verb changed.

A generated part stands between `<!-- generated: WORD ARGUMENT -->` and `<!-- end -->`. With `--check` nothing is written: the stale files
are named, and the exit code is 1 when there are any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import apis
import blocks
import errortable
import fields
import neighbourtable
import options
import parametertable

from transom.review import schema as outputs
from transom.specs import schema

_PART = re.compile(r"(?P<begin><!-- generated: (?P<word>[a-z-]+) ?(?P<argument>[^ ]*) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)

PARTS: Mapping[str, Callable[[str], str]] = {
    "fields": lambda kind: fields.table(fields.of(kind)),
    "metadata": lambda _: fields.table(fields.metadata()),
    "kinds": lambda _: fields.kinds_table(),
    "options": options.table,
    "tree": lambda _: errortable.tree(),
    "neighbour": neighbourtable.fields,
    "neighbour-metadata": neighbourtable.metadata,
    "sync-options": lambda _: neighbourtable.options(),
    "hooks": lambda _: neighbourtable.hooks(),
    "flux-annotations": lambda _: neighbourtable.annotations(),
    "parameters": parametertable.table,
    "engines": lambda _: parametertable.engines(),
    "reasons": lambda _: errortable.reasons(),
    "kubernetes": lambda _: apis.kubernetes(),
    "custom": lambda _: apis.custom(),
}
"""What can be generated, by the word in the mark."""


def fresh() -> dict[Path, str]:
    """Every generated file with the text that it should have."""
    found = {file: _filled(file.read_text(encoding="utf-8")) for file in blocks.files()}
    return found | {blocks.ROOT / "schemas" / name: text for name, text in {**schema.files(), **outputs.files()}.items()}


def stale() -> list[str]:
    """Paths of generated files that are not what they should be, and of schemas that belong to no kind."""
    wanted = fresh()
    wrong = [file for file, text in wanted.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    wrong += [file for file in (blocks.ROOT / "schemas").rglob("*") if file.is_file() and file not in wanted]
    return [file.relative_to(blocks.ROOT).as_posix() for file in wrong]


def write() -> None:
    """Brings every generated file up to date."""
    for file, text in fresh().items():
        file.parent.mkdir(exist_ok=True)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(blocks.ROOT).as_posix()}")


def _filled(text: str) -> str:
    return _PART.sub(lambda found: f"{found['begin']}{PARTS[found['word']](found['argument'])}{found['end']}", text)


def main() -> int:
    """Exit code 0 when everything is, or has been brought, up to date."""
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    for path in stale():
        print(f"{path} is stale: run .venv/bin/python docs/generate.py")
    return 1 if stale() else 0


if __name__ == "__main__":
    sys.exit(main())
