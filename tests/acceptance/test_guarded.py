"""What a bare `pulumi up` is refused, with the real engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.acceptance

Make = Callable[..., Any]

UP = ("pulumi", "up", "-s", "dev", "--yes", "--non-interactive", "--skip-preview")


def test_a_bare_up_is_refused_what_needs_no_plan(workplace: Make) -> None:
    """A closed window, a held environment, a commit that nobody reviewed; a preview is never refused, and apply refuses the same."""
    place = workplace("dev")
    place.run("transom", "apply", "dev")
    place.run("transom", "rollback", "dev", "--to", "1", "--yes", "-m", "too slow", code=None)
    held = place.run(*UP, code=None)
    assert held.returncode != 0
    assert "environment dev is held at deployment" in held.stdout + held.stderr
    place.run("pulumi", "preview", "-s", "dev", "--non-interactive")
    place.run("transom", "release", "dev")
    place.run(*UP)

    window = '  guards: {windows: [{kind: deny, schedule: "* * * * *", duration: 24h, timeZone: UTC}]}\n'
    document = place.root / "environments" / "dev.yaml"
    before = document.read_text()
    document.write_text(before.replace("spec:\n", f"spec:\n{window}", 1))
    closed = place.run(*UP, code=None)
    assert closed.returncode != 0
    assert "environment dev may not change now" in closed.stdout + closed.stderr

    document.write_text(before.replace("spec:\n", "spec:\n  guards: {reviewed: {branch: main}}\n", 1))
    unreviewed = place.run(*UP, code=None)
    assert unreviewed.returncode != 0
    assert "source platform is not under version control" in unreviewed.stdout + unreviewed.stderr
    refused = place.run("transom", "apply", "dev", code=4)
    assert "rule: UnreviewedCommit" in refused.stderr
