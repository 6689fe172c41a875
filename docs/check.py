"""`make docs`: what needs no sandbox.

Generated parts are up to date, the picture of the house agrees with the tree, every reason is told, links lead somewhere. The blocks
themselves are run by tests/docs.
"""

from __future__ import annotations

import sys

import blocks
import errortable
import generate
import house


def complaints() -> list[str]:
    """Everything that is wrong, one line each."""
    said = [f"{path} is stale: run .venv/bin/python docs/generate.py" for path in generate.stale()]
    said += house.complaints()
    said += [f"link leads nowhere: {link}" for link in blocks.broken_links()]
    raised, told = errortable.raised(), errortable.pages()
    said += [f"docs/errors/ does not tell {reason}, which {places[0]} gives" for reason, places in raised.items() if reason not in told]
    said += [f"docs/errors/ tells {reason}, which nothing gives" for reason in told if reason not in raised]
    return said


def main() -> int:
    """Exit code 0 when nothing is wrong."""
    said = complaints()
    for line in said:
        print(line)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
