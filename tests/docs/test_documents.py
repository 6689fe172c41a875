"""The documents in the pages: the good ones load as part of the example repository, the mistakes are told as the page says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import blocks
import errortable
import pytest
import yaml

from transom.catalog import project as projects
from transom.catalog.project import Project
from transom.cli import main
from transom.specs.kinds import KINDS


def _ours(block: blocks.Block) -> bool:
    return block.language == "yaml" and ("apiVersion: transom.dev/" in block.text or "apiVersion: database.example.com/" in block.text)


def _good() -> Iterator[blocks.Block]:
    for file in blocks.files():
        yield from (block for block in blocks.blocks(file) if _ours(block) and not {"mistake", "place"} & set(block.info))


def _mistakes() -> Iterator[tuple[str, list[blocks.Block], blocks.Block]]:
    """For each reason's page: its files with mistakes, and the lines that are printed for them."""
    for page in errortable.pages().values():
        files: list[blocks.Block] = []
        for block in blocks.blocks(page):
            if "mistake" in block.info:
                files.append(block)
            elif files and block.language == "text":
                yield block.place, files, block
                files = []


def _place(block: blocks.Block, project: Path) -> None:
    """Writes the block to the file that its first line names."""
    first, _, _ = block.text.partition("\n")
    assert first.startswith("# "), f"{block.place}: a document in a page begins with the path it lies at"
    file = project / first.removeprefix("# ")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example repository and its environments, which is also the working directory."""
    for folder in ("environments", "examples"):
        shutil.copytree(blocks.ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{blocks.ROOT / '.tools' / 'bin'}:{blocks.ROOT / '.venv' / 'bin'}", prepend=":")
    return tmp_path


@pytest.mark.parametrize("block", list(_good()), ids=lambda block: block.place)
def test_documents_are_valid(block: blocks.Block, project: Path) -> None:
    """A document that a page shows can be copied: it is valid, and fits into the example repository in every environment."""
    for data in yaml.safe_load_all(block.text):
        if str(data.get("apiVersion")).startswith("transom.dev/"):
            KINDS[data["kind"]].model_validate(data)
    if "repoURL:" in block.text or "repository: https:" in block.text:
        return  # its repository does not exist
    for beside in (one for one in blocks.blocks(block.file) if "beside" in one.info):
        _place(beside, project)
    _place(block, project)
    found = Project(Path())
    names = ("trial",) if block.text.startswith("# environments/trial.yaml") else found.environments()
    if "cluster: dev" in block.text:
        names = ("dev",)
    catalogs, problems = projects.catalogs(found, names)
    assert problems == ()
    assert set(catalogs) == set(names)
    after = next((one for one in blocks.blocks(block.file) if one.line > block.line), None)
    if after and "generates" in after.info:
        applications = catalogs[after.info[-1]].applications
        assert after.text.splitlines() == sorted(name for name, entry in applications.items() if entry.generated_by)
    assert projects.tests(found, names).problems == ()


@pytest.mark.parametrize("mistake", list(_mistakes()), ids=lambda mistake: mistake[0])
def test_mistakes_are_told_as_the_page_says(
    mistake: tuple[str, list[blocks.Block], blocks.Block], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever makes the mistake of the page reads the message of the page, with the same line and column."""
    _, files, expected = mistake
    for block in files:
        _place(block, project)
    assert (main.run(["validate"]) == 0) == all(": warning: " in line for line in expected.text.splitlines())
    printed = capsys.readouterr()
    lines = (printed.out + printed.err).splitlines()
    for wanted in expected.text.splitlines():
        head, _, tail = wanted.partition("...")
        assert any(line.startswith(head) and line.endswith(tail) for line in lines), f"{wanted}\nis not in\n" + "\n".join(lines)
