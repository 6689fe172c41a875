"""Change sets as text and JSON. Golden files: `TRANSOM_GOLDEN=write pytest tests/unit/review tests/unit/drift` rewrites them."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
import recordings

from transom import review
from transom.changes import Change, ChangeSet, Diagnostic, DiffKind, Operation, PropertyChange
from transom.review.values import property_lines, show

GOLDEN = Path(__file__).parents[2] / "testdata" / "review"


def golden(name: str, text: str) -> None:
    """Compare with the golden file, or write it."""
    file = GOLDEN / name
    if os.environ.get("TRANSOM_GOLDEN") == "write":
        file.write_text(text)
    assert text == file.read_text()


def plan(*changes: Change, **more) -> ChangeSet:
    """A plan of dev."""
    return ChangeSet(purpose=more.pop("purpose", "plan"), environment="dev", stack=more.pop("stack", "dev"), changes=changes, **more)


def change(name: str, operation: Operation, document: str = "", **more) -> Change:
    """A change."""
    return Change(urn=f"urn:{name}", type="aws:s3/bucket:Bucket", name=name, operation=operation, document=document, **more)


@pytest.mark.parametrize("name", sorted(recordings.PURPOSES))
def test_recordings(name: str):
    """What a person reads after each recorded run of the real engine, whole."""
    golden(f"{name}.txt", review.text([recordings.changeset(name)]))


def test_json():
    """What a program reads, whole."""
    golden("change-plan.json", review.as_json([recordings.changeset("change-plan")]))


def test_shards_are_one():
    """The stacks of an environment are told as one, gravest document first, the environment's own last; errors name their stack."""
    whole = [
        plan(change("new", Operation.CREATE, "Bucket/a"), change("quota", Operation.UPDATE), unchanged=3),
        plan(
            change("gone", Operation.DELETE, "Bucket/z", protected=True),
            change("other", Operation.CREATE, "Bucket/z"),
            stack="dev.shop",
            unchanged=4,
            succeeded=False,
            error="the program failed\nbadly",
            diagnostics=(Diagnostic(severity="warning", message="careful"), Diagnostic(severity="info", message="never mind")),
        ),
    ]
    golden("shards.txt", review.text(whole))


def test_two_environments():
    """Environments are told apart."""
    text = review.text([plan(), plan().model_copy(update={"environment": "staging"})])
    assert text == "dev: nothing to do; 0 unchanged\n\nstaging: nothing to do; 0 unchanged\n"


def test_nothing():
    """No change set, no text."""
    assert review.text([]) == ""


@pytest.mark.parametrize(
    "told, expected",
    [
        (PropertyChange(path="size", kind=DiffKind.UPDATE, before=1, after=2), ["~ size: 1 → 2"]),
        (PropertyChange(path="a", kind=DiffKind.ADD, after={"b": [1]}), ['+ a: {"b": [1]}']),
        (PropertyChange(path="a", kind=DiffKind.DELETE, before="x"), ["- a: x"]),
        (PropertyChange(path="a", kind=DiffKind.UPDATE, before="", after=" x"), ['~ a: "" → " x"']),
        (
            PropertyChange(path="a", kind=DiffKind.UPDATE, before=None, after=True, forces_replacement=True),
            ["~ a: null → true  (forces replacement)"],
        ),
        (
            PropertyChange(path="a", kind=DiffKind.UPDATE, before="one\ntwo\nsame\n", after="one\n2\nsame\n"),
            ["~ a:", "    - two", "    + 2"],
        ),
    ],
)
def test_property_lines(told: PropertyChange, expected: list[str]):
    """A property on its line: before and after, texts of many lines as the lines that differ."""
    assert property_lines(told) == expected


def test_long_values_are_folded():
    """A long value is cut with its length; a long difference with the count of what is left out."""
    assert show("x" * 200) == "x" * 71 + "… (200 characters)"
    lines = property_lines(
        PropertyChange(path="a", kind=DiffKind.UPDATE, before="\n".join("abcdefghijkl"), after="\n".join("ABCDEFGHIJKL"))
    )
    assert lines[-1] == "    … 16 more lines"
    many = plan(
        change("n", Operation.UPDATE, properties=tuple(PropertyChange(path=f"p{i}", kind=DiffKind.ADD, after=1) for i in range(30)))
    )
    assert "      … 5 more properties\n" in review.text([many])


def test_console_prints_the_same_words():
    """Colour adds nothing and takes nothing away, and brackets in a value are no markup."""
    from rich.console import Console

    whole = [recordings.changeset("change-plan"), plan(change("[bold]x[/bold]", Operation.CREATE))]
    plain, coloured = io.StringIO(), io.StringIO()
    review.console(whole, Console(file=plain, width=40, no_color=True, force_terminal=False))
    review.console(whole, Console(file=coloured, width=40, force_terminal=True, color_system="standard"))
    assert plain.getvalue() == review.text(whole)
    assert "\x1b[" in coloured.getvalue()


def test_json_counts():
    """Totals over all stacks; the format is numbered."""
    whole = json.loads(
        review.as_json([plan(change("a", Operation.CREATE), unchanged=2), plan(change("b", Operation.CREATE), stack="dev.b", unchanged=1)])
    )
    assert (whole["format"], whole["totals"]["create"], whole["totals"]["unchanged"]) == (1, 2, 3)
    assert [told["stack"] for told in whole["changeSets"]] == ["dev", "dev.b"]


def test_an_import_says_what_is_taken_over():
    """The id that something has in the cloud, and in what it differs."""
    differs = PropertyChange(path="tags.by", kind=DiffKind.DELETE, before="hand")
    taken = change("pictures", Operation.IMPORT, "Bucket/pictures", id="pictures-of-2019", properties=(differs,))
    assert review.text([plan(taken)]).splitlines()[3:] == [
        "  = import aws:s3/bucket:Bucket pictures  (pictures-of-2019)",
        "      - tags.by: hand",
    ]
