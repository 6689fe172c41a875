"""The pages against the code and the tree: what `make docs` checks, told one by one, and the checks themselves."""

from __future__ import annotations

import re
from pathlib import Path

import blocks
import check
import errortable
import generate
import house
import pytest

from sandbox.layout import CHECKOUT
from transom.cli.main import VERBS
from transom.specs.kinds import KINDS

_FOREIGN = re.compile(
    rf"(?:^|[\s\"'=(:])(?:/home/|/root/|/Users/|{re.escape(str(CHECKOUT.parent))}/)"
    r"|(?:index-url|GOPROXY|registry) *[=:] *https?://"
)


def test_every_reason_that_the_code_can_give_is_told_and_no_other() -> None:
    """A developer who meets a reason finds its page in docs/errors/, and no page tells a reason of the past."""
    assert sorted(errortable.pages()) == sorted(errortable.raised())


def test_reasons_are_found_in_the_source() -> None:
    """The collector sees each way in which the code names a reason: positional, by keyword, as a class's default."""
    raised = errortable.raised()
    assert {"UnknownSize", "RemoteBase", "SourceEmpty", "StackLocked", "SandboxFailed", "PlaintextSecret"} <= raised.keys()
    assert "Failed" not in raised


def test_generated_parts_are_fresh() -> None:
    """Tables of fields and options, and the schemas, are what the code would write today."""
    assert generate.stale() == []


def test_a_stale_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The staleness check sees a changed table."""
    monkeypatch.setitem(generate.PARTS, "kinds", lambda _: "something else\n")  # type: ignore[index]
    assert generate.stale() == ["docs/kinds/README.md"]


def test_the_picture_of_the_house_agrees_with_the_tree() -> None:
    """Every room on docs/architecture.md exists, every room in the tree is on it, and its layers are those of pyproject.toml."""
    assert house.complaints() == []


def test_a_missing_room_is_found(tmp_path: Path) -> None:
    """The names are read from the first column of the tables, and nowhere else."""
    page = tmp_path / "page.md"
    page.write_text("| path | what |\n|---|---|\n| `transom/cli/` | verbs |\n\n`stacks/` in prose\n\n1. `cli`\n2. `drift | status`\n")
    assert house.named(page) == ["transom/cli/"]
    assert house.layers(page) == ["cli", "drift | status"]


def test_links_lead_somewhere() -> None:
    """Every link inside the repository has a file, and every anchor a heading."""
    assert blocks.broken_links() == []


def test_every_verb_and_every_kind_has_its_place() -> None:
    """docs/verbs.md has a section for each verb, docs/kinds/ a page for each kind."""
    sections = {line[3:] for _, line in blocks.prose(blocks.ROOT / "docs" / "verbs.md") if line.startswith("## ")}
    assert set(VERBS) <= sections
    pages = {file.stem for file in (blocks.ROOT / "docs" / "kinds").glob("*.md")} - {"README"}
    assert pages == {kind.lower() for kind in KINDS}


def test_every_decision_is_listed() -> None:
    """docs/adr/README.md links each record, and the records' numbers run without a gap."""
    folder = blocks.ROOT / "docs" / "adr"
    records = sorted(file.name for file in folder.glob("[0-9]*.md"))
    assert [int(name[:4]) for name in records] == list(range(1, len(records) + 1))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in records if f"]({name})" not in index] == []


def test_make_docs_says_nothing() -> None:
    """`docs/check.py` is silent when all is well."""
    assert check.complaints() == []


def test_no_machine_and_no_registry_is_named() -> None:
    """No tracked file has a path of somebody's machine or the address of a package registry: what is here works anywhere."""
    found = []
    for path in house.tracked():
        if path == Path(__file__).relative_to(blocks.ROOT).as_posix():
            continue
        try:
            text = (blocks.ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path}:{number}: {line.strip()[:120]}" for number, line in enumerate(text.splitlines(), 1) if _FOREIGN.search(line)]
    assert found == []
