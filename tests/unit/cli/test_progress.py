"""What long work says meanwhile."""

from __future__ import annotations

import pytest

from transom.changes import Operation
from transom.cli.output import progress
from transom.engine.seam import Progress, Step

DELETED = Progress(stack="dev", step=Step.FINISHED, operation=Operation.DELETE, document="Database/shop", name="shop", seconds=3)
WAITING = Progress(stack="dev", step=Step.WAITING, message="waiting: ada holds the stack")


@pytest.mark.parametrize("doing,told", [(True, ["dev: delete Database/shop shop finished after 3 s"]), (False, [])])
def test_only_what_does_something_says_what_it_did(*, doing: bool, told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A plan passes over the deletions it finds: a reader would take them for made."""
    with progress("working", doing=doing) as listen:
        listen(DELETED)
    assert capsys.readouterr().err.splitlines() == told


def test_a_wait_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever waits for a lock reads whose, and reads it once."""
    with progress("working", doing=False) as listen:
        listen(WAITING)
        listen(WAITING)
    assert capsys.readouterr().err.splitlines() == ["dev: waiting: ada holds the stack"]
