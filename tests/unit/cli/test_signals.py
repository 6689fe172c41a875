"""A verb hears Ctrl-C however it was started."""

from __future__ import annotations

import signal
import subprocess
import sys

_STARTED_IN_THE_BACKGROUND = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from transom.cli.main import main
sys.argv = ["transom", "--version"]
try:
    main()
finally:
    print(signal.getsignal(signal.SIGINT).__name__)
"""


def test_a_verb_started_in_the_background_hears_ctrl_c() -> None:
    """A shell makes its background commands ignore SIGINT; the engine inherits what the verb does, and must be able to stop."""
    done = subprocess.run([sys.executable, "-c", _STARTED_IN_THE_BACKGROUND], capture_output=True, text=True, timeout=60, check=True)
    assert signal.default_int_handler.__name__ in done.stdout.splitlines()
