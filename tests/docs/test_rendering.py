"""docs/rendering.md: what each example says that comes of it does, in the example repository, and every place that it names is right."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blocks
import pytest

from transom.catalog import project as projects
from transom.catalog.project import Project
from transom.rendering import yamltext

PAGE = blocks.ROOT / "docs" / "rendering.md"


def _examples() -> Iterator[Any]:
    """The files that each example places, and what it says that they come to."""
    files: list[blocks.Block] = []
    for block in blocks.blocks(PAGE):
        if "place" in block.info:
            files.append(block)
        elif "comes-to" in block.info:
            yield pytest.param(files, block, id=block.place)
            files = []


def _place(block: blocks.Block) -> None:
    first, _, _ = block.text.partition("\n")
    file = Path(first.removeprefix("# "))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


def _holds(there: Any, wanted: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths at which `there` does not have what is wanted; items of lists are told by their order."""
    match wanted:
        case dict() if isinstance(there, dict):
            for key, value in wanted.items():
                yield from _holds(there.get(key), value, (*path, key))
        case list() if isinstance(there, list) and len(there) >= len(wanted):
            for index, value in enumerate(wanted):
                yield from _holds(there[index], value, (*path, index))
        case _ if there != wanted:
            yield path


def _paths(data: Any, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield above
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from _paths(value, (*above, key))


@pytest.mark.parametrize("files, expected", list(_examples()))
def test_examples(files: list[blocks.Block], expected: blocks.Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever copies the files of an example gets what the page shows, and each value leads to the line behind its comment."""
    for folder in ("environments", "examples"):
        shutil.copytree(blocks.ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{blocks.ROOT / '.tools' / 'bin'}:{blocks.ROOT / '.venv' / 'bin'}", prepend=":")
    for block in (*(one for one in blocks.blocks(PAGE) if "beside" in one.info), *files):
        _place(block)
    catalogs, problems = projects.catalogs(Project(Path()), ("dev",))
    assert problems == ()
    found = {(one.kind, one.name): one for listed in catalogs["dev"].manifests.values() for one in listed}
    lines = expected.text.splitlines()
    written, _ = yamltext.parse(expected.text, "page")
    told = 0
    for document in written:
        manifest = found[document.data["kind"], document.data["metadata"]["name"]]
        assert list(_holds(manifest.data, document.data)) == []
        for path in _paths(document.data):
            line, _ = document.position(path) or (1, 1)
            comment = re.search(r"# (\S+:\d+:\d+)$", lines[line - 1])
            if comment and not isinstance(yamltext.at(document.data, path), dict | list):
                told += 1
                assert str(manifest.at(*path)) == comment[1]
    assert told == expected.text.count("# examples/")


def test_a_patch_that_deletes_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example that deletes a Service and a field does so."""
    files = next(case.values[0] for case in _examples() if "$patch: delete" in case.values[0][0].text)
    for folder in ("environments", "examples"):
        shutil.copytree(blocks.ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{blocks.ROOT / '.tools' / 'bin'}:{blocks.ROOT / '.venv' / 'bin'}", prepend=":")
    for block in files:
        _place(block)
    catalogs, _ = projects.catalogs(Project(Path()), ("dev",))
    found = {(one.kind, one.name): one for one in catalogs["dev"].manifests["Application/ledger"]}
    assert ("Service", "ledger") not in found
    assert "replicas" not in found["Deployment", "ledger"].data["spec"]
