"""Golden files: what the code says, kept beside the tests; `TRANSOM_GOLDEN=write` keeps it anew, to be reviewed as a diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "testdata" / "golden"


def check(name: str, text: str) -> None:
    """Holds `text` against the golden file of that name."""
    file = FOLDER / name
    if os.environ.get("TRANSOM_GOLDEN") == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.is_file(), f"{file.relative_to(FOLDER.parent)} is missing: TRANSOM_GOLDEN=write makes it"
    assert text == file.read_text(encoding="utf-8"), "if this change is meant: TRANSOM_GOLDEN=write, and review the diff"
