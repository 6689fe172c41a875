"""`make clean-demo`: stops every process of the checkout's sandbox and removes its folder and what was rendered."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress

from sandbox import lifecycle
from sandbox.layout import CHECKOUT
from transom.errors import TransomError


def main() -> int:
    """Exit code 0 when nothing is left, also when there was nothing."""
    try:
        lifecycle.down(say=_say, purge=True)
        shutil.rmtree(CHECKOUT / ".transom" / "cache", ignore_errors=True)
        with suppress(OSError):
            (CHECKOUT / ".transom").rmdir()  # only when nothing else is kept there
    except TransomError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
